// SPDX-License-Identifier: PostgreSQL
// Whatever is done to audiences can be cancelled, and fails cleanly when memory is short.
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <new>
#include <utility>

#include "tags/scores/scores.hpp"
#include "unit/tags/audience/audience_checks.hpp"

namespace {

// How many allocations still succeed, if that is limited, and how many are alive.
thread_local bool limited = false;
thread_local long left = 0;
thread_local long alive = 0;

void* allocated(size_t size) {
  if (limited && left-- <= 0) throw std::bad_alloc();
  void* const made = std::malloc(size == 0 ? 1 : size);
  if (made == nullptr) throw std::bad_alloc();
  ++alive;
  return made;
}
void freed(void* p) {
  alive -= p != nullptr;
  std::free(p);
}

}  // namespace

void* operator new(size_t size) { return allocated(size); }
void* operator new[](size_t size) { return allocated(size); }
void operator delete(void* p) noexcept { freed(p); }
void operator delete[](void* p) noexcept { freed(p); }
void operator delete(void* p, size_t) noexcept { freed(p); }
void operator delete[](void* p, size_t) noexcept { freed(p); }

namespace clientele::tags {
namespace {

using testing::bytes_of;
using Work = std::function<void()>;

Audience range(uint64_t first, uint64_t last) {
  Audience a;
  a.add_range(first, last);
  return a;
}

/// All that can be done with two audiences and the scores of one of them.
std::vector<std::pair<const char*, Work>> works(const Audience& a, const Audience& b) {
  return {
      {"copy", [&] { Audience(a).empty(); }},
      {"&", [&] { Audience(a & b).empty(); }},
      {"|", [&] { Audience(a | b).empty(); }},
      {"-", [&] { Audience(a - b).empty(); }},
      {"#", [&] { Audience(a ^ b).empty(); }},
      {"complement", [&] { Audience(b).flip_within(a); }},
      {"and_size", [&] { Audience::and_size(a, b); }},
      {"and_size of three", [&] { Audience::and_size(a, b, a); }},
      {"jaccard", [&] { Audience::jaccard(a, b); }},
      {"equality", [&] { EXPECT_TRUE(Audience(a) == a); }},
      {"includes", [&] { a.includes(a & b); }},
      {"overlaps", [&] { a.overlaps(a - a); }},
      {"write and read", [&] { EXPECT_TRUE(Audience::read(bytes_of(a)) == a); }},
      {"text", [&] { Audience::from_text(a.text(1 << 30)); }},
  };
}

TEST(Bounds, EverythingPolls) {
  static uint64_t polls;
  poll_hook = [] { ++polls; };
  // 131,072 containers each, which are cheap ones.
  const Audience a = range(0, (uint64_t{1} << 33) - 1), b = range(7, (uint64_t{1} << 33) - 9);
  for (const auto& [name, work] : works(a, b)) {
    polls = 0;
    work();
    EXPECT_GE(polls, 131072u / 64) << name;
  }
  polls = 0;
  EXPECT_EQ((a & b).sample(1000, 1).size(), 1000u);
  EXPECT_GE(polls, 1000u);
  polls = 0;
  uint64_t runs = 0;
  a.each_run([&](uint64_t, uint64_t) { ++runs; });
  EXPECT_GE(polls, 131072u / 64);
  EXPECT_EQ(runs, 1u);
  // One large container each: bits and runs cost most.
  Audience some;
  for (uint64_t id = 0; id < uint64_t{4} << 20; id += 3) some.add_range(id, id);
  std::vector<Score> scores;
  some.each([&](uint64_t id) { scores.push_back({id, static_cast<int64_t>(id * 1'000'000)}); });
  polls = 0;
  const Scores made = Scores::of(scores);
  EXPECT_GE(polls, scores.size() / 65536);
  polls = 0;
  EXPECT_EQ(made.scores().size(), scores.size());
  EXPECT_GE(polls, scores.size() / 65536);
  poll_hook = nullptr;
}

TEST(Bounds, CancellingLeavesNothingBehind) {
  static long until;
  const Audience a = range(3, uint64_t{1} << 27), b = range(7, (uint64_t{1} << 27) - 9);
  for (const auto& [name, work] : works(a, b)) {
    for (long at = 0;; at += 1 + at) {
      const long before = alive;
      bool cancelled = false;
      until = at;
      poll_hook = [] {
        if (until-- == 0) throw Error("57014", "cancelled");
      };
      try {
        work();
      } catch (const Error& e) {
        cancelled = std::string(e.code()) == "57014";
      }
      poll_hook = nullptr;
      ASSERT_EQ(alive - before, 0) << name;
      if (!cancelled) break;
    }
  }
}

TEST(Bounds, ShortMemoryThrows) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  testing::Random random(seed);
  for (int round = 0; round < 10; ++round) {
    const Audience a = testing::audience_of(testing::random_ids(random)),
                   b = testing::audience_of(testing::random_ids(random));
    std::vector<std::pair<const char*, Work>> all = works(a, b);
    all.emplace_back("sample", [&] { a.sample(a.size() / 3, 1); });
    all.emplace_back("scores", [&] {
      std::vector<Score> scores;
      a.each([&](uint64_t id) {
        if (scores.size() < 100) scores.push_back({id, static_cast<int64_t>(id % 1000)});
      });
      Scores made = Scores::of(scores);
      made -= b;
      made |= Scores::of(scores);
    });
    for (const auto& [name, work] : all) {
      long failures = 0;
      for (long enough = 0;; enough += 1 + enough / 8) {
        const long before = alive;
        bool failed = false;
        left = enough;
        limited = true;
        try {
          work();
        } catch (const std::bad_alloc&) {
          failed = true;
        }
        limited = false;
        ASSERT_EQ(alive - before, 0) << name << " with " << enough << " allocations";
        if (!failed) break;
        ++failures;
      }
      if (!a.empty() && std::string(name) == "|") {
        EXPECT_GT(failures, 0) << name;
      }
    }
  }
}

TEST(Bounds, LimitsAreErrors) {
  const auto code = [](const Work& work) -> std::string {
    try {
      work();
    } catch (const Error& e) {
      return e.code();
    }
    return "none";
  };
  const Audience a = range(0, (uint64_t{1} << 36) - 1);
  EXPECT_EQ(code([&] { a.sample(Audience::max_drawn + 1, 1); }), "54000");
  EXPECT_EQ(code([&] { a.sample(a.size() - 3, 1); }), "none");
  EXPECT_EQ(code([&] { a.sample(0, 1); }), "none");
  EXPECT_EQ(code([&] { Scores::require_size(Scores::max_customers + 1); }), "54000");
  EXPECT_EQ(code([&] { Scores::require_size(Scores::max_customers); }), "none");
}

}  // namespace
}  // namespace clientele::tags
