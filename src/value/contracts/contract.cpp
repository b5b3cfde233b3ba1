// SPDX-License-Identifier: PostgreSQL
#include "value/contracts/contract.hpp"

#include <cmath>
#include <limits>

#include "base/poll.hpp"
#include "value/fitted/log_gamma.hpp"
#include "value/fitted/quadrature.hpp"

namespace clientele {
namespace {

/// 2F1(1, b; c; z) - 1 = sum over k >= 1 of (b)_k / (c)_k z^k, term by term; -1 if that takes too
/// many terms. The rest after a term is less than term z / (1 - z).
double by_series(double b, double c, double z) {
  constexpr int max_terms = 20000;
  double term = 1, sum = 0;
  for (int k = 0; k < max_terms; ++k) {
    term *= (b + k) / (c + k) * z;
    sum += term;
    if (term * z <= 1e-17 * sum * (1 - z)) return sum;
  }
  return -1;
}

/// 2F1(1, b; a + b; z) by Euler's integral (DLMF 15.6.1), t = 1 / (1 + e^-u); gap = (1 - z) / z:
/// 1 - z t = z (gap + 1 - t). It is E[1 / (1 - z t)], t ~ Beta(b, a).
double by_integral(double a, double b, double z, double gap) {
  // A distribution this narrow has no node within it.
  if (std::min(a, b) > 1e12) return 1 / (z * (gap + a / (a + b)));
  struct Node {
    double value, slope;
  };
  const auto phi = [&](double u) {
    // 1 - t = e^-u / (1 + e^-u); gap + 1 - t = (gap + (1 + gap) e^-u) / (1 + e^-u)
    const double t = 1 / (1 + std::exp(-u)), rest = 1 / (1 + std::exp(u));
    const double log_t = u > 0 ? -std::log1p(std::exp(-u)) : u - std::log1p(std::exp(u));
    const double log_rest = u > 0 ? -u + log_t : -std::log1p(std::exp(u));
    return Node{b * log_t + a * log_rest - std::log(gap + rest),
                b * rest - a * t + t * rest / (gap + rest)};
  };
  double low = -1, high = 1;
  while (phi(low).slope < 0) low *= 2;
  while (phi(high).slope > 0) high *= 2;
  while (high - low > 1e-6) {
    const double middle = (low + high) / 2;
    (phi(middle).slope > 0 ? low : high) = middle;
  }
  double sum = 0;
  visit_log_concave(phi, low, -std::numeric_limits<double>::infinity(),
                    std::numeric_limits<double>::infinity(),
                    [&](const Node&, double weight) { sum += weight; });
  return std::exp(phi(low).value - log_beta(b, a) + std::log(sum)) / z;
}

constexpr double min_alpha = 0.01;

}  // namespace

// 2007, eqs. 5 and 6.
double contract_log_density(const ContractParameters& at, double periods, bool churned,
                            double* gradient) {
  const double renewals = churned ? periods - 1 : periods;
  if (gradient != nullptr) {
    const double all = digamma_rise(at.alpha + at.beta, periods);
    gradient[0] = (churned ? 1 : 0) - at.alpha * all;
    gradient[1] = at.beta * (digamma_rise(at.beta, renewals) - all);
  }
  return (churned ? std::log(at.alpha) : 0) + log_rising(at.beta, renewals) -
         log_rising(at.alpha + at.beta, periods);
}

double contract_survival(const ContractParameters& at, double periods) {
  return std::min(1.0, std::exp(contract_log_density(at, periods, false, nullptr)));
}

double contract_retention(const ContractParameters& at, double period) {
  const double renewing = at.beta + (period - 1);
  return renewing / (at.alpha + renewing);
}

double contract_residual_lifetime(const ContractParameters& at, double period, double discount) {
  const double renewing = at.beta + (period - 1);
  if (!(discount > 0))
    return at.alpha > 1 ? renewing / (at.alpha - 1) : std::numeric_limits<double>::infinity();
  if (std::isinf(discount)) return contract_retention(at, period);
  const double b = at.beta + period, c = at.alpha + b, z = 1 / (1 + discount);
  const double rest = by_series(b, c, z), retention = contract_retention(at, period);
  if (rest >= 0) return retention * (1 + rest);
  if (at.alpha > min_alpha) return retention * by_integral(at.alpha, b, z, discount);
  // Nearly all of the distribution is where no customer ever leaves, out of the reach of the nodes.
  // With the probability s = 1 - t of leaving, 1 / (1 - z t) is 1 / (1 - z) times 1 - s / (discount
  // + s), and E[s / (discount + s)] is E[s] times the mean of 1 / (discount + s) over Beta(alpha +
  // 1, b).
  const double leaving = at.alpha / c * z * by_integral(at.alpha + 1, b, z, discount);
  return retention * (1 + discount) / discount * (1 - leaving);
}

}  // namespace clientele
