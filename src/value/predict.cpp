// SPDX-License-Identifier: PostgreSQL
#include "value/predict.hpp"

#include <algorithm>
#include <cmath>

#include <boost/math/quadrature/gauss.hpp>

#include "base/poll.hpp"

namespace clientele {
namespace {

constexpr double negligible = 40;  // e^-40

/// BG/BB: whole opportunities.
bool counts_opportunities(const BtydFamily& family) { return &family == &bg_bb(); }

double discounted_opportunities(const BtydFamily& family, const double* parameters,
                                const History& h, double horizon, double log_discount) {
  const double end =
      log_discount > 0 ? std::min(horizon, std::ceil(negligible / log_discount)) : horizon;
  double sum = 0;
  // Of a customer who lives, the chance to buy is the same at each opportunity.
  const double first = family.expected(parameters, h, 1);
  double lives = 1;
  for (double k = 1; k <= end; ++k) {
    if (std::fmod(k, 4096) == 0) poll();
    if (k > 1) {
      const double delta = parameters[3] + h.age + k - 1;
      lives *= delta / (parameters[2] + delta);
    }
    const double term = first * lives * std::exp(-log_discount * k);
    sum += term;
    if (!(term > 1e-18 * sum)) break;
  }
  return sum;
}

}  // namespace

std::optional<double> time_to_purchase(const BtydFamily& family, const double* parameters,
                                       const History& h, double p) {
  const double silence = 1 - p;
  if (!(family.silent_for_ever(parameters, h) < silence)) return std::nullopt;
  // Longer than any life: who buys only then does not buy.
  constexpr double longest = 1e12;
  const bool whole = counts_opportunities(family);
  double low = 0, high = whole ? 1 : std::max(1e-9, 1e-3 * (parameters[1] + h.age));
  const double end = whole ? 1e6 : longest;
  while (family.silent(parameters, h, high) > silence) {
    low = high;
    high *= 4;
    if (high > end) return std::nullopt;
  }
  while (whole ? high - low > 1 : high - low > 1e-12 * high) {
    const double middle = whole ? std::floor((low + high) / 2) : (low + high) / 2;
    if (!(middle > low && middle < high)) break;
    (family.silent(parameters, h, middle) > silence ? low : high) = middle;
  }
  return high;
}

// By parts: e^-dH E(H) + d * integral of e^-dt E(t), and t = A (e^v - 1), A being the scale on
// which E bends.
double discounted_purchases(const BtydFamily& family, const double* parameters, const History& h,
                            double horizon, double discount) {
  const double rate = std::log1p(discount);
  if (counts_opportunities(family))
    return discounted_opportunities(family, parameters, h, std::floor(horizon + 1e-9), rate);
  if (!(rate > 0)) return family.expected(parameters, h, horizon);
  const double end = std::min(horizon, negligible / rate);
  const bool pareto = &family == &pareto_nbd();
  const double scale = h.age + (pareto ? std::min(parameters[1], parameters[3]) : parameters[1]);
  using Rule = boost::math::quadrature::gauss<double, 15>;
  const double top = std::log1p(end / scale);
  const auto panels = static_cast<int>(std::ceil(top / 1.5));
  const double half = top / panels / 2;
  double sum = 0;
  const auto integrand = [&](double v) {
    const double t = scale * std::expm1(v);
    return std::exp(-rate * t) * family.expected(parameters, h, t) * (t + scale);
  };
  for (int panel = 0; panel < panels; ++panel) {
    const double middle = (2 * panel + 1) * half;
    sum += half * Rule::integrate([&](double s) { return integrand(middle + half * s); });
  }
  return std::exp(-rate * end) * family.expected(parameters, h, end) + rate * sum;
}

}  // namespace clientele
