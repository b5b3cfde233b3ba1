// SPDX-License-Identifier: PostgreSQL
#include "value/btyd/predict.hpp"

#include <algorithm>
#include <cmath>

#include <boost/math/quadrature/gauss.hpp>

#include "base/poll.hpp"
#include "value/fitted/log_gamma.hpp"

namespace clientele {
namespace {

constexpr double negligible = 40;  // e^-40

/// BG/BB: whole opportunities.
bool counts_opportunities(const BtydFamily& family) { return &family == &bg_bb(); }

/// The integral of f over (0, end), where f is smooth on `scale` at 0 and on longer scales later.
/// It is an integral over v, t = scale (e^v - 1).
template <class F>
double integral(double scale, double end, F f) {
  using Rule = boost::math::quadrature::gauss<double, 15>;
  const double top = std::log1p(end / scale);
  const auto panels = static_cast<int>(std::ceil(top / 1.5));
  const double half = top / panels / 2;
  double sum = 0;
  for (int panel = 0; panel < panels; ++panel) {
    const double middle = (2 * panel + 1) * half;
    sum += half * Rule::integrate([&](double s) {
             const double t = scale * std::expm1(middle + half * s);
             return f(t) * (t + scale);
           });
  }
  return sum;
}

/// Adds opportunities one by one until they change so slowly that the rest is an integral, by Euler
/// and Maclaurin (DLMF 2.10.1).
double discounted_opportunities(const BtydFamily& family, const double* parameters,
                                const History& h, double horizon, double rate) {
  if (!(rate > 0)) return family.expected(parameters, h, horizon);
  const double end = std::min(horizon, std::ceil(negligible / rate));
  const double gamma = parameters[2], start = parameters[3] + h.age;
  // A living customer buys with the same probability at each opportunity.
  const double first = family.expected(parameters, h, 1);
  double lives = 1, sum = 0, k = 1;
  const auto slope = [&](double i) { return rate + digamma_rise(start + i, gamma); };
  for (; k <= end; ++k) {
    if (k > 1) lives *= (start + k - 1) / (gamma + start + k - 1);
    if (std::fmod(k, 256) == 0 && end - k > 256) {
      poll();
      if (slope(k) < 0.004) break;
    }
    const double term = first * lives * std::exp(-rate * k);
    sum += term;
    if (!(term > 1e-18 * sum)) return sum;
  }
  if (k > end) return sum;
  const double left = end - k, from = start + k;
  const auto fall = [&](double i) {
    return std::exp(log_rising(from, gamma) - log_rising(from + i, gamma) - rate * i);
  };
  const double rest = integral(std::min(from / std::max(1.0, gamma), 1 / rate), left, fall);
  const double last = fall(left);
  return sum + first * lives * std::exp(-rate * k) *
                   (rest + (1 + last) / 2 + (slope(k) - last * slope(end)) / 12);
}

}  // namespace

std::optional<double> time_to_purchase(const BtydFamily& family, const double* parameters,
                                       const History& h, double p) {
  const double silence = 1 - p;
  if (!(family.silent_for_ever(parameters, h) < silence)) return std::nullopt;
  // Longer than any life: a customer who buys only then does not buy.
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

// By parts: e^-dH E(H) + d * integral of e^-dt E(t).
double discounted_purchases(const BtydFamily& family, const double* parameters, const History& h,
                            double horizon, double discount) {
  const double rate = std::log1p(discount);
  if (counts_opportunities(family))
    return discounted_opportunities(family, parameters, h, std::floor(horizon + 1e-9), rate);
  if (!(rate > 0)) return family.expected(parameters, h, horizon);
  const double end = std::min(horizon, negligible / rate);
  // E bends where lifetimes end, or where the first purchases are due.
  const double bend = &family == &pareto_nbd()
                          ? (parameters[3] + h.age) / std::max(1.0, parameters[2])
                          : (parameters[1] + h.age) / std::max(1.0, parameters[0] + h.x);
  const double sum = integral(std::min(bend, 1 / rate), end, [&](double t) {
    return std::exp(-rate * t) * family.expected(parameters, h, t);
  });
  return std::exp(-rate * end) * family.expected(parameters, h, end) + rate * sum;
}

}  // namespace clientele
