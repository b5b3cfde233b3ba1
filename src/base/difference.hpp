// SPDX-License-Identifier: PostgreSQL
// What two groups differ by, and how sure that is.
#pragma once
#include <cstdint>
#include <optional>

namespace clientele {

/// A difference with its 95 % confidence interval.
struct Difference {
  double value, low, high;
};

/// Of two shares, a of m minus b of n, with the interval of Newcombe (1998), "Interval estimation
/// for the difference between independent proportions", Statistics in Medicine 17:873, method 10.
/// m and n must not be 0.
Difference newcombe(uint64_t a, uint64_t m, uint64_t b, uint64_t n);

/// Of two means, with the test of Welch (1947), "The generalization of Student's problem when
/// several different population variances are involved", Biometrika 34:28, and Satterthwaite's
/// degrees of freedom.
struct WelchTest {
  Difference difference;
  double standard_error;
  std::optional<double> df;  // none if nothing varies
  double p_value;
};
/// Of a difference of the means of m and n numbers, whose variances are these, divided by m and by
/// n. m and n must be at least 2.
WelchTest welch(double difference, double variance_m, uint64_t m, double variance_n, uint64_t n);

/// A p-value and an interval that hold at all looks together, however often one looks: Johari,
/// Koomen, Pekelis & Walsh (2022), "Always valid inference: continuous monitoring of A/B tests",
/// Operations Research 70:1806, with a normal mixture of variance tau^2.
struct AlwaysValid {
  double p_value;
  Difference difference;
};
/// None unless variance, which is that of the difference, and tau are above 0.
std::optional<AlwaysValid> always_valid(double difference, double variance, double tau);

/// How probable a control group of this size or one even further from the share is: twice the
/// smaller tail of the binomial distribution, 1 at most. None without customers.
std::optional<double> sample_ratio(uint64_t treated, uint64_t control, double share);

}  // namespace clientele
