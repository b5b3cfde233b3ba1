// SPDX-License-Identifier: PostgreSQL
// Pareto/NBD against published figures, 40-digit integrals, the two-hypergeometric form, and a
// simulation.
#include <algorithm>
#include <vector>

#include "unit/value/btyd/btyd_checks.hpp"

namespace clientele {
namespace {

using testing::between;

const BtydFamily& model = pareto_nbd();
constexpr double cdnow[] = {.553277, 10.577683, .606240, 11.668733};

TEST(ParetoNbd, AgreesWithFortyDigits) {
  struct Case {
    double parameters[4];
    History history;
    double log_density, alive;
  };
  // r, alpha, s, beta; x, t_x, age; worked out with mpmath.
  const Case cases[] = {
      {{10.465, 7.98565181e-03, 3.0516, 2.820},
       {400, 5, 6},
       1323.1889309678178,
       5.1374581133193757e-31},
      {{10.465, 7.98565181e-03, 3.0516, 2.820}, {500, 1, 37}, 2594.4044546227567, 0},
      {{10.465, 7.98565181e-03, 3.0516, 2.820}, {500, 4, 37}, 1888.8212497389407, 0},
      {{.55, 10.58, .61, 11.67}, {132, 200, 200}, -196.38244685375776, 1},
      {{.55, 10.58, .61, 11.67}, {133, 200, 200}, -196.84535254945133, 1},
      {{.5, 1e-3, .5, 1e3}, {500, 1e5, 1e6}, -3167.2497726693265, 0},
      {{.5, 1e3, .5, 1e-3}, {0, 0, 1e6}, -0.00099900020827118157, 1.0004993741875241e-6},
      {{1e-4, 1e-4, 1e-4, 1e4}, {0, 0, 1e6}, -0.0023024626990190922, 0.99953847209111732},
      {{1e5, 1e6, 1e-3, 1e5}, {7, 10, 100}, -26.117276865314313, 0.99919053976247941},
      {{2, 10, 3, 10}, {4, 5, 30}, -9.1703536342838536, 0.00043982033455900662},
      {{1e-5, 1, 1e5, 1e6}, {1, .5, 40}, -13.333566183687584, 0.002758995855726041},
      {{.3, 5, 1e-6, 1e6}, {20, 100, 300}, -76.488351552934968, 0.98648486264201486},
      {{150000, 150000, 150000, 1e-5},
       {1000, 900, 901},
       -2748198.0120919768,
       1.6818556255467683e-73},
  };
  for (const Case& c : cases) {
    EXPECT_NEAR(model.log_density(c.parameters, c.history, nullptr), c.log_density,
                1e-13 * std::max(1.0, std::abs(c.log_density)));
    EXPECT_NEAR(model.alive(c.parameters, c.history), c.alive, 1e-10 * c.alive + 1e-300);
  }
}

/// Note 009, eqs. 19 and 20, by plain series in long double.
long double gauss(long double a, long double b, long double c, long double z) {
  long double term = 1, sum = 1;
  for (int k = 0; k < 20000 && term > sum * 1e-21L; ++k)
    sum += term *= (a + k) * (b + k) / ((c + k) * (k + 1)) * z;
  return sum;
}
long double published(const double* p, const History& h) {
  const long double r = p[0], alpha = p[1], s = p[2], beta = p[3], x = h.x;
  const long double high = std::max(alpha, beta), gap = std::abs(alpha - beta), n = r + s + x;
  const long double second = alpha >= beta ? s + 1 : r + x;
  const auto part = [&](long double t) {
    return gauss(n, second, n + 1, gap / (high + t)) / std::pow(high + t, n);
  };
  const long double a0 = part(h.t_x) - part(h.age);
  const long double living = 1 / (std::pow(alpha + h.age, r + x) * std::pow(beta + h.age, s));
  return std::lgamma(r + x) - std::lgamma(r) + r * std::log(alpha) + s * std::log(beta) +
         std::log(living + s / n * a0);
}

TEST(ParetoNbd, AgreesWithTheTwoHypergeometricFunctions) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 500; ++i) {
    const double alpha = between(random, 2, 20);
    const double p[] = {between(random, .1, 3), alpha, between(random, .1, 3),
                        i % 10 == 0 ? alpha : between(random, 2, 20)};
    History h{std::floor(between(random, 0, 15)), 0, between(random, 5, 60)};
    if (h.x > 0) h.t_x = h.age * between(random, 0, .95);
    const double expected = static_cast<double>(published(p, h));
    EXPECT_NEAR(model.log_density(p, h, nullptr), expected, 1e-11 * (1 + std::abs(expected)));
  }
}

TEST(ParetoNbd, GradientIsTheSlope) {
  std::mt19937_64 random(11);
  for (int i = 0; i < 2000; ++i) {
    double p[4];
    for (double& value : p) value = std::exp(between(random, -8, 8));
    if (i % 7 == 0) p[3] = p[1];
    History h{i % 3 == 0 ? 0 : std::floor(std::exp(between(random, 0, 6))), 0,
              std::exp(between(random, -2, 10))};
    if (h.x > 0) h.t_x = i % 5 == 0 ? h.age : h.age * between(random, 0, 1);
    testing::expect_gradient(model, p, h);
  }
}

// The living and silent have all but gone by then: with r + x + s > 2, fewer than 1e-10 are left.
TEST(ParetoNbd, SilenceForEverIsTheLimitOfSilence) {
  std::mt19937_64 random(17);
  for (int i = 0; i < 500; ++i) {
    const double p[] = {between(random, .3, 3), between(random, 2, 20), between(random, .3, 3),
                        between(random, 2, 20)};
    History h{std::floor(between(random, 2, 15)), 0, between(random, 5, 60)};
    h.t_x = h.age * between(random, 0, 1);
    const double limit = model.silent_for_ever(p, h);
    EXPECT_NEAR(model.silent(p, h, 1e9), limit, 1e-9);
  }
}

TEST(ParetoNbd, IsSoundEverywhere) {
  std::mt19937_64 random(13);
  for (int i = 0; i < 1000; ++i) {
    double p[4];
    for (double& value : p) value = std::exp(between(random, -12, 12));
    if (i % 6 == 0) p[2] = 1;
    History h{i % 3 == 0 ? 0 : std::floor(std::exp(between(random, 0, 7))), 0,
              std::exp(between(random, -2, 14))};
    if (h.x > 0) h.t_x = i % 5 == 0 ? h.age : h.age * between(random, 0, 1);
    double gradient[4];
    EXPECT_TRUE(std::isfinite(model.log_density(p, h, gradient)));
    for (const double g : gradient) EXPECT_TRUE(std::isfinite(g));
    testing::expect_sound(model, p, h, h.age / 100);
  }
}

TEST(ParetoNbd, PublishedExpectations) {
  const double manual[] = {.55, 10.56, .61, 11.64};
  const double counts[] = {0,         .05077821, .09916088, .14542507, .18979930,
                           .23247466, .27361274, .31335159, .35181024, .38909211};
  for (int t = 0; t < 10; ++t) EXPECT_NEAR(model.expected_new(manual, t), counts[t], 6e-9);
  EXPECT_NEAR(model.expected_new(cdnow, 52), 1.473434, 2e-6);

  const History first{2, 30.4285714285714, 38.8571428571429}, busy{26, 30.85714286, 31};
  EXPECT_NEAR(model.expected(cdnow, first, 39), 1.455202, 2e-6);
  EXPECT_NEAR(model.alive(cdnow, first), .869134, 1e-6);
  EXPECT_NEAR(model.expected(cdnow, busy, 52), 25.45518, 5e-5);
  EXPECT_NEAR(model.alive(cdnow, busy), .997873, 1e-6);
  const double paradox[] = {.705888, .1442396, .02250658, .00309267};
  for (int i = 0; i < 4; ++i)
    EXPECT_NEAR(model.expected(cdnow, {10 + 5.0 * i, 20, 39}, 52), paradox[i], paradox[i] * 6e-3);

  const double rounded[] = {.55, 10.58, .61, 11.67};
  EXPECT_NEAR(model.expected(rounded, {132, 200, 200}, 10), 6.206051789, 1e-9);
  EXPECT_NEAR(model.expected(rounded, {133, 200, 200}, 10), 6.252872248, 1e-9);
}

TEST(ParetoNbd, PointsAtWhichOthersOverflow) {
  const double p[] = {.5143, 2.8845, .2856, 14.1087};
  const History histories[] = {{221, 103.42857, 103.57143},
                               {254, 97.14286, 97.28571},
                               {161, 94.71429, 98},
                               {204, 98.57143, 99.42857}};
  for (const History& h : histories) {
    const double alive = model.alive(p, h);
    EXPECT_TRUE(alive > 0 && alive < 1) << alive;
  }
  const double q[] = {10.465, 7.98565181e-03, 3.0516, 2.820};
  for (const History& h : {History{40, 5, 6}, History{50, 1, 37}, History{50, 4, 37}})
    EXPECT_TRUE(std::isfinite(model.alive(q, h)));
}

TEST(ParetoNbd, ShapeOneIsNoException) {
  const History h{3, 10, 30};
  for (const double s : {1 - 1e-9, 1.0, 1 + 1e-9}) {
    const double p[] = {.5, 8, s, 12}, below[] = {.5, 8, .999, 12}, above[] = {.5, 8, 1.001, 12};
    EXPECT_NEAR(model.expected(p, h, 20),
                (model.expected(below, h, 20) + model.expected(above, h, 20)) / 2, 1e-6);
    EXPECT_NEAR(model.expected_new(p, 20),
                (model.expected_new(below, 20) + model.expected_new(above, 20)) / 2, 1e-6);
  }
}

TEST(ParetoNbd, CountsAreADistribution) {
  for (const double t : {.5, 30.0, 400.0}) {
    double sum = 0, mean = 0;
    for (int n = 0; n < 3000; ++n) {
      const double p = model.count_probability(cdnow, t, n);
      sum += p, mean += n * p;
    }
    EXPECT_NEAR(sum, 1, 1e-10);
    EXPECT_NEAR(mean, model.expected_new(cdnow, t), 1e-8 * mean);
    EXPECT_NEAR(model.count_probability(cdnow, t, 0),
                std::exp(model.log_density(cdnow, {0, 0, t}, nullptr)), 1e-14);
  }
  EXPECT_EQ(model.count_probability(cdnow, 0, 0), 1);
  EXPECT_EQ(model.count_probability(cdnow, 0, 1), 0);
  EXPECT_EQ(model.count_probability(cdnow, 9, -1), 0);
}

// The slope of P(silent) at once is minus the rate at which the customer buys now.
TEST(ParetoNbd, PiecesFitTogether) {
  const History h{4, 20, 31};
  const double step = 1e-4;
  EXPECT_NEAR((1 - model.silent(cdnow, h, step)) / step, model.expected(cdnow, h, step) / step,
              1e-5);
  const double for_ever = model.silent_for_ever(cdnow, h);
  EXPECT_NEAR(model.silent(cdnow, h, 1e12), for_ever, 1e-6);
  EXPECT_GT(for_ever, 1 - model.alive(cdnow, h));
  const double never_dies[] = {.5, 10, 1e-9, 1e9};
  EXPECT_NEAR(model.silent(never_dies, h, 30), std::pow(41 / 71.0, 4.5), 1e-9);
}

// Customers of the model's own making: what is expected of them given their past comes true.
TEST(ParetoNbd, ForesightComesTrue) {
  std::mt19937_64 random(20051);
  const double p[] = {.8, 9, .7, 15};
  std::gamma_distribution<double> rates(p[0], 1 / p[1]), deaths(p[2], 1 / p[3]);
  std::exponential_distribution<double> one;
  const double age = 40, horizon = 30;
  struct Class {
    double expected = 0, actual = 0, squares = 0, silent = 0, was_silent = 0, alive = 0, lived = 0,
           n = 0;
  } classes[3];
  for (int i = 0; i < 60000; ++i) {
    const double rate = rates(random), life = one(random) / deaths(random);
    History h{0, 0, age};
    double later = 0;
    for (double at = one(random) / rate; at < std::min(life, age + horizon);
         at += one(random) / rate) {
      if (at <= age)
        ++h.x, h.t_x = at;
      else
        ++later;
    }
    Class& c = classes[h.x == 0 ? 0 : h.t_x < 25 ? 1 : 2];
    c.n += 1;
    c.expected += model.expected(p, h, horizon);
    c.actual += later;
    c.squares += later * later;
    c.silent += model.silent(p, h, horizon);
    c.was_silent += later == 0;
    c.alive += model.alive(p, h);
    c.lived += life > age;
  }
  for (const Class& c : classes) {
    ASSERT_GT(c.n, 1000);
    EXPECT_NEAR(c.actual, c.expected, 4 * std::sqrt(c.squares));
    EXPECT_NEAR(c.was_silent, c.silent, 2 * std::sqrt(c.n));
    EXPECT_NEAR(c.lived, c.alive, 2 * std::sqrt(c.n));
  }
}

TEST(ParetoNbd, EndsForExtremeParameters) {
  // No customer buys or leaves, on times far shorter than both scales.
  const double still[] = {1e-30, 1e30, 1e-30, 1e30};
  EXPECT_EQ(model.alive(still, {0, 0, 10}), 1);
  EXPECT_EQ(model.silent(still, {0, 0, 10}, 5), 1);
  EXPECT_NEAR(model.silent_for_ever(still, {0, 0, 10}), .5, 1e-9);
  // The first instant, in which exp(-v) overflows.
  const double brief[] = {1e-30, 1, 1e30, 1};
  EXPECT_NEAR(model.count_probability(brief, 1e-308, 1), 0, 1e-300);
}

}  // namespace
}  // namespace clientele
