// SPDX-License-Identifier: PostgreSQL
#include "funnel/search/funnel.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <random>

#include "base/poll.hpp"
#include "unit/random_events.hpp"

namespace clientele {
namespace {

using testing::Random;

// A funnel over letters: "ab" is an event that can serve what 'a' serves, and so on.
struct Ask {
  FunnelQuestion q;
  std::vector<std::string> steps;
  std::vector<std::string> exclusion_letters;

  explicit Ask(std::vector<std::string> letters) : steps(std::move(letters)) {
    q.steps = static_cast<int>(steps.size());
  }
  Ask& within(uint64_t w) { return q.within = w, *this; }
  Ask& order(StepOrder o) { return q.order = o, *this; }
  Ask& windows(std::vector<uint64_t> w) { return q.step_windows = std::move(w), *this; }
  Ask& without(const char* letters, int from, int to) {
    q.exclusions.push_back({from, to, q.triggers++});
    exclusion_letters.emplace_back(letters);
    return *this;
  }
  Ask& same_item() { return q.same_item = true, *this; }
  Ask& strict_order() { return q.strict_order = true, *this; }
  Ask& reentry() { return q.allow_reentry = true, *this; }
  Ask& once_each() { return q.strict_deduplication = true, *this; }
  Ask& increasing() { return q.strictly_increasing = true, *this; }
  Ask& in_one_day() { return q.natural_day = true, *this; }

  struct At {
    Micros at;
    char letter;
    uint32_t item = 0;
  };
  std::vector<Hit> hits(std::vector<At> events) {
    std::vector<Hit> out;
    for (const At& e : events) {
      EventClass cls;
      for (size_t s = 0; s < steps.size(); ++s)
        if (steps[s].find(e.letter) != std::string::npos)
          cls.steps.push_back(static_cast<int>(s) + 1);
      for (size_t x = 0; x < exclusion_letters.size(); ++x)
        if (exclusion_letters[x].find(e.letter) != std::string::npos)
          cls.exclusions.push_back(static_cast<int>(x));
      out.push_back({e.at, q.class_of(cls), e.item});
    }
    return out;
  }
  Chain operator()(std::vector<At> events) {
    const auto h = hits(std::move(events));
    const DayEnd days{[](const void*, Micros at) { return (at / 10 + 1) * 10; }, nullptr};
    FunnelSolver solver(q);
    const int depth = solver.depth(h, days);
    const Chain times = solver.times(h, days);
    EXPECT_EQ(static_cast<size_t>(depth), times.size());
    return times;
  }
};
using Times = Chain;

TEST(Funnel, TheWindowIsInclusive) {
  EXPECT_EQ(Ask({"a", "b"}).within(5)({{1, 'a'}, {6, 'b'}}), (Times{1, 6}));
  EXPECT_EQ(Ask({"a", "b"}).within(4)({{1, 'a'}, {6, 'b'}}), Times{1});
  EXPECT_EQ(Ask({"a", "b"})({{first_instant, 'a'}, {end_of_time - 1, 'b'}}),
            (Times{first_instant, end_of_time - 1}));
  EXPECT_EQ(Ask({"a"})({}), Times{});
  EXPECT_EQ(Ask({"a"})({{3, 'x'}}), Times{});
}

TEST(Funnel, ALaterStartMayReachFurther) {
  EXPECT_EQ(Ask({"a", "b", "c"}).within(5)({{0, 'a'}, {3, 'b'}, {4, 'a'}, {5, 'b'}, {9, 'c'}}),
            (Times{4, 5, 9}));
  // Of equally deep chains the smallest times count, not those found first.
  EXPECT_EQ(Ask({"a", "b", "c"}).within(5)({{0, 'a'}, {1, 'b'}, {4, 'a'}, {5, 'b'}}),
            (Times{0, 1}));
}

TEST(Funnel, EqualTimesInAnyOrder) {
  EXPECT_EQ(Ask({"a", "b"})({{2, 'b'}, {2, 'a'}}), (Times{2, 2}));
  EXPECT_EQ(Ask({"a", "b"}).within(0)({{2, 'b'}, {2, 'a'}}), (Times{2, 2}));
  EXPECT_EQ(Ask({"a", "b"}).increasing()({{2, 'b'}, {2, 'a'}}), Times{2});
  EXPECT_EQ(Ask({"a", "b"}).increasing()({{2, 'b'}, {2, 'a'}, {3, 'b'}}), (Times{2, 3}));
}

TEST(Funnel, OneEventServesOneStep) {
  EXPECT_EQ(Ask({"a", "a"})({{1, 'a'}}), Times{1});
  EXPECT_EQ(Ask({"a", "a"})({{1, 'a'}, {1, 'a'}}), (Times{1, 1}));
  EXPECT_EQ(Ask({"a", "a", "a"})({{1, 'a'}, {2, 'a'}, {3, 'a'}}), (Times{1, 2, 3}));
  // Greedily b would serve step 1 and leave nothing for step 2.
  EXPECT_EQ(Ask({"ab", "b"})({{1, 'b'}, {1, 'a'}}), (Times{1, 1}));
  EXPECT_EQ(Ask({"ab", "bc", "c"})({{1, 'c'}, {1, 'b'}, {1, 'a'}}), (Times{1, 1, 1}));
}

TEST(Funnel, StrictLetsNothingStandBetween) {
  const auto strict = [](std::vector<std::string> s) {
    return Ask(std::move(s)).order(StepOrder::strict);
  };
  EXPECT_EQ(strict({"a", "b"})({{1, 'a'}, {2, 'x'}, {3, 'b'}}), Times{1});
  EXPECT_EQ(strict({"a", "b"})({{0, 'x'}, {1, 'a'}, {3, 'b'}, {4, 'x'}}), (Times{1, 3}));
  // x may be put before a, or after b, of its instant: but not at one strictly between.
  EXPECT_EQ(strict({"a", "b"})({{1, 'x'}, {1, 'a'}, {3, 'b'}, {3, 'x'}}), (Times{1, 3}));
  EXPECT_EQ(strict({"a", "b", "c"})({{1, 'a'}, {2, 'b'}, {2, 'x'}, {3, 'c'}}), (Times{1, 2}));
  EXPECT_EQ(strict({"a", "b", "c", "d"})({{1, 'a'}, {2, 'b'}, {2, 'c'}, {3, 'd'}}),
            (Times{1, 2, 2, 3}));
  EXPECT_EQ(strict({"a", "a"})({{1, 'a'}, {2, 'b'}, {3, 'a'}, {4, 'a'}}), (Times{3, 4}));
}

TEST(Funnel, StrictOrderTakesRepeatsAndTheNextStep) {
  const auto strict = [](std::vector<std::string> s) { return Ask(std::move(s)).strict_order(); };
  EXPECT_EQ(strict({"a", "b", "c"})({{1, 'a'}, {2, 'a'}, {3, 'b'}, {4, 'b'}, {5, 'c'}}),
            (Times{1, 3, 5}));
  EXPECT_EQ(strict({"a", "b", "c"})({{1, 'a'}, {2, 'c'}, {3, 'b'}, {4, 'c'}}), Times{1});
  EXPECT_EQ(strict({"a", "b", "c"}).reentry()({{1, 'a'}, {2, 'c'}, {3, 'b'}, {4, 'c'}}),
            (Times{1, 3, 4}));
  EXPECT_EQ(strict({"a", "b"}).reentry()({{1, 'a'}, {2, 'x'}, {3, 'b'}}), Times{1});
  // Another chain of the same customer still counts, and so does another order of one instant.
  EXPECT_EQ(strict({"a", "b"})({{1, 'a'}, {2, 'x'}, {3, 'a'}, {4, 'b'}}), (Times{3, 4}));
  EXPECT_EQ(strict({"a", "b"})({{1, 'a'}, {2, 'x'}, {2, 'b'}}), (Times{1, 2}));
  EXPECT_EQ(strict({"a", "b", "c"})({{1, 'a'}, {2, 'x'}, {2, 'b'}, {3, 'c'}}), (Times{1, 2}));
}

TEST(Funnel, NoRepeatsOfMiddleSteps) {
  const auto once = [](std::vector<std::string> s) { return Ask(std::move(s)).once_each(); };
  EXPECT_EQ(once({"a", "b", "c"})({{1, 'a'}, {2, 'b'}, {3, 'b'}, {4, 'c'}}), (Times{1, 2}));
  EXPECT_EQ(once({"a", "b", "c"})({{1, 'a'}, {2, 'a'}, {3, 'b'}, {4, 'a'}, {5, 'c'}}),
            (Times{1, 3, 5}));
  // A step too early does not disturb, nor does the last one.
  EXPECT_EQ(once({"a", "b", "c"})({{1, 'a'}, {2, 'c'}, {3, 'b'}, {4, 'c'}}), (Times{1, 3, 4}));
  EXPECT_EQ(once({"a", "b"})({{1, 'a'}, {1, 'b'}, {2, 'b'}}), (Times{1, 1}));
  // Only one of the two could be taken by a step, unless the other can be, too.
  EXPECT_EQ(once({"a", "b", "c", "d"})({{1, 'a'}, {2, 'b'}, {2, 'b'}, {3, 'c'}, {4, 'd'}}),
            (Times{1, 2}));
  EXPECT_EQ(once({"a", "b", "bc", "d"})({{1, 'a'}, {2, 'b'}, {2, 'b'}, {4, 'd'}}),
            (Times{1, 2, 2, 4}));
  EXPECT_EQ(
      once({"a", "b", "c"}).strict_order().increasing()({{1, 'a'}, {2, 'b'}, {2, 'c'}, {3, 'c'}}),
      (Times{1, 2, 3}));
}

TEST(Funnel, AnyOrder) {
  const auto any = [](std::vector<std::string> s) {
    return Ask(std::move(s)).order(StepOrder::any);
  };
  EXPECT_EQ(any({"a", "b", "c"})({{1, 'c'}, {2, 'b'}, {3, 'a'}}), (Times{1, 2, 3}));
  EXPECT_EQ(any({"a", "b", "c"}).within(1)({{1, 'c'}, {2, 'b'}, {3, 'a'}}), (Times{1, 2}));
  EXPECT_EQ(any({"a", "ab"})({{1, 'a'}, {2, 'a'}}), (Times{1, 2}));
  EXPECT_EQ(any({"a", "b"})({{1, 'a'}, {2, 'a'}}), Times{1});
  EXPECT_EQ(any({"a", "b"}).increasing()({{1, 'a'}, {1, 'b'}}), Times{1});
  EXPECT_EQ(any({"a", "b"}).increasing()({{1, 'a'}, {1, 'b'}, {2, 'a'}}), (Times{1, 2}));
}

TEST(Funnel, ExclusionsBreakOneChainOnly) {
  EXPECT_EQ(Ask({"a", "b"}).without("x", 1, 2)({{1, 'a'}, {2, 'x'}, {3, 'b'}}), Times{1});
  EXPECT_EQ(Ask({"a", "b"}).without("x", 1, 2)({{1, 'a'}, {2, 'x'}, {2, 'a'}, {3, 'b'}}),
            (Times{2, 3}));
  // Strictly between: at either end it does not count.
  EXPECT_EQ(Ask({"a", "b"}).without("x", 1, 2)({{1, 'x'}, {1, 'a'}, {3, 'b'}, {3, 'x'}}),
            (Times{1, 3}));
  EXPECT_EQ(Ask({"a", "b", "c"}).without("x", 2, 3)({{1, 'a'}, {2, 'x'}, {3, 'b'}, {4, 'c'}}),
            (Times{1, 3, 4}));
  EXPECT_EQ(Ask({"a", "b", "c"}).without("x", 1, 3)({{1, 'a'}, {2, 'x'}, {3, 'b'}, {4, 'c'}}),
            (Times{1, 3}));
  EXPECT_EQ(Ask({"a", "b", "c"}).without("b", 1, 3)({{1, 'a'}, {2, 'b'}, {2, 'c'}}),
            (Times{1, 2, 2}));
}

TEST(Funnel, WindowsOfSteps) {
  EXPECT_EQ(Ask({"a", "b", "c"}).windows({no_limit, 2})({{1, 'a'}, {50, 'b'}, {52, 'c'}}),
            (Times{1, 50, 52}));
  EXPECT_EQ(Ask({"a", "b", "c"}).windows({no_limit, 2})({{1, 'a'}, {50, 'b'}, {53, 'c'}}),
            (Times{1, 50}));
  EXPECT_EQ(Ask({"a", "b"}).windows({0})({{1, 'a'}, {2, 'a'}, {2, 'b'}}), (Times{2, 2}));
  EXPECT_EQ(Ask({"a", "b"}).windows({5}).within(3)({{1, 'a'}, {5, 'b'}}), Times{1});
}

TEST(Funnel, SameItem) {
  EXPECT_EQ(Ask({"a", "b"}).same_item()({{1, 'a', 1}, {2, 'b', 2}, {3, 'b', 1}}), (Times{1, 3}));
  EXPECT_EQ(Ask({"a", "b"}).same_item()({{1, 'a'}, {2, 'b'}}),
            Times{});  // events without an item have no equal items
  EXPECT_EQ(Ask({"a", "b"}).same_item()({{1, 'a', 1}, {2, 'b'}}), Times{1});
  // An exclusion counts whatever its item.
  EXPECT_EQ(Ask({"a", "b"}).same_item().without("x", 1, 2)({{1, 'a', 1}, {2, 'x', 9}, {3, 'b', 1}}),
            Times{1});
  EXPECT_EQ(
      Ask({"a", "b"}).same_item().order(StepOrder::any)({{1, 'b', 2}, {2, 'b', 1}, {3, 'a', 2}}),
      (Times{1, 3}));
}

TEST(Funnel, OneCalendarDay) {  // days of ten
  EXPECT_EQ(Ask({"a", "b"}).in_one_day()({{8, 'a'}, {11, 'b'}}), Times{8});
  EXPECT_EQ(Ask({"a", "b"}).in_one_day()({{8, 'a'}, {11, 'b'}, {12, 'a'}, {19, 'b'}}),
            (Times{12, 19}));
  EXPECT_EQ(Ask({"a", "b"}).in_one_day().within(5)({{11, 'a'}, {19, 'b'}}), Times{11});
  EXPECT_EQ(Ask({"a", "b"}).in_one_day()({{0, 'a'}, {9, 'b'}, {10, 'b'}}), (Times{0, 9}));
  EXPECT_EQ(Ask({"a", "b"}).in_one_day().order(StepOrder::any)({{9, 'b'}, {10, 'a'}, {11, 'b'}}),
            (Times{10, 11}));
}

TEST(Funnel, ManySteps) {
  std::vector<std::string> steps;
  std::vector<Ask::At> events;
  Times all;
  for (int i = 0; i < 500; ++i) {
    steps.emplace_back(i % 2 == 0 ? "a" : "b");
    events.push_back({i, i % 2 == 0 ? 'a' : 'b'});
    all.push_back(i);
  }
  EXPECT_EQ(Ask(steps)(events), all);
  EXPECT_EQ(Ask(steps).order(StepOrder::strict)(events), all);
  EXPECT_EQ(Ask(steps).order(StepOrder::any)(events), all);
  for (Ask::At& e : events) e.at = 7;
  EXPECT_EQ(Ask(steps)(events), Times(500, 7));
}

// Each event continues chains of all lengths; what the search keeps of them stays small.
TEST(Funnel, ManyStepsManyEvents) {
  std::vector<Ask::At> events;
  for (int i = 0; i < 30'000; ++i) events.push_back({3 * i, 'a'});
  Times first;
  for (int i = 0; i < 100; ++i) first.push_back(3 * i);
  EXPECT_EQ(Ask(std::vector<std::string>(100, "a")).within(300)(events), first);
  EXPECT_EQ(Ask(std::vector<std::string>(100, "a")).within(296)(events),
            Times(first.begin(), first.end() - 1));
}

// By the definitions alone: every sequence of distinct events is tried.
class BruteForce {
 public:
  BruteForce(const FunnelQuestion& q, std::span<const Hit> hits) : q_(q), hits_(hits) {}
  Chain best() {
    extend();
    return best_;
  }

 private:
  const Hit& event(size_t i) const { return hits_[chain_[i]]; }
  bool serves(size_t event, int step) const {
    const auto& steps = q_.classes[hits_[event].cls].steps;
    return std::find(steps.begin(), steps.end(), step) != steps.end();
  }
  // Steps of the chain's events; in any order they are chosen along with the events.
  bool valid() const {
    for (size_t i = 0; i < chain_.size(); ++i) {
      if (elapsed(event(0).at, event(i).at) > q_.within) return false;
      if (q_.natural_day && event(i).at / 10 != event(0).at / 10) return false;
      if (q_.same_item && (event(i).item == 0 || event(i).item != event(0).item)) return false;
      if (i == 0) continue;
      if (event(i).at < event(i - 1).at) return false;
      if (q_.strictly_increasing && event(i).at == event(i - 1).at) return false;
      if (!q_.step_windows.empty() &&
          elapsed(event(i - 1).at, event(i).at) > q_.step_windows[i - 1])
        return false;
    }
    for (size_t x = 0; x < q_.exclusions.size(); ++x) {
      const auto [from, to, trigger] = q_.exclusions[x];
      if (chain_.size() < static_cast<size_t>(to)) continue;
      for (const Hit& h : hits_) {
        const auto& triggers = q_.classes[h.cls].exclusions;
        if (event(from - 1).at < h.at && h.at < event(to - 1).at &&
            std::find(triggers.begin(), triggers.end(), static_cast<int>(x)) != triggers.end())
          return false;
      }
    }
    for (size_t i = 0; i < hits_.size(); ++i)
      if (std::find(chain_.begin(), chain_.end(), i) == chain_.end() && harmful(i)) return false;
    return true;
  }
  // Wherever it stands among the chain's events: strictly after the earlier, before the later ones.
  bool harmful(size_t i) const {
    const auto size = static_cast<int>(chain_.size());
    int before = 0, after = 0;
    for (int c = 0; c < size; ++c) {
      before += event(c).at < hits_[i].at;
      after += event(c).at <= hits_[i].at;
    }
    for (int p = before; p <= after; ++p)
      if (p == 0 || p == size || !breaks(q_.classes[hits_[i].cls].steps, p, size)) return false;
    return true;
  }
  bool breaks(const std::vector<int>& steps, int p, int size) const {
    if (q_.order == StepOrder::strict) return true;
    const auto some = [&](auto f) { return std::any_of(steps.begin(), steps.end(), f); };
    if (q_.strict_order &&
        (q_.allow_reentry ? steps.empty() : !some([&](int s) { return s <= p + 1; })))
      return true;
    return q_.strict_deduplication && some([&](int s) { return 1 < s && s < size && s <= p + 1; });
  }
  void extend() {
    if (!chain_.empty() && valid()) {
      Chain times;
      for (const size_t i : chain_) times.push_back(hits_[i].at);
      if (times.size() > best_.size() || (times.size() == best_.size() && times < best_))
        best_ = times;
    }
    for (size_t i = 0; i < hits_.size(); ++i) {
      if (std::find(chain_.begin(), chain_.end(), i) != chain_.end()) continue;
      if (!chain_.empty() && hits_[i].at < hits_[chain_.back()].at) continue;
      for (int step = 1; step <= q_.steps; ++step) {
        const bool next = q_.order == StepOrder::any
                              ? std::find(taken_.begin(), taken_.end(), step) == taken_.end()
                              : step == static_cast<int>(chain_.size()) + 1;
        if (!next || !serves(i, step)) continue;
        chain_.push_back(i);
        taken_.push_back(step);
        extend();
        chain_.pop_back();
        taken_.pop_back();
      }
    }
  }

  const FunnelQuestion& q_;
  std::span<const Hit> hits_;
  std::vector<size_t> chain_;
  std::vector<int> taken_;
  Chain best_;
};

FunnelQuestion random_question(Random& random) {
  FunnelQuestion q;
  q.steps = 1 + static_cast<int>(random.below(4));
  const uint64_t withins[] = {no_limit, 0, 2, 5, 9};
  q.within = withins[random.below(5)];
  q.order = random.one_in(2) ? StepOrder::ordered : static_cast<StepOrder>(random.below(3));
  q.same_item = random.one_in(3);
  q.strictly_increasing = random.one_in(3);
  q.natural_day = random.one_in(3);
  if (q.order != StepOrder::any && !q.same_item) {
    q.strict_order = random.one_in(3);
    q.allow_reentry = q.strict_order && random.one_in(2);
    q.strict_deduplication = random.one_in(3);
  }
  if (q.order != StepOrder::any) {
    if (random.one_in(3))
      for (int i = 1; i < q.steps; ++i) q.step_windows.push_back(withins[random.below(5)]);
    for (uint64_t n = q.steps > 1 ? random.below(3) : 0; n > 0; --n) {
      const int from = 1 + static_cast<int>(random.below(q.steps - 1));
      q.exclusions.push_back(
          {from, from + 1 + static_cast<int>(random.below(q.steps - from)), q.triggers++});
    }
  }
  const bool overlap = random.one_in(2);
  for (int s = 1; s <= q.steps || random.one_in(2); ++s) {
    EventClass c;
    if (overlap) {
      for (int k = 1; k <= q.steps; ++k)
        if (random.one_in(2)) c.steps.push_back(k);
    } else if (s <= q.steps) {
      c.steps.push_back(s);
    }
    for (size_t x = 0; x < q.exclusions.size(); ++x)
      if (random.one_in(3)) c.exclusions.push_back(static_cast<int>(x));
    q.class_of(c);
  }
  return q;
}

std::vector<Hit> random_hits(Random& random, const FunnelQuestion& q) {
  std::vector<Hit> hits;
  const uint64_t span = 1 + random.below(25);
  for (uint64_t n = random.below(8); n > 0; --n)
    hits.push_back({static_cast<Micros>(random.below(span)),
                    static_cast<uint32_t>(random.below(q.classes.size())),
                    static_cast<uint32_t>(random.below(3))});
  std::stable_sort(hits.begin(), hits.end(),
                   [](const Hit& a, const Hit& b) { return a.at < b.at; });
  return hits;
}

TEST(Funnel, AgreesWithTryingEverything) {
  const uint64_t seed = std::random_device{}();
  std::printf("seed %lu\n", static_cast<unsigned long>(seed));
  Random random(seed);
  const DayEnd days{[](const void*, Micros at) { return (at / 10 + 1) * 10; }, nullptr};
  for (int i = 0; i < 20'000; ++i) {
    const FunnelQuestion q = random_question(random);
    FunnelSolver solver(q);
    for (int customer = 0; customer < 3; ++customer) {
      std::vector<Hit> hits = random_hits(random, q);
      const Chain expected = BruteForce(q, hits).best();
      ASSERT_EQ(solver.times(hits, days), expected) << "seed " << seed << ", case " << i;
      ASSERT_EQ(static_cast<size_t>(solver.depth(hits, days)), expected.size());
      // Nothing depends on the order in which equal times are stored.
      std::shuffle(hits.begin(), hits.end(), random);
      std::stable_sort(hits.begin(), hits.end(),
                       [](const Hit& a, const Hit& b) { return a.at < b.at; });
      ASSERT_EQ(solver.times(hits, days), expected) << "seed " << seed << ", case " << i;
      // A longer window or a later start of time changes nothing for the worse.
      FunnelQuestion wider = q;
      wider.within = no_limit;
      ASSERT_GE(FunnelSolver(wider).times(hits, days).size(), expected.size());
      if (q.natural_day) continue;
      for (Hit& h : hits) h.at += 1'000'000'007;
      Chain later = solver.times(hits);
      for (Micros& at : later) at -= 1'000'000'007;
      ASSERT_EQ(later, expected);
    }
  }
}

// A search that was cancelled half way leaves nothing behind that shows in the next.
TEST(Funnel, CancelledSearches) {
  static int left;
  struct Cancelled {};
  Random random(41);
  for (int i = 0; i < 3000; ++i) {
    const FunnelQuestion q = random_question(random);
    FunnelSolver solver(q), fresh(q);
    const auto hits = random_hits(random, q);
    left = static_cast<int>(random.below(12));
    poll_hook = [] {
      if (left-- == 0) throw Cancelled{};
    };
    const DayEnd days{[](const void*, Micros at) { return (at / 10 + 1) * 10; }, nullptr};
    try {
      solver.times(hits, days);
    } catch (const Cancelled&) {
    }
    poll_hook = nullptr;
    ASSERT_EQ(solver.times(hits, days), fresh.times(hits, days)) << i;
    ASSERT_EQ(solver.depth(hits, days), fresh.depth(hits, days)) << i;
  }
}

}  // namespace
}  // namespace clientele
