// SPDX-License-Identifier: PostgreSQL
#include "models/holdout.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "base/error.hpp"
#include "unit/value/btyd/btyd_checks.hpp"

namespace clientele {
namespace {

using testing::between;
using Pair = std::pair<double, double>;

HoldoutSummary summary_of(const std::vector<Pair>& pairs) {
  HoldoutSummary summary(std::pmr::get_default_resource());
  for (const auto& [expected, actual] : pairs) summary.add(expected, actual);
  return summary;
}

std::vector<Pair> random_pairs(std::mt19937_64& random, size_t n) {
  std::vector<Pair> pairs;
  for (size_t i = 0; i < n; ++i) {
    const double expected = random() % 4 == 0 ? 0.5 : between(random, 0.01, 5);
    pairs.emplace_back(expected, std::floor(between(random, 0, 2 * expected + 1)));
  }
  return pairs;
}

TEST(Holdout, AgreesWithTheDefinitions) {
  std::mt19937_64 random(1);
  for (const size_t n : {2, 3, 10, 57, 400}) {
    const auto pairs = random_pairs(random, n);
    const HoldoutErrors e = summary_of(pairs).errors();
    double se = 0, sa = 0, absolute = 0, squared = 0, deviance = 0;
    for (const auto& [x, y] : pairs) {
      se += x, sa += y, absolute += std::abs(x - y), squared += (x - y) * (x - y);
      deviance += 2 * ((y > 0 ? y * std::log(y / x) : 0) - y + x);
    }
    double ee = 0, aa = 0, ea = 0;
    const auto size = static_cast<double>(n);
    for (const auto& [x, y] : pairs) {
      ee += (x - se / size) * (x - se / size), aa += (y - sa / size) * (y - sa / size);
      ea += (x - se / size) * (y - sa / size);
    }
    EXPECT_EQ(e.customers, n);
    EXPECT_NEAR(e.expected, se, 1e-9);
    EXPECT_EQ(e.actual, sa);
    EXPECT_NEAR(e.mean_absolute, absolute / size, 1e-12);
    EXPECT_NEAR(e.root_mean_squared, std::sqrt(squared / size), 1e-12);
    EXPECT_NEAR(e.poisson_deviance, deviance / size, 1e-12);
    if (sa > 0) {
      EXPECT_NEAR(e.bias, se / sa, 1e-12);
    }
    if (aa > 0) {
      EXPECT_NEAR(e.correlation, ea / std::sqrt(ee * aa), 1e-9);
    }
  }
}

TEST(Holdout, BinsByHowManyHaveLess) {
  std::mt19937_64 random(2);
  for (const size_t n : {1, 5, 10, 11, 99, 1000}) {
    const auto pairs = random_pairs(random, n);
    const auto bins = summary_of(pairs).calibration();
    std::array<HoldoutBin, holdout_bins> wanted;
    for (const auto& [expected, actual] : pairs) {
      const auto less = static_cast<size_t>(std::count_if(
          pairs.begin(), pairs.end(), [&](const Pair& p) { return p.first < expected; }));
      HoldoutBin& bin = wanted[10 * less / n];
      ++bin.customers, bin.expected += expected, bin.actual += actual;
    }
    for (size_t b = 0; b < holdout_bins; ++b) {
      ASSERT_EQ(bins[b].customers, wanted[b].customers);
      if (bins[b].customers == 0) continue;
      const auto size = static_cast<double>(bins[b].customers);
      EXPECT_NEAR(bins[b].expected, wanted[b].expected / size, 1e-12);
      EXPECT_NEAR(bins[b].actual, wanted[b].actual / size, 1e-12);
    }
  }
}

TEST(Holdout, OrderAndPartsChangeNoBit) {
  std::mt19937_64 random(3);
  auto pairs = random_pairs(random, 300);
  Bytes bytes;
  summary_of(pairs).write(bytes);
  const HoldoutErrors e = summary_of(pairs).errors();
  for (int i = 0; i < 30; ++i) {
    std::shuffle(pairs.begin(), pairs.end(), random);
    const auto middle = pairs.begin() + static_cast<std::ptrdiff_t>(random() % pairs.size());
    HoldoutSummary left = summary_of({pairs.begin(), middle});
    left.merge(summary_of({middle, pairs.end()}));
    Bytes again;
    left.write(again);
    ASSERT_EQ(again, bytes);
    EXPECT_EQ(left.errors().root_mean_squared, e.root_mean_squared);
    EXPECT_EQ(left.errors().correlation, e.correlation);
  }
  HoldoutSummary read(std::pmr::get_default_resource());
  Reader reader(bytes);
  read.read(reader);
  EXPECT_TRUE(reader.done());
  EXPECT_EQ(read.errors().poisson_deviance, e.poisson_deviance);
}

TEST(Holdout, SaysWhatIsNotDefined) {
  const HoldoutErrors nobody = summary_of({}).errors();
  EXPECT_EQ(nobody.customers, 0u);
  EXPECT_TRUE(std::isnan(nobody.mean_absolute) && std::isnan(nobody.bias));
  const HoldoutErrors nothing = summary_of({{1, 0}, {1, 0}}).errors();
  EXPECT_TRUE(std::isnan(nothing.bias) && std::isnan(nothing.correlation));
  EXPECT_EQ(nothing.poisson_deviance, 2);
  EXPECT_TRUE(std::isnan(summary_of({{0, 1}}).errors().poisson_deviance));
  EXPECT_TRUE(std::isnan(summary_of({{1, -1}}).errors().poisson_deviance));
  for (const auto& bin : summary_of({}).calibration()) EXPECT_EQ(bin.customers, 0u);
}

TEST(Holdout, RefusesWhatItCannotTake) {
  HoldoutSummary summary(std::pmr::get_default_resource(), 2);
  for (const double bad : {std::nan(""), HUGE_VAL, -1e101}) {
    EXPECT_THROW(summary.add(bad, 0), Error);
    EXPECT_THROW(summary.add(0, bad), Error);
  }
  summary.add(-0.0, 1);
  summary.add(0.0, 1);
  summary.add(1, 1);
  EXPECT_EQ(summary.errors().customers, 3u);
  summary.add(2, 1);
  EXPECT_THROW(summary.errors(), Error);
}

}  // namespace
}  // namespace clientele
