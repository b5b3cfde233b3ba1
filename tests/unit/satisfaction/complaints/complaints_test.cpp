// SPDX-License-Identifier: PostgreSQL
#include <gtest/gtest.h>

#include <algorithm>

#include "satisfaction/complaints/complaints.hpp"
#include "unit/random_events.hpp"

namespace clientele {
namespace {

using testing::packed;
using testing::Random;

using Happened = std::vector<std::pair<Micros, int32_t>>;

// Types 1 and 3 are complaints, 2 and 3 are answers.
std::vector<Complaint> found(const Happened& events, Micros since = INT64_MIN,
                             Micros until = INT64_MAX) {
  EventList list;
  for (const auto& [at, type] : events) list.add(at, type);
  const Bytes bytes = packed(list);
  const Journey journey(bytes);
  return complaints_of(journey, PickedCodes(journey, [](int32_t t) { return t == 1 || t == 3; }),
                       PickedCodes(journey, [](int32_t t) { return t == 2 || t == 3; }), since,
                       until);
}

using All = std::vector<Complaint>;

TEST(Complaints, are_answered_by_the_first_answer_after_them) {
  EXPECT_EQ(found({{1, 2}, {2, 1}, {3, 9}, {5, 1}, {6, 2}, {7, 2}, {8, 1}}),
            (All{{2, 6}, {5, 6}, {8, {}}}));
  EXPECT_EQ(found({{2, 1}, {5, 1}, {6, 2}}, 3, 6), (All{{5, {}}}));
  EXPECT_TRUE(found({{1, 2}, {4, 9}}).empty());
}

TEST(Complaints, of_one_instant_come_before_answers) {
  EXPECT_EQ(found({{4, 2}, {4, 1}}), (All{{4, 4}}));
  EXPECT_EQ(found({{4, 3}, {4, 1}}), (All{{4, 4}, {4, {}}}));
  EXPECT_EQ(found({{4, 3}, {4, 3}, {4, 2}}), (All{{4, 4}, {4, 4}}));
}

TEST(Complaints, are_in_time_late_waiting_or_overdue) {
  EXPECT_EQ(state_of({5, 9}, 4, 100), ComplaintState::in_time);
  EXPECT_EQ(state_of({5, 10}, 4, 100), ComplaintState::late);
  EXPECT_EQ(state_of({5, {}}, 4, 9), ComplaintState::waiting);
  EXPECT_EQ(state_of({5, {}}, 4, 10), ComplaintState::overdue);
  EXPECT_EQ(state_of({5, {}}, {}, 1000), ComplaintState::waiting);
  EXPECT_EQ(state_of({INT64_MIN, INT64_MAX}, {}, 0), ComplaintState::in_time);
}

/// Each complaint looks for its answer by itself, among the events in the documented order.
All expected(Happened events, Micros since, Micros until) {
  std::erase_if(events, [&](const auto& e) { return e.first >= until; });
  std::ranges::stable_sort(events, {}, [](const auto& e) {
    return std::pair(e.first, e.second == 1 ? 0 : e.second == 3 ? 1 : 2);
  });
  All all;
  for (size_t i = 0; i < events.size(); ++i) {
    if (events[i].first < since || (events[i].second != 1 && events[i].second != 3)) continue;
    Complaint c{events[i].first, {}};
    for (size_t k = i + 1; k < events.size() && !c.answered; ++k)
      if (events[k].second == 2 || events[k].second == 3) c.answered = events[k].first;
    all.push_back(c);
  }
  return all;
}

TEST(Complaints, are_what_the_definition_says) {
  Random random(2026);
  size_t answered = 0;
  for (int round = 0; round < 3000; ++round) {
    Happened events;
    for (uint64_t n = random.below(30); n > 0; --n)
      events.push_back(
          {static_cast<Micros>(random.below(20)), static_cast<int32_t>(random.below(5))});
    const Micros since = static_cast<Micros>(random.below(8)) - 2;
    const Micros until = 22 - static_cast<Micros>(random.below(8));
    const All all = found(events, since, until);
    ASSERT_EQ(all, expected(events, since, until)) << round;
    for (const Complaint& c : all) answered += c.answered.has_value();
  }
  EXPECT_GT(answered, 5000U);
}

}  // namespace
}  // namespace clientele
