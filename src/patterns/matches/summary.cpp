// SPDX-License-Identifier: PostgreSQL
#include "patterns/matches/summary.hpp"

#include <algorithm>

#include "base/poll.hpp"

namespace clientele {
namespace {

constexpr uint8_t format_version = 1;
constexpr uint64_t most_customers = uint64_t{1} << 48;

}  // namespace

void PatternSummary::start(std::span<const uint8_t> definition, size_t groups) {
  definition_.assign(definition.begin(), definition.end());
  parts_.resize(1 + groups);
}

void PatternSummary::add(std::span<const Micros> at, const FoundMatches& found) {
  ++customers_;
  const size_t groups = parts_.size() - 1;
  const auto count = [&](Part& part, Micros from, Micros until) {
    part.matched += part.seen != customers_;
    part.seen = customers_;
    // A longer time does not fit into an interval.
    part.times.add(static_cast<int64_t>(std::min<uint64_t>(elapsed(from, until), INT64_MAX)));
  };
  for (size_t i = 0; i < found.matches.size(); ++i) {
    if (i % 65536 == 65535) poll();
    const TakenEvents& match = found.matches[i];
    count(parts_[0], at[match.first], at[match.last]);
    for (size_t g = 0; g < groups; ++g) {
      const TakenEvents& group = found.groups[i * groups + g];
      if (group.count > 0) count(parts_[1 + g], at[match.first], at[group.first]);
    }
  }
}

void PatternSummary::merge(const PatternSummary& other) {
  if (!other.started()) return;
  if (!started()) start(other.definition_, other.parts_.size() - 1);
  if (!same_bytes(definition_, other.definition_))
    throw Error(sqlstate::invalid_parameter, "summaries of different patterns cannot be joined",
                "Group by the pattern.");
  customers_ += other.customers_;
  for (size_t k = 0; k < parts_.size(); ++k) {
    parts_[k].seen = 0;
    parts_[k].matched += other.parts_[k].matched;
    parts_[k].times.merge(other.parts_[k].times);
  }
}

void PatternSummary::write(Bytes& out) const {
  Writer w(out);
  w.u8(format_version);
  w.counted(definition_);
  w.varint(customers_);
  for (const Part& part : parts_) {
    w.varint(part.matched);
    part.times.write(out);
  }
}

void PatternSummary::read(Reader& reader) {
  reader.version(format_version, "pattern_summary");
  const std::span<const uint8_t> definition = reader.counted();
  const PatternDefinition parsed = PatternDefinition::read(definition);
  PatternDefinition::size_limit.check(parsed.text.size());
  start(definition, parse_pattern(parsed.text).groups.size());
  customers_ = reader.varint();
  if (customers_ == 0 || customers_ > most_customers)
    Reader::fail("an impossible count of customers");
  for (Part& part : parts_) {
    part.matched = reader.varint();
    part.times.read(reader);
    const Part& whole = parts_.front();
    if (part.matched > whole.matched || part.times.count() > whole.times.count() ||
        part.matched > part.times.count() || (part.matched == 0) != part.times.empty())
      Reader::fail("impossible counts of matches");
  }
  if (parts_.front().matched > customers_) Reader::fail("more customers match than there are");
}

}  // namespace clientele
