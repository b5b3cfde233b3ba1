// SPDX-License-Identifier: PostgreSQL
#include "churn/thresholds/thresholds.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "base/error.hpp"
#include "unit/random_events.hpp"

namespace clientele {
namespace {

using testing::Random;

struct Row {
  double p;
  bool churned;
};
using Rows = std::vector<Row>;

Classification of(const Rows& rows) {
  Classification c(std::pmr::get_default_resource());
  for (const Row& r : rows) c.add(r.p, r.churned);
  return c;
}

/// `n` rows of probability `p`, of which `churned` churned.
void add(Rows& rows, double p, int n, int churned) {
  for (int i = 0; i < n; ++i) rows.push_back({p, i < churned});
}

WarningThresholds found(const Rows& rows, WarningGoals goals = {},
                        std::optional<double> by_costs = {}) {
  return warning_thresholds(of(rows).runs(), goals, by_costs);
}

TEST(Thresholds, LevelsOfAUsualModel) {
  Rows rows;
  add(rows, 0.9, 20, 18);
  add(rows, 0.7, 30, 22);   // 40 of 50: exactly 0.8
  add(rows, 0.5, 50, 25);   // 65 of 100
  add(rows, 0.3, 100, 30);  // 95 of 200
  add(rows, 0.1, 800, 25);  // 120 in all
  const WarningThresholds t = found(rows);
  EXPECT_EQ(t.critical, 0.7);
  EXPECT_EQ(t.warning, 0.3);                              // F1 = 190 / 320, above 130 / 220
  EXPECT_EQ(t.attention, 0.1);                            // 95 of 120 is below 0.8
  EXPECT_EQ(found(rows, {0.8, 0.5, 30}).attention, 0.3);  // 0.5 would do, but crosses the warning
}

TEST(Thresholds, TooFewCustomersAreNoCriticalLevel) {
  Rows rows;
  add(rows, 0.9, 29, 29);
  add(rows, 0.2, 100, 5);
  EXPECT_FALSE(found(rows).critical);
  EXPECT_EQ(found(rows, {0.8, 0.8, 29}).critical, 0.9);
  add(rows, 0.9, 1, 0);
  EXPECT_EQ(found(rows).critical, 0.9);
}

// Precision may fall below the goal and reach it again at a lower probability.
TEST(Thresholds, TheLowestProbabilityWithThePrecisionCounts) {
  Rows rows;
  add(rows, 0.9, 40, 36);
  add(rows, 0.8, 20, 2);   // 38 of 60
  add(rows, 0.7, 90, 90);  // 128 of 150
  EXPECT_EQ(found(rows).critical, 0.7);
}

TEST(Thresholds, OneClassOnly) {
  Rows rows;
  add(rows, 0.9, 100, 0);
  add(rows, 0.1, 100, 0);
  const WarningThresholds none = found(rows);
  EXPECT_FALSE(none.critical || none.warning || none.attention);
  Rows all;
  add(all, 0.9, 100, 100);
  add(all, 0.1, 100, 100);
  const WarningThresholds t = found(all);
  EXPECT_EQ(t.critical, 0.1);
  EXPECT_EQ(t.warning, 0.1);
  EXPECT_EQ(t.attention, 0.1);
  EXPECT_FALSE(found({}).warning);
}

TEST(Thresholds, Costs) {
  Rows rows;
  add(rows, 0.9, 100, 95);
  add(rows, 0.5, 100, 50);
  add(rows, 0.1, 100, 5);
  EXPECT_EQ(found(rows, {}, 0.25).warning, 0.25);
  EXPECT_EQ(found(rows, {}, 0.25).attention, 0.25);
  EXPECT_EQ(found(rows, {}, 0.95).warning, 0.9);  // as the critical level
  const WarningThresholds never = found(rows, {}, std::numeric_limits<double>::infinity());
  EXPECT_FALSE(never.warning);
  EXPECT_EQ(never.critical, 0.9);
  EXPECT_EQ(never.attention, 0.5);
}

TEST(Thresholds, GoalsAreShares) {
  for (const double bad : {-0.1, 1.1, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_THROW((WarningGoals{bad, 0.8, 30}).check(), Error);
    EXPECT_THROW((WarningGoals{0.8, bad, 30}).check(), Error);
  }
}

TEST(Thresholds, Claim) {
  Rows rows;
  add(rows, 0.9, 50, 40);
  add(rows, 0.1, 100, 10);  // 130 of 150 are right; the majority would be with 100
  const Classification c = of(rows);
  EXPECT_TRUE(claim_met(c.runs(), 0.9));
  EXPECT_FALSE(claim_met(c.runs(), std::nullopt));
  EXPECT_FALSE(claim_met(c.runs(), 0.05));  // precision
  Rows few;
  add(few, 0.9, 29, 29);
  add(few, 0.1, 100, 10);
  EXPECT_FALSE(claim_met(of(few).runs(), 0.9));
  Rows rare;  // accurate, but not more so than the answer that none leaves
  add(rare, 0.9, 40, 32);
  add(rare, 0.6, 48, 12);
  add(rare, 0.1, 1000, 0);
  EXPECT_FALSE(claim_met(of(rare).runs(), 0.9));
}

/// The levels by their definitions, one candidate after the other.
WarningThresholds by_definition(const Rows& rows, const WarningGoals& goals) {
  WarningThresholds t;
  double best = 0;
  int positives = 0;
  for (const Row& r : rows) positives += r.churned;
  for (const Row& at : rows) {
    int hits = 0, warned = 0;
    for (const Row& r : rows)
      if (r.p >= at.p) {
        ++warned;
        hits += r.churned;
      }
    if (warned >= static_cast<int>(goals.least) && hits >= goals.precision * warned - 1e-9)
      t.critical = std::min(t.critical.value_or(1), at.p);
    if (positives == 0) continue;
    if (hits >= goals.recall * positives - 1e-9)
      t.attention = std::max(t.attention.value_or(0), at.p);
    const double f1 = 2.0 * hits / (warned + positives);
    if (f1 > best + 1e-12 || (f1 > best - 1e-12 && at.p > t.warning.value_or(1) && f1 > 0)) {
      best = std::max(best, f1);
      t.warning = at.p;
    }
  }
  if (t.critical && t.warning) t.warning = std::min(*t.critical, *t.warning);
  const auto above = t.warning ? t.warning : t.critical;
  if (above && t.attention) t.attention = std::min(*t.attention, *above);
  return t;
}

TEST(Thresholds, RandomRowsAgreeWithTheDefinitions) {
  Random random(20261127);
  for (int i = 0; i < 3000; ++i) {
    const uint64_t n = 1 + random.below(60), steps = 2 + random.below(30);
    const uint64_t odds = random.below(4);
    Rows rows;
    for (uint64_t j = 0; j < n; ++j) {
      const uint64_t step = random.below(steps);
      rows.push_back({static_cast<double>(step) / static_cast<double>(steps),
                      random.below(steps * 3) < step * odds});
    }
    const WarningGoals goals{static_cast<double>(random.below(11)) / 10,
                             static_cast<double>(random.below(11)) / 10, random.below(20)};
    const WarningThresholds t = found(rows, goals), wanted = by_definition(rows, goals);
    ASSERT_EQ(t.critical, wanted.critical) << i;
    ASSERT_EQ(t.warning, wanted.warning) << i;
    ASSERT_EQ(t.attention, wanted.attention) << i;
  }
}

}  // namespace
}  // namespace clientele
