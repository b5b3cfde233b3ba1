// SPDX-License-Identifier: PostgreSQL
// The simulated shop: the same on every machine, and as its description says.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "../../../demo/shopper.hpp"

namespace demo {
namespace {

TEST(Simulation, IsTheSameEverywhere) {
  uint64_t hash = 0xCBF29CE484222325U;  // FNV-1a
  const auto add = [&hash](int64_t value) {
    hash = (hash ^ static_cast<uint64_t>(value)) * 0x100000001B3U;
  };
  for (uint64_t customer = 1; customer <= 500; ++customer) {
    Life life(42, customer, 365);
    life.live();
    for (const ShopEvent& e : life.events)
      add(e.at), add(static_cast<int64_t>(e.action)), add(e.item), add(e.cents);
    add(life.shopper.next_purchases);
  }
  EXPECT_EQ(hash, 5845926454293698087U);
}

TEST(Simulation, PurchasesAreThoseOfTheTruth) {
  for (uint64_t customer = 1; customer <= 300; ++customer) {
    Life life(1, customer, 200);
    life.live();
    const auto& events = life.events;
    EXPECT_TRUE(std::is_sorted(events.begin(), events.end(),
                               [](const auto& a, const auto& b) { return a.at < b.at; }));
    const bool bought = std::any_of(events.begin(), events.end(), [](const ShopEvent& e) {
      return e.action == Action::purchase;
    });
    EXPECT_EQ(bought, life.shopper.purchases > 0);
    EXPECT_TRUE(life.shopper.buyer || !bought);
    for (const ShopEvent& e : events) EXPECT_LT(e.at, 200 * ms_per_day);
  }
}

TEST(Simulation, DistributionsHaveTheirMeans) {
  Random random(7, 0);
  double gamma = 0, small = 0, exponential = 0, square = 0;
  const int n = 200'000;
  for (int i = 0; i < n; ++i) {
    gamma += random.gamma(4, 2), small += random.gamma(0.5, 0.25);
    exponential += random.exponential(0.2);
    const double z = random.normal();
    square += z * z;
  }
  EXPECT_NEAR(gamma / n, 2, 0.02);
  EXPECT_NEAR(small / n, 2, 0.04);
  EXPECT_NEAR(exponential / n, 5, 0.06);
  EXPECT_NEAR(square / n, 1, 0.02);
  for (double x = 1e-9; x < 1e9; x *= 1.7) {
    EXPECT_NEAR(natural_log(x), std::log(x), 1e-13 * (1 + std::abs(std::log(x))));
    EXPECT_NEAR(natural_log(exponential_of(std::log(x))), std::log(x), 1e-12);
  }
}

}  // namespace
}  // namespace demo
