// SPDX-License-Identifier: PostgreSQL
#include "actions/effect/effect.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace clientele {
namespace {

struct Customer {
  bool treated, converted;
  double value, before;
};

EffectSums sums_of(const std::vector<Customer>& customers) {
  EffectSums sums(std::pmr::get_default_resource());
  for (const Customer& c : customers) sums.add(c.treated, c.converted, c.value, c.before);
  return sums;
}

Bytes written(const EffectSums& sums) {
  Bytes bytes;
  sums.write(bytes);
  return bytes;
}

TEST(Effect, WelchOfTextbook) {
  // R: t.test(c(20, 22, 19, 20), c(28, 27, 29, 35, 30))
  const EffectSums sums = sums_of({{true, false, 20, 0},
                                   {true, false, 22, 0},
                                   {true, false, 19, 0},
                                   {true, false, 20, 0},
                                   {false, true, 28, 0},
                                   {false, true, 27, 0},
                                   {false, true, 29, 0},
                                   {false, true, 35, 0},
                                   {false, true, 30, 0}});
  const Effect e = value_effect(sums);
  EXPECT_DOUBLE_EQ(*e.treated_mean, 20.25);
  EXPECT_DOUBLE_EQ(*e.control_mean, 29.8);
  EXPECT_DOUBLE_EQ(*e.difference, -9.55);
  EXPECT_NEAR(*e.standard_error, std::sqrt(19.0 / 12 / 4 + 9.7 / 5), 1e-14);
  EXPECT_NEAR(*e.df, 5.493871193, 1e-9);
  EXPECT_NEAR(*e.p_value, 0.00108759, 1e-8);
  EXPECT_LT(*e.low, *e.difference);
  EXPECT_GT(*e.high, *e.difference);
}

TEST(Effect, WhatIsUndefinedIsNone) {
  const EffectSums one = sums_of({{true, true, 5, 1}});
  EXPECT_FALSE(rate_effect(one).difference);
  EXPECT_FALSE(value_effect(one).difference);
  EXPECT_FALSE(adjusted_effect(one).difference);
  EXPECT_EQ(rate_effect(one).treated_mean, 1);
  EXPECT_FALSE(rate_effect(one).control_mean);
  const EffectSums two = sums_of({{true, true, 5, 1}, {false, false, 3, 1}});
  EXPECT_EQ(value_effect(two).difference, 2);
  EXPECT_FALSE(value_effect(two).low);
  EXPECT_FALSE(value_effect(two).p_value);
  EXPECT_TRUE(rate_effect(two).low);
}

TEST(Effect, NothingVaries) {
  std::vector<Customer> customers(10, {true, false, 3, 0});
  customers.resize(20, {false, false, 3, 0});
  Effect e = value_effect(sums_of(customers));
  EXPECT_EQ(e.p_value, 1);
  EXPECT_EQ(e.low, 0);
  EXPECT_FALSE(e.df);
  customers.resize(10);
  customers.resize(20, {false, false, 0.1, 0});
  e = value_effect(sums_of(customers));
  EXPECT_EQ(e.p_value, 0);  // 0.1 ten times has no variance, although a sum of doubles has
  EXPECT_EQ(e.standard_error, 0);
}

TEST(Effect, VarianceFarFromZero) {
  // A mean of 10^9 and a variance of 1/2: squares of doubles would lose all of it.
  const EffectSums sums = sums_of({{true, false, 1e9, 0},
                                   {true, false, 1e9 + 1, 0},
                                   {false, false, 1e9 + 1, 0},
                                   {false, false, 1e9 + 2, 0}});
  const Effect e = value_effect(sums);
  EXPECT_DOUBLE_EQ(*e.standard_error, std::sqrt(0.5));
  EXPECT_DOUBLE_EQ(*e.df, 2);
  EXPECT_DOUBLE_EQ(*e.difference, -1);
}

TEST(Effect, CupedExplainsAll) {
  std::vector<Customer> customers;
  for (int i = 0; i < 40; ++i)
    customers.push_back({i % 3 == 0, false, 2.0 * i + (i % 3 == 0), 1.0 * i});
  const AdjustedEffect e = adjusted_effect(sums_of(customers));
  EXPECT_DOUBLE_EQ(*e.theta, 2);
  EXPECT_DOUBLE_EQ(*e.reduction, 1);
  EXPECT_DOUBLE_EQ(*e.difference, 1);
  EXPECT_EQ(e.standard_error, 0);
  // A value before that is the same for all explains nothing.
  for (Customer& c : customers) c.before = 7;
  const AdjustedEffect none = adjusted_effect(sums_of(customers));
  EXPECT_EQ(none.theta, 0);
  EXPECT_EQ(none.reduction, 0);
  EXPECT_EQ(none.difference, value_effect(sums_of(customers)).difference);
}

TEST(Effect, KnowsNoOrder) {
  std::mt19937_64 random(3);
  std::vector<Customer> customers(300);
  for (Customer& c : customers)
    c = {random() % 3 > 0, random() % 2 == 0,
         std::ldexp(static_cast<double>(random() % 1000), static_cast<int>(random() % 40) - 20),
         0.1 * static_cast<double>(random() % 100)};
  const EffectSums whole = sums_of(customers);
  std::ranges::shuffle(customers, random);
  EffectSums parts(std::pmr::get_default_resource());
  parts.merge(sums_of({customers.begin() + 100, customers.end()}));
  parts.merge(sums_of({customers.begin(), customers.begin() + 100}));
  EXPECT_EQ(written(whole), written(parts));
  const Bytes bytes = written(whole);
  EffectSums again(std::pmr::get_default_resource());
  Reader r(bytes);
  again.read(r);
  EXPECT_EQ(written(again), bytes);
  for (size_t n = 0; n < bytes.size(); ++n) {
    EffectSums cut(std::pmr::get_default_resource());
    Reader short_reader({bytes.data(), n});
    EXPECT_THROW(cut.read(short_reader), Error) << n;
  }
}

TEST(Effect, RefusesValues) {
  EffectSums sums(std::pmr::get_default_resource());
  const double inf = std::numeric_limits<double>::infinity();
  for (const double v : {inf, -inf, std::nan(""), 1.1e100}) {
    EXPECT_THROW(sums.add(true, true, v), Error);
    EXPECT_THROW(sums.add(true, true, 0, v), Error);
  }
  sums.add(true, true, 1e100, -1e100);
  sums.add(false, true, -1e100, 5e-324);
  sums.add(false, true, 1e100, 5e-324);
  EXPECT_TRUE(std::isfinite(*value_effect(sums).difference));
  EXPECT_TRUE(std::isfinite(*adjusted_effect(sums).difference));
  EXPECT_THROW(sums.add(true, true), Error);
  EffectSums other(std::pmr::get_default_resource());
  other.add(true, true);
  EXPECT_THROW(sums.merge(other), Error);
  EXPECT_THROW(other.merge(sums), Error);
}

}  // namespace
}  // namespace clientele
