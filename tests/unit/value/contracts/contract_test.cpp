// SPDX-License-Identifier: PostgreSQL
#include "value/contracts/contract.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace clientele {
namespace {

constexpr ContractParameters high_end{.66808835, 3.80609496}, regular{.70407730, 1.18204303};

double between(std::mt19937_64& random, double low, double high) {
  return low + (high - low) * static_cast<double>(random() >> 11) * 0x1p-53;
}

/// 1000 customers and the percentages that survive years 1 to 7.
double likelihood(const ContractParameters& at, const double (&percent)[8]) {
  double sum = 0;
  for (int t = 1; t < 8; ++t)
    sum += 10 * (percent[t - 1] - percent[t]) * contract_log_density(at, t, true, nullptr);
  return sum + 10 * percent[7] * contract_log_density(at, 7, false, nullptr);
}

TEST(Contract, PublishedLikelihoods) {
  EXPECT_NEAR(likelihood(high_end, {100, 86.9, 74.3, 65.3, 59.3, 55.1, 51.7, 49.1}), -1611.158,
              1e-3);
  EXPECT_NEAR(likelihood(regular, {100, 63.1, 46.8, 38.2, 32.6, 28.9, 26.2, 24.1}), -1680.265,
              1e-3);
}

TEST(Contract, PublishedCurves) {
  constexpr double high[] = {85.07, 74.69, 66.98, 60.99, 56.18, 52.22,
                             48.89, 46.04, 43.58, 41.42, 39.51, 37.80};
  constexpr double low[] = {62.67, 47.38, 38.80, 33.21, 29.23, 26.25,
                            23.90, 22.01, 20.44, 19.12, 17.99, 17.00};
  for (int t = 1; t <= 12; ++t) {
    EXPECT_NEAR(100 * contract_survival(high_end, t), high[t - 1], .01);
    EXPECT_NEAR(100 * contract_survival(regular, t), low[t - 1], .01);
  }
  EXPECT_EQ(contract_survival(regular, 0), 1);
  constexpr double kept[] = {.8507, .8780, .8968, .9106, .9212};
  for (int t = 1; t <= 5; ++t) EXPECT_NEAR(contract_retention(high_end, t), kept[t - 1], 6e-5);
}

TEST(Contract, ResidualLifetimes) {
  constexpr double high[] = {5.4145, 5.9014, 6.2939, 6.6199, 6.8967};
  constexpr double low[] = {2.9644, 4.1031, 4.8698, 5.4421, 5.8941};
  for (int n = 1; n <= 5; ++n) {
    EXPECT_NEAR(contract_residual_lifetime(high_end, n, .1), high[n - 1], 6e-5);
    EXPECT_NEAR(contract_residual_lifetime(regular, n, .1), low[n - 1], 6e-5);
  }
  // Hardly discounted, hardly any customer leaves; by a continued fraction in 30 digits.
  EXPECT_NEAR(contract_residual_lifetime({0.005195054485405232, 0.16672757181116538}, 1,
                                         1.5070269782077104e-06),
              601007.021157985344747, 1e-6);
}

// The sum that the residual stands for, and what is known of its limits.
TEST(Contract, ResidualIsTheSum) {
  std::mt19937_64 random(4);
  for (int i = 0; i < 300; ++i) {
    const ContractParameters at{std::exp(between(random, -6, 8)), std::exp(between(random, -6, 8))};
    const double n = 1 + std::floor(between(random, 0, 50)), d = std::exp(between(random, -9, 2));
    double sum = 0, there = 1, worth = 1;
    for (int k = 0; k < 1000000 && there * worth > 1e-18 * sum * d; ++k, worth /= 1 + d)
      sum += (there *= contract_retention(at, n + k)) * worth;
    EXPECT_NEAR(contract_residual_lifetime(at, n, d), sum, 1e-10 * sum)
        << at.alpha << ' ' << at.beta << ' ' << d;
  }
  EXPECT_NEAR(contract_residual_lifetime({3, 5}, 2, 0), 6 / 2.0, 1e-15);
  EXPECT_NEAR(contract_residual_lifetime({3, 5}, 2, 1e-7), 6 / 2.0, 1e-5);
  EXPECT_TRUE(std::isinf(contract_residual_lifetime({1, 5}, 2, 0)));
  EXPECT_TRUE(std::isinf(contract_residual_lifetime({.5, 5}, 2, 0)));
  EXPECT_EQ(contract_residual_lifetime(regular, 1, INFINITY), contract_retention(regular, 1));
}

// With b = 1 and a small alpha: E[1 / (1 - z t)] = (1 + d) / d (1 - alpha ln((1 + d) / d)) up to
// alpha^2 ln^2.
TEST(Contract, ResidualWhereHardlyAnybodyLeaves) {
  for (const double alpha : {1e-30, 1e-12, 1e-9})
    for (const double d : {1e-12, 1e-7, 1e-5}) {
      const double expected = (1 + d) / d * (1 - alpha * std::log((1 + d) / d)) / (1 + alpha);
      // Retention in the second period is 1 / (1 + alpha), and b is 2: one step of the sum further.
      const double first = contract_residual_lifetime({alpha, 1e-30}, 2, d);
      const double next = (first * (1 + alpha) - 1) * (1 + d);
      EXPECT_NEAR(next / (contract_residual_lifetime({alpha, 1e-30}, 3, d)), 1, 1e-9);
      EXPECT_NEAR(first / expected, 1, 1e-6 + 3 * alpha);
    }
  // On both sides of where the formula changes.
  for (const double d : {1e-12, 1e-6, 1e-4})
    EXPECT_NEAR(contract_residual_lifetime({.0099999999, 3}, 2, d) /
                    contract_residual_lifetime({.0100000001, 3}, 2, d),
                1, 1e-8);
}

TEST(Contract, SmallParametersKeepTheirDigits) {
  EXPECT_EQ(contract_retention({1e-30, 1e-30}, 1), .5);
  EXPECT_NEAR(contract_retention({3e-20, 1e-20}, 1), .25, 1e-15);
}

TEST(Contract, ResidualIsFiniteAndBounded) {
  constexpr double parameters[] = {1e-30, 1e-12, .001, 1, 1.000001, 3, 1e4, 1e12, 1e15, 1e30};
  for (const double alpha : parameters)
    for (const double beta : parameters)
      for (const double n : {1.0, 2.0, 50.0, 2147483647.0})
        for (const double d : {1e-300, 1e-9, 1e-3, .1, 10.0, 1e300}) {
          const double value = contract_residual_lifetime({alpha, beta}, n, d);
          const double most = contract_retention({alpha, beta}, n) * (1 + d) / d;
          EXPECT_TRUE(std::isfinite(value) && value >= 0 && value <= most * (1 + 1e-9))
              << value << " of " << most << ": " << alpha << ' ' << beta << ' ' << n << ' ' << d;
        }
}

TEST(Contract, GradientIsTheSlope) {
  std::mt19937_64 random(6);
  for (int i = 0; i < 2000; ++i) {
    const double a = between(random, -8, 10), b = between(random, -8, 10);
    const bool churned = i % 2 == 0;
    const double t = std::floor(std::exp(between(random, 0, 6)));
    const auto value = [&](double da, double db) {
      return contract_log_density({std::exp(a + da), std::exp(b + db)}, t, churned, nullptr);
    };
    double gradient[2];
    const double here = contract_log_density({std::exp(a), std::exp(b)}, t, churned, gradient);
    const double slopes[] = {(value(1e-5, 0) - value(-1e-5, 0)) / 2e-5,
                             (value(0, 1e-5) - value(0, -1e-5)) / 2e-5};
    for (int k = 0; k < 2; ++k)
      EXPECT_NEAR(gradient[k], slopes[k],
                  1e-6 * (1 + std::abs(slopes[k])) + 1e-10 * std::abs(here));
  }
}

TEST(Contract, LeavingAndStayingIsAll) {
  std::mt19937_64 random(8);
  for (int i = 0; i < 200; ++i) {
    const ContractParameters at{std::exp(between(random, -12, 12)),
                                std::exp(between(random, -12, 12))};
    double left = 0, before = 1;
    for (int t = 1; t <= 100; ++t) {
      left += std::exp(contract_log_density(at, t, true, nullptr));
      const double there = contract_survival(at, t), kept = contract_retention(at, t);
      EXPECT_NEAR(left + there, 1, 1e-9);
      EXPECT_TRUE(there >= 0 && there <= before && kept >= 0 && kept <= 1);
      EXPECT_NEAR(before * kept, there, 1e-9);
      before = there;
    }
  }
}

// alpha and beta without bound at a fixed ratio: all customers leave at the same rate.
TEST(Contract, GeometricLimit) {
  const ContractParameters same{.2e9, .8e9};
  for (int t = 0; t < 30; ++t) EXPECT_NEAR(contract_survival(same, t), std::pow(.8, t), 1e-7);
  EXPECT_NEAR(contract_residual_lifetime(same, 3, 0), 4, 1e-7);
  EXPECT_NEAR(contract_residual_lifetime(same, 3, .1), .8 / (1 - .8 / 1.1), 1e-7);
}

}  // namespace
}  // namespace clientele
