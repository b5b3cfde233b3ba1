// SPDX-License-Identifier: PostgreSQL
#include "value/btyd/dropping_out.hpp"

#include <algorithm>
#include <cmath>

#include "value/fitted/log_gamma.hpp"
#include "value/fitted/quadrature.hpp"

namespace clientele {
namespace {

/// If no customer left there would be K purchases, K ~ negative binomial: P(K = k) is (1-z)^n z^k
/// (n)_k / k!, z = y/(1+y). Of k purchases, S_k = sum over j < k of E[(1-p)^j] come before the
/// customer leaves. So E[S_K] is a sum of positive terms.
double by_series(double n, double y, double a, double b) {
  const double z = y / (1 + y);
  double weight = std::exp(-n * std::log1p(y)), staying = 1, purchases = 0, sum = 0;
  for (double k = 0;; ++k) {
    purchases += staying;
    staying *= (b + k) / (a + b + k);
    const double ratio = z * (n + k) / (k + 1);
    weight *= ratio;
    const double term = weight * purchases;
    sum += term;
    // Later terms fall at least as fast as this bound, once it is below 1.
    const double fall = z * (n + k + 1) / (k + 2) * ((k + 2) / (k + 1));
    if (fall < 1 && term * fall <= 1e-17 * sum * (1 - fall)) return sum;
  }
}

/// The mean over p = 1 / (1 + e^-u) by quadrature.
double by_integral(double n, double y, double a, double b) {
  // A distribution this narrow is a point to 1e-8; a and b times logarithms would lose as many
  // digits.
  if (std::min(a, b) > 1e8) {
    const double p = a / (a + b);
    return -std::expm1(-n * std::log1p(p * y)) / p;
  }
  struct Node {
    double value, slope;
  };
  const auto phi = [&](double u) {
    const double stay = 1 / (1 + std::exp(u));  // 1 - p
    const double softplus = std::log1p(std::exp(-std::abs(u)));
    const double log_p = u > 0 ? -softplus : u - softplus;
    const double log_stay = u > 0 ? -u - softplus : -softplus;  // b may be 4e9: every digit counts
    const double q = y * std::exp(log_p), power = n * std::log1p(q);
    // h(p) = (1 - (1 + py)^-n) / p; its elasticity is that of the numerator, less 1.
    const double elasticity = power > 0 ? n * q / ((1 + q) * std::expm1(power)) : 1;
    const double log_h =
        power > 1e-300 ? std::log(-std::expm1(-power)) - log_p : std::log(n) + std::log(y);
    return Node{a * log_p + b * log_stay + log_h,
                (a - 1 + elasticity) * stay - b * std::exp(log_p)};
  };
  // Outside, p is 0 or 1 as far as it matters: there the integrand is e^(au), or e^-(bu).
  const double left = -40 - std::log1p(y * std::max(1.0, n)) - std::log(std::max(1.0, b));
  const double right = 40 + std::log(std::max(1.0, a));
  double low = left, high = right;
  while (high - low > 1e-6) {
    const double middle = (low + high) / 2;
    (phi(middle).slope > 0 ? low : high) = middle;
  }
  const double peak = (low + high) / 2, top = phi(peak).value;
  double sum = std::exp(phi(left).value - top) / a + std::exp(phi(right).value - top) / b;
  visit_log_concave(phi, peak, left, right, [&](const Node&, double weight) { sum += weight; });
  return std::exp(top - log_beta(a, b)) * sum;
}

}  // namespace

double purchases_until_dropout(double n, double y, double a, double b) {
  if (!(y > 0)) return 0;
  // The series needs about n y + 40 (1 + y) terms; the integral takes as long as a thousand of
  // them.
  const bool short_series = n * std::log1p(y) < 600 && n * y + 40 * y < 1500;
  return short_series ? by_series(n, y, a, b) : by_integral(n, y, a, b);
}

}  // namespace clientele
