// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <vector>

#include "base/eigen.hpp"

namespace clientele {

/// The Cholesky factor of a positive semidefinite matrix, scaled to a diagonal of ones, that tells
/// which of its rows depend on others. Rows are taken in their order as long as each is clearly
/// independent of those before it; the doubtful ones come last, the least dependent first, so that
/// of two equal columns it is the later one that is left out, and rounding cannot tell otherwise.
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
