// SPDX-License-Identifier: PostgreSQL
// BG/BB against published figures, sums written as in the paper, and a simulation.
#include <algorithm>
#include <vector>

#include "unit/value/btyd/btyd_checks.hpp"

namespace clientele {
namespace {

using testing::between;

const BtydFamily& model = bg_bb();

/// The donations of Fader, Hardie & Shang (2010): six opportunities each.
constexpr struct {
  double x, t_x, customers;
} donations[] = {{0, 0, 3464}, {1, 1, 1091}, {1, 2, 277}, {1, 3, 129}, {1, 4, 78},  {1, 5, 119},
                 {1, 6, 129},  {2, 2, 613},  {2, 3, 255}, {2, 4, 155}, {2, 5, 173}, {2, 6, 234},
                 {3, 3, 322},  {3, 4, 181},  {3, 5, 225}, {3, 6, 357}, {4, 4, 240}, {4, 5, 284},
                 {4, 6, 512},  {5, 5, 335},  {5, 6, 728}, {6, 6, 1203}};
constexpr double fitted[] = {1.20352, .74972, .65672, 2.78344};

TEST(BgBb, Donations) {
  double sum = 0, expected = 0, customers = 0, gradient[4], total[4] = {};
  for (const auto& d : donations) {
    const History h{d.x, d.t_x, 6};
    sum += d.customers * model.log_density(fitted, h, gradient);
    for (int k = 0; k < 4; ++k) total[k] += d.customers * gradient[k];
    expected += d.customers * model.expected(fitted, h, 5);
    customers += d.customers;
  }
  EXPECT_EQ(customers, 11104);
  EXPECT_NEAR(sum, -33225.58127, 1e-4);
  EXPECT_NEAR(expected, 12884.156, 0.05);
  for (const double slope : total) EXPECT_NEAR(slope, 0, 0.1);  // of 11,104 customers, at 5 digits
  EXPECT_NEAR(model.alive(fitted, {0, 0, 6}), .10813, 1e-5);
  EXPECT_NEAR(model.alive(fitted, {2, 4, 6}), .58966, 1e-5);
  EXPECT_NEAR(model.alive(fitted, {6, 6, 6}), .93043, 1e-5);
  EXPECT_NEAR(model.expected_new(fitted, 10), 3.179829, 2e-5);
}

double log_beta(double a, double b) { return std::lgamma(a) + std::lgamma(b) - std::lgamma(a + b); }

/// Eq. 5 as printed.
double printed(const double* p, const History& h) {
  const double base = log_beta(p[0], p[1]) + log_beta(p[2], p[3]);
  double sum =
      std::exp(log_beta(p[0] + h.x, p[1] + h.age - h.x) + log_beta(p[2], p[3] + h.age) - base);
  for (double i = 0; i < h.age - h.t_x; ++i)
    sum += std::exp(log_beta(p[0] + h.x, p[1] + h.t_x - h.x + i) +
                    log_beta(p[2] + 1, p[3] + h.t_x + i) - base);
  return std::log(sum);
}

History random_history(std::mt19937_64& random, double longest) {
  History h{0, 0, std::floor(between(random, 0, longest + 1))};
  h.t_x = std::floor(between(random, 0, h.age + 1));
  if (h.t_x > 0) h.x = 1 + std::floor(between(random, 0, h.t_x));
  return h;
}

TEST(BgBb, AgreesWithThePrintedSum) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 2000; ++i) {
    double p[4];
    for (double& value : p) value = std::exp(between(random, -3, 3));
    const History h = random_history(random, 40);
    const double expected = printed(p, h);
    EXPECT_NEAR(model.log_density(p, h, nullptr), expected, 1e-11 * (1 + std::abs(expected)));
  }
}

TEST(BgBb, GradientIsTheSlope) {
  std::mt19937_64 random(5);
  for (int i = 0; i < 1000; ++i) {
    double p[4];
    for (double& value : p) value = std::exp(between(random, -6, 6));
    testing::expect_gradient(model, p, random_history(random, i % 4 == 0 ? 500 : 12));
  }
}

TEST(BgBb, IsSoundEverywhere) {
  std::mt19937_64 random(17);
  for (int i = 0; i < 150; ++i) {
    double p[4];
    for (double& value : p) value = std::exp(between(random, -12, 12));
    if (i % 5 == 0) p[2] = 1;
    const History h = random_history(random, i % 4 == 0 ? 3000 : 12);
    double gradient[4];
    EXPECT_TRUE(std::isfinite(model.log_density(p, h, gradient)));
    for (const double g : gradient) EXPECT_TRUE(std::isfinite(g));
    testing::expect_sound(model, p, h, 1);
  }
}

TEST(BgBb, GammaOneIsNoException) {
  const History h{2, 4, 6};
  for (const double delta : {.01, 2.8, 1e5})
    for (const double gamma :
         {1e-4, 1 - 1e-9, 1.0, 1 + 1e-9, .75, .7499999, 1.2499999, 1.25, 9.0, 1e5})
      for (const int m : {1, 20, 64, 65, 2000}) {
        const double p[] = {1.2, .75, gamma, delta};
        double lives = 0, survived = 1;
        for (int k = 0; k < m; ++k) {
          survived *= (delta + 6 + k) / (gamma + delta + 6 + k);
          lives += survived;
        }
        const double living = model.alive(p, h) * (gamma + delta + 6) / (delta + 6);
        const double expected = living * (1.2 + 2) / (1.95 + 6) * lives;
        EXPECT_NEAR(model.expected(p, h, m), expected, 1e-12 * expected) << gamma << ' ' << m;
      }
}

TEST(BgBb, CountsAreADistribution) {
  for (const int t : {1, 6, 3000}) {
    double sum = 0, mean = 0;
    for (int n = 0; n <= t; ++n) {
      const double p = model.count_probability(fitted, t, n);
      sum += p, mean += n * p;
    }
    EXPECT_NEAR(sum, 1, 1e-10);
    EXPECT_NEAR(mean, model.expected_new(fitted, t), 1e-9 * mean);
    EXPECT_NEAR(model.count_probability(fitted, t, 0), std::exp(printed(fitted, {0, 0, 1.0 * t})),
                1e-10);
  }
  EXPECT_EQ(model.count_probability(fitted, 5, 6), 0);
  EXPECT_EQ(model.count_probability(fitted, 0, 0), 1);
}

// Whole opportunities: half a one is none.
TEST(BgBb, HorizonsAreWhole) {
  const History h{2, 4, 6};
  EXPECT_EQ(model.expected(fitted, h, .5), 0);
  EXPECT_EQ(model.silent(fitted, h, .5), 1);
  EXPECT_EQ(model.expected(fitted, h, 3.7), model.expected(fitted, h, 3));
  EXPECT_EQ(model.expected_new(fitted, 10 * (0.1 + 0.2)), model.expected_new(fitted, 3));
}

TEST(BgBb, SilenceForEverIsTheLimit) {
  // Reference: the sum to 262,144 terms with Richardson's extrapolation.
  const double slow[] = {0.04215037344822111, 1.3447934129954355, 0.6777132496706454,
                         4.37803095139328};
  EXPECT_NEAR(model.silent_for_ever(slow, {2, 6, 30}), 0.9436934456667209, 1e-11);
  const double fast[] = {1.666585424767583, 3.605817160136183, 0.3850360508359807,
                         9.17591421486974};
  EXPECT_NEAR(model.silent_for_ever(fast, {1, 1, 1}), 0.08702318135877633, 1e-12);
  EXPECT_NEAR(model.silent(fast, {1, 1, 1}, 1e6), model.silent_for_ever(fast, {1, 1, 1}), 1e-9);
}

TEST(BgBb, ForesightComesTrue) {
  std::mt19937_64 random(2010);
  const double p[] = {1.2, .75, .66, 2.8};
  std::gamma_distribution<double> a(p[0]), b(p[1]), g(p[2]), d(p[3]);
  struct Class {
    double expected = 0, actual = 0, silent = 0, was_silent = 0, alive = 0, lived = 0, n = 0;
  } classes[3];
  for (int i = 0; i < 60000; ++i) {
    const double u = a(random), v = g(random);
    const double buys = u / (u + b(random)), leaves = v / (v + d(random));
    History h{0, 0, 6};
    double later = 0;
    bool alive = true, next = false;
    for (int at = 1; at <= 11; ++at) {
      alive = alive && between(random, 0, 1) >= leaves;
      if (at == 7) next = alive;
      if (!alive || between(random, 0, 1) >= buys) continue;
      if (at <= 6)
        ++h.x, h.t_x = at;
      else
        ++later;
    }
    Class& c = classes[h.x == 0 ? 0 : h.t_x < 5 ? 1 : 2];
    c.n += 1;
    c.expected += model.expected(p, h, 5);
    c.actual += later;
    c.silent += model.silent(p, h, 5);
    c.was_silent += later == 0;
    c.alive += model.alive(p, h);
    c.lived += next;
  }
  for (const Class& c : classes) {
    ASSERT_GT(c.n, 1000);
    EXPECT_NEAR(c.actual, c.expected, 4 * 2.5 * std::sqrt(c.n));
    EXPECT_NEAR(c.was_silent, c.silent, 2 * std::sqrt(c.n));
    EXPECT_NEAR(c.lived, c.alive, 2 * std::sqrt(c.n));
  }
}

}  // namespace
}  // namespace clientele
