// SPDX-License-Identifier: PostgreSQL
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <random>

#include "alerts/anomaly/monitor.hpp"
#include "unit/code_of.hpp"

namespace clientele {
namespace {

using testing::code_of;

AnomalyDefinition numbers() {
  AnomalyDefinition d;
  d.measure = AnomalyMeasure::number;
  d.min_volume = 0;
  d.min_change = 0;
  return d;
}

std::vector<uint8_t> bytes_of(const AnomalyDefinition& d) {
  d.check();
  Bytes out;
  d.write(out);
  return {out.begin(), out.end()};
}

std::optional<AnomalyPoint> next(AnomalyMonitor& monitor, double value, double volume = 0,
                                 uint64_t place = 0) {
  AnomalyPoint point{};
  if (!monitor.judge(place, value, volume, point)) return std::nullopt;
  return point;
}

TEST(Sliding, MedianIsThatOfTheLastValues) {
  std::mt19937 random(7);
  for (const size_t size : {1, 2, 3, 8, 100}) {
    SlidingMedian sliding(size, std::pmr::get_default_resource());
    std::vector<double> all;
    for (int i = 0; i < 400; ++i) {
      all.push_back(static_cast<double>(random() % 20));
      sliding.add(all.back());
      std::vector<double> last(all.end() - static_cast<long>(std::min(size, all.size())),
                               all.end());
      std::ranges::sort(last);
      const size_t n = last.size();
      ASSERT_EQ(sliding.count(), n);
      ASSERT_EQ(sliding.median(), n % 2 == 1 ? last[n / 2] : (last[n / 2 - 1] + last[n / 2]) / 2);
    }
  }
}

TEST(Sliding, MaximumIsThatOfTheLastValues) {
  std::mt19937 random(8);
  for (const size_t size : {1, 2, 5, 50}) {
    SlidingMaximum sliding(size, std::pmr::get_default_resource());
    EXPECT_EQ(sliding.maximum(), 0);
    std::vector<double> all;
    for (int i = 0; i < 300; ++i) {
      all.push_back(static_cast<double>(random() % 30));
      sliding.add(all.back());
      ASSERT_EQ(
          sliding.maximum(),
          *std::max_element(all.end() - static_cast<long>(std::min(size, all.size())), all.end()));
    }
  }
}

TEST(Anomaly, CountsAreExpectedAtTheMedian) {
  AnomalyDefinition d;
  AnomalyMonitor monitor(std::pmr::get_default_resource(), d);
  for (const double value : {100, 110, 90, 100}) EXPECT_FALSE(next(monitor, value));
  const auto usual = next(monitor, 100);
  ASSERT_TRUE(usual);
  EXPECT_NEAR(usual->expected, 100, 1e-9);
  EXPECT_NEAR(usual->low, std::pow(std::sqrt(100.375) - 1.5, 2) - 0.375, 1e-9);
  EXPECT_EQ(usual->level, 0);
  const auto drop = next(monitor, 20);
  ASSERT_TRUE(drop);
  EXPECT_NEAR(drop->z, 2 * (std::sqrt(20.375) - std::sqrt(100.375)), 1e-9);
  EXPECT_EQ(drop->level, 3);
  EXPECT_EQ(drop->scale, 1);
}

TEST(Anomaly, SmallCountsAndSmallChangesAreNotUnusual) {
  AnomalyDefinition d;
  d.min_volume = 50;
  AnomalyMonitor few(std::pmr::get_default_resource(), d);
  for (int i = 0; i < 4; ++i) next(few, 2);
  EXPECT_EQ(next(few, 49)->level, 0);
  EXPECT_EQ(next(few, 51)->level, 3);
  AnomalyMonitor many(std::pmr::get_default_resource(), d);
  for (int i = 0; i < 4; ++i) next(many, 1e6);
  const auto small = next(many, 1.05e6);
  EXPECT_GT(small->z, 6);
  EXPECT_EQ(small->level, 0);
}

TEST(Anomaly, DirectionLeavesTheOtherOut) {
  AnomalyDefinition d;
  d.direction = AnomalyDirection::up;
  AnomalyMonitor monitor(std::pmr::get_default_resource(), d);
  for (int i = 0; i < 4; ++i) next(monitor, 100);
  EXPECT_EQ(next(monitor, 0)->level, 0);
  EXPECT_EQ(next(monitor, 300)->level, 3);
}

TEST(Anomaly, PlacesOfASeasonHaveTheirOwnPast) {
  AnomalyDefinition d;
  d.season = 2 * hour;
  AnomalyMonitor monitor(std::pmr::get_default_resource(), d);
  for (int i = 0; i < 8; ++i) EXPECT_FALSE(next(monitor, i % 2 == 0 ? 100 : 900, 0, i % 2));
  EXPECT_NEAR(next(monitor, 100, 0, 0)->expected, 100, 1e-9);
  EXPECT_NEAR(next(monitor, 900, 0, 1)->expected, 900, 1e-9);
  EXPECT_EQ(next(monitor, 900, 0, 0)->level, 3);
}

TEST(Anomaly, ScalesFindWhatIsSmallAndLasts) {
  AnomalyDefinition d;
  d.scales = {1, 6};
  AnomalyMonitor monitor(std::pmr::get_default_resource(), d);
  for (int i = 0; i < 50; ++i) next(monitor, 200);
  AnomalyPoint last{};
  for (int i = 0; i < 6; ++i) last = *next(monitor, 160);
  EXPECT_EQ(last.scale, 6);
  EXPECT_GE(last.level, 2);
}

TEST(Anomaly, NumbersNeedToKnowTheirSpread) {
  AnomalyMonitor monitor(std::pmr::get_default_resource(), numbers());
  for (int i = 0; i < 8; ++i) EXPECT_FALSE(next(monitor, i % 2)) << i;
  EXPECT_TRUE(next(monitor, 0.5));
}

TEST(Anomaly, ARecordIsLargerThanThoseBefore) {
  AnomalyDefinition d = numbers();
  d.record = 5;
  AnomalyMonitor monitor(std::pmr::get_default_resource(), d);
  for (int i = 0; i < 40; ++i) next(monitor, i % 5);
  EXPECT_EQ(next(monitor, 100)->level, 3);
  EXPECT_EQ(next(monitor, 90)->level, 0);
  for (int i = 0; i < 5; ++i) next(monitor, i % 5);
  EXPECT_EQ(next(monitor, 90)->level, 3);
}

TEST(Anomaly, CalibratedZIsAMultiple) {
  AnomalyDefinition d = numbers();
  d.calibrate = 10;
  AnomalyMonitor monitor(std::pmr::get_default_resource(), d);
  for (int i = 0; i < 40; ++i) next(monitor, i % 5);
  next(monitor, 50);
  const auto twice = next(monitor, 98);
  EXPECT_GT(twice->z, 1.9);
  EXPECT_LT(twice->z, 2.1);
}

TEST(Anomaly, RefusesWhatIsNoValue) {
  AnomalyMonitor monitor(std::pmr::get_default_resource(), numbers());
  for (const double bad : {std::nan(""), static_cast<double>(INFINITY), -1.1e100})
    EXPECT_EQ(code_of([&] { next(monitor, bad); }), "22023");
  AnomalyDefinition d;
  d.measure = AnomalyMeasure::ratio;
  AnomalyMonitor ratio(std::pmr::get_default_resource(), d);
  EXPECT_EQ(code_of([&] { next(ratio, 11, 10); }), "22023");
  EXPECT_EQ(code_of([&] { next(ratio, -1, 10); }), "22023");
  EXPECT_EQ(code_of([&] { next(ratio, 5, INFINITY); }), "22023");
}

TEST(AnomalyDefinition, BytesAreReadBack) {
  AnomalyDefinition d = numbers();
  d.season = 7 * day;
  d.scales = {1, 6, 36};
  d.levels = {2, 2.5, 3};
  d.record = 300;
  d.calibrate = 600;
  d.least_spread = 0.1;
  d.direction = AnomalyDirection::down;
  d.time_zone = "Asia/Shanghai";
  for (const AnomalyDefinition& one : {AnomalyDefinition(), d}) {
    const auto bytes = bytes_of(one);
    EXPECT_EQ(bytes_of(AnomalyDefinition::read(bytes)), bytes);
    for (size_t n = 0; n < bytes.size(); ++n)
      EXPECT_EQ(code_of([&] { AnomalyDefinition::read({bytes.data(), n}); }), "XX001") << n;
  }
}

TEST(AnomalyDefinition, ChecksWhatMakesNoSense) {
  const auto code = [](auto change) {
    AnomalyDefinition d;
    change(d);
    return code_of([&] { d.check(); });
  };
  EXPECT_EQ(code([](auto& d) { d.grain = 0; }), "22023");
  EXPECT_EQ(code([](auto& d) { d.season = hour + 1; }), "22023");
  EXPECT_EQ(code([](auto& d) { d.grain = second, d.season = day; }), "54000");
  EXPECT_EQ(code([](auto& d) { d.memory = 3; }), "22023");
  EXPECT_EQ(code([](auto& d) { d.spread = 10001; }), "54000");
  EXPECT_EQ(code([](auto& d) { d.scales = {}; }), "22023");
  EXPECT_EQ(code([](auto& d) { d.scales = {6, 1}; }), "22023");
  EXPECT_EQ(code([](auto& d) { d.scales = {1001}; }), "54000");
  EXPECT_EQ(code([](auto& d) { d.levels = {3, 2, 6}; }), "22023");
  EXPECT_EQ(code([](auto& d) { d.min_change = -1; }), "22023");
  EXPECT_EQ(code([](auto& d) { d.min_volume = NAN; }), "22023");
  EXPECT_EQ(code([](auto& d) { d.least_spread = 0.1; }), "22023");
}

TEST(AnomalyDefinition, PlacesGoByTheClock) {
  AnomalyDefinition d;
  d.season = 7 * day;
  EXPECT_EQ(d.place(0), 0u);
  EXPECT_EQ(d.place(25 * hour), 25u);
  EXPECT_EQ(d.place(7 * day), 0u);
  EXPECT_EQ(d.place(-1), 167u);
}

}  // namespace
}  // namespace clientele
