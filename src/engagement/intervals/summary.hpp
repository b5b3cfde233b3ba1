// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>
#include <vector>

#include "base/durations.hpp"
#include "engagement/intervals/definition.hpp"

namespace clientele {

/// What the SQL type interval_summary holds: the times between two events, of many customers.
class IntervalSummary {
 public:
  explicit IntervalSummary(std::pmr::memory_resource* memory)
      : definition_(memory), times_(memory) {}

  bool started() const { return !definition_.empty(); }
  /// The bytes of a definition with until, which must be the same for all customers.
  std::span<const uint8_t> definition() const { return definition_; }
  void start(std::span<const uint8_t> definition) {
    definition_.assign(definition.begin(), definition.end());
  }

  /// A pair; a time that no interval holds counts as the longest one.
  void add_pair(uint64_t time);
  void add_customer() { ++customers_; }
  void merge(const IntervalSummary& other);

  uint64_t pairs() const { return times_.count(); }
  /// With a pair.
  uint64_t customers() const { return customers_; }
  // Of one pair or more:
  int64_t shortest() const { return shortest_; }
  int64_t longest() const { return longest_; }
  /// To the nearest microsecond.
  int64_t mean() const;
  int64_t percentile(double p) const;

  void write(Bytes& out) const;
  void read(Reader& reader);

 private:
  unsigned __int128 sum() const {
    return static_cast<unsigned __int128>(sum_high_) << 64 | sum_low_;
  }
  void set_sum(unsigned __int128 sum) {
    sum_high_ = static_cast<uint64_t>(sum >> 64);
    sum_low_ = static_cast<uint64_t>(sum);
  }

  std::pmr::vector<uint8_t> definition_;
  uint64_t customers_ = 0;
  int64_t shortest_ = INT64_MAX, longest_ = 0;
  uint64_t sum_high_ = 0, sum_low_ = 0;  // not an __int128: PostgreSQL aligns to 8 bytes only
  Durations times_;
};

}  // namespace clientele
