// SPDX-License-Identifier: PostgreSQL
#include "engagement/intervals/summary.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace clientele {

namespace {
constexpr uint8_t format_version = 1;
}

void IntervalSummary::add_pair(uint64_t time) {
  const auto length = static_cast<int64_t>(std::min<uint64_t>(time, INT64_MAX));
  shortest_ = std::min(shortest_, length);
  longest_ = std::max(longest_, length);
  set_sum(sum() + static_cast<uint64_t>(length));
  times_.add(length);
}

void IntervalSummary::merge(const IntervalSummary& other) {
  if (!other.started()) return;
  if (!started()) start(other.definition_);
  if (!same_bytes(definition_, other.definition_))
    throw Error(
        sqlstate::invalid_parameter, "summaries of different intervals cannot be joined",
        "Group by the interval_def; where it has no until, the time of the question counts.");
  customers_ += other.customers_;
  shortest_ = std::min(shortest_, other.shortest_);
  longest_ = std::max(longest_, other.longest_);
  set_sum(sum() + other.sum());
  times_.merge(other.times_);
}

int64_t IntervalSummary::mean() const {
  return static_cast<int64_t>((sum() + pairs() / 2) / pairs());
}

// Above 65,536 pairs percentiles are middles of buckets.
int64_t IntervalSummary::percentile(double p) const {
  return std::clamp(times_.percentile(p), shortest_, longest_);
}

void IntervalSummary::write(Bytes& out) const {
  Writer w(out);
  w.u8(format_version);
  w.counted(definition_);
  w.varint(customers_);
  times_.write(out);
  if (times_.count() <= Durations::exact_limit) return;
  w.varint(static_cast<uint64_t>(shortest_));
  w.varint(static_cast<uint64_t>(longest_));
  w.varint(sum_high_);
  w.varint(sum_low_);
}

void IntervalSummary::read(Reader& r) {
  r.version(format_version, "interval_summary");
  const std::span<const uint8_t> definition = r.counted();
  if (!IntervalDefinition::read(definition).until) Reader::fail("an interval_summary has no time");
  start(definition);
  customers_ = r.varint();
  times_.read(r);
  if (customers_ > pairs() || (customers_ == 0) != (pairs() == 0))
    Reader::fail("an interval_summary has impossible numbers of customers");
  if (pairs() <= Durations::exact_limit) {
    times_.each_exact([&](int64_t length) {
      shortest_ = std::min(shortest_, length);
      longest_ = std::max(longest_, length);
      set_sum(sum() + static_cast<uint64_t>(length));
    });
    return;
  }
  const uint64_t shortest = r.varint(), longest = r.varint();
  sum_high_ = r.varint();
  sum_low_ = r.varint();
  if (shortest > longest || longest > INT64_MAX ||
      sum() < static_cast<unsigned __int128>(shortest) * pairs() ||
      sum() > static_cast<unsigned __int128>(longest) * pairs())
    Reader::fail("an interval_summary has impossible times");
  shortest_ = static_cast<int64_t>(shortest);
  longest_ = static_cast<int64_t>(longest);
}

}  // namespace clientele
