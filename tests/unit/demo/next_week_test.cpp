// SPDX-License-Identifier: PostgreSQL
// The week after the end of the simulated shop: the same everywhere, and true to what it says of
// itself.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "../../../demo/answers.hpp"
#include "../../../demo/next_week.hpp"

namespace demo {
namespace {

Shop shop_of(uint64_t seed) {
  Shop shop;
  shop.days = 120, shop.seed = seed;
  return shop;
}

constexpr int64_t begin = 120 * ms_per_day, end = begin + days_of_week * ms_per_day,
                  message = begin + 3'600'000;

bool before(const ShopEvent& a, const ShopEvent& b) { return a.at < b.at; }

TEST(NextWeek, IsTheSameEverywhere) {
  const Shop shop = shop_of(42);
  const Incident incident(shop);
  uint64_t hash = 0xCBF29CE484222325U;  // FNV-1a
  const auto add = [&hash](int64_t value) {
    hash = (hash ^ static_cast<uint64_t>(value)) * 0x100000001B3U;
  };
  for (uint64_t number = 1; number <= 2000; ++number) {
    NextWeek life(shop, number, incident);
    const auto world =
        life.live_week(number % 2 == 0 ? std::optional<int64_t>(message) : std::nullopt);
    for (const ShopEvent& e : world.events)
      add(e.at), add(static_cast<int64_t>(e.action)), add(e.item), add(e.cents);
    const Interviewer interviewer(42, number, life.shopper, number % 3 == 0);
    for (const Answer& a : interviewer.ask(life.events, 0, begin))
      add(a.asked_at), add(a.answered_at), add(a.score), add(static_cast<int64_t>(a.topic));
  }
  EXPECT_EQ(hash, 9529781078473039317U);
}

TEST(NextWeek, LeavesTheTimeBeforeAlone) {
  const Shop shop = shop_of(7);
  const Incident incident(shop);
  for (uint64_t number = 1; number <= 200; ++number) {
    Life plain(7, number, 120);
    plain.live();
    NextWeek life(shop, number, incident);
    const auto world = life.live_week(message);
    ASSERT_EQ(life.events.size(), plain.events.size());
    for (size_t i = 0; i < plain.events.size(); ++i)
      EXPECT_EQ(life.events[i].at, plain.events[i].at);
    EXPECT_TRUE(std::is_sorted(world.events.begin(), world.events.end(), before));
    for (const ShopEvent& e : world.events) EXPECT_TRUE(e.at >= begin && e.at < end);
  }
}

/// Without messages the orders are those that the truth of the time before has counted; a message
/// makes purchases of persuadable customers with the chance that is stated, and of no others.
TEST(NextWeek, MessagesDoWhatTheTruthSays) {
  const Shop shop = shop_of(3);
  Incident incident(shop);
  incident.share = 0;
  double stated = 0, variance = 0;
  int made = 0, persuadable = 0, prevented = 0;
  for (uint64_t number = 1; number <= 6000; ++number) {
    NextWeek life(shop, number, incident);
    const auto without = life.live_week(std::nullopt), with = life.live_week(message);
    const auto due = std::count_if(life.next_orders.begin(), life.next_orders.end(),
                                   [](const auto& o) { return o.day < 120 + days_of_week; });
    const auto split = std::count_if(life.next_events.begin(), life.next_events.end(),
                                     [](const auto& e) { return e.action == Action::purchase; });
    EXPECT_TRUE(split > 0 || without.orders <= due);
    if (life.persuasion.response == Response::persuadable) {
      ++persuadable, made += with.orders - without.orders;
      stated += life.persuasion.lift;
      variance += life.persuasion.lift * (1 - life.persuasion.lift);
    } else if (life.persuasion.response == Response::sleeping_dog) {
      EXPECT_LE(with.orders, without.orders);
      prevented += without.orders - with.orders;
    } else {
      EXPECT_EQ(with.orders, without.orders);
      EXPECT_EQ(with.cents, without.cents);
    }
    EXPECT_EQ(life.persuasion.lift > 0, life.persuasion.response == Response::persuadable);
  }
  EXPECT_GT(persuadable, 600);
  EXPECT_NEAR(made, stated, 5 * std::sqrt(variance) + 0.02 * stated);
  EXPECT_GT(prevented, 0);
}

/// While the app takes no payments, checkouts stay and most purchases go.
TEST(NextWeek, AnIncidentStopsPurchasesOnly) {
  const Shop shop = shop_of(5);
  const Incident incident(shop);
  Incident none(shop);
  none.share = 0;
  std::map<Action, std::pair<int, int>> seen;  // with and without the incident
  int lost = 0;
  for (uint64_t number = 1; number <= 6000; ++number) {
    const auto bad = NextWeek(shop, number, incident).live_week(std::nullopt),
               good = NextWeek(shop, number, none).live_week(std::nullopt);
    lost += bad.lost;
    EXPECT_EQ(bad.trouble >= 0, bad.lost > 0);
    for (const ShopEvent& e : bad.events)
      if (e.channel == Channel::app && incident.holds(e.at)) ++seen[e.action].first;
    for (const ShopEvent& e : good.events)
      if (e.channel == Channel::app && incident.holds(e.at)) ++seen[e.action].second;
    EXPECT_TRUE(bad.lost > 0 || bad.events.size() == good.events.size());
  }
  EXPECT_GT(lost, 10);
  const auto [purchases, usual] = seen[Action::purchase];
  EXPECT_LT(purchases, 0.4 * usual);
  EXPECT_GE(seen[Action::checkout].first, seen[Action::checkout].second);
}

TEST(Answers, AreOnTheScaleAndNotTooOften) {
  int answered = 0;
  for (uint64_t number = 1; number <= 3000; ++number) {
    Life life(9, number, 365);
    life.live();
    const Interviewer interviewer(9, number, life.shopper, number % 2 == 0);
    const auto answers = interviewer.ask(life.events, 0, 365 * ms_per_day);
    int64_t last = INT64_MIN / 2;
    for (const Answer& a : answers) {
      EXPECT_GE(a.asked_at - last, 60 * ms_per_day);
      last = a.asked_at;
      EXPECT_TRUE(a.score >= 0 && a.score <= 10);
      EXPECT_TRUE(a.answered_at == -1 || a.answered_at >= a.asked_at);
      answered += a.answered_at >= 0;
    }
    // The questions of a part of the time are those of all of it in that part.
    const auto late = interviewer.ask(life.events, 200 * ms_per_day, 365 * ms_per_day);
    const auto same = std::count_if(answers.begin(), answers.end(),
                                    [](const Answer& a) { return a.asked_at >= 200 * ms_per_day; });
    EXPECT_EQ(late.size(), static_cast<size_t>(same));
  }
  EXPECT_GT(answered, 300);
}

}  // namespace
}  // namespace demo
