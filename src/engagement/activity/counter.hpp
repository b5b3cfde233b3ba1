// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "base/local_clock.hpp"
#include "engagement/activity/definition.hpp"
#include "engagement/activity/summary.hpp"
#include "journey/journey.hpp"

namespace clientele {

/// A resolved activity_def ready for journeys.
class ActivityCounter {
 public:
  /// `types`: what the selector picks, ascending; none: every event. The zone is the definition's.
  ActivityCounter(const ActivityDefinition& definition, std::optional<std::vector<int32_t>> types,
                  LocalClock::Look look, const void* zone);

  /// Counts one customer.
  void add(const Journey& journey, ActivitySummary& summary);

 private:
  bool pick(const Journey& journey);
  size_t read(Journey::Scan& scan, Micros* at);
  void find_periods(const Micros* at, size_t n, std::vector<int64_t>& numbers);
  template <uint64_t period_hours>
  void count_hours(const Micros* at, size_t n, ActivitySummary& summary);

  std::optional<std::vector<int32_t>> types_;
  Periods periods_;
  LocalClock clock_;
  Micros since_, until_;
  int64_t window_;
  int64_t last_;  // the last period that begins before until

  std::vector<uint8_t> picked_;           // by code of the journey
  bool all_ = false;                      // all its events are picked
  std::vector<int64_t> before_, within_;  // numbers of periods, as they come
};

/// The last period that begins before an instant.
int64_t last_before(Periods& periods, Micros until);

}  // namespace clientele
