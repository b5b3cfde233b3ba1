// SPDX-License-Identifier: PostgreSQL
#include "funnel/search/gaps.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "unit/random_events.hpp"

namespace clientele {
namespace {

using testing::Random;

FunnelQuestion question(int steps, std::vector<std::vector<int>> classes) {
  FunnelQuestion q;
  q.steps = steps;
  for (std::vector<int>& served : classes) q.classes.push_back({std::move(served), {}});
  return q;
}

std::string text(const FunnelQuestion& q, int depth) {
  std::string out;
  for (const HarmlessGaps& g : harmless_gaps(q, depth)) {
    const int to = std::min(g.to, 99);
    out += g.from > to ? "- " : std::to_string(g.from) + ".." + std::to_string(to) + " ";
  }
  return out;
}

TEST(HarmlessGaps, OfTheModes) {
  FunnelQuestion q = question(5, {{1}, {2}, {3, 5}, {5}});  // class 0 serves nothing
  q.order = StepOrder::strict;
  EXPECT_EQ(text(q, 0), "- - - - - ");
  q.order = StepOrder::ordered;
  q.strict_order = true;
  EXPECT_EQ(text(q, 0), "- 1..99 1..99 2..99 4..99 ");
  q.allow_reentry = true;
  EXPECT_EQ(text(q, 0), "- 1..99 1..99 1..99 1..99 ");
  q.strict_order = q.allow_reentry = false;
  q.strict_deduplication = true;
  EXPECT_EQ(text(q, 0), "1..99 1..99 - 1..1 1..3 ");
  // The last step may repeat, and no later step is a middle one.
  EXPECT_EQ(text(q, 3), "1..99 1..99 - 1..99 1..99 ");
  q.strict_order = true;
  EXPECT_EQ(text(q, 0), "- 1..99 - - - ");
  EXPECT_EQ(text(q, 3), "- 1..99 - 2..99 4..99 ");
}

// What is left over of an instant, by trying every assignment.
bool some_assignment(const FunnelQuestion& q, const std::vector<Hit>& hits, int before, int after) {
  std::vector<int> taken(hits.size(), 0);
  const auto next = [&](auto self, int step) -> bool {
    if (step > after) {
      for (size_t i = 0; i < hits.size(); ++i)
        if (!taken[i] && !q.gaps[hits[i].cls].reach(before, after)) return false;
      return true;
    }
    for (size_t i = 0; i < hits.size(); ++i) {
      const auto& steps = q.classes[hits[i].cls].steps;
      if (taken[i] || std::find(steps.begin(), steps.end(), step) == steps.end()) continue;
      taken[i] = 1;
      const bool found = self(self, step + 1);
      taken[i] = 0;
      if (found) return true;
    }
    return false;
  };
  return next(next, before + 1);
}

TEST(LeftOver, AgreesWithEveryAssignment) {
  Random random(13);
  int harmless = 0, harmful = 0;
  for (int round = 0; round < 20'000; ++round) {
    FunnelQuestion q = question(6, {});
    for (int c = 0; c < 4; ++c) {
      EventClass& cls = q.classes.emplace_back();
      for (int s = 1; s <= q.steps; ++s)
        if (random.one_in(2)) cls.steps.push_back(s);
    }
    q.strict_deduplication = true;
    q.strict_order = random.one_in(2);
    q.gaps = harmless_gaps(q, 0);
    std::vector<Hit> hits;
    for (uint64_t n = 1 + random.below(5); n > 0; --n)
      hits.push_back({7, static_cast<uint32_t>(random.below(q.classes.size())), 0});
    LeftOver left_over(q);
    left_over.set(hits);
    TieMatching matching(q.classes);
    for (const Hit& h : hits) matching.add_event(h.cls);
    const int before = 1 + static_cast<int>(random.below(3));
    for (int after = before + 1; after < q.steps && matching.serve(after); ++after) {
      const bool wanted = some_assignment(q, hits, before, after);
      ASSERT_EQ(left_over.harmless(before, after), wanted) << "round " << round;
      ++(wanted ? harmless : harmful);
    }
  }
  EXPECT_GT(harmless, 1000);
  EXPECT_GT(harmful, 1000);
}

}  // namespace
}  // namespace clientele
