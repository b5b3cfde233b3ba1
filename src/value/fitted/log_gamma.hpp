// SPDX-License-Identifier: PostgreSQL
// Differences of ln gamma and of digamma that keep their digits: lgamma(1e8 + 3) - lgamma(1e8) as
// written has lost half of them.
#pragma once
#include <cmath>

#include <boost/math/special_functions/digamma.hpp>
#include <boost/math/special_functions/trigamma.hpp>

namespace clientele {

namespace log_gamma_detail {

/// The correction that Stirling's series (NIST DLMF 5.11.1) adds to (z - 1/2) ln z - z + ln(2 pi) /
/// 2; z >= 10.
inline double correction(double z) {
  const double i = 1 / z, i2 = i * i;
  return i * (1.0 / 12 -
              i2 * (1.0 / 360 -
                    i2 * (1.0 / 1260 - i2 * (1.0 / 1680 - i2 * (1.0 / 1188 - i2 * 691 / 360360)))));
}

/// ln z - 1/(2z) - digamma(z), DLMF 5.11.2; z >= 10.
inline double digamma_correction(double z) {
  const double i2 = 1 / (z * z);
  return i2 * (1.0 / 12 -
               i2 * (1.0 / 120 -
                     i2 * (1.0 / 252 - i2 * (1.0 / 240 - i2 * (1.0 / 132 - i2 * 691 / 32760)))));
}

inline constexpr double few = 12;

inline bool is_few(double x) { return x <= few && x == std::floor(x); }

}  // namespace log_gamma_detail

/// ln(gamma(a + x) / gamma(a)); a > 0, x >= 0.
inline double log_rising(double a, double x) {
  using namespace log_gamma_detail;
  if (a >= 10)
    return (a - 0.5) * std::log1p(x / a) + x * (std::log(a + x) - 1) + correction(a + x) -
           correction(a);
  if (is_few(x)) {
    double product = 1;
    for (double i = 0; i < x; ++i) product *= a + i;
    return std::log(product);
  }
  // gamma(a) = gamma(a + 1) / a
  double ratio = 1;
  for (; a < 10; ++a) ratio *= a / (a + x);
  return std::log(ratio) + log_rising(a, x);
}

/// digamma(a + x) - digamma(a), the derivative of log_rising by a.
inline double digamma_rise(double a, double x) {
  using namespace log_gamma_detail;
  if (is_few(x)) {
    double sum = 0;
    for (double i = 0; i < x; ++i) sum += 1 / (a + i);
    return sum;
  }
  if (a >= 10)
    return std::log1p(x / a) + x / (2 * a * (a + x)) + digamma_correction(a) -
           digamma_correction(a + x);
  using Plain = boost::math::policies::policy<boost::math::policies::promote_double<false>>;
  return boost::math::digamma(a + x, Plain()) - boost::math::digamma(a, Plain());
}

/// trigamma(a + x) - trigamma(a), the derivative of digamma_rise by a.
inline double trigamma_rise(double a, double x) {
  using namespace log_gamma_detail;
  if (is_few(x)) {
    double sum = 0;
    for (double i = 0; i < x; ++i) sum -= 1 / ((a + i) * (a + i));
    return sum;
  }
  using Plain = boost::math::policies::policy<boost::math::policies::promote_double<false>>;
  return boost::math::trigamma(a + x, Plain()) - boost::math::trigamma(a, Plain());
}

/// ln of gamma(a) gamma(b) / gamma(a + b)
inline double log_beta(double a, double b) {
  using namespace log_gamma_detail;
  const double high = a > b ? a : b, low = a > b ? b : a;
  if (low < 10) return std::lgamma(low) - log_rising(high, low);
  constexpr double half_log_2pi = 0.91893853320467274178;
  return half_log_2pi + correction(low) + correction(high) - correction(low + high) -
         high * std::log1p(low / high) - low * std::log1p(high / low) +
         0.5 * (std::log1p(low / high) - std::log(low));
}

/// ln(e^a + e^b)
inline double log_sum(double a, double b) {
  const double high = a > b ? a : b, low = a > b ? b : a;
  return std::isinf(high) ? high : high + std::log1p(std::exp(low - high));
}

/// (1 - e^-y) / y: 1 at y = 0.
inline double decayed_share(double y) { return std::abs(y) < 1e-16 ? 1 : -std::expm1(-y) / y; }

}  // namespace clientele
