// SPDX-License-Identifier: PostgreSQL
#include "value/purchases/purchases.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/decimal.hpp"
#include "unit/code_of.hpp"
#include "unit/hundred_days.hpp"
#include "unit/random_events.hpp"

namespace clientele {
namespace {

using testing::code_of;
using testing::hundred_days;
using testing::Random;

PurchaseDefinition weeks_until(int64_t until) {
  PurchaseDefinition d;
  d.until = until;
  d.time_zone = "UTC";
  return d;
}

Bytes written(const PurchaseDefinition& d) {
  Bytes out;
  d.write(out);
  return out;
}

PurchaseDefinition random_definition(Random& random) {
  static const int64_t merges[] = {0,   1,       second,  15 * minute, hour,
                                   day, 7 * day, 2 * day, 30 * day,    12 * hour};
  PurchaseDefinition d;
  d.set_merge(static_cast<uint64_t>(merges[random.below(10)]));
  d.set_unit(random.one_in(2) ? 1 + random.below(1 << 30) : 7 * day);
  d.until = d.period_of(static_cast<Micros>(random.below(1000) * day + random.below(day)));
  if (random.one_in(2)) d.holdout_until = d.until + 1 + static_cast<int64_t>(random.below(1000));
  d.purchase = random.one_in(2) ? "web:buy|购买" : "purchase";
  d.time_zone = "Asia/Shanghai";
  return d;
}

TEST(PurchaseDefinition, PeriodsAreDaysAndWeeksFromMonday) {
  PurchaseDefinition d;
  const Micros monday = 366 * day;  // 2001-01-01
  EXPECT_EQ(d.period_of(monday), 0);
  EXPECT_EQ(d.period_of(monday - 1), -1);
  EXPECT_EQ(d.period_of(monday + day - 1), 0);
  d.set_merge(7 * day);
  EXPECT_EQ(d.period_of(monday + 7 * day - 1), 0);
  EXPECT_EQ(d.period_of(monday + 7 * day), 1);
  EXPECT_EQ(d.period_of(monday - 1), -1);
  EXPECT_EQ(d.period_of(monday - 7 * day - 1), -2);
  EXPECT_EQ(d.start_of(-1), monday - 7 * day);
}

TEST(PurchaseDefinition, UnitsAreExactFractions) {
  PurchaseDefinition d;
  for (int64_t days = 0; days < 2000; ++days)
    EXPECT_EQ(d.units_between(-5, days - 5), static_cast<double>(days) / 7.0);
  d.set_merge(0);
  d.set_unit(day);
  EXPECT_EQ(d.units_between(0, 3 * day), 3.0);
  EXPECT_EQ(d.units_between(first_instant, end_of_time - 1),
            static_cast<double>(static_cast<long double>(end_of_time - 1) / day -
                                static_cast<long double>(first_instant) / day));
}

TEST(PurchaseDefinition, MergesThatDoNotTileADayAreErrors) {
  for (const int64_t merge : {7 * hour, 13 * minute, day + hour, 367 * day, 36 * hour})
    EXPECT_EQ(code_of([&] { PurchaseDefinition().set_merge(static_cast<uint64_t>(merge)); }),
              "22023")
        << merge;
  EXPECT_EQ(code_of([] { PurchaseDefinition().set_merge(~uint64_t{0}); }), "22023");
  EXPECT_EQ(code_of([] { PurchaseDefinition().set_unit(0); }), "22023");
  EXPECT_EQ(code_of([] { PurchaseDefinition().set_unit(~uint64_t{0}); }), "22023");
  PurchaseDefinition none;
  none.set_merge(0);
  EXPECT_EQ(none.merge, 1);
}

TEST(PurchaseDefinition, WhatCheckRefuses) {
  EXPECT_EQ(code_of([] { weeks_until(5).check(); }), "none");
  const auto with = [](auto change) {
    PurchaseDefinition d = weeks_until(5);
    change(d);
    return code_of([&] { d.check(); });
  };
  EXPECT_EQ(with([](auto& d) { d.holdout_until = 5; }), "22023");
  EXPECT_EQ(with([](auto& d) { d.holdout_until = 6; }), "none");
  EXPECT_EQ(with([](auto& d) { d.until = INT64_MAX; }), "22008");
  EXPECT_EQ(with([](auto& d) { d.until = INT64_MIN / day; }), "22008");
  EXPECT_EQ(with([](auto& d) { d.holdout_until = end_of_time / day; }), "22008");
  EXPECT_EQ(with([](auto& d) { d.time_zone.clear(); }), "22023");
  EXPECT_EQ(with([](auto& d) { d.time_zone = std::string("U\0TC", 4); }), "22023");
  EXPECT_EQ(with([](auto& d) { d.purchase = "a["; }), "22023");
}

TEST(PurchaseDefinition, BytesAndTextReadBack) {
  Random random(7);
  for (int i = 0; i < 2000; ++i) {
    const PurchaseDefinition d = random_definition(random);
    const Bytes bytes = written(d);
    EXPECT_EQ(PurchaseDefinition::read(bytes), d);
    EXPECT_EQ(d.period_from_text("until", d.period_text(d.until)), d.until);
    for (size_t n = 0; n < bytes.size(); ++n)
      EXPECT_NE(code_of([&] { PurchaseDefinition::read({bytes.data(), n}); }), "none");
    Bytes longer = bytes;
    longer.push_back(0);
    EXPECT_EQ(code_of([&] { PurchaseDefinition::read(longer); }), "XX001");
    Bytes spoiled = bytes;
    spoiled[random.below(spoiled.size())] ^= static_cast<uint8_t>(1 << random.below(8));
    try {
      EXPECT_EQ(written(PurchaseDefinition::read(spoiled)), spoiled);
    } catch (const Error&) {
    }
  }
}

TEST(PurchaseDefinition, TextIsOfTheClock) {
  PurchaseDefinition d = weeks_until(0);
  EXPECT_EQ(d.period_text(0), "2001-01-01");
  EXPECT_EQ(d.period_from_text("until", "2001-01-01T23:59:59.999999"), 0);
  EXPECT_EQ(d.period_from_text("until", "2001-01-02 00:00:00"), 1);
  EXPECT_EQ(d.period_from_text("until", "2001-01-02 23:59"), 1);
  d.set_merge(hour);
  EXPECT_EQ(d.period_text(25), "2001-01-02T01:00:00");
  for (const char* text : {"", "x", "2001-01-01Z", "2001-01-01T00:00:00Z", "2001-02-30",
                           "2001-01-01T00:00:00+08:00", "2001-01-01T00", "1 January 2001"})
    EXPECT_EQ(code_of([&] { d.period_from_text("until", text); }), "22023") << text;
}

TEST(Purchases, AmountsAreFinite) {
  EXPECT_EQ(code_of([] { checked_amount(no_amount); }), "22003");
  EXPECT_EQ(code_of([] { checked_amount(-std::numeric_limits<double>::infinity()); }), "22003");
  EXPECT_FALSE(std::signbit(checked_amount(-0.0)));
}

TEST(Purchases, TheFirstIsNotCountedAndADayCountsOnce) {
  std::vector<Purchase> rows = {{9, 4}, {2, 100}, {5, 10}, {2, 7}, {5, 20}, {12, 3}};
  PurchaseDefinition d = weeks_until(9);
  auto s = summarise(rows, d).value();
  EXPECT_EQ(s.x, 2);
  EXPECT_EQ(s.t_x, 1.0);
  EXPECT_EQ(s.age, 1.0);
  EXPECT_EQ(s.monetary, 17.0);
  d.holdout_until = 30;
  s = summarise(rows, d).value();
  EXPECT_EQ(s.x, 2);
  EXPECT_EQ(s.holdout_x, 1);
  EXPECT_EQ(s.holdout_age, 3.0);
  EXPECT_EQ(s.holdout_monetary, 3.0);
  EXPECT_FALSE(summarise(rows, weeks_until(1)).has_value());
  EXPECT_FALSE(summarise({}, d).has_value());
}

TEST(Purchases, UnknownAmountsAreLeftOutOfTheMeanAndZerosAreNot) {
  std::vector<Purchase> rows = {{1, 5}, {2, no_amount}, {3, no_amount}, {3, 8}, {4, 0}};
  const auto s = summarise(rows, weeks_until(9)).value();
  EXPECT_EQ(s.x, 3);
  EXPECT_EQ(s.monetary, 4.0);
  rows = {{1, 5}, {2, no_amount}};
  EXPECT_TRUE(std::isnan(summarise(rows, weeks_until(9)).value().monetary));
}

TEST(Purchases, ASumThatOverflowsIsAnError) {
  std::vector<Purchase> rows = {{1, 5}, {2, 1e308}, {2, 1e308}};
  EXPECT_EQ(code_of([&] { summarise(rows, weeks_until(9)); }), "22003");
  rows = {{1, 5}, {2, 1e308}, {2, 1e308}, {3, -1e308}, {3, -1e308}};
  EXPECT_EQ(code_of([&] { summarise(rows, weeks_until(9)); }), "22003");
  rows = {{1, 1e308}, {1, 1e308}, {2, 1}};
  EXPECT_EQ(summarise(rows, weeks_until(9)).value().monetary, 1) << "the first is not summed";
}

TEST(Purchases, WhatCompactLeavesOutChangesNoAnswer) {
  Random random(5);
  for (int i = 0; i < 3000; ++i) {
    std::vector<Purchase> rows;
    for (uint64_t n = random.below(40); n > 0; --n)
      rows.push_back({static_cast<int64_t>(random.below(12)),
                      random.one_in(3) ? no_amount : static_cast<double>(random.below(99)) / 7});
    PurchaseDefinition d = weeks_until(static_cast<int64_t>(random.below(12)));
    d.holdout_until = d.until + 3;
    std::vector<Purchase> fewer = rows;
    fewer.resize(compact(fewer));
    std::set<int64_t> periods;
    size_t amounts = 0;
    for (const Purchase& p : rows) periods.insert(p.period), amounts += !p.bare();
    EXPECT_LE(fewer.size(), amounts + periods.size());
    const auto a = summarise(rows, d), b = summarise(fewer, d);
    ASSERT_EQ(a.has_value(), b.has_value());
    if (!a) continue;
    EXPECT_EQ(0, std::memcmp(&a->t_x, &b->t_x, sizeof a->t_x));
    EXPECT_EQ(a->x, b->x);
    EXPECT_EQ(a->holdout_x, b->holdout_x);
    EXPECT_TRUE(a->monetary == b->monetary || (std::isnan(a->monetary) && std::isnan(b->monetary)));
  }
}

TEST(Purchases, BitsDoNotDependOnTheOrder) {
  Random random(9);
  for (int i = 0; i < 300; ++i) {
    std::vector<Purchase> rows;
    for (int n = 0; n < 50; ++n)
      rows.push_back({static_cast<int64_t>(random.below(5)),
                      std::ldexp(static_cast<double>(random.below(1000)) - 500,
                                 static_cast<int>(random.below(60)))});
    const double one = summarise(rows, weeks_until(9))->monetary;
    std::shuffle(rows.begin(), rows.end(), random);
    EXPECT_EQ(summarise(rows, weeks_until(9))->monetary, one);
  }
}

/// The definition of semantics spelled out with maps, on journeys of all kinds.
TEST(Purchases, JourneysAreReadAsTheirEvents) {
  Random random(13);
  PurchaseFeed feed;
  int with_some = 0;
  for (int i = 0; i < 3000; ++i) {
    const EventList list = testing::random_events(random, random.one_in(10) ? 1500 : 30);
    std::set<int32_t> picked;
    for (const Event& e : list.events)
      if (random.one_in(3)) picked.insert(e.type);
    picked.insert(static_cast<int32_t>(random.below(100)));
    const std::vector<int32_t> types(picked.begin(), picked.end());
    PurchaseDefinition d = random_definition(random);
    if (!list.events.empty())
      d.until = d.period_of(
          std::min(end_of_time - 400 * day, list.events[random.below(list.events.size())].at));
    if (d.holdout_until) d.holdout_until = d.until + 1 + static_cast<int64_t>(random.below(300));
    std::map<int64_t, std::vector<double>> periods;
    for (const Event& e : list.events) {
      if (!picked.contains(e.type)) continue;
      std::vector<double>& amounts =
          periods[d.period_of(e.at + hundred_days(nullptr, e.at).offset)];
      if (const Extra x = list.extra(e); x.has_amount)
        amounts.push_back(amount_as_double(x.amount));
    }
    LocalClock clock(hundred_days, nullptr);
    const Bytes bytes = testing::packed(list);
    const auto got = summarise(feed.read(Journey(bytes), types, d, clock, true), d);
    const auto times = purchase_times(feed.read(Journey(bytes), types, d, clock, false), d,
                                      std::pmr::get_default_resource());
    ASSERT_EQ(got.has_value(), !periods.empty() && periods.begin()->first <= d.until);
    ASSERT_EQ(times.empty(), !got.has_value());
    if (!got) continue;
    ++with_some;
    const int64_t first = periods.begin()->first;
    int x = 0, held = 0, priced = 0;
    int64_t last = first;
    double sum = 0;
    std::vector<double> want_times;
    for (auto& [period, amounts] : periods) {
      if (period > d.last()) break;
      want_times.push_back(d.units_between(first, period));
      if (period == first) continue;
      if (period > d.until) {
        ++held;
        continue;
      }
      ++x, last = period;
      if (amounts.empty()) continue;
      std::sort(amounts.begin(), amounts.end());
      double total = 0;
      for (const double a : amounts) total += a;
      sum += total, ++priced;
    }
    EXPECT_EQ(got->x, x);
    EXPECT_EQ(got->holdout_x, held);
    EXPECT_EQ(got->t_x, d.units_between(first, last));
    EXPECT_EQ(got->age, d.units_between(first, d.until));
    ASSERT_EQ(std::isnan(got->monetary), priced == 0);
    if (priced > 0) {
      EXPECT_EQ(got->monetary, sum / priced);
    }
    EXPECT_TRUE(std::ranges::equal(times, want_times));
  }
  EXPECT_GT(with_some, 1000);
}

}  // namespace
}  // namespace clientele
