// SPDX-License-Identifier: PostgreSQL
#include "base/length.hpp"

#include <gtest/gtest.h>

#include "base/calendar.hpp"
#include "unit/random_events.hpp"

namespace clientele {
namespace {

TEST(Length, Writes) {
  EXPECT_EQ(length_to_text(0), "00:00:00");
  EXPECT_EQ(length_to_text(30 * minute), "00:30:00");
  EXPECT_EQ(length_to_text(7 * day), "168:00:00");
  EXPECT_EQ(length_to_text(1), "00:00:00.000001");
  EXPECT_EQ(length_to_text(250 * millisecond), "00:00:00.25");
}

TEST(Length, ReadsWhatItWrites) {
  testing::Random random(1);
  for (int i = 0; i < 10'000; ++i) {
    const uint64_t v = random.any_width() >> 1;
    EXPECT_EQ(length_from_text(length_to_text(v)), v);
  }
  EXPECT_EQ(length_from_text(length_to_text(INT64_MAX)), INT64_MAX);
}

TEST(Length, ReadsUnits) {
  EXPECT_EQ(length_from_text("30 minutes"), 30 * minute);
  EXPECT_EQ(length_from_text("1 day 02:00"), 26 * hour);
  EXPECT_EQ(length_from_text("1 day 1 hour"), 25 * hour);
  EXPECT_EQ(length_from_text("1.5h"), 90 * minute);
  EXPECT_EQ(length_from_text(" 2 weeks "), 14 * day);
  EXPECT_EQ(length_from_text("250 ms"), 250 * millisecond);
  EXPECT_EQ(length_from_text("1800 s"), 1800 * second);
  EXPECT_EQ(length_from_text("0.000001 s"), 1);
}

TEST(Length, RefusesTheRest) {
  for (const char* bad : {"", " ", "30", "minutes", "-1 day", "1 month", "1 year", "1:2", "1:60:00",
                          "00:30:00x", "1e3 s", "0.5 us", "0.1234567 s", "1. s",
                          "9999999999999999999 s", "999999999999999999 days", "1 dayss", "5 ss"})
    EXPECT_EQ(length_from_text(bad), std::nullopt) << bad;
}

}  // namespace
}  // namespace clientele
