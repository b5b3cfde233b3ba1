// SPDX-License-Identifier: PostgreSQL
#include "value/btyd/btyd_fit.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "base/error.hpp"

namespace clientele {
namespace {

constexpr ModelKind continuous[] = {ModelKind::bg_nbd, ModelKind::mbg_nbd, ModelKind::pareto_nbd};

HistoryCounts counts_of(ModelKind kind, const std::vector<History>& list) {
  HistoryCounts counts(std::pmr::get_default_resource());
  counts.define(kind, 0);
  for (const History& h : list) counts.add(h);
  return counts;
}

Fitted fit(ModelKind kind, const std::vector<History>& list) {
  return fit_btyd(kind, counts_of(kind, list).table()).value();
}

/// Nothing that a model says may be NaN.
void expect_usable(const Fitted& f) {
  Bytes bytes;
  f.write(bytes);
  EXPECT_NO_THROW(Fitted::read(bytes));
  const BtydFamily& family = family_of(f.kind);
  for (const History& h : {History{0, 0, 10}, History{3, 5, 10}, History{9, 10, 10}}) {
    const double alive = family.alive(f.parameters.data(), h);
    EXPECT_TRUE(alive >= 0 && alive <= 1) << alive;
    const double expected = family.expected(f.parameters.data(), h, 10);
    EXPECT_TRUE(expected >= 0 && std::isfinite(expected)) << expected;
  }
}

/// A world of BG/NBD; z multiplies the rate of purchases by exp(effect z), likewise a.
struct World {
  double r, alpha, a, b, buying = 0, leaving = 0;
};
std::vector<std::pair<History, double>> simulated(const World& w, size_t n, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<> uniform;
  std::vector<std::pair<History, double>> list;
  for (size_t i = 0; i < n; ++i) {
    const double z = static_cast<double>(i % 2);
    std::gamma_distribution<> rate(w.r, std::exp(w.buying * z) / w.alpha);
    std::gamma_distribution<> one(w.a * std::exp(w.leaving * z)), other(w.b);
    const double lambda = rate(random), p1 = one(random), p2 = other(random);
    const double leave = p1 / (p1 + p2);
    History h{0, 0, std::floor(26 + 26 * uniform(random))};
    std::exponential_distribution<> wait(lambda);
    for (double at = wait(random); at <= h.age; at += wait(random)) {
      ++h.x;
      h.t_x = at;
      if (uniform(random) < leave) break;
    }
    h.t_x = std::min(std::ceil(h.t_x * 7) / 7, h.age);
    list.emplace_back(h, z);
  }
  return list;
}

TEST(BtydFit, FindsTheTruth) {
  const World world{.8, 6, .9, 2.5};
  std::vector<History> list;
  for (const auto& [h, z] : simulated(world, 100000, 21)) list.push_back(h);
  const Fitted f = fit(ModelKind::bg_nbd, list);
  const double truth[] = {world.r, world.alpha, world.a, world.b};
  EXPECT_TRUE(f.found.value().converged);
  for (size_t i = 0; i < 4; ++i)
    EXPECT_NEAR(f.parameters[i], truth[i], 4 * f.found->errors[i]) << i;
  EXPECT_EQ(f.found->remark, Remark::none);
  // It is the top: the likelihood is lower all around.
  const HistoryTable table = counts_of(ModelKind::bg_nbd, list).table();
  EXPECT_NEAR(btyd_log_likelihood(f, table), f.found->log_likelihood, 1e-6);
  for (size_t i = 0; i < 4; ++i)
    for (const double factor : {.99, 1.01}) {
      Fitted moved = f;
      moved.parameters[i] *= factor;
      EXPECT_LT(btyd_log_likelihood(moved, table), f.found->log_likelihood);
    }
}

TEST(BtydFit, FindsTheEffectsOfCovariates) {
  const World world{1, 6, .8, 3, .5, .7};
  for (const ModelKind kind : {ModelKind::bg_nbd, ModelKind::mbg_nbd, ModelKind::pareto_nbd}) {
    HistoryCounts counts(std::pmr::get_default_resource());
    counts.define(kind, 1);
    for (const auto& [h, z] : simulated(world, 40000, 22)) counts.add(h, {&z, 1});
    const Fitted f = fit_btyd(kind, counts.table()).value();
    EXPECT_TRUE(f.found.value().converged);
    // The other models are not the world's, but see the same direction and size.
    const bool own = kind == ModelKind::bg_nbd;
    EXPECT_NEAR(f.purchase_effects[0], .5, own ? 4 * f.found->errors[4] : .25);
    EXPECT_NEAR(f.dropout_effects[0], .7, own ? 4 * f.found->errors[5] : .5);
    EXPECT_GT(f.found->errors[4], 0);
    expect_usable(f);
  }
}

TEST(BtydFit, SaysWhenNobodyLeaves) {
  std::vector<History> list;
  for (const auto& [h, z] : simulated({1, 5, 1e-9, 5}, 3000, 23)) list.push_back(h);
  for (const ModelKind kind : continuous) {
    const Fitted f = fit(kind, list);
    EXPECT_EQ(f.found->remark, Remark::no_dropout);
    EXPECT_LT(f.found->log_likelihood - f.found->simpler, 1.36);
    expect_usable(f);
    const double alive = family_of(kind).alive(f.parameters.data(), {5, 20, 30});
    EXPECT_GT(alive, .9);
  }
}

TEST(BtydFit, EndsWithHostileData) {
  const std::vector<std::vector<History>> hostile = {
      std::vector<History>(100, {0, 0, 20}),             // no customer came back
      {{3, 5, 9}},                                       // one customer
      {{0, 0, 9}},                                       // one who did not
      std::vector<History>(50, {4, 8, 10}),              // all the same
      {{1, 1e11, 1e12}, {0, 0, 1e-9}, {7, 1e-9, 1e-9}},  // extreme times
      {{4000000000, 5, 9}, {0, 0, 9}},                   // extreme counts
      {{0, 0, 0}, {0, 0, 0}},                            // no time at all
      {{1, 0, 5}, {2, 5, 5}, {1, 5, 5}},
  };
  for (const auto& list : hostile)
    for (const ModelKind kind : continuous) {
      const Fitted f = fit(kind, list);
      expect_usable(f);
      EXPECT_TRUE(std::isfinite(f.found->log_likelihood));
      const bool nobody = list[0].x == 0 && list.back().x == 0;
      EXPECT_EQ(f.found->remark == Remark::no_repeats, nobody);
    }
  EXPECT_FALSE(fit_btyd(ModelKind::bg_nbd, counts_of(ModelKind::bg_nbd, {}).table()).has_value());
}

// Many groups start from a coarse grid; that must not show in the result.
// Few customers who hardly differ: r and alpha grow together for ever, and gain ever less.
TEST(BtydFit, GoesToTheEndOfARidge) {
  std::mt19937_64 random(5);
  for (int set = 0; set < 60; ++set) {
    std::vector<History> list;
    const int customers = set % 3 == 0 ? 2 : 30;
    for (int i = 0; i < customers; ++i) {
      History h{static_cast<double>(1 + random() % 4), 0, 12};
      h.t_x = std::min(12.0, h.x + static_cast<double>(random() % 9));
      list.push_back(h);
    }
    for (const ModelKind kind : continuous) {
      const HistoryTable table = counts_of(kind, list).table();
      const Fitted f = fit_btyd(kind, table).value();
      const double reached = f.found.value().log_likelihood;
      EXPECT_TRUE(f.found.value().converged) << set << ' ' << info(kind).name;
      // Nothing near is higher, in any direction and in none of the lengths.
      for (int direction = 0; direction < 81; ++direction)
        for (const double length : {.01, 1.0}) {
          Fitted other = f;
          for (int i = 0, d = direction; i < 4; ++i, d /= 3) {
            const double unit = i == 1 || (i == 3 && kind == ModelKind::pareto_nbd) ? 12 : 1;
            double& p = other.parameters[static_cast<size_t>(i)];
            p = std::clamp(p * std::exp(length * (d % 3 - 1)), unit * std::exp(-12),
                           unit * std::exp(12));
          }
          EXPECT_LE(btyd_log_likelihood(other, table), reached + 1e-7)
              << set << ' ' << info(kind).name << ' ' << direction;
        }
    }
  }
}

TEST(BtydFit, DoesNotDependOnTheCoarseStart) {
  std::vector<History> list;
  for (auto [h, z] : simulated({.7, 5, .9, 2.5}, 60000, 24)) {
    h.age += 1e-4 * static_cast<double>(list.size() % 997);
    list.push_back(h);
  }
  const HistoryTable table = counts_of(ModelKind::bg_nbd, list).table();
  ASSERT_GT(table.size(), 20000u);
  const Fitted f = fit_btyd(ModelKind::bg_nbd, table).value();
  EXPECT_TRUE(f.found.value().converged);
  for (size_t i = 0; i < 4; ++i)
    for (const double factor : {.999, 1.001}) {
      Fitted moved = f;
      moved.parameters[i] *= factor;
      EXPECT_LT(btyd_log_likelihood(moved, table), f.found->log_likelihood);
    }
}

}  // namespace
}  // namespace clientele
