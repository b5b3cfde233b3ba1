// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <functional>
#include <vector>

#include "base/eigen.hpp"

namespace clientele {

/// A smooth function of the logarithms of positive parameters (or of any unbounded ones). Fills the
/// gradient if there is a place for it. May be -infinity where it is not defined, never NaN.
using Objective = std::function<double(const Vector& at, Vector* gradient)>;

/// Minus the second derivatives; an empty matrix if they are not known there.
using Curvature = std::function<Matrix(const Vector& at)>;

struct Box {
  Vector lower, upper;
};

struct Optimum {
  Vector at;
  double value = 0;
  double gradient_norm = 0;  // largest component, of those that are not held by a bound
  int iterations = 0;        // of all starts together
  bool converged = false;
  std::vector<bool> at_bound;
  /// Inverse of the observed information in the parameters that are not at a bound; a parameter at
  /// a bound, or all of them if the information is singular, have variance -1.
  Vector variance;
  /// The whole inverse; empty if a parameter is at a bound or the information is singular.
  Matrix covariance;
};

/// What a search can use besides the function itself.
struct SearchHints {
  Matrix covariance = {};    // of a similar function near the starts: first steps are Newton's
  Curvature curvature = {};  // in place of differences of gradients
};

/// Maximises by projected BFGS from each start, then polishes the best with Newton steps on a
/// Hessian of differenced gradients (Nocedal & Wright 2006, sections 6.1 and 16.7). The same input
/// gives the same bits. There must be a start at which the function is finite (std::domain_error).
Optimum maximise(const Objective& f, const std::vector<Vector>& starts, const Box& box,
                 const SearchHints& hints = {});

}  // namespace clientele
