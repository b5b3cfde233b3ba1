// SPDX-License-Identifier: PostgreSQL
// An activity_summary as rows.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "engagement/activity/summary.hpp"

namespace clientele {

/// Which periods have rows: those that begin before until, from that of since on.
struct ShownPeriods {
  ShownPeriods(const ActivityDefinition& definition, Periods& periods);
  int64_t first, last;
};

struct LifecyclePeriod {
  int64_t period;
  uint64_t fresh, returning, resurrected, dormant, active;
};
struct ActivePeriod {
  int64_t period;
  uint64_t active, rolling;
};

/// From the first to the last period that is not all 0. 54000 for more than max_period_rows.
inline constexpr int64_t max_period_rows = 1'000'000;
std::vector<LifecyclePeriod> lifecycle_rows(const ActivitySummary& summary,
                                            const ShownPeriods& shown);
std::vector<ActivePeriod> active_rows(const ActivitySummary& summary, const ShownPeriods& shown);

struct StickyRow {
  uint32_t periods;
  uint64_t customers;
  double share;  // of those active at all
};
std::vector<StickyRow> stickiness_rows(const ActivitySummary& summary);

struct FrequencyRow {
  int64_t from;
  std::optional<int64_t> to;  // exclusive
  uint64_t customers;
  std::optional<double> share;  // of all; none without customers
};
std::vector<FrequencyRow> frequency_rows(const ActivitySummary& summary,
                                         const std::vector<int32_t>& bins);

}  // namespace clientele
