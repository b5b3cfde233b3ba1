// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <vector>

#include "base/eigen.hpp"

namespace clientele {

/// The Cholesky factor of a positive semidefinite matrix, scaled to a diagonal of ones, which shows
/// which rows depend on others. Rows are taken in their order as long as each is clearly
/// independent of those before it. Doubtful rows come last, the least dependent first. So of two
/// equal columns the later one is left out, and rounding does not change that.
class RankedCholesky {
 public:
  /// A row is left out when less than `tolerance` of it is not explained by the others.
  RankedCholesky(Matrix a, double tolerance);

  Eigen::Index rank() const { return rank_; }
  bool independent(Eigen::Index i) const { return independent_[static_cast<size_t>(i)]; }
  /// Of the independent rows; 0 elsewhere.
  Vector solve(const Vector& b) const;
  Matrix inverse() const;

 private:
  Eigen::Index rank_ = 0;
  Matrix factor_;                    // lower triangle, rows in order_
  Vector scale_;                     // a's diagonal as it was, ^-1/2
  std::vector<Eigen::Index> order_;  // the independent rows first
  std::vector<bool> independent_;
};

}  // namespace clientele
