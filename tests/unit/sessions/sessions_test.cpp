// SPDX-License-Identifier: PostgreSQL
#include "sessions/sessions.hpp"

#include <gtest/gtest.h>

#include "unit/random_events.hpp"

namespace clientele {
namespace {

Bytes packed(EventList list) {
  list.sort();
  Bytes bytes;
  encode(list, bytes);
  return bytes;
}

int64_t count(std::initializer_list<Micros> times, uint64_t gap) {
  EventList list;
  for (const Micros at : times) list.add(at, 1);
  const Bytes bytes = packed(list);
  return count_sessions(Journey(bytes), gap);
}

TEST(Sessions, GapOfExactlyTheLimitStays) {
  EXPECT_EQ(count({}, 10), 0);
  EXPECT_EQ(count({5}, 10), 1);
  EXPECT_EQ(count({0, 10, 20}, 10), 1);
  EXPECT_EQ(count({0, 11}, 10), 2);
  EXPECT_EQ(count({0, 0, 1}, 0), 2);
}

TEST(Sessions, WidestGapDoesNotOverflow) {
  EXPECT_EQ(count({first_instant, end_of_time - 1}, INT64_MAX), 2);
  EXPECT_EQ(count({first_instant, first_instant + INT64_MAX}, INT64_MAX), 1);
}

TEST(Sessions, CountListAndClockAgree) {
  testing::Random random(7);
  for (int round = 0; round < 2000; ++round) {
    EventList list = testing::random_events(random, 1 + random.below(1200));
    list.sort();
    const Bytes bytes = packed(list);
    const uint64_t gap = random.any_width() >> 1;
    const std::vector<Session> sessions = list_sessions(list, gap);
    ASSERT_EQ(count_sessions(Journey(bytes), gap), static_cast<int64_t>(sessions.size()));
    SessionClock clock(gap);
    size_t next = 0;
    int32_t left = 0;
    __int128 amounts = 0, expected = 0;
    for (const Event& e : list.events) {
      if (left == 0 && next < sessions.size()) {
        ASSERT_EQ(sessions[next].started_at, e.at);
        ASSERT_EQ(sessions[next].first_event, e.type);
        left = sessions[next].events;
        amounts += sessions[next++].amount;
      }
      ASSERT_EQ(clock.session_at(e.at), static_cast<int64_t>(next));
      expected += list.extra(e).amount;
      if (--left == 0) {
        ASSERT_EQ(sessions[next - 1].ended_at, e.at);
        ASSERT_EQ(sessions[next - 1].last_event, e.type);
      }
    }
    ASSERT_EQ(next, sessions.size());
    ASSERT_TRUE(amounts == expected);
  }
}

TEST(Sessions, AmountIsAbsentWhereNoEventHasOne) {
  EventList list;
  list.add(0, 1, {.item = 3, .has_item = true});
  list.add(100, 1, {.amount = 5, .has_amount = true});
  list.add(101, 1, {.amount = 7, .has_amount = true});
  const auto sessions = list_sessions(list, 10);
  ASSERT_EQ(sessions.size(), 2U);
  EXPECT_FALSE(sessions[0].has_amount);
  EXPECT_TRUE(sessions[1].has_amount);
  EXPECT_TRUE(sessions[1].amount == 12);
}

}  // namespace
}  // namespace clientele
