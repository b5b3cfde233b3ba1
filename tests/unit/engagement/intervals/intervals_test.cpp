// SPDX-License-Identifier: PostgreSQL
#include <gtest/gtest.h>

#include <algorithm>

#include "engagement/intervals/pairs.hpp"
#include "unit/code_of.hpp"
#include "unit/random_events.hpp"

namespace clientele {
namespace {

using testing::code_of;
using testing::packed;
using testing::Random;

using Happened = std::vector<std::pair<Micros, int32_t>>;

// Types 1 and 3 open, 2 and 3 close.
const std::vector<int32_t> opening{1, 3}, closing{2, 3};

IntervalDefinition definition() {
  IntervalDefinition d;
  d.from_event = "#1|#3";
  d.to_event = "#2|#3";
  d.until = 1000 * day;
  return d;
}

Bytes written(const auto& value) {
  Bytes out;
  value.write(out);
  return out;
}

IntervalSummary empty() { return IntervalSummary(std::pmr::get_default_resource()); }

IntervalSummary summary_of(const IntervalDefinition& d, const std::vector<Happened>& customers) {
  PairFinder finder(d, opening, closing);
  IntervalSummary summary = empty();
  summary.start(written(d));
  for (const Happened& events : customers) {
    EventList list;
    for (const auto& [at, type] : events) list.add(at, type);
    const Bytes bytes = packed(list);
    finder.add(Journey(bytes), summary);
  }
  return summary;
}

std::vector<int64_t> lengths(const IntervalSummary& summary, size_t n) {
  std::vector<int64_t> found;
  for (size_t i = 0; i < n; ++i)
    found.push_back(
        summary.percentile(n == 1 ? 0 : static_cast<double>(i) / static_cast<double>(n - 1)));
  return found;
}

TEST(Intervals, TakeTheLastOrTheFirstOpeningEvent) {
  const Happened events{{1, 1}, {2, 1}, {3, 1}, {4, 2}, {5, 2}, {7, 1}, {8, 2}};
  IntervalDefinition d = definition();
  EXPECT_EQ(lengths(summary_of(d, {events}), 2), (std::vector<int64_t>{1, 1}));
  d.pick = IntervalPick::first;
  EXPECT_EQ(lengths(summary_of(d, {events}), 2), (std::vector<int64_t>{1, 3}));
  d.within = 2;
  EXPECT_EQ(summary_of(d, {events}).pairs(), 1U);
  d.within.reset();
  d.until = 8;
  EXPECT_EQ(summary_of(d, {events}).pairs(), 1U);
  d.since = 2;
  EXPECT_EQ(lengths(summary_of(d, {events}), 1), (std::vector<int64_t>{2}));
}

TEST(Intervals, OrderTheEventsOfAnInstantByWhatTheyDo) {
  // Closes the one before, opens: in one instant the second closes the first.
  EXPECT_EQ(lengths(summary_of(definition(), {{{1, 3}, {4, 3}, {4, 3}}}), 2),
            (std::vector<int64_t>{0, 3}));
  // What only opens comes first, what only closes last.
  EXPECT_EQ(lengths(summary_of(definition(), {{{5, 2}, {5, 3}, {5, 1}}}), 2),
            (std::vector<int64_t>{0, 0}));
  EXPECT_EQ(summary_of(definition(), {{{5, 2}, {5, 2}, {5, 1}}}).pairs(), 1U);
}

/// One event at a time, in the order that the definition says.
std::vector<int64_t> expected(const IntervalDefinition& d, Happened events) {
  std::ranges::sort(events, {}, [](const auto& e) {
    return std::pair(e.first, e.second == 1 ? 0 : e.second == 3 ? 1 : 2);
  });
  std::vector<int64_t> found;
  bool is_open = false;
  Micros open = 0;
  for (const auto& [at, type] : events) {
    if (at >= *d.until) break;
    if ((type == 2 || type == 3) && is_open) {
      if (elapsed(open, at) <= d.within.value_or(UINT64_MAX)) found.push_back(at - open);
      is_open = false;
    }
    if ((type == 1 || type == 3) && (!d.since || at >= *d.since) &&
        (!is_open || d.pick == IntervalPick::last)) {
      open = at;
      is_open = true;
    }
  }
  std::ranges::sort(found);
  return found;
}

TEST(Intervals, AreWhatTheDefinitionSays) {
  Random random(99);
  size_t pairs = 0;
  for (int round = 0; round < 5000; ++round) {
    IntervalDefinition d = definition();
    d.pick = random.one_in(2) ? IntervalPick::first : IntervalPick::last;
    if (random.one_in(3)) d.within = random.below(8);
    if (random.one_in(3)) d.since = static_cast<Micros>(random.below(10));
    if (random.one_in(3)) d.until = static_cast<Micros>(random.below(20));
    Happened events;
    for (auto n = random.below(random.one_in(30) ? 900 : 12); n > 0; --n)
      events.emplace_back(random.below(20), 1 + random.below(4));
    const std::vector<int64_t> wanted = expected(d, events);
    const IntervalSummary summary = summary_of(d, {events, {}});
    ASSERT_EQ(summary.pairs(), wanted.size());
    ASSERT_EQ(summary.customers(), wanted.empty() ? 0U : 1U);
    if (!wanted.empty()) {
      ASSERT_EQ(summary.shortest(), wanted.front());
      ASSERT_EQ(summary.longest(), wanted.back());
      ASSERT_EQ(lengths(summary, wanted.size()), wanted);
    }
    const Bytes bytes = written(summary);
    IntervalSummary read = empty();
    Reader reader(bytes);
    read.read(reader);
    ASSERT_TRUE(reader.done());
    ASSERT_EQ(written(read), bytes);
    pairs += wanted.size();
  }
  EXPECT_GT(pairs, 10000U);
}

TEST(Intervals, OfManyPairsAreInBucketsWithinTheirExtremes) {
  const IntervalDefinition d = definition();
  Random random(3);
  IntervalSummary one = empty(), left = empty(), right = empty();
  for (IntervalSummary* s : {&one, &left, &right}) s->start(written(d));
  unsigned __int128 sum = 0;
  for (int i = 0; i < 70000; ++i) {
    const uint64_t length = 1'000'003 + random.below(int64_t{1} << 40);
    sum += length;
    one.add_pair(length);
    (random.one_in(2) ? left : right).add_pair(length);
    if (i == 0) one.add_customer(), left.add_customer();
  }
  left.merge(right);
  const Bytes bytes = written(one);
  EXPECT_EQ(written(left), bytes);
  IntervalSummary read = empty();
  Reader reader(bytes);
  read.read(reader);
  EXPECT_TRUE(reader.done());
  EXPECT_EQ(written(read), bytes);
  EXPECT_EQ(read.mean(), static_cast<int64_t>((sum + 35000) / 70000));
  EXPECT_EQ(read.percentile(0), std::max(read.percentile(0), read.shortest()));
  EXPECT_LE(read.percentile(1), read.longest());
  EXPECT_NEAR(static_cast<double>(read.percentile(0.5)), 5.5e11, 1.2e10);
}

TEST(Intervals, RefuseQuestionsWithoutMeaning) {
  const auto code = [](auto change) {
    IntervalDefinition d = definition();
    change(d);
    return code_of([&] { d.check(); });
  };
  EXPECT_EQ(code([](auto&) {}), "none");
  EXPECT_EQ(code([](auto& d) { d.from_event = " "; }), "22023");
  EXPECT_EQ(code([](auto& d) { d.to_event.clear(); }), "22023");
  EXPECT_EQ(code([](auto& d) { d.to_event = "a["; }), "22023");
  EXPECT_EQ(code_of([] { parse_pick("both"); }), "22023");
  EXPECT_EQ(parse_pick("first"), IntervalPick::first);
  IntervalSummary a = empty(), b = empty();
  a.start(written(definition()));
  IntervalDefinition other = definition();
  other.pick = IntervalPick::first;
  b.start(written(other));
  EXPECT_EQ(code_of([&] { a.merge(b); }), "22023");
}

}  // namespace
}  // namespace clientele
