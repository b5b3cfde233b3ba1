// SPDX-License-Identifier: PostgreSQL
#include "points/ledger/ledger.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "base/random.hpp"
#include "unit/code_of.hpp"

namespace clientele {
namespace {

using testing::code_of;

constexpr int64_t yuan = 1'000'000;

PointsDefinition three_tiers() {
  PointsDefinition d;
  d.rate = yuan;
  d.validity = 30 * day;
  d.look_back = 40 * day;
  d.keeps = 10 * day;
  d.tiers = {{"普通", 0, 1'000'000}, {"银卡", 50, 1'250'000}, {"金卡", 120, 2'000'000}};
  return d;
}

PointEvent event(int64_t id, PointKind kind, Micros at, int64_t number) {
  PointEvent e;
  e.id = id, e.kind = kind, e.at = e.posted = at;
  if (kind == PointKind::purchase || kind == PointKind::returned)
    e.amount = number * yuan;
  else
    e.points = number;
  return e;
}

PointEvent returned(int64_t id, Micros at, int64_t of, int64_t amount) {
  PointEvent e = event(id, PointKind::returned, at, amount);
  e.of = of;
  return e;
}

std::string written(const PointLedger& l) {
  std::string out;
  for (const PointEntry& e : l.entries())
    out += std::to_string(e.at / day) + " " + entry_kind_name(e.kind) + " " +
           std::to_string(l.lots()[e.lot].id) + " " + std::to_string(e.points) + "\n";
  return out;
}

TEST(PointLedger, EarnsByTheTierBeforeAndFloors) {
  const PointsDefinition rules[] = {three_tiers()};
  PointLedger l(rules);
  const PointEvent events[] = {event(1, PointKind::purchase, 0, 50),
                               event(2, PointKind::purchase, day, 33)};
  l.run(events, 2 * day);
  EXPECT_EQ(written(l), "0 earn 1 50\n1 earn 2 41\n");
  EXPECT_EQ(l.balance().tier, "银卡");
  EXPECT_EQ(l.balance().usable, 91);
  EXPECT_EQ(l.balance().due, 11 * day);
}

TEST(PointLedger, SpendsTheFirstToExpireAllOrNothing) {
  const PointsDefinition rules[] = {three_tiers()};
  PointLedger l(rules);
  const PointEvent events[] = {
      event(1, PointKind::grant, 0, 10), event(2, PointKind::grant, day, 10),
      event(3, PointKind::spend, 2 * day, 21), event(4, PointKind::spend, 2 * day, 15)};
  l.run(events, 40 * day);
  EXPECT_EQ(written(l),
            "0 grant 1 10\n1 grant 2 10\n2 spend 1 -10\n2 spend 2 -5\n31 expire 2 -5\n");
  EXPECT_EQ(l.rejected(), std::vector<int64_t>{3});
}

TEST(PointLedger, OwesWhatAReturnCannotTake) {
  PointsDefinition d = three_tiers();
  for (const bool owe : {true, false}) {
    d.owe = owe;
    const PointsDefinition rules[] = {d};
    PointLedger l(rules);
    const PointEvent events[] = {event(1, PointKind::purchase, 0, 40),
                                 event(2, PointKind::spend, day, 30), returned(3, 2 * day, 1, 40),
                                 event(4, PointKind::grant, 3 * day, 50)};
    l.run(events, 3 * day);
    EXPECT_EQ(l.balance().usable, owe ? 20 : 50);
    EXPECT_EQ(l.balance().owed, 0);
  }
}

TEST(PointLedger, TakesReturnsOfAnItemFromItsLatestPurchase) {
  const PointsDefinition rules[] = {three_tiers()};
  PointLedger l(rules);
  std::vector<PointEvent> events = {
      event(1, PointKind::purchase, 0, 10),      event(2, PointKind::purchase, day, 20),
      event(3, PointKind::purchase, 2 * day, 5), event(4, PointKind::returned, 3 * day, 0),
      event(5, PointKind::returned, 4 * day, 0), event(6, PointKind::returned, 5 * day, 0)};
  events[0].item = events[1].item = events[3].item = events[4].item = events[5].item = 7;
  events[3].amount = events[4].amount = events[5].amount = {};
  l.run(events, 6 * day);
  EXPECT_EQ(written(l), "0 earn 1 10\n1 earn 2 20\n2 earn 3 5\n3 reverse 2 -20\n4 reverse 1 -10\n");
  EXPECT_EQ(l.rejected(), std::vector<int64_t>{6});
}

TEST(PointLedger, PostsLateEventsWithTheirOwnTime) {
  const PointsDefinition rules[] = {three_tiers()};
  PointLedger l(rules);
  PointEvent late = event(3, PointKind::purchase, day, 10);
  late.posted = 20 * day;
  PointEvent very_late = event(4, PointKind::purchase, -20 * day, 7);
  very_late.posted = 20 * day;
  const PointEvent events[] = {event(1, PointKind::purchase, 0, 10),
                               event(2, PointKind::spend, 5 * day, 15), late, very_late};
  l.run(events, 21 * day);
  EXPECT_EQ(l.rejected(), std::vector<int64_t>{2});  // not replayed
  EXPECT_EQ(written(l), "0 earn 1 10\n1 earn 3 10\n-20 earn 4 7\n10 expire 4 -7\n");
}

TEST(PointLedger, AdjustsAPurchase) {
  const PointsDefinition rules[] = {three_tiers()};
  PointLedger l(rules);
  PointEvent more = event(2, PointKind::adjust, 2 * day, 5),
             less = event(3, PointKind::adjust, 3 * day, -8);
  more.of = less.of = 1;
  PointEvent unknown = event(4, PointKind::adjust, 3 * day, 1);
  unknown.of = 99;
  const PointEvent events[] = {event(1, PointKind::purchase, 0, 10), more, less, unknown};
  l.run(events, 40 * day);
  EXPECT_EQ(written(l),
            "0 earn 1 10\n0 adjust 2 5\n3 adjust 1 -8\n30 expire 1 -2\n30 expire 2 -5\n");
  EXPECT_EQ(l.rejected(), std::vector<int64_t>{4});
}

TEST(PointLedger, JoinsAccounts) {
  const PointsDefinition rules[] = {three_tiers()};
  PointLedger l(rules);
  std::vector<PointEvent> events = {
      event(1, PointKind::purchase, 0, 130), event(2, PointKind::purchase, day, 20),
      event(3, PointKind::join, 2 * day, 0), event(4, PointKind::spend, 3 * day, 140),
      returned(5, 4 * day, 1, 130),
  };
  for (PointEvent& e : events) e.account = e.id == 1 ? 8 : 9;
  events[2].of = 8;
  l.run(events, 5 * day);
  EXPECT_TRUE(l.rejected().empty());
  EXPECT_EQ(l.balance().account, 9);
  EXPECT_EQ(l.balance().usable, 0);
  EXPECT_EQ(l.balance().owed, 120);
  EXPECT_EQ(l.balance().tier, "金卡");  // kept
}

TEST(PointLedger, RefusesAPurchaseOfAnotherAccount) {
  const PointsDefinition rules[] = {three_tiers()};
  PointLedger l(rules);
  PointEvent other = returned(2, day, 1, 10);
  other.account = 1;
  const PointEvent events[] = {event(1, PointKind::purchase, 0, 10), other};
  l.run(events, 5 * day);
  EXPECT_EQ(l.rejected(), std::vector<int64_t>{2});
  EXPECT_EQ(code_of([&] { l.balance(); }), "22023");
}

TEST(PointLedger, ChangesRulesBetweenEvents) {
  PointsDefinition after = three_tiers();
  after.rate = 2 * yuan;
  after.tiers = {{"basic", 0, 1'000'000}, {"银卡", 500, 3'000'000}};
  const PointsDefinition rules[] = {three_tiers(), after};
  PointLedger l(rules);
  std::vector<PointEvent> events = {event(1, PointKind::purchase, 0, 60),
                                    event(2, PointKind::purchase, day, 10)};
  events[1].rules = 1;
  l.run(events, 2 * day);
  EXPECT_EQ(written(l), "0 earn 1 60\n1 earn 2 60\n");  // the tier is kept by its name
}

TEST(PointLedger, StatesItsLimits) {
  PointsDefinition d;
  d.rate = PointsDefinition::rate_limit;
  d.tiers = {{"x", 0, PointsDefinition::multiplier_limit}};
  const PointsDefinition rules[] = {d};
  EXPECT_EQ(code_of([&] {
              PointLedger l(rules);
              PointEvent e = event(1, PointKind::purchase, 0, 0);
              e.amount = 999'999'999'999'999'999;
              const PointEvent events[] = {e};
              l.run(events, 0);
            }),
            "22003");
  EXPECT_EQ(code_of([&] {
              PointLedger l(rules);
              const std::vector<PointEvent> events(PointLedger::max_events + 1);
              l.run(events, 0);
            }),
            "54000");
  EXPECT_EQ(code_of([&] {
              PointLedger l(rules);
              const PointEvent events[] = {event(1, PointKind::grant, 0, 1),
                                           event(1, PointKind::grant, 0, 1)};
              l.run(events, 0);
            }),
            "22023");
}

TEST(PointLedger, PassesLongTimesAndShortKeepsAtOnce) {
  PointsDefinition d = three_tiers();
  d.keeps = 1;
  d.look_back = 1;
  const PointsDefinition rules[] = {d};
  PointLedger l(rules);
  const PointEvent events[] = {event(1, PointKind::purchase, first_instant, 500)};
  l.run(events, end_of_time - 1);
  EXPECT_EQ(l.balance().tier, "普通");
  EXPECT_EQ(l.balance().usable, 0);
}

/// Any division of the events gives the same entries, and an earlier end a prefix.
TEST(PointLedger, GivesPrefixes) {
  SplitMix64 random(15);
  for (int round = 0; round < 300; ++round) {
    PointsDefinition d = three_tiers();
    d.owe = random.below(2) == 0;
    d.pending = random.below(2) * 3 * static_cast<uint64_t>(day);
    const PointsDefinition rules[] = {d};
    std::vector<PointEvent> events;
    for (int64_t id = 1; id <= 20; ++id) {
      const auto kind = static_cast<PointKind>(1 + random.below(5));
      PointEvent e = event(id, kind, static_cast<Micros>(random.below(60)) * day,
                           1 + static_cast<int64_t>(random.below(90)));
      if (kind == PointKind::returned) e.of = 1 + random.below(20);
      if (kind == PointKind::adjust && random.below(2) == 0) e.points = -e.points;
      events.push_back(e);
    }
    PointLedger::sort(events);
    PointLedger whole(rules);
    whole.run(events, 100 * day);
    int64_t left = 0;
    for (const PointEntry& e : whole.entries()) EXPECT_GE(left += e.points, 0);
    EXPECT_EQ(left, whole.balance().usable + whole.balance().pending);
    PointLedger part(rules);
    part.run(events, static_cast<Micros>(random.below(100)) * day);
    EXPECT_TRUE(written(whole).starts_with(written(part)));
  }
}

TEST(PointsDefinition, IsReadAsWritten) {
  PointsDefinition d = three_tiers();
  d.returns = "refund";
  Bytes bytes;
  d.write(bytes);
  EXPECT_TRUE(writes(PointsDefinition::read(bytes), bytes));
  for (size_t i = 0; i < bytes.size(); ++i) {
    Bytes cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_EQ(code_of([&] { PointsDefinition::read(cut); }), "XX001");
  }
}

TEST(PointsDefinition, ChecksItsValues) {
  const auto code = [](auto change) {
    PointsDefinition d = three_tiers();
    change(d);
    return code_of([&] { d.check(); });
  };
  EXPECT_EQ(code([](auto& d) { d.rate = -1; }), "22023");
  EXPECT_EQ(code([](auto& d) { d.keeps = 0; }), "22023");
  EXPECT_EQ(code([](auto& d) { d.validity = PointsDefinition::longest + 1; }), "22023");
  EXPECT_EQ(code([](auto& d) { d.tiers.clear(); }), "22023");
  EXPECT_EQ(code([](auto& d) { d.tiers[0].least = 1; }), "22023");
  EXPECT_EQ(code([](auto& d) { d.tiers[2].least = 50; }), "22023");
  EXPECT_EQ(code([](auto& d) { d.tiers[2].name = d.tiers[0].name; }), "22023");
  EXPECT_EQ(code([](auto& d) { d.tiers[2].multiplier = -1; }), "22023");
  EXPECT_EQ(code([](auto& d) { d.purchases = "a|"; }), "22023");
}

}  // namespace
}  // namespace clientele
