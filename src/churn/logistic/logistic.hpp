// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <span>
#include <vector>

#include "base/eigen.hpp"

namespace clientele {

/// The standardised columns by which a regression explains an outcome, made for a stretch of rows
/// at a time.
class Regressors {
 public:
  virtual ~Regressors() = default;
  virtual size_t rows() const = 0;
  virtual size_t columns() const = 0;
  /// Writes rows from `first` on; `out` has a column for each of `columns`.
  virtual void fill(size_t first, std::span<const size_t> columns,
                    Eigen::Ref<Matrix> out) const = 0;
};

/// The weights of each row with and without the outcome: >= 0, and some of each above 0.
struct Outcomes {
  std::vector<double> had, had_not;
};

struct LogisticFit {
  double intercept = 0;
  Vector coefficient;           // of all columns, 0 where redundant
  std::vector<bool> redundant;  // constant, or explained by other columns
  /// The inverse information of the intercept and all columns; 0 where redundant.
  Matrix covariance;
  double log_likelihood = 0, null_log_likelihood = 0;
  double gradient_norm = 0;  // the largest component
  int iterations = 0;
  bool converged = false;
  /// A combination of columns separates the classes, so the likelihood has no maximum without a
  /// penalty. Then the other members have no meaning.
  bool separated = false;
};

/// Maximises sum(had ln p + had_not ln(1 - p)) - penalty / 2 |coefficients|^2, where p =
/// 1 / (1 + exp(-intercept - x coefficients)), by Newton's method (iteratively reweighted least
/// squares) with a line search. With a penalty, columns that explain each other stay, and share
/// what they explain. The search starts from `near` unless it is nullptr.
LogisticFit fit_logistic(const Regressors&, const Outcomes&, double penalty,
                         const LogisticFit* near = nullptr);

/// ln(1 + e^x) without overflow.
double log1p_exp(double x);

/// Platt's scaling of log-odds f: P = 1 / (1 + exp(-(slope f + intercept))), with slope >= 0.
/// Platt, "Probabilistic outputs for support vector machines" (1999), by the algorithm of Lin, Lin
/// & Weng, "A note on Platt's probabilistic outputs" (2007), in which A = -slope and B =
/// -intercept.
struct PlattScale {
  double slope = 1, intercept = 0;
};
struct ScoredOutcome {
  double log_odds, had, had_not;
};
PlattScale fit_platt(std::span<const ScoredOutcome>);

}  // namespace clientele
