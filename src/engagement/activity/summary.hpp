// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <array>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "base/counted.hpp"
#include "engagement/activity/definition.hpp"
#include "engagement/activity/periods_active.hpp"

namespace clientele {

/// What the SQL type activity_summary holds: when customers were active, and how often.
class ActivitySummary {
 public:
  static constexpr size_t week_hours = 7 * 24;
  struct Hour {
    uint64_t events = 0;
    uint64_t customers = 0;
    uint64_t last = 0;  // the customer that was counted last
  };

  explicit ActivitySummary(std::pmr::memory_resource* memory)
      : definition_(memory), frequency_(memory), stickiness_(memory), periods_(memory) {}

  bool started() const { return !definition_.empty(); }
  /// The bytes of a resolved definition, which must be the same for all customers.
  std::span<const uint8_t> definition() const { return definition_; }
  void start(std::span<const uint8_t> definition) {
    definition_.assign(definition.begin(), definition.end());
  }

  /// One more customer, whose events add_event and add_customer then count.
  void begin_customer() { ++customers_; }
  /// At an hour of the week from Monday midnight.
  void add_event(size_t hour) {
    Hour& h = hours_[hour];
    ++h.events;
    h.customers += h.last != customers_;
    h.last = customers_;
  }
  /// `events` in the question's time, in that many different periods; active in `periods`, which
  /// ascend, with those before that time.
  void add_customer(uint32_t events, uint32_t different, std::span<const int64_t> periods,
                    int64_t window, int64_t last);
  void merge(const ActivitySummary& other);

  uint64_t customers() const { return customers_; }
  std::span<const Hour, week_hours> hours() const { return hours_; }
  std::span<const CountedRow<uint32_t>> frequency() const { return frequency_.groups(); }
  std::span<const CountedRow<uint32_t>> stickiness() const { return stickiness_.groups(); }
  const ActivePeriods& periods() const { return periods_; }

  void write(Bytes& out) const;
  void read(Reader& reader);

 private:
  std::pmr::vector<uint8_t> definition_;
  uint64_t customers_ = 0;
  std::array<Hour, week_hours> hours_{};
  Counted<uint32_t> frequency_;   // customers by their number of events
  Counted<uint32_t> stickiness_;  // customers by their number of different periods
  ActivePeriods periods_;
};

}  // namespace clientele
