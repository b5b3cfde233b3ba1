// SPDX-License-Identifier: PostgreSQL
#include "retention/table/retention.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "unit/random_events.hpp"

namespace clientele {
namespace {

using testing::Random;

uint64_t by_number(void*, int32_t type) { return static_cast<uint64_t>(type); }

/// From 2000 on clocks are set back by an hour, from 00:30 to 23:30, every 40 days, and forward 20
/// days later.
LocalClock::Offset odd(const void*, Micros at) {
  const Micros first = 30 * minute, every = 20 * day;
  if (at < first) return {0, first};
  const int64_t n = (at - first) / every - ((at - first) % every < 0);
  return {n % 2 == 0 ? -hour : 0, first + (n + 1) * every};
}

LocalClock::Offset utc(const void*, Micros) { return {0, INT64_MAX}; }

RetentionDefinition definition() {
  RetentionDefinition d;
  d.until = 400 * day;
  d.time_zone = "UTC";
  return d;
}

TypeClasses roles(uint32_t of_1, uint32_t of_2 = 0, uint32_t of_3 = 0) {
  TypeClasses t;
  t.set(1, of_1), t.set(2, of_2), t.set(3, of_3);
  return t;
}

struct Answer {
  Micros cohort;
  size_t stretch;
  uint64_t returns;
  int64_t amount = 0;
  friend auto operator<=>(const Answer&, const Answer&) = default;
};

using Events = std::vector<Event>;

EventList listed(const Events& events, std::span<const int64_t> amounts = {}) {
  EventList list;
  for (size_t i = 0; i < events.size(); ++i) {
    Extra x;
    if (i < amounts.size() && amounts[i] != 0) x.has_amount = true, x.amount = amounts[i];
    list.add(events[i].at, events[i].type, x);
  }
  return list;
}

std::vector<Answer> ask(const RetentionDefinition& d, const TypeClasses& types,
                        const EventList& list, LocalClock::Look look = utc) {
  d.check();
  RetentionCalendar calendar(d, look, nullptr);
  RetentionSolver solver(d, calendar, {by_number, nullptr});
  const Bytes bytes = testing::packed(list);
  std::vector<Answer> answers;
  for (solver.read(Journey(bytes), types); solver.next();)
    for (const Returned& r : solver.returned())
      answers.push_back(
          {solver.cohort(), r.stretch, r.returns, static_cast<int64_t>(r.amount.sum)});
  return answers;
}

constexpr uint32_t start = starts_cohort, back = counts_as_return, both = start | back;

TEST(Retention, TheStartIsNotAReturn) {
  const EventList list = listed({{hour, 1}, {2 * hour, 1}, {day + 1, 1}, {3 * day, 1}});
  EXPECT_EQ(ask(definition(), roles(both), list),
            (std::vector<Answer>{{0, 0, 1}, {0, 1, 1}, {0, 3, 1}}));
  EXPECT_TRUE(ask(definition(), roles(start), list).empty());
  EXPECT_TRUE(ask(definition(), roles(back), list).empty());
}

TEST(Retention, OfTiedStartsTheOneThatIsNoReturnIsTheStart) {
  const EventList list = listed({{hour, 1}, {hour, 2}, {hour, 2}});
  EXPECT_EQ(ask(definition(), roles(start, both), list), (std::vector<Answer>{{0, 0, 2}}));
  EXPECT_EQ(ask(definition(), roles(both, both), list), (std::vector<Answer>{{0, 0, 2}}));
}

TEST(Retention, OfTiedReturnsTheFirstInOrderIsTheStart) {
  RetentionDefinition d = definition();
  d.amounts = true;
  const EventList list = listed({{hour, 2}, {hour, 1}, {hour, 1}}, std::vector<int64_t>{7, 5, 3});
  EXPECT_EQ(ask(d, roles(both, both), list), (std::vector<Answer>{{0, 0, 2, 12}}));
  EXPECT_EQ(ask(d, roles(0, both), list), (std::vector<Answer>{}));
}

TEST(Retention, ElapsedPeriodsAreExact) {
  RetentionDefinition d = definition();
  d.windows = RetentionWindows::elapsed;
  const EventList list =
      listed({{hour, 1}, {day + hour - 1, 2}, {day + hour, 2}, {2 * day + hour, 2}});
  EXPECT_EQ(ask(d, roles(start, back), list),
            (std::vector<Answer>{{0, 0, 1}, {0, 1, 1}, {0, 2, 1}}));
}

TEST(Retention, LongLengthsDoNotOverflow) {
  RetentionDefinition d = definition();
  d.windows = RetentionWindows::elapsed;
  d.period = PeriodUnit::week;
  d.set_up_to({}, std::vector<int32_t>{0, 1, INT32_MAX});
  d.until = end_of_time - 1;
  const EventList list = listed({{first_instant, 1}, {end_of_time - 2, 1}});
  EXPECT_EQ(ask(d, roles(both), list).size(), 1U);
}

/// From the meaning alone: every event, cohort and stretch by itself.
std::vector<Answer> by_hand(const RetentionDefinition& d, const TypeClasses& types,
                            const EventList& list, LocalClock::Look look) {
  Periods periods(d.period, look, nullptr);
  std::vector<testing::Row> rows = testing::rows(list);
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
    return std::tuple(a.at, a.type, a.extra.has_amount, a.extra.amount) <
           std::tuple(b.at, b.type, b.extra.has_amount, b.extra.amount);
  });
  std::map<Micros, Micros> starts;  // by cohort
  const bool first = d.cohort_by == CohortBy::first;
  for (const auto& e : rows) {
    if ((types.of(e.type) & starts_cohort) == 0) continue;
    if (e.at >= d.since.value_or(first_instant) && e.at < *d.until)
      starts.try_emplace(d.period == PeriodUnit::hour ? periods.clock_hour(e.at)
                                                      : periods.begin(periods.number(e.at)),
                         e.at);
    if (first) break;
  }
  std::vector<Answer> answers;
  for (const auto& [cohort, begin] : starts) {
    bool left_out = true;
    for (const auto& e : rows) left_out &= e.at != begin || (types.of(e.type) != start);
    const Micros length = d.period == PeriodUnit::hour  ? hour
                          : d.period == PeriodUnit::day ? day
                                                        : 7 * day;
    std::vector<std::pair<int64_t, int64_t>> returns;  // period, amount
    for (const auto& e : rows) {
      if ((types.of(e.type) & back) == 0 || e.at < begin || e.at >= *d.until) continue;
      if (left_out && e.at == begin && (types.of(e.type) & start) != 0) {
        left_out = false;
        continue;
      }
      const int64_t period = d.windows == RetentionWindows::elapsed ? (e.at - begin) / length
                             : d.period == PeriodUnit::hour
                                 ? (e.at - cohort) / hour
                                 : periods.number(e.at) - periods.number(begin);
      returns.emplace_back(period, e.extra.has_amount ? e.extra.amount : 0);
    }
    for (size_t s = 0; s < d.stretches(); ++s) {
      const int64_t a = d.bound(s), b = d.bound(s + 1);
      const Micros begins = d.windows == RetentionWindows::elapsed || d.period == PeriodUnit::hour
                                ? cohort + a * length
                                : periods.begin(periods.number(begin) + a);
      if (begins >= *d.until) break;
      Answer found{cohort, s, 0, 0};
      for (const auto& [period, amount] : returns) {
        if (d.mode != RetentionMode::on_or_before && period < a) continue;
        if (d.mode != RetentionMode::on_or_after && period >= b) continue;
        ++found.returns, found.amount += amount;
      }
      if (found.returns >= static_cast<uint64_t>(d.min_count)) answers.push_back(found);
    }
  }
  return answers;
}

TEST(Retention, IsWhatItIsByHand) {
  Random random(11);
  for (int i = 0; i < 10'000; ++i) {
    RetentionDefinition d = definition();
    d.period = static_cast<PeriodUnit>(random.below(6));
    if (d.period <= PeriodUnit::week && random.one_in(3)) d.windows = RetentionWindows::elapsed;
    d.cohort_by = static_cast<CohortBy>(random.below(2));
    d.mode = static_cast<RetentionMode>(random.below(3));
    d.amounts = random.one_in(2);
    d.min_count = 1 + static_cast<int32_t>(random.below(3));
    if (random.one_in(2))
      d.up_to = static_cast<int32_t>(random.below(9));
    else
      d.set_up_to({}, std::vector<int32_t>{static_cast<int32_t>(random.below(2)), 2,
                                           3 + static_cast<int32_t>(random.below(5))});
    const Micros unit = d.period == PeriodUnit::hour  ? hour
                        : d.period == PeriodUnit::day ? day
                                                      : 7 * day;
    if (random.one_in(3)) d.since = static_cast<Micros>(random.below(4)) * unit;
    d.until =
        static_cast<Micros>(1 + random.below(12)) * unit + static_cast<Micros>(random.below(2));
    const TypeClasses types = roles(both, static_cast<uint32_t>(random.below(4)), back);
    Events events;
    std::vector<int64_t> amounts;
    for (auto n = random.below(12); n > 0; --n) {
      const Micros at = static_cast<Micros>(random.below(24)) * unit / 2 +
                        static_cast<Micros>(random.below(5)) * 15 * minute -
                        static_cast<Micros>(random.below(2));
      events.push_back({at, 1 + static_cast<int32_t>(random.below(3))});
      amounts.push_back(d.amounts ? static_cast<int64_t>(random.below(4)) : 0);
    }
    const EventList list = listed(events, amounts);
    for (const LocalClock::Look look : {utc, odd}) {
      auto got = ask(d, types, list, look);
      auto wanted = by_hand(d, types, list, look);
      if (!d.amounts)
        for (Answer& a : wanted) a.amount = 0;
      std::ranges::sort(got);
      std::ranges::sort(wanted);
      ASSERT_EQ(got.size(), wanted.size()) << i;
      ASSERT_TRUE(got == wanted) << i;
    }
  }
}

}  // namespace
}  // namespace clientele
