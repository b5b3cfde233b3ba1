// SPDX-License-Identifier: PostgreSQL
#include "churn/uplift/quality.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace clientele {
namespace {

struct Row {
  double score;
  bool treated;
  double outcome;
};

UpliftQuality quality_of(const std::vector<Row>& rows) {
  UpliftQuality quality(std::pmr::get_default_resource());
  for (const Row& r : rows) quality.add(r.score, r.treated, r.outcome);
  return quality;
}

std::vector<Row> random_rows(size_t n, bool useful) {
  std::mt19937_64 random(5);
  std::vector<Row> rows(n);
  for (Row& r : rows) {
    r.score = static_cast<double>(random() % 100) / 100;
    r.treated = random() % 2 == 0;
    r.outcome = static_cast<double>(random() % 100) < 20 + (r.treated && useful ? 60 * r.score : 0);
  }
  return rows;
}

TEST(UpliftQuality, ByHand) {
  // The best two are a treated customer with the outcome and another one without it.
  const UpliftQuality quality =
      quality_of({{3, true, 1}, {3, false, 0}, {1, true, 0}, {1, false, 1}});
  const std::vector<UpliftPoint> points = uplift_points(quality);
  ASSERT_EQ(points.size(), 2U);
  EXPECT_EQ(points[0].customers, 2U);
  EXPECT_EQ(points[0].uplift, 2);
  EXPECT_EQ(points[0].qini, 1);
  EXPECT_EQ(points[1].uplift, 0);
  EXPECT_EQ(points[1].qini, 0);
  const UpliftAreas a = uplift_areas(quality);
  EXPECT_EQ(a.uplift_area, 4);
  EXPECT_EQ(a.auuc, 0.25);
  EXPECT_EQ(a.qini, 0.25);
  EXPECT_EQ(uplift_top(quality, 0.5).uplift, 1);
  EXPECT_EQ(uplift_top(quality, 0.51).customers.all(), 4U);
}

TEST(UpliftQuality, ReversedScoresLose) {
  std::vector<Row> rows = random_rows(2000, true);
  const double gain = uplift_areas(quality_of(rows)).qini;
  EXPECT_GT(gain, 0.02);
  for (Row& r : rows) r.score = -r.score;
  EXPECT_LT(uplift_areas(quality_of(rows)).qini, -0.02);
}

TEST(UpliftQuality, SamplesKnowNoOrder) {
  std::vector<Row> rows = random_rows(500, true);
  const UpliftQuality quality = quality_of(rows);
  const std::vector<UpliftInterval> intervals = uplift_area_intervals(quality, 50, 9);
  std::ranges::reverse(rows);
  const UpliftQuality again = quality_of(rows);
  const std::vector<UpliftInterval> same = uplift_area_intervals(again, 50, 9);
  const std::vector<UpliftInterval> other = uplift_area_intervals(again, 50, 10);
  for (size_t i = 0; i < intervals.size(); ++i) {
    EXPECT_EQ(intervals[i].low, same[i].low);
    EXPECT_EQ(intervals[i].high, same[i].high);
    EXPECT_NE(intervals[i].low, other[i].low);
  }
  const UpliftAreas a = uplift_areas(quality);
  EXPECT_LT(intervals[5].low, a.qini);
  EXPECT_GT(intervals[5].high, a.qini);
  // The interval of the effect is about that of the difference of two shares.
  const UpliftBucket all = uplift_buckets(quality, 1).at(0);
  EXPECT_NEAR(intervals[0].low, all.interval->low, 0.05);
  EXPECT_NEAR(intervals[0].high, all.interval->high, 0.05);
}

TEST(UpliftQuality, BucketsHoldAll) {
  const std::vector<Row> rows = random_rows(1000, false);
  for (const int n : {1, 3, 10, 1000}) {
    uint64_t customers = 0;
    double before = std::numeric_limits<double>::infinity();
    for (const UpliftBucket& b : uplift_buckets(quality_of(rows), n)) {
      customers += b.customers.all();
      EXPECT_LT(b.mean_score, before);
      before = b.mean_score;
      EXPECT_GE(b.bucket, 1);
      EXPECT_LE(b.bucket, n);
    }
    EXPECT_EQ(customers, rows.size());
  }
}

TEST(UpliftQuality, LimitsAndBytes) {
  UpliftQuality small(std::pmr::get_default_resource(), 3);
  for (const double score : {1, 2, 3, 3}) small.add(score, true, 1);
  EXPECT_EQ(small.groups().size(), 3U);
  small.add(4, true, 1);
  EXPECT_THROW(small.groups(), Error);
  UpliftQuality quality(std::pmr::get_default_resource());
  for (const double v : {std::nan(""), std::numeric_limits<double>::infinity(), -1.1e100}) {
    EXPECT_THROW(quality.add(v, true, 0), Error);
    EXPECT_THROW(quality.add(0, true, v), Error);
  }
  quality.add(-0.0, true, 1);
  quality.add(0, true, 1);
  EXPECT_EQ(quality.groups().size(), 1U);
  Bytes bytes;
  quality.write(bytes);
  UpliftQuality again(std::pmr::get_default_resource());
  Reader r(bytes);
  again.read(r);
  Bytes second;
  again.write(second);
  EXPECT_EQ(bytes, second);
  for (size_t n = 0; n < bytes.size(); ++n) {
    UpliftQuality cut(std::pmr::get_default_resource());
    Reader short_reader({bytes.data(), n});
    EXPECT_THROW(cut.read(short_reader), Error) << n;
  }
}

}  // namespace
}  // namespace clientele
