// SPDX-License-Identifier: PostgreSQL
#include "base/progress.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace clientele {
namespace {

constexpr int64_t unknown = TaskState::unknown;

std::string short_of(std::string_view a, std::string_view b = {}, std::string_view c = {}) {
  ShortText<8> text;
  text.set(a, b, c);
  return std::string(text.view());
}

TEST(ShortText, KeepsWhatFits) {
  EXPECT_EQ(short_of(""), "");
  EXPECT_EQ(short_of("abcdefg"), "abcdefg");
  EXPECT_EQ(short_of("ab", "cd", "efg"), "abcdefg");
}

TEST(ShortText, CutsBetweenCharacters) {
  EXPECT_EQ(short_of("abcdefgh"), "abcdefg");
  EXPECT_EQ(short_of("客户标签"), "客户");         // 12 bytes: the third character would end at 9
  EXPECT_EQ(short_of("a客户标"), "a客户");         // exactly 7 bytes
  EXPECT_EQ(short_of("ab客户"), "ab客");           // the second would end at 8
  EXPECT_EQ(short_of("abcd", "é", "é"), "abcdé");  // é is two bytes: 4 + 2 + 2
  EXPECT_EQ(short_of("abcdefgh", "x"), "abcdefg");
  EXPECT_EQ(short_of("abcdef", "客", "x"), "abcdef");  // nothing follows what is cut
}

TEST(ShortText, ForgetsWhatWasLonger) {
  ShortText<8> text;
  text.set("abcdefg");
  text.set("a");
  EXPECT_EQ(text.view(), "a");
}

TEST(TaskStack, ShowsTheOutermostTaskAndTheInnermostPhase) {
  TaskStack tasks;
  tasks.begin("nightly", 3, 100, 1);
  EXPECT_EQ(tasks.shown().task.view(), "nightly");
  EXPECT_EQ(tasks.shown().phase.view(), "");
  EXPECT_EQ(tasks.shown().total, 3);
  tasks.report("tags", 1, 3, 200);
  tasks.begin("refresh_tags", unknown, 300, 1);
  EXPECT_EQ(tasks.shown().phase.view(), "refresh_tags");
  tasks.report("vip", 4, 10, 400);
  EXPECT_EQ(tasks.shown().task.view(), "nightly");
  EXPECT_EQ(tasks.shown().phase.view(), "refresh_tags: vip");
  EXPECT_EQ(tasks.shown().done, 4);
  EXPECT_EQ(tasks.shown().total, 10);
  EXPECT_EQ(tasks.shown().started, 100);
  EXPECT_EQ(tasks.shown().phase_started, 400);
  tasks.end_to(1);
  EXPECT_EQ(tasks.shown().phase.view(), "tags");
  EXPECT_EQ(tasks.shown().done, 1);
  tasks.end_to(0);
  tasks.end_to(-1);
  EXPECT_EQ(tasks.depth(), 0);
}

TEST(TaskStack, KeepsWhatIsUnknownWithinAPhase) {
  TaskStack tasks;
  tasks.begin("t", unknown, 0, 1);
  tasks.report("a", 5, 10, 1);
  tasks.report({}, 6, unknown, 2);
  EXPECT_EQ(tasks.shown().total, 10);
  tasks.report("a", unknown, unknown, 3);
  EXPECT_EQ(tasks.shown().done, 6);
  EXPECT_EQ(tasks.shown().phase_started, 1);
  tasks.advance(2);
  EXPECT_EQ(tasks.shown().done, 8);
  tasks.report("b", unknown, unknown, 4);
  EXPECT_EQ(tasks.shown().done, 0);
  EXPECT_EQ(tasks.shown().total, unknown);
  EXPECT_EQ(tasks.shown().phase_started, 4);
}

TEST(TaskStack, DoesNothingWithoutATask) {
  TaskStack tasks;
  tasks.report("a", 1, 2, 3);
  tasks.advance(1);
  tasks.end_to(0);
  EXPECT_FALSE(tasks.abort(1));
  EXPECT_EQ(tasks.depth(), 0);
}

TEST(TaskStack, CountsWhatIsTooDeepToBeShown) {
  TaskStack tasks;
  for (int i = 0; i < TaskStack::deepest + 3; ++i) tasks.begin(std::to_string(i), unknown, i, 1);
  EXPECT_EQ(tasks.shown().task.view(), "0");
  EXPECT_EQ(tasks.shown().phase.view(), std::to_string(TaskStack::deepest - 1));
  tasks.report("lost", 1, 1, 1);
  tasks.advance(1);
  EXPECT_EQ(tasks.shown().done, 0);
  tasks.end_to(2);
  EXPECT_EQ(tasks.shown().phase.view(), "1");
}

// The same by a vector of what has begun: a subtransaction takes with it what began in it or in
// those within it.
TEST(TaskStack, EndsWithItsSubtransaction) {
  const uint32_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 2000; ++round) {
    TaskStack tasks;
    struct Begun {
      std::string name;
      std::vector<uint32_t> within;  // the subtransactions that are open
    };
    std::vector<Begun> expected;
    std::vector<uint32_t> open{1};
    uint32_t last = 1;
    for (int step = 0; step < 30; ++step) {
      switch (random() % 5) {
        case 0:
          open.push_back(++last);
          break;
        case 1:
          if (open.size() > 1) {  // released: what began in it is now its parent's
            for (Begun& b : expected) std::erase(b.within, open.back());
            open.pop_back();
          }
          break;
        case 2:
          if (open.size() > 1) {
            const uint32_t ended = open.back();
            const size_t before = expected.size();
            std::erase_if(expected, [&](const Begun& b) {
              return std::find(b.within.begin(), b.within.end(), ended) != b.within.end();
            });
            EXPECT_EQ(tasks.abort(ended), expected.size() != before);
            open.pop_back();
          }
          break;
        case 3:
          if (static_cast<int>(expected.size()) < TaskStack::deepest) {
            expected.push_back({std::to_string(step), open});
            tasks.begin(expected.back().name, unknown, step, open.back());
          }
          break;
        default:
          // Ends only what began in this subtransaction: blocks are nested.
          if (!expected.empty() && expected.back().within == open) {
            expected.pop_back();
            tasks.end_to(static_cast<int>(expected.size()));
          }
      }
      ASSERT_EQ(tasks.depth(), static_cast<int>(expected.size()));
      if (!expected.empty()) {
        ASSERT_EQ(tasks.shown().task.view(), expected.front().name);
        if (expected.size() > 1) {
          ASSERT_EQ(tasks.shown().phase.view(), expected.back().name);
        }
      }
    }
  }
}

TEST(TaskStack, OutlivesATransaction) {
  TaskStack tasks;
  tasks.begin("t", unknown, 0, 1);
  tasks.outlive_transaction();
  EXPECT_FALSE(tasks.abort(1));
  tasks.begin("inner", unknown, 0, 2);
  EXPECT_TRUE(tasks.abort(2));
  EXPECT_EQ(tasks.depth(), 1);
}

TEST(ExpectedEnd, GoesByTheRateOfTheCount) {
  TaskStack tasks;
  tasks.begin("t", unknown, 0, 1);
  tasks.report("a", 100, 200, 1000);  // what was done before is not of this rate
  EXPECT_EQ(expected_end(tasks.shown(), 2000), unknown);
  tasks.report("a", 150, unknown, 2000);
  EXPECT_EQ(expected_end(tasks.shown(), 2000), 3000);
  EXPECT_EQ(expected_end(tasks.shown(), 2500), 4000);
  tasks.report("b", 175, 200, 2500);  // the same total: the same count
  EXPECT_EQ(expected_end(tasks.shown(), 2500), 3000);
  tasks.report("c", 0, 200, 3000);  // from the beginning
  EXPECT_EQ(expected_end(tasks.shown(), 3500), unknown);
  tasks.report("c", 20, 100, 4000);  // up to another total
  EXPECT_EQ(expected_end(tasks.shown(), 4500), unknown);
}

TEST(ExpectedEnd, IsUnknownWithoutARate) {
  TaskStack tasks;
  tasks.begin("t", 10, 1000, 1);
  EXPECT_EQ(expected_end(tasks.shown(), 2000), unknown);
  tasks.report({}, 5, unknown, 1000);
  EXPECT_EQ(expected_end(tasks.shown(), 1000), unknown);  // no time has passed
  EXPECT_EQ(expected_end(tasks.shown(), 500), unknown);   // the clock was set back
  tasks.report({}, 11, unknown, 1000);
  EXPECT_EQ(expected_end(tasks.shown(), 2000), unknown);  // more than the total
  tasks.report("far", 1, std::numeric_limits<int64_t>::max(), 1000);
  tasks.report({}, 2, unknown, 1000);
  EXPECT_EQ(expected_end(tasks.shown(), 2000), unknown);
}

TEST(Advance, TellsInParts) {
  static int64_t told = 0;
  static int calls = 0;
  told = calls = 0;
  progress_hook = [](int64_t more) {
    told += more;
    ++calls;
  };
  Advance advance(10);
  for (int i = 0; i < 35; ++i) advance.one();
  progress_hook = nullptr;
  EXPECT_EQ(told, 30);
  EXPECT_EQ(calls, 3);
  advance_progress(1);  // without a hook nothing happens
}

}  // namespace
}  // namespace clientele
