// SPDX-License-Identifier: PostgreSQL
#include "value/spend/spend.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "unit/value/btyd/btyd_checks.hpp"

namespace clientele {
namespace {

using testing::between;

/// Note 025, eq. 1a as printed.
double printed(const SpendParameters& s, double x, double m) {
  return std::lgamma(s.p * x + s.q) - std::lgamma(s.p * x) - std::lgamma(s.q) +
         s.q * std::log(s.v) + (s.p * x - 1) * std::log(m) + s.p * x * std::log(x) -
         (s.p * x + s.q) * std::log(x * m + s.v);
}

TEST(Spend, AgreesWithThePrintedDensity) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 2000; ++i) {
    const SpendParameters at{std::exp(between(random, -3, 4)), std::exp(between(random, -3, 4)),
                             std::exp(between(random, -3, 6))};
    const double x = std::floor(between(random, 1, 30)), m = std::exp(between(random, -4, 8));
    const double expected = printed(at, x, m);
    EXPECT_NEAR(spend_log_density(at, x, m, nullptr), expected, 1e-11 * (1 + std::abs(expected)));
  }
}

// Worked out with 40 digits: there the printed form has lost what matters.
TEST(Spend, KeepsItsDigitsFarOut) {
  EXPECT_NEAR(spend_log_density({676.4737802859753, 449.63721605810713, 16.78506745817681}, 3000,
                                18.971677990361275, nullptr),
              -21.07700917495156, 1e-12);
}

TEST(Spend, GradientIsTheSlope) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 2000; ++i) {
    double at[3];
    for (double& value : at) value = between(random, -8, 10);
    const double x = std::floor(std::exp(between(random, 0, 7))),
                 m = std::exp(between(random, -8, 8));
    double gradient[3];
    const auto value = [&](int k, double by) {
      double to[] = {at[0], at[1], at[2]};
      to[k] += by;
      return spend_log_density({std::exp(to[0]), std::exp(to[1]), std::exp(to[2])}, x, m,
                               by == 0 ? gradient : nullptr);
    };
    const double here = value(0, 0);
    for (int k = 0; k < 3; ++k) {
      const double slope = (value(k, 1e-5) - value(k, -1e-5)) / 2e-5;
      EXPECT_NEAR(gradient[k], slope, 1e-6 * (1 + std::abs(slope)) + 1e-10 * std::abs(here));
    }
  }
}

TEST(Spend, PublishedExpectations) {
  // The first ten customers of the CDNOW sample; note 025 has 35.17 and so on at full precision.
  constexpr struct {
    double x, mean, expected;
  } customers[] = {{2, 22.345, 24.66}, {1, 11.77, 18.92}, {0, 0, 35.22},    {0, 0, 35.22},
                   {0, 0, 35.22},      {7, 73.74, 71.46}, {1, 11.77, 18.92}};
  for (const auto& c : customers)
    EXPECT_NEAR(*expected_spend({6.25, 3.74, 15.44}, c.x, c.mean), c.expected, .1);
  EXPECT_NEAR(*population_spend({6.24957, 3.74422, 15.44352}), 35.1704, 2e-3);
  EXPECT_EQ(*expected_spend({6.25, 3.74, 15.44}, 0, 0), *population_spend({6.25, 3.74, 15.44}));
}

TEST(Spend, NoMeanIsNothing) {
  EXPECT_FALSE(population_spend({6, 1, 15}));
  EXPECT_FALSE(population_spend({6, .5, 15}));
  EXPECT_FALSE(expected_spend({.1, .5, 15}, 1, 20));
  EXPECT_FALSE(expected_spend({6, 1.5, 1e308}, 0, 0));
  EXPECT_NEAR(*expected_spend({6, .5, 15}, 1, 20), 6 * (15 + 20) / 5.5, 1e-12);
  EXPECT_NEAR(*expected_spend({6, 3, 15}, 1e6, 1e300), 1e300, 1e294);
}

TEST(Spend, WhoSaysNothing) {
  EXPECT_TRUE(has_known_spend(1, 0.01));
  EXPECT_FALSE(has_known_spend(0, 10));
  EXPECT_FALSE(has_known_spend(2, 0));
  EXPECT_FALSE(has_known_spend(2, -5));
  EXPECT_FALSE(has_known_spend(2, std::nan("")));
}

// A mean of all draws of the model is what the model says it is, and so is that of a group of
// customers chosen by their past.
TEST(Spend, ForesightComesTrue) {
  std::mt19937_64 random(25);
  const SpendParameters at{6, 4, 16};
  std::gamma_distribution<double> rates(at.q, 1 / at.v), one(at.p);
  double expected[2] = {}, actual[2] = {}, n[2] = {};
  for (int i = 0; i < 60000; ++i) {
    const double nu = rates(random);
    const double mean = (one(random) + one(random)) / nu / 2, next = one(random) / nu;
    const int group = mean > 30;
    expected[group] += *expected_spend(at, 2, mean);
    actual[group] += next;
    n[group] += 1;
  }
  for (int group = 0; group < 2; ++group)
    EXPECT_NEAR(actual[group] / expected[group], 1, 4 * .7 / std::sqrt(n[group]));
  EXPECT_NEAR((actual[0] + actual[1]) / (n[0] + n[1]), *population_spend(at), .5);
}

TEST(Spend, Correlation) {
  EXPECT_NEAR(spend_correlation({{1, 10, 3}, {2, 20, 1}, {3, 30, 7}}), 1, 1e-15);
  EXPECT_NEAR(spend_correlation({{1, 30, 3}, {2, 20, 1}, {3, 10, 7}}), -1, 1e-15);
  EXPECT_NEAR(spend_correlation({{1, 10, 1}, {1, 20, 1}, {2, 10, 1}, {2, 20, 1}}), 0, 1e-15);
  EXPECT_EQ(spend_correlation({{1, 10, 5}, {2, 10, 5}}), 0);
  EXPECT_EQ(spend_correlation({}), 0);
  EXPECT_NEAR(spend_correlation({{1, 1e300, 1}, {2, 1e308, 1}}), 1, 1e-12);
}

}  // namespace
}  // namespace clientele
