// SPDX-License-Identifier: PostgreSQL
// From which probability on customers are warned of, and how good such warnings are.
#pragma once
#include <cstdint>
#include <optional>
#include <span>

#include "churn/classification/classification.hpp"

namespace clientele {

/// What the levels of a warning must reach.
struct WarningGoals {
  double precision = 0.8;  // of the critical level
  double recall = 0.8;     // of the level attention
  uint64_t least = 30;     // customers at the critical level

  /// 22023 for a share that is not from 0 to 1.
  void check() const;
};

/// The lowest probability of each level; none if the level is not in use.
struct WarningThresholds {
  std::optional<double> critical, warning, attention;
};

/// critical: the lowest probability of the runs from which on `precision` is reached by `least`
/// customers or more. attention: the highest from which on `recall` is reached. warning: that of
/// the best F1, of equals the highest; or `by_costs`, above 1 for no such level. Where they cross,
/// the lower level takes the threshold of the higher one.
WarningThresholds warning_thresholds(std::span<const PredictionRun> runs, const WarningGoals& goals,
                                     std::optional<double> by_costs);

struct Outcomes {
  uint64_t positives = 0, negatives = 0;
  uint64_t rows() const { return positives + negatives; }
};
Outcomes outcomes(std::span<const PredictionRun> runs);

/// Whether warnings may be called right in at least 80 of 100 cases: the accuracy at one half is
/// .80 or more and above that of the larger class, and the precision at the critical level is .80
/// or more with 30 customers or more. Both are what people mean by the accuracy of a warning.
bool claim_met(std::span<const PredictionRun> runs, std::optional<double> critical);

}  // namespace clientele
