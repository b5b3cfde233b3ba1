// SPDX-License-Identifier: PostgreSQL
// How well what was expected of customers agrees with what they then did.
#pragma once
#include <array>
#include <memory_resource>

#include "base/counted.hpp"

namespace clientele {

struct HoldoutRow {
  double expected, actual;
  friend bool operator==(const HoldoutRow&, const HoldoutRow&) = default;
  friend bool operator<(const HoldoutRow& a, const HoldoutRow& b) {
    return a.expected != b.expected ? a.expected < b.expected : a.actual < b.actual;
  }
};

/// What is not defined, as without any customer, is NaN.
struct HoldoutErrors {
  uint64_t customers = 0;
  double expected = 0, actual = 0;  // sums
  double mean_absolute = 0;
  double root_mean_squared = 0;
  double bias = 0;              // expected / actual
  double correlation = 0;       // Pearson's
  double poisson_deviance = 0;  // the mean of 2 (a ln(a / e) - a + e), for counts
};

/// Customers with about the same expectation.
struct HoldoutBin {
  uint64_t customers = 0;
  double expected = 0, actual = 0;  // means
};
inline constexpr size_t holdout_bins = 10;

/// The value holdout_summary, which is also the state of the aggregate holdout_quality: all pairs,
/// so that sums can be taken in their order and do not depend on the plan.
class HoldoutSummary {
 public:
  static constexpr size_t default_limit = 10'000'000;

  explicit HoldoutSummary(std::pmr::memory_resource* memory, size_t limit = default_limit)
      : rows_(memory), limit_(limit) {}

  /// 22003 for NaN, infinity and absolute values above 1e100; 54000 for more than `limit` different
  /// pairs.
  void add(double expected, double actual);
  void merge(const HoldoutSummary& other);

  HoldoutErrors errors() const;
  /// A customer is in bin floor(10 * customers with a smaller expectation / all), counted from 0,
  /// so that equal expectations are in one bin; a bin may be empty.
  std::array<HoldoutBin, holdout_bins> calibration() const;

  /// Depends on the multiset of pairs only. Versioned.
  void write(Bytes& out) const;
  void read(Reader& reader);

 private:
  void check_limit() const;

  Counted<HoldoutRow> rows_;
  size_t limit_;
};

}  // namespace clientele
