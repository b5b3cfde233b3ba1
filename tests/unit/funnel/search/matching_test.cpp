// SPDX-License-Identifier: PostgreSQL
#include "funnel/search/matching.hpp"

#include <gtest/gtest.h>

#include "unit/random_events.hpp"

namespace clientele {
namespace {

using testing::Random;

// Can these steps be served by distinct events? Tries everything.
bool can_serve(const std::vector<EventClass>& classes, std::vector<uint32_t> events,
               std::vector<int> steps) {
  if (steps.empty()) return true;
  const int step = steps.back();
  steps.pop_back();
  for (size_t i = 0; i < events.size(); ++i) {
    const std::vector<int>& can = classes[events[i]].steps;
    if (std::find(can.begin(), can.end(), step) == can.end()) continue;
    std::vector<uint32_t> rest = events;
    rest.erase(rest.begin() + static_cast<ptrdiff_t>(i));
    if (can_serve(classes, rest, steps)) return true;
  }
  return false;
}

TEST(TieMatching, AgreesWithTryingEverything) {
  Random random(21);
  for (int round = 0; round < 3000; ++round) {
    std::vector<EventClass> classes(1 + random.below(5));
    const int steps = 1 + static_cast<int>(random.below(6));
    for (size_t c = 1; c < classes.size(); ++c)
      for (int s = 1; s <= steps; ++s)
        if (random.one_in(2)) classes[c].steps.push_back(s);
    TieMatching tie(classes);
    std::vector<uint32_t> events;
    for (uint64_t n = random.below(7); n > 0; --n) {
      events.push_back(static_cast<uint32_t>(random.below(classes.size())));
      tie.add_event(events.back());
    }
    // Steps in any order; one that finds no event leaves the others served.
    for (int again = 0; again < 2; ++again) {
      std::vector<int> served;
      for (int k = 0; k < steps; ++k) {
        const int step = 1 + static_cast<int>(random.below(steps));
        std::vector<int> wanted = served;
        wanted.push_back(step);
        const bool possible = can_serve(classes, events, wanted);
        ASSERT_EQ(tie.serve(step), possible) << "round " << round;
        if (possible) served = wanted;
      }
      tie.unassign();
    }
    tie.clear();
    EXPECT_FALSE(tie.serve(1));
  }
}

// Each event can serve two neighbouring steps, and the last step moves all of them: deeper than a
// stack of calls could be.
TEST(TieMatching, MovesALongRow) {
  constexpr int n = 5000;
  std::vector<EventClass> classes(n + 2);
  for (int i = 1; i <= n; ++i) classes[i].steps = {i, i + 1};
  classes[n + 1].steps = {n + 1};
  TieMatching tie(classes);
  for (int i = 1; i <= n; ++i) tie.add_event(i);
  for (int step = 2; step <= n; ++step) ASSERT_TRUE(tie.serve(step));
  EXPECT_TRUE(tie.serve(1));
  EXPECT_FALSE(tie.serve(n + 1));
  tie.add_event(n + 1);
  EXPECT_TRUE(tie.serve(n + 1));
  EXPECT_FALSE(tie.serve(1));
}

}  // namespace
}  // namespace clientele
