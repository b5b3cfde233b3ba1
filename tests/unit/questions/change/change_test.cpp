// SPDX-License-Identifier: PostgreSQL
#include "questions/change/change.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/random.hpp"

namespace clientele {
namespace {

using Sums = ChangeSums;

struct Customer {
  std::array<double, Sums::variables> x;  // number and base before, number and base after
  int before, after;                      // the segments
};

Sums sums_of(const std::vector<Customer>& all, int before, int after) {
  Sums s;
  for (const Customer& c : all) {
    if ((before >= 0 && c.before != before) || (after >= 0 && c.after != after)) continue;
    size_t at = 0;
    for (const double v : c.x) s.sums[at++] += v;
    for (size_t a = 0; a < Sums::variables; ++a)
      for (size_t b = a; b < Sums::variables; ++b) s.sums[at++] += c.x[a] * c.x[b];
  }
  return s;
}

std::vector<Customer> random_customers(uint64_t seed, bool moving) {
  SplitMix64 random(seed);
  std::vector<Customer> all;
  for (int i = 0; i < 400; ++i) {
    Customer c{};
    const auto below = [&](uint64_t n) { return static_cast<double>(random.below(n)); };
    c.before = static_cast<int>(random.below(3)), c.after = c.before;
    if (moving && random.below(4) == 0) c.after = static_cast<int>(random.below(3));
    c.x = {0, below(3), 0, below(4)};
    c.x[0] = below(static_cast<uint64_t>(c.x[1]) + 2);
    c.x[2] = below(static_cast<uint64_t>(c.x[3]) + 2);
    all.push_back(c);
  }
  return all;
}

/// What z is of, from sums of numbers and bases alone.
double quantity(ChangeKind kind, const Sums& all, const Sums& before, const Sums& after) {
  const auto part = [&](size_t n, size_t b, const Sums& s) {
    return kind == ChangeKind::rate
               ? (s.sums[n] - all.sums[n] / all.sums[b] * s.sums[b]) / all.sums[b]
               : s.sums[n] / all.sums[n];
  };
  return part(2, 3, after) - part(0, 1, before);
}

TEST(Change, ProductsAreWhereTheyShouldBe) {
  const std::vector<Customer> one{{{2, 3, 5, 7}, 0, 0}};
  const Sums s = sums_of(one, -1, -1);
  const double x[] = {2, 3, 5, 7};
  for (size_t a = 0; a < 4; ++a)
    for (size_t b = 0; b < 4; ++b) EXPECT_EQ(s.product(a, b), x[a] * x[b]);
}

TEST(Change, EffectsAddUp) {
  for (const ChangeKind kind : {ChangeKind::rate, ChangeKind::total})
    for (uint64_t seed = 1; seed <= 20; ++seed) {
      const auto customers = random_customers(seed, seed % 2 == 0);
      const Sums all = sums_of(customers, -1, -1);
      double sum = 0;
      for (int s = 0; s < 3; ++s) {
        const auto e = change_effects(kind, all, sums_of(customers, s, -1),
                                      sums_of(customers, -1, s), sums_of(customers, s, s));
        ASSERT_TRUE(e);
        EXPECT_NEAR(e->contribution, e->mix + e->rate, 1e-12);
        sum += e->contribution;
      }
      EXPECT_NEAR(sum, change_of_all(kind, all)->contribution, 1e-10) << seed;
    }
}

/// The variance by the delta method, with derivatives by small differences, customer by customer.
TEST(Change, ZIsThatOfTheDeltaMethod) {
  for (const ChangeKind kind : {ChangeKind::rate, ChangeKind::total})
    for (uint64_t seed = 1; seed <= 4; ++seed) {
      const auto customers = random_customers(seed, seed % 2 == 0);
      const Sums all = sums_of(customers, -1, -1);
      const Sums before = sums_of(customers, 1, -1), after = sums_of(customers, -1, 1);
      const double is = quantity(kind, all, before, after);
      double variance = 0;
      for (const Customer& c : customers) {
        Sums more = all, more_before = before, more_after = after;
        constexpr double small = 1e-6;
        for (size_t v = 0; v < 4; ++v) {
          more.sums[v] += small * c.x[v];
          if (c.before == 1) more_before.sums[v] += small * c.x[v];
          if (c.after == 1) more_after.sums[v] += small * c.x[v];
        }
        const double influence = (quantity(kind, more, more_before, more_after) - is) / small;
        variance += influence * influence;
      }
      const auto e = change_effects(kind, all, before, after, sums_of(customers, 1, 1));
      ASSERT_TRUE(e && e->z);
      EXPECT_NEAR(*e->z, is / std::sqrt(variance), 1e-4) << seed;
    }
}

TEST(Change, NoBaseNoRate) {
  const std::vector<Customer> customers{{{0, 0, 1, 2}, 0, 0}, {{0, 0, 0, 1}, 1, 1}};
  const Sums all = sums_of(customers, -1, -1);
  EXPECT_FALSE(change_of_all(ChangeKind::rate, all));
  const Sums s = sums_of(customers, 0, -1);
  EXPECT_FALSE(change_effects(ChangeKind::rate, all, s, s, s));
  const auto e = change_effects(ChangeKind::total, all, s, s, s);
  ASSERT_TRUE(e);
  EXPECT_EQ(e->contribution, 1);
  EXPECT_EQ(e->mix, 1);  // no rate before
  EXPECT_FALSE(e->z);
}

TEST(Change, AllTogetherCannotDifferFromTheWhole) {
  const auto customers = random_customers(7, false);
  const Sums all = sums_of(customers, -1, -1);
  EXPECT_FALSE(change_effects(ChangeKind::rate, all, all, all, all)->z);
  EXPECT_TRUE(change_of_all(ChangeKind::rate, all)->z);
}

TEST(Change, P) {
  EXPECT_NEAR(two_sided_p(1.959963984540054), 0.05, 1e-12);
  EXPECT_EQ(two_sided_p(0), 1);
  EXPECT_EQ(two_sided_p(-3), two_sided_p(3));
}

}  // namespace
}  // namespace clientele
