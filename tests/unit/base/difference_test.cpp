// SPDX-License-Identifier: PostgreSQL
#include "base/difference.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace clientele {
namespace {

TEST(Difference, Newcombe) {
  // Newcombe (1998), table II, method 10.
  struct Known {
    uint64_t a, m, b, n;
    double low, high;
  };
  for (const Known& k : {Known{56, 70, 48, 80, 0.0524, 0.3339}, Known{9, 10, 3, 10, 0.1705, 0.8090},
                         Known{6, 7, 2, 7, 0.0582, 0.8062}, Known{5, 56, 0, 29, -0.0381, 0.1926},
                         Known{0, 10, 0, 20, -0.1611, 0.2775}, Known{10, 10, 0, 10, 0.6075, 1.0}}) {
    const Difference d = newcombe(k.a, k.m, k.b, k.n);
    EXPECT_NEAR(d.low, k.low, 5e-5) << k.a << '/' << k.m;
    EXPECT_NEAR(d.high, k.high, 5e-5) << k.a << '/' << k.m;
  }
}

TEST(Difference, WelchAtTheLimits) {
  // With one degree of freedom each, t is Cauchy's: P(|t| > 1) = 1/2.
  const WelchTest two = welch(1, 1, 2, 0, 2);
  EXPECT_DOUBLE_EQ(*two.df, 1);
  EXPECT_NEAR(two.p_value, 0.5, 1e-14);
  EXPECT_NEAR(two.difference.high, 1 + std::tan(0.475 * M_PI), 1e-11);
  // With many, it is normal.
  const WelchTest many = welch(1.959963984540054, 0.5, 1'000'000'000, 0.5, 1'000'000'000);
  EXPECT_NEAR(many.p_value, 0.05, 1e-9);
  EXPECT_NEAR(many.difference.low, 0, 1e-8);
  EXPECT_EQ(welch(0, 0, 5, 0, 5).p_value, 1);
  EXPECT_EQ(welch(1, 0, 5, 0, 5).p_value, 0);
  // Neither tiny nor huge variances break it.
  EXPECT_NEAR(welch(1e-150, 1e-300, 10, 1e-300, 10).p_value, welch(1, 1, 10, 1, 10).p_value, 1e-13);
  EXPECT_EQ(welch(1e100, 1e-100, 10, 1e-100, 10).p_value, 0);
}

TEST(Difference, AlwaysValid) {
  EXPECT_FALSE(always_valid(1, 0, 1));
  EXPECT_FALSE(always_valid(1, 1, 0));
  const auto v = always_valid(0.02, 1e-4, 0.01);
  ASSERT_TRUE(v);
  // The interval leaves out what has p <= 0.05.
  const double low = v->difference.low;
  EXPECT_NEAR(always_valid(0.02 - low, 1e-4, 0.01)->p_value, 0.05, 1e-12);
  EXPECT_EQ(always_valid(0, 1e-4, 0.01)->p_value, 1);
}

TEST(Difference, SampleRatio) {
  EXPECT_FALSE(sample_ratio(0, 0, 0.5));
  EXPECT_NEAR(*sample_ratio(10, 0, 0.5), std::ldexp(2, -10), 1e-17);
  EXPECT_NEAR(*sample_ratio(0, 10, 0.1), 2e-10, 1e-22);
  EXPECT_EQ(sample_ratio(5, 5, 0.5), 1);
  // All sums of small numbers.
  for (const double share : {0.1, 0.5, 0.73})
    for (int n = 1; n <= 25; ++n)
      for (int k = 0; k <= n; ++k) {
        double below = 0, above = 0;
        for (int i = 0; i <= n; ++i) {
          const double p =
              std::exp(std::lgamma(n + 1) - std::lgamma(i + 1) - std::lgamma(n - i + 1)) *
              std::pow(share, i) * std::pow(1 - share, n - i);
          if (i <= k) below += p;
          if (i >= k) above += p;
        }
        EXPECT_NEAR(*sample_ratio(static_cast<uint64_t>(n - k), static_cast<uint64_t>(k), share),
                    std::min(1.0, 2 * std::min(below, above)), 1e-12);
      }
}

}  // namespace
}  // namespace clientele
