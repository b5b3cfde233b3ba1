// SPDX-License-Identifier: PostgreSQL
#include "churn/features/label.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "unit/random_events.hpp"

namespace clientele {
namespace {

using testing::packed;
using testing::Random;

std::optional<bool> label(const EventList& list, std::vector<int32_t> types, Micros from,
                          Micros until) {
  const Bytes bytes = packed(list);
  const Journey journey(bytes);
  const auto picks = [&](int32_t type) { return std::ranges::find(types, type) != types.end(); };
  return churned(journey, PickedCodes(journey, picks), from, until);
}

TEST(ChurnLabel, LooksAtBothSides) {
  EventList list;
  for (const Micros at : {10, 20, 30}) list.add(at, 1);
  list.add(25, 2);
  EXPECT_EQ(label(list, {1}, 20, 30), false);
  EXPECT_EQ(label(list, {1}, 21, 30), true);
  EXPECT_EQ(label(list, {1}, 21, 31), false);
  EXPECT_EQ(label(list, {1}, 10, 40), std::nullopt);
  EXPECT_EQ(label(list, {1}, 31, 40), true);
  EXPECT_EQ(label(list, {2}, 21, 30), std::nullopt);
  EXPECT_EQ(label(list, {1, 2}, 21, 30), false);
  EXPECT_EQ(label(list, {2}, 26, INT64_MAX), true);
  EXPECT_EQ(label(list, {}, 26, INT64_MAX), std::nullopt);
  EXPECT_EQ(label(EventList(), {1}, 0, 9), std::nullopt);
}

TEST(ChurnLabel, IsWhatCountingSays) {
  Random random(4711);
  int seen[3] = {};
  for (int round = 0; round < 3000; ++round) {
    EventList list;
    const uint64_t n = random.below(random.one_in(10) ? 900 : 12);
    for (uint64_t i = 0; i < n; ++i)
      list.add(static_cast<Micros>(random.below(100)), static_cast<int32_t>(random.below(5)));
    const auto from = static_cast<Micros>(random.below(110));
    const Micros until = from + 1 + static_cast<Micros>(random.below(40));
    int before = 0, after = 0;
    for (const Event& e : list.events) {
      if (e.type != 1 && e.type != 3) continue;
      before += e.at < from;
      after += e.at >= from && e.at < until;
    }
    const auto got = label(list, {1, 3}, from, until);
    ASSERT_EQ(got, before == 0 ? std::nullopt : std::optional(after == 0)) << round;
    ++seen[!got ? 0 : 1 + *got];
  }
  for (const int n : seen) EXPECT_GT(n, 200);
}

}  // namespace
}  // namespace clientele
