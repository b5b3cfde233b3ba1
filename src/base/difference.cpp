// SPDX-License-Identifier: PostgreSQL
#include "base/difference.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/special_functions/beta.hpp>
#include <cmath>

#include "base/wilson.hpp"

namespace clientele {
namespace {

// A result that is too small is 0; nothing throws.
using Quiet = boost::math::policies::policy<
    boost::math::policies::domain_error<boost::math::policies::ignore_error>,
    boost::math::policies::overflow_error<boost::math::policies::ignore_error>,
    boost::math::policies::underflow_error<boost::math::policies::ignore_error>,
    boost::math::policies::evaluation_error<boost::math::policies::ignore_error>>;

double as_double(uint64_t n) { return static_cast<double>(n); }

}  // namespace

Difference newcombe(uint64_t a, uint64_t m, uint64_t b, uint64_t n) {
  const Proportion p = wilson(a, m), q = wilson(b, n);
  const double d = p.value - q.value;
  return {d, d - std::hypot(p.value - p.low, q.high - q.value),
          d + std::hypot(p.high - p.value, q.value - q.low)};
}

WelchTest welch(double difference, double variance_m, uint64_t m, double variance_n, uint64_t n) {
  const double sum = variance_m + variance_n;
  if (!(sum > 0)) return {{difference, difference, difference}, 0, {}, difference == 0 ? 1.0 : 0.0};
  // In parts of the sum, as squares of small variances would vanish.
  const double u = variance_m / sum, v = variance_n / sum;
  const double df = 1 / (u * u / as_double(m - 1) + v * v / as_double(n - 1));
  const double error = std::sqrt(sum);
  const double t = difference / error;
  const boost::math::students_t_distribution<double, Quiet> student(df);
  const double half = quantile(complement(student, 0.025)) * error;
  const double x = std::isfinite(t * t) ? df / (df + t * t) : 0;
  // For a small t, x is too near to 1 to keep its digits.
  const double p = t * t < df ? boost::math::ibetac(0.5, df / 2, t * t / (df + t * t), Quiet())
                              : boost::math::ibeta(df / 2, 0.5, x, Quiet());
  return {{difference, difference - half, difference + half}, error, df, std::clamp(p, 0.0, 1.0)};
}

std::optional<AlwaysValid> always_valid(double difference, double variance, double tau) {
  if (!(variance > 0 && tau > 0)) return {};
  const double mixing = tau * tau, whole = variance + mixing;
  const double ratio = -0.5 * std::log1p(mixing / variance) +
                       difference * difference * (mixing / whole) / (2 * variance);
  const double half = std::sqrt(2 * variance * (whole / mixing) *
                                (std::log(20.0) + 0.5 * std::log1p(mixing / variance)));
  if (!std::isfinite(ratio) || !std::isfinite(half)) return {};
  return AlwaysValid{std::exp(-std::max(0.0, ratio)),
                     {difference, difference - half, difference + half}};
}

std::optional<double> sample_ratio(uint64_t treated, uint64_t control, double share) {
  if (treated + control == 0) return {};
  const double n = as_double(treated + control), k = as_double(control);
  if (share <= 0 || share >= 1) return k == n * share ? 1.0 : 0.0;
  // The sums of the binomial probabilities up to k and from k on.
  const double lower = treated == 0 ? 1 : boost::math::ibeta(n - k, k + 1, 1 - share, Quiet());
  const double upper = control == 0 ? 1 : boost::math::ibeta(k, n - k + 1, share, Quiet());
  return std::min(1.0, 2 * std::min(lower, upper));
}

}  // namespace clientele
