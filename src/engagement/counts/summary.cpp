// SPDX-License-Identifier: PostgreSQL
#include "engagement/counts/summary.hpp"

#include <algorithm>
#include <bit>

#include "base/counted.hpp"
#include "base/error.hpp"
#include "base/poll.hpp"
#include "base/sort.hpp"
#include "journey/journey.hpp"

namespace clientele {
namespace {

constexpr uint8_t format_version = 1;
constexpr int64_t furthest_period = int64_t{1} << 32;

enum Known : uint8_t { channel_known = 1, event_known = 2, value_known = 4 };

unsigned __int128 zigzag(__int128 v) {
  return static_cast<unsigned __int128>(v) << 1 ^ static_cast<unsigned __int128>(v >> 127);
}
__int128 unzigzag(unsigned __int128 v) {
  return static_cast<__int128>(v >> 1) ^ -static_cast<__int128>(v & 1);
}

bool possible(CountPeriod unit, int64_t period) {
  if (unit == CountPeriod::all) return period == 0;
  if (unit == CountPeriod::hour_of_week) return period >= 0 && period < 7 * 24;
  return period >= -furthest_period && period <= furthest_period;
}

}  // namespace

std::optional<std::string> CountLabel::text() const {
  std::optional<std::string> name = channel;
  if (event) name = channel && !channel->empty() ? *channel + ":" + *event : *event;
  const auto append = [&](const std::string& part) { name = name ? *name + " / " + part : part; };
  if (type) append("#" + std::to_string(*type));
  if (value) append(*value);
  return name;
}

uint32_t CountsSummary::label_number(const CountLabel& label) {
  const auto found = labels_.find(label);
  if (found != labels_.end()) return found->second;
  if (labels_.size() == max_labels)
    throw Error(sqlstate::limit_exceeded,
                "events have more than " + std::to_string(max_labels) + " different names",
                "Count them by fewer of their parts, or with a selector.");
  return labels_.emplace(label, static_cast<uint32_t>(labels_.size())).first->second;
}

uint32_t CountsSummary::find_label(uint64_t vocabulary, uint32_t number, const CountLabel& label) {
  if (vocabulary != vocabulary_) known_.clear();
  vocabulary_ = vocabulary;
  if (known_.size() <= number) known_.resize(size_t{number} + 1, none);
  return known_[number] = label_number(label);
}

uint32_t CountsSummary::add_cell(uint64_t key) {
  if (cells_.size() == max_cells)
    throw Error(sqlstate::limit_exceeded,
                "more than " + std::to_string(max_cells) +
                    " counts of different periods and names would be needed",
                "Ask for longer periods, by less, or with since and until.");
  cells_.push_back({.key = key});
  const auto cell = static_cast<uint32_t>(cells_.size() - 1);
  if (2 * cells_.size() > slots_.size()) {
    place_all();
    return cell;
  }
  size_t s = slot_of(key);
  while (slots_[s] != none) s = (s + 1) & (slots_.size() - 1);
  slots_[s] = cell;
  return cell;
}

void CountsSummary::place_all() {
  const size_t size = std::max<size_t>(8, std::bit_ceil(4 * cells_.size() + 4));
  slots_.assign(size, none);
  shift_ = 64 - std::countr_zero(size);
  for (size_t i = 0; i < cells_.size(); ++i) {
    if (i % 65536 == 0) poll();
    size_t s = slot_of(cells_[i].key);
    while (slots_[s] != none) s = (s + 1) & (size - 1);
    slots_[s] = static_cast<uint32_t>(i);
  }
}

void CountsSummary::merge(const CountsSummary& other) {
  if (!other.started()) return;
  if (!started()) start(other.definition_);
  if (!same_bytes(definition_, other.definition_))
    throw Error(sqlstate::invalid_parameter, "summaries of different counts cannot be joined",
                "Group by the counts_def; where it has no time_zone, that of the session counts.");
  customers_ += other.customers_;
  std::vector<uint32_t> numbers(other.labels_.size());
  for (const auto& [label, number] : other.labels_) numbers[number] = label_number(label);
  for (size_t i = 0; i < other.cells_.size(); ++i) {
    if (i % 65536 == 0) poll();
    const Cell& from = other.cells_[i];
    Cell& to = cells_[cell(period_of(from.key), numbers[label_of(from.key)])];
    to.events += from.events;
    to.customers += from.customers;
    to.sessions += from.sessions;
    to.amounts += from.amounts;
    to.amount += from.amount;
  }
}

std::vector<const CountLabel*> CountsSummary::labels() const {
  std::vector<const CountLabel*> labels;
  for (const auto& [label, number] : labels_) labels.push_back(&label);
  return labels;
}

std::pmr::vector<CountsSummary::Place> CountsSummary::places() const {
  std::vector<uint32_t> order(labels_.size());
  uint32_t next = 0;
  for (const auto& [label, number] : labels_) order[number] = next++;
  std::pmr::vector<Place> places(cells_.get_allocator());
  places.reserve(cells_.size());
  for (uint32_t i = 0; i < cells_.size(); ++i) {
    if (i % 65536 == 0) poll();
    const uint64_t key = cells_[i].key;
    places.push_back({key_of(period_of(key), order[label_of(key)]), i});
  }
  sort_polled(places.begin(), places.end());
  return places;
}

void CountsSummary::write(Bytes& out) const {
  Writer w(out);
  w.u8(format_version);
  w.counted(definition_);
  w.varint(customers_);
  w.varint(labels_.size());
  for (const auto& [label, number] : labels_) {
    w.u8(static_cast<uint8_t>((label.channel ? channel_known : 0) |
                              (label.event ? event_known : 0) | (label.value ? value_known : 0)));
    if (label.type) w.varint(static_cast<uint32_t>(*label.type));
    if (label.channel) w.text(*label.channel);
    if (label.event) w.text(*label.event);
    if (label.value) w.text(*label.value);
  }
  w.varint(cells_.size());
  int64_t before = 0;
  size_t written = 0;
  for (const Place& place : places()) {
    if (++written % 65536 == 0) poll();
    const Cell& c = cells_[place.cell];
    const int64_t period = period_of(place.key);
    w.signed_varint(period - before);
    w.varint(label_of(place.key));
    w.varint(c.events);
    w.varint(c.customers);
    w.varint(c.sessions);
    w.varint(c.amounts);
    if (c.amounts > 0) {
      const unsigned __int128 amount = zigzag(__int128{c.amount});
      w.varint(static_cast<uint64_t>(amount));
      w.varint(static_cast<uint64_t>(amount >> 64));
    }
    before = period;
  }
}

void CountsSummary::read_labels(Reader& r, const CountedBy& by) {
  const size_t n = r.count();
  if (n > max_labels) Reader::fail("impossibly many names");
  for (uint32_t i = 0; i < n; ++i) {
    if (i % 4096 == 0) poll();
    const uint8_t known = r.u8();
    if (known & ~((by.channel ? channel_known : 0) | (by.event ? event_known : 0) |
                  (by.property ? value_known : 0)))
      Reader::fail("a name has parts that were not asked for");
    CountLabel label;
    if (by.event_type) {
      const uint64_t type = r.varint();
      if (type > INT32_MAX) Reader::fail("an event type is out of range");
      label.type = static_cast<int32_t>(type);
    }
    if (known & channel_known) label.channel = r.text();
    if (known & event_known) label.event = r.text();
    if (known & value_known) label.value = r.text();
    if (i > 0 && !(labels_.rbegin()->first < label)) Reader::fail("names do not ascend");
    labels_.emplace_hint(labels_.end(), std::move(label), i);
  }
}

void CountsSummary::read_cells(Reader& r, CountPeriod unit) {
  const size_t n = r.count();
  if (n > max_cells) Reader::fail("impossibly many counts");
  std::vector<bool> used(labels_.size(), false);
  int64_t period = 0;
  uint64_t events = 0;
  for (size_t i = 0; i < n; ++i) {
    if (i % 65536 == 0) poll();
    if (__builtin_add_overflow(period, r.signed_varint(), &period) || !possible(unit, period))
      Reader::fail("a period is out of range");
    const uint64_t label = r.varint();
    if (label >= labels_.size()) Reader::fail("a name is out of range");
    used[label] = true;
    Cell c{.key = key_of(period, static_cast<uint32_t>(label))};
    if (i > 0 && c.key <= cells_.back().key) Reader::fail("counts do not ascend");
    c.events = r.varint();
    c.customers = r.varint();
    c.sessions = r.varint();
    c.amounts = r.varint();
    if (c.events > max_counted || (events += c.events) > max_counted || c.customers == 0 ||
        c.customers > customers_ || c.sessions < c.customers || c.events < c.sessions ||
        c.amounts > c.events)
      Reader::fail("impossible counts of events");
    if (c.amounts > 0) {
      const uint64_t low = r.varint();
      c.amount = unzigzag(static_cast<unsigned __int128>(r.varint()) << 64 | low);
      const __int128 limit = __int128{amount_limit} * static_cast<int64_t>(c.amounts);
      if (c.amount <= -limit || c.amount >= limit) Reader::fail("a sum of amounts is impossible");
    }
    cells_.push_back(c);
  }
  if (std::ranges::find(used, false) != used.end()) Reader::fail("a name has no counts");
  place_all();
}

void CountsSummary::read(Reader& r) {
  r.version(format_version, "counts_summary");
  const std::span<const uint8_t> bytes = r.counted();
  const CountsDefinition definition = CountsDefinition::read(bytes);
  if (definition.time_zone.empty()) Reader::fail("a counts_summary has no time zone");
  start(bytes);
  customers_ = r.varint();
  if (customers_ > max_counted) Reader::fail("impossibly many customers");
  read_labels(r, definition.by);
  read_cells(r, definition.period);
}

}  // namespace clientele
