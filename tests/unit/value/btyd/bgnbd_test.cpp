// SPDX-License-Identifier: PostgreSQL
// BG/NBD and MBG/NBD against published figures, 40-digit hypergeometric functions and simulated
// customers.
#include <algorithm>
#include <vector>

#include "unit/value/btyd/btyd_checks.hpp"
#include "value/btyd/dropping_out.hpp"
#include "value/btyd/predict.hpp"

namespace clientele {
namespace {

using testing::between;

constexpr double bg[] = {.242595, 4.413602, .792922, 2.425907};
constexpr double bg_rounded[] = {.243, 4.414, .793, 2.426};
constexpr double mbg[] = {.524843, 6.183085, .891359, 1.614002};

TEST(DroppingOut, AgreesWithFortyDigits) {
  struct Case {
    double n, y, a, b, expected;
  };
  const Case cases[] = {
      {0.243, 8.83552333484368, 0.793, 2.426, 1.1967231933208169},
      {2.243, 0.9013173099144903, 0.793, 4.426, 1.68753190014575682},
      {0.5, 1e-06, 0.8, 2.0, 4.99999892857185128e-7},
      {26.5, 1.2, 1.0, 28.0, 21.2385194784981448},
      {300.0, 3.0, 0.5, 310.0, 604.658371862961067},
      {1000.0, 20.0, 0.01, 1000.0, 19565.7802653361038},
      {0.2, 10000.0, 0.9, 0.3, 3.0238230984872356},
      {5.0, 1000000.0, 2.5, 0.2, 1.1333333333022719},
      {2.0, 100000000.0, 0.3, 5.0, 1393807.63570904116},
      {0.001, 50.0, 12.0, 0.001, 0.00392437001362874307},
      {40.0, 200.0, 0.0001, 10000.0, 7999.73756334227696},
      {0.7, 30.0, 10000.0, 10000.0, 1.71289412581550138},
      {3.0, 0.5, 150000.0, 0.001, 0.703703706419762405},
      {10000.0, 0.001, 3.0, 10000.0, 9.98502296614880067},
  };
  for (const Case& c : cases)
    EXPECT_NEAR(purchases_until_dropout(c.n, c.y, c.a, c.b) / c.expected, 1, 1e-11)
        << c.n << ' ' << c.y << ' ' << c.a << ' ' << c.b;
  EXPECT_EQ(purchases_until_dropout(2, 0, 1, 1), 0);
}

// Written by hand, a and b may be so large that p hardly varies, or is next to 0 or 1.
TEST(DroppingOut, AgreesForExtremeParameters) {
  struct Case {
    double n, y, a, b, expected, tolerance;
  };
  const Case cases[] = {
      {2, 1e6, 3, 1e10, 1999100.47970048549, 1e-10},
      {2, 1e8, .8, 1e10, 197655671.098922461, 1e-10},
      {2, 1e6, .5, 1e16, 1999999.99985, 1e-10},
      {2, 1e6, 1e6, 1e10, 10000.0294059785453, 1e-8},
      {2, 1e6, 1e9, .5, 1.00000000049892534, 1e-8},
      {2, 1e6, 1e10, 1e10, 2.00000000009200003, 1e-8},
      {2, 1e4, 1e12, 5e11, 1.49999996626062272, 1e-8},
      // The limits: p is 1/2, 0, 1.
      {2, 1e4, 1e30, 1e30, 2 * (1 - 1 / (5001.0 * 5001)), 1e-12},
      {1, 1e6, 1e-30, 1e30, 1e6, 1e-12},
      {2, 1e4, 1e30, 1e-30, 1 - 1 / (10001.0 * 10001), 1e-12},
  };
  for (const Case& c : cases)
    EXPECT_NEAR(purchases_until_dropout(c.n, c.y, c.a, c.b) / c.expected, 1, c.tolerance)
        << c.n << ' ' << c.y << ' ' << c.a << ' ' << c.b;
}

TEST(BgNbd, ReproducesPublishedFigures) {
  const BtydFamily& model = bg_nbd();
  // Hardie's sheet, by lifetimes' test.
  const double times[] = {.1429, 1, 3, 31.8571, 32, 78};
  const double expected[] = {.00782, .05318, .15063, 1.04049, 1.04373, 1.85796};
  for (int i = 0; i < 6; ++i) EXPECT_NEAR(model.expected_new(bg, times[i]), expected[i], 6e-6);
  EXPECT_NEAR(model.expected_new(bg, 52), 1.444012, 5e-6);
  // BTYD's manual.
  EXPECT_NEAR(model.count_probability(bg_rounded, 2, 10), 1.07869e-07, 1e-12);
  EXPECT_NEAR(model.count_probability(bg_rounded, 39, 0), .5737864, 1e-7);
  const double from_eleven[] = {.0019995214, .0015170236, .0011633150, .0009003148, .0007023638,
                                .0005517902, .0004361913, .0003467171, .0002769613, .0002222260};
  for (int n = 11; n <= 20; ++n)
    EXPECT_NEAR(model.count_probability(bg_rounded, 30, n), from_eleven[n - 11], 1e-10);
  // Customers 1 and 1516.
  EXPECT_NEAR(model.expected(bg, {2, 30.42857, 38.85714}, 39), 1.22599, 1e-5);
  EXPECT_NEAR(model.expected(bg_rounded, {2, 30.43, 38.86}, 39), 1.226, 5e-4);
  EXPECT_NEAR(model.alive(bg, {2, 30.42857, 38.85714}), .726620, 1e-6);
  EXPECT_NEAR(model.expected(bg, {26, 30.85714, 31}, 52), 25.75734, 1e-4);
  EXPECT_NEAR(model.alive(bg, {26, 30.85714, 31}), .968854, 1e-6);
  // The paradox of increasing frequency.
  const double seldom[] = {.347484, .04283391, .004158973, .0003583685};
  for (int i = 0; i < 4; ++i)
    EXPECT_NEAR(model.expected(bg, {10.0 + 5 * i, 20, 39}, 52) / seldom[i], 1, 5e-4);
  EXPECT_EQ(model.alive(bg, {0, 0, 39}), 1);
}

TEST(MbgNbd, ReproducesReferenceFigures) {
  const BtydFamily& model = mbg_nbd();
  EXPECT_NEAR(model.expected_new(mbg, 52), 1.418885, 1e-6);
  EXPECT_NEAR(model.expected(mbg, {2, 30.42857, 38.85714}, 39), 1.262759, 2e-6);
  EXPECT_NEAR(model.alive(mbg, {2, 30.42857, 38.85714}), .706138, 1e-6);
  EXPECT_NEAR(model.expected(mbg, {26, 30.85714, 31}, 52), 23.99819, 1e-4);
  EXPECT_NEAR(model.alive(mbg, {26, 30.85714, 31}), .965485, 1e-6);
  EXPECT_LT(model.alive(mbg, {0, 0, 39}), 1);
}

TEST(BetaGeometric, IsSound) {
  std::mt19937_64 random(11);
  for (const BtydFamily* model : {&bg_nbd(), &mbg_nbd()})
    for (int i = 0; i < 300; ++i) {
      double p[4];
      for (double& v : p) v = std::exp(between(random, -6, 6));
      History h{std::floor(std::exp(between(random, 0, 6)) - 1), 0,
                std::exp(between(random, -3, 8))};
      if (h.x > 0) h.t_x = h.age * between(random, 0, 1);
      testing::expect_sound(*model, p, h, h.age);
      testing::expect_gradient(*model, p, h);
    }
}

// Probabilities of counts sum to 1, and their mean is the expectation.
TEST(BetaGeometric, CountsAgreeWithTheirMean) {
  for (const BtydFamily* model : {&bg_nbd(), &mbg_nbd()}) {
    const double p[] = {.6, 5, .9, 2.5};
    double sum = 0, mean = 0;
    for (int n = 0; n < 400; ++n) {
      const double probability = model->count_probability(p, 20, n);
      sum += probability;
      mean += n * probability;
    }
    EXPECT_NEAR(sum, 1, 1e-12);
    EXPECT_NEAR(mean, model->expected_new(p, 20), 1e-9);
  }
}

// The likelihood of many customers at once is the sum over each.
TEST(BetaGeometric, ManyAreTheSumOfEach) {
  std::mt19937_64 random(12);
  std::vector<History> list;
  for (int i = 0; i < 400; ++i) {
    History h{std::floor(between(random, 0, 5)), 0, std::floor(between(random, 10, 20))};
    if (h.x > 0) h.t_x = std::floor(h.age * between(random, 0, 1));
    list.push_back(h);
  }
  std::sort(list.begin(), list.end(), [](const History& a, const History& b) {
    return std::tuple(a.x, a.age, a.t_x) < std::tuple(b.x, b.age, b.t_x);
  });
  std::vector<double> x, t_x, age, customers;
  for (const History& h : list) {
    x.push_back(h.x), t_x.push_back(h.t_x), age.push_back(h.age);
    customers.push_back(static_cast<double>(1 + random() % 5));
  }
  for (const BtydFamily* model : {&bg_nbd(), &mbg_nbd(), &pareto_nbd()}) {
    double sum = 0, sums[4] = {}, slope[4], all[4];
    for (size_t i = 0; i < list.size(); ++i) {
      sum += customers[i] * model->log_density(bg, list[i], slope);
      for (int k = 0; k < 4; ++k) sums[k] += customers[i] * slope[k];
    }
    EXPECT_NEAR(model->log_likelihood(bg, {x, t_x, age, customers}, all), sum, 1e-11 * -sum);
    for (int k = 0; k < 4; ++k) EXPECT_NEAR(all[k], sums[k], 1e-9 * (1 + std::abs(sums[k])));
  }
}

// Customers drawn as the model describes them: what those with one history go on to do.
TEST(BetaGeometric, TellsTheStoryThatItAssumes) {
  for (const bool first : {false, true}) {
    std::mt19937_64 random(13 + first);
    const double p[] = {1.5, 4, 1.2, 3};
    const BtydFamily& model = first ? mbg_nbd() : bg_nbd();
    std::gamma_distribution<> rate(p[0], 1 / p[1]), one(p[2]), other(p[3]);
    constexpr double age = 5, horizon = 5;
    double customers[3] = {}, living[3] = {}, bought[3] = {}, silent[3] = {}, alive[3] = {},
           expected[3] = {}, quiet[3] = {};
    for (int i = 0; i < 400000; ++i) {
      const double lambda = rate(random), a = one(random), b = other(random), leave = a / (a + b);
      std::exponential_distribution<> wait(lambda);
      History h{0, 0, age};
      bool here = !(first && between(random, 0, 1) < leave);
      double at = 0, later = 0;
      bool alive_then = here;
      for (;;) {
        if (!here) break;
        at += wait(random);
        if (at > age + horizon) break;
        here = !(between(random, 0, 1) < leave);
        if (at <= age) {
          ++h.x;
          h.t_x = at;
          alive_then = here;
        } else {
          ++later;
        }
      }
      const size_t k = static_cast<size_t>(h.x);
      if (k > 2) continue;
      ++customers[k];
      living[k] += alive_then;
      bought[k] += later;
      silent[k] += later == 0;
      alive[k] += model.alive(p, h);
      expected[k] += model.expected(p, h, horizon);
      quiet[k] += model.silent(p, h, horizon);
    }
    for (int k = 0; k < 3; ++k) {
      const double n = customers[k];
      EXPECT_NEAR(living[k] / n, alive[k] / n, 4 * .5 / std::sqrt(n)) << first << k;
      EXPECT_NEAR(silent[k] / n, quiet[k] / n, 4 * .5 / std::sqrt(n)) << first << k;
      EXPECT_NEAR(bought[k] / n, expected[k] / n, 4 * 3 / std::sqrt(n)) << first << k;
    }
  }
}

TEST(Predict, FindsQuantilesOfTheNextPurchase) {
  for (const BtydFamily* model : {&bg_nbd(), &mbg_nbd(), &pareto_nbd()}) {
    const History h{3, 20, 30};
    const double ever = 1 - model->silent_for_ever(bg, h);
    for (const double p : {.01 * ever, .2 * ever, .99 * ever}) {
      const auto time = time_to_purchase(*model, bg, h, p);
      ASSERT_TRUE(time.has_value());
      EXPECT_NEAR(1 - model->silent(bg, h, *time), p, 1e-9);
    }
    EXPECT_FALSE(time_to_purchase(*model, bg, h, 1.01 * ever).has_value());
    EXPECT_FALSE(time_to_purchase(*model, bg, h, .999).has_value());
  }
  const double bb[] = {1.2, .75, .657, 2.783};
  const auto opportunities = time_to_purchase(bg_bb(), bb, {2, 3, 6}, .2);
  ASSERT_TRUE(opportunities.has_value());
  EXPECT_GE(1 - bg_bb().silent(bb, {2, 3, 6}, *opportunities), .2);
  EXPECT_LT(1 - bg_bb().silent(bb, {2, 3, 6}, *opportunities - 1), .2);
}

// Against a plain sum over short steps.
TEST(Predict, DiscountsPurchasesByWhenTheyCome) {
  for (const BtydFamily* model : {&bg_nbd(), &mbg_nbd(), &pareto_nbd()})
    for (const double discount : {.002, .1}) {
      const History h{3, 20, 30};
      double sum = 0, last = 0;
      const double step = .05;
      for (double t = step; t <= 104 + step / 2; t += step) {
        const double now = model->expected(bg, h, t);
        sum += (now - last) * std::pow(1 + discount, -(t - step / 2));
        last = now;
      }
      EXPECT_NEAR(discounted_purchases(*model, bg, h, 104, discount), sum, 1e-5 * sum);
      EXPECT_NEAR(discounted_purchases(*model, bg, h, 104, 0), model->expected(bg, h, 104), 1e-12);
      const double for_ever = discounted_purchases(*model, bg, h, INFINITY, .1);
      EXPECT_NEAR(for_ever, discounted_purchases(*model, bg, h, 5000, .1), 1e-9 * for_ever);
    }
  const double bb[] = {1.2, .75, .657, 2.783};
  const History donor{2, 4, 6};
  double sum = 0, last = 0;
  for (int k = 1; k <= 4000; ++k) {
    const double now = bg_bb().expected(bb, donor, k);
    sum += (now - last) * std::pow(1.1, -k);
    last = now;
  }
  EXPECT_NEAR(discounted_purchases(bg_bb(), bb, donor, INFINITY, .1), sum, 1e-10);
  EXPECT_NEAR(discounted_purchases(bg_bb(), bb, donor, 5, 0), bg_bb().expected(bb, donor, 5),
              1e-12);
}

// Hardly discounted: the rest of a long sum is an integral.
TEST(Predict, DiscountsManyOpportunities) {
  for (const double gamma : {.003, .657, 40.0, 3000.0})
    for (const double discount : {1e-4, .003}) {
      const double bb[] = {1.2, .75, gamma, 278.3};
      const History donor{2, 4, 6};
      for (const double horizon : {700.0, 50000.0, double{INFINITY}}) {
        long double sum = 0, lives = 1;
        const double first = bg_bb().expected(bb, donor, 1);
        for (double k = 1; k <= std::min(horizon, 500000.0); ++k) {
          if (k > 1) lives *= (bb[3] + 6 + k - 1) / (bb[2] + bb[3] + 6 + k - 1);
          sum += first * lives * std::pow(1 + discount, -k);
        }
        const auto want = static_cast<double>(sum);
        EXPECT_NEAR(discounted_purchases(bg_bb(), bb, donor, horizon, discount), want, 1e-11 * want)
            << gamma << ' ' << discount << ' ' << horizon;
      }
    }
}

// Fader, Hardie & Lee (2005), eq. 20, with Tricomi's function as its integral (DLMF 13.4.4).
TEST(Predict, AgreesWithTheClosedFormOfParetoNbd) {
  // Also where lifetimes are far shorter than alpha and age, or the discount is high.
  const double models[][4] = {{.553277, 10.577683, .606240, 11.668733},
                              {1, 1000, 100, 1},
                              {1, 10, 4000, 10},
                              {1, 1000, 2, 300}};
  for (const auto& p : models)
    for (const double discount : {.0027, 1.0})
      for (const History& h : {History{0, 0, 39}, History{2, 30, 38}, History{9, 36, 38}}) {
        const double rate = std::log1p(discount);
        const double z = rate * (p[3] + h.age);
        // U(1, 2 - s, z) = integral of e^-zt (1 + t)^-s; t = e^v - 1
        double tricomi = 0;
        const double end = 12 / std::max({1.0, p[2], z}), step = 1e-5 * end;
        for (double v = step / 2; v < end; v += step) {
          const double t = std::expm1(v);
          tricomi += step * std::exp(-z * t - p[2] * v + v);
        }
        const double closed =
            (p[0] + h.x) / (p[1] + h.age) * (p[3] + h.age) * tricomi * pareto_nbd().alive(p, h);
        EXPECT_NEAR(discounted_purchases(pareto_nbd(), p, h, INFINITY, discount), closed,
                    1e-5 * closed)
            << p[2] << ' ' << discount << ' ' << h.x;
      }
}

}  // namespace
}  // namespace clientele
