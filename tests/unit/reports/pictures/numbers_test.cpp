// SPDX-License-Identifier: PostgreSQL
#include "reports/pictures/numbers.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "unit/random_events.hpp"

namespace clientele::pictures {
namespace {

constexpr auto en = Language::english, zh = Language::chinese;

TEST(Numbers, Grouped) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(-0.0), "0");
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(grouped(-1000), "-1,000");
  EXPECT_EQ(grouped(1234.56), "1,235");
  EXPECT_EQ(grouped(12.345), "12.3");
  EXPECT_EQ(grouped(0.012345), "0.0123");
  EXPECT_EQ(grouped(1e18), "1.00e+18");
}

TEST(Numbers, Compact) {
  EXPECT_EQ(compact(9999, en), "9,999");
  EXPECT_EQ(compact(12345, en), "12.3k");
  EXPECT_EQ(compact(2500000, en), "2.5M");
  EXPECT_EQ(compact(12345, zh), "1.2万");
  EXPECT_EQ(compact(250000000, zh), "2.5亿");
}

TEST(Numbers, Percent) {
  EXPECT_EQ(percent(0), "0%");
  EXPECT_EQ(percent(1), "100%");
  EXPECT_EQ(percent(0.42), "42.0%");
  EXPECT_EQ(percent(0.00042), "0.042%");
  EXPECT_EQ(percent(-0.021), "-2.1%");
  EXPECT_EQ(percent(12.5), "1,250%");
}

TEST(Numbers, Durations) {
  EXPECT_EQ(duration(0, en), "0 s");
  EXPECT_EQ(duration(45, zh), "45 秒");
  EXPECT_EQ(duration(150, en), "2.5 min");
  EXPECT_EQ(duration(3 * 3600, zh), "3 小时");
  EXPECT_EQ(duration(86400, en), "1 day");
  EXPECT_EQ(duration(86400 * 12.3, en), "12 days");
}

TEST(Numbers, TicksCover) {
  testing::Random random(4);
  for (int i = 0; i < 20'000; ++i) {
    const auto any = [&] {
      const double size = std::pow(10, static_cast<double>(random.below(600)) - 310);
      const double value = static_cast<double>(random.below(2000)) / 1000 - 1;
      return random.one_in(4) ? 0 : random.one_in(3) ? std::round(value * 100) : value * size;
    };
    double lo = any(), hi = any();
    if (std::abs(lo) > 1e290 || std::abs(hi) > 1e290) continue;
    if (lo > hi) std::swap(lo, hi);
    const std::vector<double> marks = ticks(lo, hi, 4);
    ASSERT_GE(marks.size(), 2U) << lo << " " << hi;
    ASSERT_LE(marks.size(), 20U) << lo << " " << hi;
    ASSERT_LE(marks.front(), lo + (marks[1] - marks[0]) * 1e-6) << lo << " " << hi;
    ASSERT_GE(marks.back(), hi - (marks[1] - marks[0]) * 1e-6) << lo << " " << hi;
    for (size_t k = 1; k < marks.size(); ++k) ASSERT_LT(marks[k - 1], marks[k]);
  }
}

TEST(Dates, Reads) {
  EXPECT_EQ(civil_time("2000-01-01"), 0);
  EXPECT_EQ(civil_time("2000-01-02T03:04:05.678+08:00"), day + 3 * hour + 4 * minute);
  EXPECT_EQ(civil_time("1999-12-31 23:59"), -minute);
  for (const char* bad : {"", "2026", "2026-02-30", "2026-1-1", "2026-01-01x",
                          "0044-03-15T00:00:00+00:00 BC", "infinity"})
    EXPECT_FALSE(civil_time(bad)) << bad;
}

TEST(Dates, Units) {
  const auto at = [](const char* text) { return *civil_time(text); };
  EXPECT_EQ(date_unit({at("2025-01-01"), at("2026-01-01")}), DateUnit::year);
  EXPECT_EQ(date_unit({at("2025-01-01"), at("2025-02-01")}), DateUnit::month);
  EXPECT_EQ(date_unit({at("2025-01-01"), at("2025-02-02")}), DateUnit::day);
  EXPECT_EQ(date_unit({at("2025-01-01"), at("2025-02-02T04:00")}), DateUnit::minute);
  EXPECT_EQ(date_text(at("2025-03-01"), DateUnit::month), "2025-03");
  EXPECT_EQ(date_text(at("1999-12-31 23:59"), DateUnit::minute), "1999-12-31 23:59");
}

TEST(Dates, TicksAreInside) {
  testing::Random random(7);
  for (int i = 0; i < 3'000; ++i) {
    const Micros from = static_cast<Micros>(random.below(200'000)) * day / 7;
    const Micros to = from + static_cast<Micros>(random.below(uint64_t{1} << random.below(50)));
    const int most = 3 + static_cast<int>(random.below(8));
    const auto marks = time_ticks(from, to, most, en);
    ASSERT_LE(marks.size(), static_cast<size_t>(most) + 1);
    for (size_t k = 0; k < marks.size(); ++k) {
      ASSERT_GE(marks[k].at, from);
      ASSERT_LE(marks[k].at, to);
      ASSERT_FALSE(marks[k].text.empty());
      if (k > 0) {
        ASSERT_LT(marks[k - 1].at, marks[k].at);
      }
    }
  }
  const auto months = time_ticks(*civil_time("2025-11-05"), *civil_time("2026-02-20"), 5, zh);
  ASSERT_EQ(months.size(), 3U);
  EXPECT_EQ(months[0].text, "12月");
  EXPECT_EQ(months[0].year, "2025年");
  EXPECT_EQ(months[1].year, "2026年");
  EXPECT_EQ(months[2].year, "");
}

}  // namespace
}  // namespace clientele::pictures
