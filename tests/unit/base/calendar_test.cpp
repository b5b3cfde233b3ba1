// SPDX-License-Identifier: PostgreSQL
#include "base/calendar.hpp"

#include <chrono>

#include <gtest/gtest.h>

#include "unit/random_events.hpp"

namespace clientele {
namespace {

using testing::Random;

std::string iso(Micros at) {
  std::string out;
  append_iso(out, at);
  return out;
}

/// The instant that `text` says, or INT64_MIN if it is not one or is followed by anything.
Micros instant(std::string_view text) {
  Micros at = 0;
  const std::string_view whole = text;
  if (!parse_iso(text, at)) {
    EXPECT_EQ(text, whole) << "a failure must not consume";
    return INT64_MIN;
  }
  return text.empty() ? at : INT64_MIN;
}
constexpr Micros none = INT64_MIN;

TEST(Calendar, DaysAreThoseOfChrono) {
  namespace chrono = std::chrono;
  const chrono::sys_days from = chrono::sys_days(chrono::year(2000) / 1 / 1);
  for (int y = -4713; y < 10000; y += y < 1000 ? 7 : 1)
    for (unsigned m = 0; m <= 13; ++m)
      for (unsigned d = 0; d <= 32; ++d) {
        const auto date = chrono::year(y) / chrono::month(m) / chrono::day(d);
        ASSERT_EQ(is_date(y, m, d), date.ok()) << y << ' ' << m << ' ' << d;
        if (date.ok()) {
          ASSERT_EQ(days_to_date(y, m, d), (chrono::sys_days(date) - from).count());
        }
      }
}

TEST(Calendar, HandValues) {
  EXPECT_EQ(iso(0), "2000-01-01T00:00:00Z");
  EXPECT_EQ(iso(-1), "1999-12-31T23:59:59.999999Z");
  EXPECT_EQ(iso(500 * millisecond), "2000-01-01T00:00:00.5Z");
  EXPECT_EQ(iso(-946684800 * second), "1970-01-01T00:00:00Z");
  EXPECT_EQ(iso(first_instant), "-4713-11-24T00:00:00Z");
  EXPECT_EQ(iso(end_of_time - 1), "+294276-12-31T23:59:59.999999Z");
  EXPECT_EQ(instant("-0043-03-15T12:00:00Z"), -64464465600 * second);  // the Ides of March, 44 BC
  EXPECT_EQ(iso(-64464465600 * second), "-0043-03-15T12:00:00Z");
  EXPECT_EQ(instant("0000-02-29T00:00:00Z"), instant("0000-03-01T00:00:00Z") - day);
  EXPECT_EQ(instant("2024-02-29T00:00:00Z"), 762480000 * second);
}

TEST(Calendar, OffsetsAndSpellings) {
  const Micros noon = instant("2026-01-02T12:00:00Z");
  EXPECT_EQ(instant("2026-01-02T20:00:00+08:00"), noon);
  EXPECT_EQ(instant("2026-01-02 20:00:00+08"), noon);
  EXPECT_EQ(instant("2026-01-02T08:30:00-03:30"), noon);
  EXPECT_EQ(instant("2026-01-02T20:05:43+08:05:43"), noon);  // Shanghai before 1901
  EXPECT_EQ(instant("+2026-01-02T12:00:00.000000Z"), noon);
  EXPECT_EQ(instant("2026-01-02T12:00:00.1Z"), noon + 100 * millisecond);
  EXPECT_EQ(instant("294277-01-01T07:00:00+08:00"), none) << "the year itself must be in range";
  EXPECT_EQ(instant("294276-12-31T23:59:59.999999Z"), end_of_time - 1);
  EXPECT_EQ(instant("294276-12-31T23:00:00-01:00"), none);
  EXPECT_EQ(instant("-4713-11-24T00:00:00+00:01"), none);
}

TEST(Calendar, NotInstants) {
  for (const char* text : {"",
                           "2026",
                           "2026-01-02",
                           "2026-01-02T12:00",
                           "2026-01-02T12:00:00",
                           "2026-1-2T12:00:00Z",
                           "2026-02-29T00:00:00Z",
                           "2026-04-31T00:00:00Z",
                           "2026-13-01T00:00:00Z",
                           "2026-00-01T00:00:00Z",
                           "2026-01-00T00:00:00Z",
                           "2026-01-32T00:00:00Z",
                           "2026-01-99T00:00:00Z",
                           "2026-01-02T24:00:00Z",
                           "2026-01-02T12:60:00Z",
                           "2026-01-02T12:00:60Z",
                           "2026-01-02T12:00:00.Z",
                           "2026-01-02T12:00:00.1234567Z",
                           "2026-01-02T12:00:00+",
                           "2026-01-02T12:00:00+8",
                           "2026-01-02T12:00:00+16:00",
                           "2026-01-02T12:00:00+08:60",
                           "-4713-11-23T23:59:59Z",
                           "-4714-12-01T00:00:00Z",
                           "294277-01-01T00:00:00Z",
                           "1000000-01-01T00:00:00Z",
                           "1900-02-29T00:00:00Z",
                           "--2026-01-02T12:00:00Z",
                           "+-2026-01-02T12:00:00Z",
                           "infinity"})
    EXPECT_EQ(instant(text), none) << text;
}

TEST(Calendar, ConsumesOnlyTheInstant) {
  std::string_view text = "2026-01-02T12:00:00Z#4";
  Micros at = 0;
  ASSERT_TRUE(parse_iso(text, at));
  EXPECT_EQ(text, "#4");
}

TEST(Calendar, AgreesWithChronoOnEveryDay) {
  using namespace std::chrono;
  const sys_days first{year{-4713} / 11 / 24};
  const sys_days last{year{32767} / 12 / 31};
  const sys_days epoch{year{2000} / 1 / 1};
  for (sys_days d = first; d <= last; d += days{d.time_since_epoch().count() % 7 == 0 ? 13 : 1}) {
    const Micros at = (d - epoch).count() * day;
    const year_month_day ymd{d};
    const int y = static_cast<int>(ymd.year());
    char want[48];
    std::snprintf(want, sizeof want,
                  y > 9999 ? "+%d-%02u-%02uT00:00:00Z"
                  : y < 0  ? "%05d-%02u-%02uT00:00:00Z"
                           : "%04d-%02u-%02uT00:00:00Z",
                  y, static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()));
    ASSERT_EQ(iso(at), want);
    ASSERT_EQ(instant(want), at);
  }
}

TEST(Calendar, RoundTripsRandomInstants) {
  Random random(20260102);
  for (int i = 0; i < 200000; ++i) {
    const uint64_t range =
        static_cast<uint64_t>(end_of_time) - static_cast<uint64_t>(first_instant);
    Micros at = static_cast<Micros>(static_cast<uint64_t>(first_instant) + random.below(range));
    at -= at % testing::unit_sizes[random.below(6)];
    ASSERT_EQ(instant(iso(at)), at) << iso(at);
  }
}

TEST(Calendar, ElapsedSpansEverything) {
  EXPECT_EQ(elapsed(first_instant, end_of_time), 9435184819200000000ULL);
  EXPECT_EQ(elapsed(-5, -5), 0U);
}

}  // namespace
}  // namespace clientele
