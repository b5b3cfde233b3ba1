// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <deque>
#include <memory_resource>
#include <vector>

#include "alerts/anomaly/definition.hpp"
#include "alerts/anomaly/sliding.hpp"

namespace clientele {

/// What is said of a value.
struct AnomalyPoint {
  double expected, low, high;
  double z;
  int level;  // 0 to 3
  int scale;  // z is of the mean of that many values
};

/// Judges the values of a series, one after the other, by those before.
class AnomalyMonitor {
 public:
  AnomalyMonitor(std::pmr::memory_resource* memory, const AnomalyDefinition& definition);

  const AnomalyDefinition& definition() const { return definition_; }

  /// The next value that is not missing, at a place of the season. `volume` is of how many a ratio
  /// is, above 0, and counts for ratios only. False if too little is known to judge the value.
  /// 22023 for values that are not finite or beyond 1e100, and for a ratio that is not a part of
  /// its volume.
  bool judge(uint64_t place, double value, double volume, AnomalyPoint& point);

 private:
  struct Scale {
    Scale(int32_t points, const AnomalyDefinition& d, std::pmr::memory_resource* memory)
        : k(points),
          spread(static_cast<size_t>(d.spread), memory),
          farthest(static_cast<size_t>(std::max(d.calibrate, 1)), memory) {}
    int32_t k;
    SlidingMedian spread;     // of absolute means
    SlidingMaximum farthest;  // of |z|
  };
  SlidingMedian& at_place(uint64_t place);
  double mean_of_last(int32_t k) const;
  bool judge_error(double usual, AnomalyPoint& point, double& spread);
  int level_of(double value, double volume, const AnomalyPoint& point) const;
  double least_spread() const;

  AnomalyDefinition definition_;
  std::pmr::memory_resource* memory_;
  std::pmr::vector<uint32_t> index_;  // of each place: where in `places_` it is, from 1
  std::pmr::deque<SlidingMedian> places_;
  SlidingMedian residuals_;
  std::pmr::vector<double> errors_;  // a ring of the last ones
  size_t errors_added_ = 0;
  std::pmr::deque<Scale> scales_;
  SlidingMaximum record_;
  // Of all values so far: Welford (1962).
  double past_ = 0, past_mean_ = 0, past_square_ = 0;
};

}  // namespace clientele
