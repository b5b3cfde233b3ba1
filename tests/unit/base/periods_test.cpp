// SPDX-License-Identifier: PostgreSQL
#include "base/periods.hpp"

#include <gtest/gtest.h>

#include "unit/code_of.hpp"
#include "unit/hundred_days.hpp"
#include "unit/random_events.hpp"

namespace clientele {
namespace {

using testing::code_of;
using testing::hundred_days;
using testing::Random;

Micros at(std::string_view text) {
  Micros found = 0;
  EXPECT_TRUE(parse_iso(text, found)) << text;
  return found;
}

/// A zone whose clock is set once.
struct OneChange {
  Micros change, before, after;
};

LocalClock::Offset look(const void* zone, Micros when) {
  const auto& z = *static_cast<const OneChange*>(zone);
  return when < z.change ? LocalClock::Offset{z.before, z.change}
                         : LocalClock::Offset{z.after, INT64_MAX};
}

Periods periods(PeriodUnit unit, const OneChange& zone) { return {unit, look, &zone}; }

const OneChange utc{0, 0, 0};

TEST(Periods, HaveConsecutiveNumbers) {
  for (const PeriodUnit unit : {PeriodUnit::hour, PeriodUnit::day, PeriodUnit::week,
                                PeriodUnit::month, PeriodUnit::quarter, PeriodUnit::year}) {
    Periods p(unit, hundred_days, nullptr);
    Random random(static_cast<uint64_t>(unit) + 1);
    for (int i = 0; i < 3000; ++i) {
      const Micros when = static_cast<Micros>(random.below(8000 * day)) - 4000 * day;
      const int64_t n = p.number(when);
      const Micros begin = p.begin(n), end = p.end(n);
      ASSERT_LE(begin, when);
      ASSERT_LT(when, end);
      ASSERT_EQ(p.number(begin), n);
      ASSERT_EQ(p.number(end - 1), n);
      ASSERT_EQ(p.number(end), n + 1);
      ASSERT_EQ(p.number(begin - 1), n - 1);
    }
  }
}

TEST(Periods, WeeksBeginOnMonday) {
  Periods p = periods(PeriodUnit::week, utc);
  const int64_t n = p.number(at("2026-11-22T23:59:59Z"));  // a Sunday
  EXPECT_EQ(p.begin(n), at("2026-11-16T00:00:00Z"));
  EXPECT_EQ(p.number(at("2026-11-23T00:00:00Z")), n + 1);
  EXPECT_EQ(p.number(at("1999-12-26T23:00:00Z")), p.number(at("1999-12-27T00:00:00Z")) - 1);
}

TEST(Periods, MonthsOfDifferentLength) {
  Periods months = periods(PeriodUnit::month, utc), quarters = periods(PeriodUnit::quarter, utc);
  const int64_t n = months.number(at("2024-02-29T12:00:00Z"));
  EXPECT_EQ(months.end(n), at("2024-03-01T00:00:00Z"));
  EXPECT_EQ(months.number(at("2023-02-28T12:00:00Z")), n - 12);
  const int64_t q = quarters.number(at("2024-02-29T12:00:00Z"));
  EXPECT_EQ(quarters.begin(q), at("2024-01-01T00:00:00Z"));
  EXPECT_EQ(quarters.end(q), at("2024-04-01T00:00:00Z"));
}

// 2026-11-01 in Havana: at 01:00 clocks are set back to 00:00, so midnight comes twice.
TEST(Periods, TheFirstMidnightBeginsTheDay) {
  const OneChange havana{at("2026-11-01T05:00:00Z"), -4 * hour, -5 * hour};
  Periods p = periods(PeriodUnit::day, havana);
  const int64_t n = p.number(at("2026-11-01T05:30:00Z"));
  EXPECT_EQ(p.number(at("2026-11-01T04:00:00Z")), n);
  EXPECT_EQ(p.number(at("2026-11-01T03:59:59Z")), n - 1);
  EXPECT_EQ(p.begin(n), at("2026-11-01T04:00:00Z"));
  EXPECT_EQ(p.end(n) - p.begin(n), 25 * hour);
  EXPECT_EQ(periods(PeriodUnit::month, havana)
                .begin(periods(PeriodUnit::month, havana).number(at("2026-11-09T00:00:00Z"))),
            at("2026-11-01T04:00:00Z"));
}

// In spring its clocks go from midnight to 01:00, so no clock shows midnight.
TEST(Periods, ADayMayBeginAfterMidnight) {
  const OneChange havana{at("2026-03-08T05:00:00Z"), -5 * hour, -4 * hour};
  Periods p = periods(PeriodUnit::day, havana);
  const int64_t n = p.number(at("2026-03-08T12:00:00Z"));
  EXPECT_EQ(p.begin(n), at("2026-03-08T05:00:00Z"));
  EXPECT_EQ(p.end(n) - p.begin(n), 23 * hour);
}

// Apia had no 30 December in 2011.
TEST(Periods, ADateThatWasLeftOutHasNoLength) {
  const OneChange apia{at("2011-12-30T10:00:00Z"), -10 * hour, 14 * hour};
  Periods p = periods(PeriodUnit::day, apia);
  const int64_t n = p.number(at("2011-12-30T09:59:59Z"));
  EXPECT_EQ(p.number(at("2011-12-30T10:00:00Z")), n + 2);
  EXPECT_EQ(p.begin(n + 1), at("2011-12-30T10:00:00Z"));
  EXPECT_EQ(p.begin(n + 2), at("2011-12-30T10:00:00Z"));
  EXPECT_EQ(p.begin(n + 3), at("2011-12-31T10:00:00Z"));
}

// Shanghai set its clocks forward at 02:00 of 17 April 1988.
TEST(Periods, ADayOf23Hours) {
  const OneChange shanghai{at("1988-04-16T18:00:00Z"), 8 * hour, 9 * hour};
  Periods p = periods(PeriodUnit::day, shanghai);
  const int64_t n = p.number(at("1988-04-17T00:00:00Z"));
  EXPECT_EQ(p.begin(n), at("1988-04-16T16:00:00Z"));
  EXPECT_EQ(p.end(n), at("1988-04-17T15:00:00Z"));
}

// Lord Howe sets its clocks by half an hour: at 02:00 back to 01:30.
TEST(Periods, HoursWhereClocksChangeByHalfAnHour) {
  const Micros change = at("2026-04-04T15:00:00Z");
  const OneChange lord_howe{change, 11 * hour, 10 * hour + 30 * minute};
  Periods p = periods(PeriodUnit::hour, lord_howe);
  EXPECT_EQ(p.clock_hour(change - 1), change - hour);
  EXPECT_EQ(p.clock_hour(change), change - 30 * minute);
  EXPECT_EQ(p.clock_hour(change + 30 * minute), change + 30 * minute);
  const int64_t n = p.number(change - 1);
  EXPECT_EQ(p.begin(n), change - hour);
  EXPECT_EQ(p.end(n), change + 30 * minute);
  EXPECT_EQ(p.number(change + 29 * minute), n);
  EXPECT_EQ(p.number(change + 30 * minute), n + 1);
  Periods days = periods(PeriodUnit::day, lord_howe);
  const int64_t d = days.number(change);
  EXPECT_EQ(days.end(d) - days.begin(d), 24 * hour + 30 * minute);
}

// St. John's set its clocks back from 00:01 to 23:01 of the day before, up to 2011.
TEST(Periods, ADateThatComesAgainAfterTheNextOne) {
  const Micros midnight = at("2010-11-07T02:30:00Z");
  const OneChange st_johns{midnight + minute, -(2 * hour + 30 * minute), -(3 * hour + 30 * minute)};
  Periods p = periods(PeriodUnit::day, st_johns);
  const int64_t sunday = p.number(midnight);
  EXPECT_EQ(p.begin(sunday), midnight);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(p.number(midnight - 1), sunday - 1);
    EXPECT_EQ(p.number(midnight + 30 * second), sunday);
    EXPECT_EQ(p.number(midnight + minute), sunday - 1);
    EXPECT_EQ(p.number(midnight + hour), sunday);
  }
  EXPECT_TRUE(p.turns_back(midnight, midnight + day));
  EXPECT_FALSE(p.turns_back(midnight + minute, midnight + day));
  EXPECT_FALSE(p.turns_back(midnight - day, midnight));
  EXPECT_FALSE(periods(PeriodUnit::day, utc).turns_back(midnight - day, midnight + day));
}

TEST(Periods, EndWithTime) {
  for (const PeriodUnit unit : {PeriodUnit::hour, PeriodUnit::day, PeriodUnit::week,
                                PeriodUnit::month, PeriodUnit::quarter, PeriodUnit::year}) {
    Periods p = periods(unit, utc);
    const int64_t last = p.number(end_of_time - 1), first = p.number(first_instant);
    EXPECT_EQ(p.end(last), end_of_time);
    EXPECT_EQ(p.begin(last + 10'000), end_of_time);
    EXPECT_EQ(p.begin(first), first_instant);
    EXPECT_EQ(p.begin(first - 10'000), first_instant);
  }
}

TEST(Periods, AreCalledByTheirNames) {
  EXPECT_STREQ(period_name(parse_period("quarter")), "quarter");
  EXPECT_EQ(code_of([] { parse_period("Day"); }), "22023");
  EXPECT_EQ(code_of([] { parse_period(""); }), "22023");
}

}  // namespace
}  // namespace clientele
