// SPDX-License-Identifier: PostgreSQL
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "base/error.hpp"
#include "unit/jobs/schedule/zone.hpp"

namespace clientele {
namespace {

using testing::berlin;
using testing::instant;
using testing::iso;
using testing::look_at;
using testing::Zone;

/// The next n due times after an instant, one a line.
std::string runs(const Schedule& schedule, std::string_view after, int n) {
  std::string out;
  for (Micros at = instant(after); n > 0; --n) {
    at = schedule.next(at);
    out += iso(at) + "\n";
    if (at == never) break;
  }
  return out;
}

Schedule cron(std::string_view expression, const Zone& zone = testing::utc) {
  return Schedule::cron(expression, look_at, &zone);
}

TEST(ScheduleOfCron, IsStrictlyAfter) {
  EXPECT_EQ(runs(cron("*/20 4 * * *"), "2026-01-01T04:20:00Z", 3),
            "2026-01-01T04:40:00Z\n2026-01-02T04:00:00Z\n2026-01-02T04:20:00Z\n");
  EXPECT_EQ(runs(cron("0 0 * * *"), "2025-12-31T23:59:59.999999Z", 1), "2026-01-01T00:00:00Z\n");
}

TEST(ScheduleOfCron, DaysOfMonthAndWeek) {
  EXPECT_EQ(runs(cron("0 0 L * *"), "2024-01-31T00:00:00Z", 3),
            "2024-02-29T00:00:00Z\n2024-03-31T00:00:00Z\n2024-04-30T00:00:00Z\n");
  EXPECT_EQ(runs(cron("0 0 29 2 *"), "1896-03-01T00:00:00Z", 2),
            "1904-02-29T00:00:00Z\n1908-02-29T00:00:00Z\n");
  // Either of two restricted fields suffices.
  EXPECT_EQ(runs(cron("0 0 13 * fri"), "2026-02-07T00:00:00Z", 4),
            "2026-02-13T00:00:00Z\n2026-02-20T00:00:00Z\n2026-02-27T00:00:00Z\n"
            "2026-03-06T00:00:00Z\n");
  // A field that allows its whole range is not restricted, however it is written.
  EXPECT_EQ(runs(cron("0 0 */1 * fri"), "2026-02-07T00:00:00Z", 1), "2026-02-13T00:00:00Z\n");
  EXPECT_EQ(runs(cron("0 0 13 * 0-6"), "2026-02-07T00:00:00Z", 2),
            "2026-02-13T00:00:00Z\n2026-03-13T00:00:00Z\n");
}

TEST(ScheduleOfCron, AGapRunsOnceAtItsEnd) {
  const Zone zone = berlin();  // 2026-03-29 02:00 becomes 03:00
  EXPECT_EQ(runs(cron("30 2 * * *", zone), "2026-03-28T12:00:00Z", 2),
            "2026-03-29T01:00:00Z\n2026-03-30T00:30:00Z\n");
  EXPECT_EQ(runs(cron("*/10 2,3 * * *", zone), "2026-03-28T12:00:00Z", 2),
            "2026-03-29T01:00:00Z\n2026-03-29T01:10:00Z\n");
  EXPECT_EQ(runs(cron("*/30 * * * *", zone), "2026-03-29T00:00:00Z", 3),
            "2026-03-29T00:30:00Z\n2026-03-29T01:00:00Z\n2026-03-29T01:30:00Z\n");
  EXPECT_EQ(cron("*/10 2,3 * * *", zone)
                .passed(instant("2026-03-29T00:59:59Z"), instant("2026-03-29T01:10:00Z"))
                .count,
            2);
}

TEST(ScheduleOfCron, ARepeatedHourRunsInItsFirstPass) {
  const Zone zone = berlin();  // 2026-10-25 03:00 becomes 02:00
  EXPECT_EQ(runs(cron("30 2 * * *", zone), "2026-10-24T12:00:00Z", 2),
            "2026-10-25T00:30:00Z\n2026-10-26T01:30:00Z\n");
  EXPECT_EQ(runs(cron("30 2,3 * * *", zone), "2026-10-25T00:30:00Z", 1), "2026-10-25T02:30:00Z\n");
  EXPECT_EQ(runs(cron("30 * * * *", zone), "2026-10-25T00:00:00Z", 3),
            "2026-10-25T00:30:00Z\n2026-10-25T01:30:00Z\n2026-10-25T02:30:00Z\n");
}

TEST(ScheduleOfCron, ADayThatIsSkippedRunsAtItsEnd) {
  // Samoa had no 30 December 2011.
  const Zone zone{-10 * hour, {{instant("2011-12-30T10:00:00Z"), 14 * hour}}};
  EXPECT_EQ(runs(cron("0 8 * * *", zone), "2011-12-29T12:00:00Z", 3),
            "2011-12-29T18:00:00Z\n2011-12-30T10:00:00Z\n2011-12-30T18:00:00Z\n");
  EXPECT_EQ(runs(cron("0 * 30 12 *", zone), "2011-12-29T12:00:00Z", 1), "2012-12-29T10:00:00Z\n");
  const Schedule daily = Schedule::every(0, 1, 0, instant("2011-12-28T10:00:00Z"), look_at, &zone);
  // Both midnights are the same instant.
  EXPECT_EQ(runs(daily, "2011-12-28T10:00:00Z", 3),
            "2011-12-29T10:00:00Z\n2011-12-30T10:00:00Z\n2011-12-31T10:00:00Z\n");
  const auto passed =
      daily.passed(instant("2011-12-28T10:00:00Z"), instant("2011-12-31T10:00:00Z"));
  EXPECT_EQ(passed.count, 3);
  EXPECT_EQ(iso(passed.last), "2011-12-31T10:00:00Z");
}

TEST(ScheduleOfCron, ClocksThatAreSetTwiceWithinAnHour) {
  // At 02:00 it is 01:00 again, and at 01:15 it is 01:45.
  const Micros at = instant("2026-05-10T00:00:00Z");
  const Zone zone{2 * hour, {{at, hour}, {at + 15 * minute, 90 * minute}}};
  EXPECT_EQ(runs(cron("50 1 * * *", zone), "2026-05-09T12:00:00Z", 2),
            "2026-05-09T23:50:00Z\n2026-05-11T00:20:00Z\n");
  EXPECT_EQ(runs(cron("*/10 * * * *", zone), "2026-05-09T23:45:00Z", 4),
            "2026-05-09T23:50:00Z\n2026-05-10T00:00:00Z\n2026-05-10T00:10:00Z\n"
            "2026-05-10T00:20:00Z\n");
}

TEST(ScheduleOfCron, DaysOfWeekBefore2000) {
  EXPECT_EQ(runs(cron("0 12 * * sun"), "1969-07-16T13:32:00Z", 2),
            "1969-07-20T12:00:00Z\n1969-07-27T12:00:00Z\n");
}

TEST(ScheduleOfCron, FollowsTheClockIfEveryHourIsAllowed) {
  EXPECT_TRUE(cron("5 * 1 * *").follows_clock());
  EXPECT_TRUE(cron("5 0-23 * * *").follows_clock());
  EXPECT_TRUE(cron("@hourly").follows_clock());
  EXPECT_FALSE(cron("5 0-22 * * *").follows_clock());
  EXPECT_FALSE(cron("@daily").follows_clock());
  EXPECT_TRUE(Schedule::every(0, 0, hour, 0, look_at, &testing::utc).follows_clock());
  EXPECT_FALSE(Schedule::every(0, 1, 0, 0, look_at, &testing::utc).follows_clock());
  EXPECT_FALSE(Schedule::every(1, 0, 0, 0, look_at, &testing::utc).follows_clock());
}

Schedule every(int months, int days, Micros micros, std::string_view starting,
               const Zone& zone = testing::utc) {
  return Schedule::every(months, days, micros, instant(starting), look_at, &zone);
}

TEST(ScheduleOfEvery, ElapsedTimeIsAGrid) {
  const Zone zone = berlin();
  EXPECT_EQ(runs(every(0, 0, 24 * hour, "2026-03-27T11:00:00Z", zone), "2026-03-27T10:00:00Z", 4),
            "2026-03-27T11:00:00Z\n2026-03-28T11:00:00Z\n2026-03-29T11:00:00Z\n"
            "2026-03-30T11:00:00Z\n");
  EXPECT_EQ(runs(every(0, 0, 90 * second, "2026-03-27T11:00:00.5Z"), "2026-03-27T11:01:30.5Z", 1),
            "2026-03-27T11:03:00.5Z\n");
}

TEST(ScheduleOfEvery, DaysGoByTheWallClock) {
  const Zone zone = berlin();
  EXPECT_EQ(runs(every(0, 1, 0, "2026-03-27T11:00:00Z", zone), "2026-03-27T11:00:00Z", 3),
            "2026-03-28T11:00:00Z\n2026-03-29T10:00:00Z\n2026-03-30T10:00:00Z\n");
  EXPECT_EQ(runs(every(0, 1, 0, "2026-03-27T01:30:00Z", zone), "2026-03-28T01:30:00Z", 2),
            "2026-03-29T01:00:00Z\n2026-03-30T00:30:00Z\n");
  EXPECT_EQ(runs(every(0, 1, 0, "2026-10-23T00:30:00Z", zone), "2026-10-24T00:30:00Z", 2),
            "2026-10-25T00:30:00Z\n2026-10-26T01:30:00Z\n");
}

TEST(ScheduleOfEvery, ATimeAtTheEndOfARepeatedHourHasNotComeBefore) {
  // At midnight it is 23:00 again.
  const Zone zone{2 * hour, {{instant("2026-09-21T22:00:00Z"), hour}}};
  const Schedule s = every(0, 1, 0, "2026-09-01T22:00:00Z", zone);
  EXPECT_EQ(runs(s, "2026-09-21T22:30:00Z", 1), "2026-09-21T23:00:00Z\n");
  EXPECT_EQ(s.passed(instant("2026-09-21T22:30:00Z"), instant("2026-09-21T23:00:00Z")).count, 1);
  EXPECT_EQ(runs(cron("0 0 * * *", zone), "2026-09-21T21:30:00Z", 1), "2026-09-21T23:00:00Z\n");
}

TEST(ScheduleOfEvery, MonthsKeepTheDayOfTheStart) {
  EXPECT_EQ(runs(every(1, 0, 0, "2024-01-31T08:00:00Z"), "2024-01-31T08:00:00Z", 4),
            "2024-02-29T08:00:00Z\n2024-03-31T08:00:00Z\n2024-04-30T08:00:00Z\n"
            "2024-05-31T08:00:00Z\n");
  EXPECT_EQ(runs(every(12, 0, 0, "2024-02-29T00:00:00Z"), "2024-02-29T00:00:00Z", 4),
            "2025-02-28T00:00:00Z\n2026-02-28T00:00:00Z\n2027-02-28T00:00:00Z\n"
            "2028-02-29T00:00:00Z\n");
  EXPECT_EQ(runs(every(1, 1, 2 * hour, "2026-01-31T23:00:00Z"), "2026-01-31T23:00:00Z", 2),
            "2026-03-02T01:00:00Z\n2026-04-03T03:00:00Z\n");
}

TEST(ScheduleOfEvery, NothingIsDueBeforeTheStart) {
  const Zone zone = berlin();
  // The second pass of a repeated hour.
  const Schedule s = every(0, 1, 0, "2026-10-25T01:30:00Z", zone);
  EXPECT_EQ(runs(s, "2026-10-20T00:00:00Z", 2), "2026-10-25T01:30:00Z\n2026-10-26T01:30:00Z\n");
  EXPECT_EQ(s.passed(instant("2026-10-20T00:00:00Z"), instant("2026-10-25T01:00:00Z")).count, 0);
  EXPECT_EQ(s.passed(instant("2026-10-20T00:00:00Z"), instant("2026-10-26T01:30:00Z")).count, 2);
}

TEST(ScheduleOfEvery, RefusesWhatIsNoGrid) {
  const auto refused = [](int months, int days, Micros micros, Micros starting = 0) -> std::string {
    try {
      Schedule::every(months, days, micros, starting, look_at, &testing::utc);
    } catch (const Error& e) {
      return std::string(e.code()) + " " + e.what();
    }
    return "accepted";
  };
  EXPECT_EQ(refused(0, 0, 0), "22023 every must be at least 1 second");
  EXPECT_EQ(refused(0, 0, second - 1), "22023 every must be at least 1 second");
  EXPECT_EQ(refused(0, 0, second), "accepted");
  EXPECT_EQ(refused(0, 1, -hour), "22023 every must not be negative, nor have negative parts");
  EXPECT_EQ(refused(1, -1, 0), "22023 every must not be negative, nor have negative parts");
  EXPECT_EQ(refused(-1, 40, 0), "22023 every must not be negative, nor have negative parts");
  EXPECT_EQ(refused(INT32_MAX, INT32_MAX, INT64_MAX), "22023 every must be finite");
  EXPECT_EQ(refused(INT32_MIN, INT32_MIN, INT64_MIN),
            "22023 every must not be negative, nor have negative parts");
  EXPECT_EQ(refused(0, 1, 0, INT64_MAX), "22008 starting must be finite");
  EXPECT_EQ(refused(0, 1, 0, INT64_MIN), "22008 starting must be finite");
  EXPECT_EQ(refused(0, 1, 0, end_of_time), "22008 starting must be finite");
}

TEST(Schedule, EndsWithTime) {
  const Zone zone = berlin();
  for (const Zone* z : {&testing::utc, &zone}) {
    const Schedule all[] = {cron("* * * * *", *z),
                            cron("0 0 29 2 *", *z),
                            cron("0 0 31 * *", *z),
                            Schedule::every(0, 0, second, first_instant, look_at, z),
                            Schedule::every(0, 1, 0, first_instant, look_at, z),
                            Schedule::every(INT32_MAX, INT32_MAX, INT64_MAX - 1, 0, look_at, z),
                            Schedule::every(INT32_MAX, 0, 0, 0, look_at, z),
                            Schedule::every(0, INT32_MAX, 0, end_of_time - 1, look_at, z),
                            Schedule::every(0, 0, INT64_MAX, first_instant, look_at, z)};
    for (const Schedule& s : all) {
      EXPECT_EQ(s.next(end_of_time - 1), never);
      EXPECT_EQ(s.next(INT64_MAX), never);
      const Micros first = s.next(INT64_MIN);
      EXPECT_GE(first, first_instant);
      EXPECT_EQ(s.next(first_instant - 1), first);
      const auto passed = s.passed(INT64_MIN, INT64_MAX);
      EXPECT_GE(passed.count, 1);
      EXPECT_GE(passed.last, first);
      EXPECT_EQ(s.next(passed.last), never);
      EXPECT_EQ(s.passed(INT64_MIN, first).count, 1);
      EXPECT_EQ(s.passed(first, first).count, 0);
      EXPECT_EQ(s.passed(INT64_MAX, INT64_MIN).count, 0);
      EXPECT_EQ(s.passed(first, first).last, first);
    }
  }
}

TEST(Schedule, CountsDecadesInNoTime) {
  const Zone zone = berlin();
  const Micros from = instant("2005-01-01T00:00:00Z"), until = instant("2035-01-01T00:00:00Z");
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 100; ++i) {
    const auto minutes = cron("* * * * *", zone).passed(from, until);
    ASSERT_EQ(minutes.count, (until - from) / minute);
    ASSERT_EQ(minutes.last, until);
    ASSERT_EQ(cron("0 2 * * *", zone).passed(from, until).count, (until - from) / day);
    ASSERT_EQ(every(0, 0, second, "2000-01-01T00:00:00Z", zone).passed(from, until).count,
              (until - from) / second);
    ASSERT_EQ(every(0, 1, 0, "2000-01-01T02:00:00Z", zone).passed(from, until).count,
              (until - from) / day);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

}  // namespace
}  // namespace clientele
