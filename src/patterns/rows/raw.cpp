// SPDX-License-Identifier: PostgreSQL
#include "patterns/rows/raw.hpp"

#include <algorithm>

#include "base/sort.hpp"
#include "journey/journey.hpp"
#include "patterns/pattern/definition.hpp"

namespace clientele {
namespace {

constexpr uint8_t version = 1;

}  // namespace

void RawMatches::define(std::span<const uint8_t> definition) {
  if (definition_ == nullptr)
    definition_ = names_->definition(definition);
  else if (!same_bytes(*definition_, definition))
    throw Error(sqlstate::invalid_parameter,
                "the pattern must be the same for all rows of a customer");
}

void RawMatches::add(Micros at, std::string_view event) {
  if (rows_.size() >= max_journey_events)
    throw Error(sqlstate::limit_exceeded, "a customer has more than 33554432 events",
                "Is the query grouped by customer?");
  if (rows_.empty()) rows_.reserve(8);
  rows_.push_back({at, names_->number(event)});
}

void RawMatches::merge(const RawMatches& other) {
  if (other.definition_ == nullptr) return;
  define(other.definition());
  if (rows_.size() + other.rows_.size() > max_journey_events)
    throw Error(sqlstate::limit_exceeded, "a customer has more than 33554432 events",
                "Is the query grouped by customer?");
  rows_.reserve(rows_.size() + other.rows_.size());
  size_t since_poll = 0;
  for (Row row : other.rows_) {
    if (++since_poll % 65536 == 0) poll();
    if (names_ != other.names_) row.name = names_->number(other.names_->name(row.name));
    rows_.push_back(row);
  }
}

void RawMatches::write(Bytes& out) const {
  Writer w(out);
  w.u8(version);
  w.counted(definition());
  // The names that occur, sorted by number; rows refer to their places.
  std::vector<uint32_t> used;
  used.reserve(rows_.size());
  for (const Row& row : rows_) used.push_back(row.name);
  sort_polled(used.begin(), used.end());
  used.erase(std::unique(used.begin(), used.end()), used.end());
  w.varint(used.size());
  for (const uint32_t name : used) w.text(names_->name(name));
  w.varint(rows_.size());
  size_t since_poll = 0;
  for (const Row& row : rows_) {
    if (++since_poll % 65536 == 0) poll();
    w.raw(&row.at, sizeof row.at);
    w.varint(
        static_cast<uint64_t>(std::lower_bound(used.begin(), used.end(), row.name) - used.begin()));
  }
}

void RawMatches::read(Reader& r) {
  r.version(version, "journey_matches");
  define(r.counted());
  std::vector<uint32_t> names(r.count());
  for (uint32_t& name : names) name = names_->number(r.text());
  const size_t n = r.count();
  if (n > r.left() / (sizeof(Micros) + 1) || n > max_journey_events)
    Reader::fail("a count exceeds the bytes that follow");
  rows_.reserve(n);
  for (size_t i = 0; i < n; ++i) {
    if (i % 65536 == 65535) poll();
    Row row{};
    std::memcpy(&row.at, r.take(sizeof row.at), sizeof row.at);
    const uint64_t place = r.varint();
    if (place >= names.size()) Reader::fail("a name is out of range");
    row.name = names[place];
    rows_.push_back(row);
  }
}

RawPattern::RawPattern(std::span<const uint8_t> definition)
    : matcher_(PatternDefinition::read(definition).program()) {
  for (const std::string& selector : matcher_.classes().selectors())
    selectors_.emplace_back(selector);
}

uint32_t RawPattern::class_of(std::string_view name) {
  picking_.clear();
  for (uint32_t s = 0; s < selectors_.size(); ++s)
    if (selectors_[s].picks(name)) picking_.push_back(s);
  return matcher_.classes().class_of(picking_);
}

const FoundMatches& RawPattern::find(const RawMatches& customer, Wanted wanted) {
  const EventNames& names = customer.names();
  if (names_ != names.id()) class_of_name_.clear();
  names_ = names.id();
  Work work;
  while (class_of_name_.size() < names.size()) {
    work.done(16 + 16 * selectors_.size());
    class_of_name_.push_back(class_of(names.name(static_cast<uint32_t>(class_of_name_.size()))));
  }
  const std::span<const RawMatches::Row> rows = customer.rows();
  const size_t n = rows.size();
  seen_.assign(matcher_.classes().size(), 0);
  for (const RawMatches::Row& row : rows) seen_[class_of_name_[row.name]] = 1;
  present_.clear();
  for (uint32_t c = 0; c < seen_.size(); ++c)
    if (seen_[c] != 0) present_.push_back(c);
  if (!matcher_.possible(present_)) return matcher_.find({}, wanted);
  rows_.assign(rows.begin(), rows.end());
  const auto before = [&](const RawMatches::Row& a, const RawMatches::Row& b) {
    if (a.at != b.at) return a.at < b.at;
    return a.name != b.name && names.name(a.name) < names.name(b.name);
  };
  poll();
  if (!std::is_sorted(rows_.begin(), rows_.end(), before))
    sort_polled(rows_.begin(), rows_.end(), before);
  at_.resize(n);
  cls_.resize(n);
  for (size_t i = 0; i < n; ++i) {
    at_[i] = rows_[i].at;
    cls_[i] = class_of_name_[rows_[i].name];
  }
  return matcher_.find({at_, cls_}, wanted);
}

}  // namespace clientele
