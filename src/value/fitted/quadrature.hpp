// SPDX-License-Identifier: PostgreSQL
// Integrals of exp(phi) for a concave phi, which has one peak and falls ever faster on both sides.
#pragma once
#include <algorithm>
#include <cmath>

#include <boost/math/quadrature/gauss.hpp>

#include "base/poll.hpp"

namespace clientele {

/// Visits Gauss-Legendre nodes of [lower, upper]: sum weight * g(node) is the integral of
/// exp(phi(u) - phi(peak)) g(u). phi(u) gives a node with `value` and `slope` (and what else the
/// visitor needs); `peak` is where phi is largest in the interval. One of the bounds may be
/// infinite if phi falls without bound towards it. Panels are so short that phi changes little on
/// each; the caller's phi must be analytic in the strip |Im u| < pi, or nearly so.
template <class Phi, class Visit>
void visit_log_concave(const Phi& phi, double peak, double lower, double upper, Visit visit) {
  constexpr double longest = 2, steepest = 12, negligible = 38;
  using Rule = boost::math::quadrature::gauss<double, 15>;
  const auto start = phi(peak);
  const double top = start.value;
  for (const double direction : {1.0, -1.0}) {
    const double end = direction > 0 ? upper : lower;
    double at = peak;
    auto edge = start;
    while ((end - at) * direction > 0 && top - edge.value < negligible) {
      poll();
      const double left = (end - at) * direction;
      double length = std::min(longest, left);
      const double slope = std::abs(edge.slope);
      if (slope * length > steepest) length = steepest / slope;
      auto next = phi(at + direction * length);
      while (edge.value - next.value > 1.25 * steepest) {
        length /= 2;
        next = phi(at + direction * length);
      }
      if (at + direction * length == at) break;  // phi falls off a cliff
      const double half = length / 2, middle = at + direction * half;
      for (size_t i = 0; i < Rule::abscissa().size(); ++i) {
        const double offset = half * Rule::abscissa()[i], weight = half * Rule::weights()[i];
        const auto right = phi(middle + offset);
        visit(right, weight * std::exp(right.value - top));
        if (i == 0) continue;  // the middle, once
        const auto left_node = phi(middle - offset);
        visit(left_node, weight * std::exp(left_node.value - top));
      }
      if (length >= left) break;
      at += direction * length;
      edge = next;
    }
  }
}

}  // namespace clientele
