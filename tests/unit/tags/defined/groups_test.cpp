// SPDX-License-Identifier: PostgreSQL
// Control groups and significance.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "base/error.hpp"
#include "tags/defined/assignment.hpp"
#include "tags/defined/significance.hpp"

namespace clientele::tags {
namespace {

TEST(Draw, NeverChanges) {
  // The published test values of both hashes; the group is a Python program's.
  EXPECT_EQ(fnv1a(""), 0xcbf29ce484222325u);
  EXPECT_EQ(fnv1a("a"), 0xaf63dc4c8601ec8cu);
  EXPECT_EQ(fnv1a("foobar"), 0x85944171f73967e8u);
  EXPECT_EQ(split_mix(0), 0xe220a8397b1dcdafu);
  EXPECT_EQ(split_mix(0x9e3779b97f4a7c15), 0x6e789e6aa1b965f4u);
  const Draw draw(0.5, "双十一");
  std::vector<int> taken;
  for (int id = 0; id < 24; ++id)
    if (draw.takes(static_cast<uint64_t>(id))) taken.push_back(id);
  EXPECT_EQ(taken, (std::vector<int>{3, 6, 7, 8, 10, 12, 13, 14, 18, 19, 21, 23}));
}

TEST(Draw, SharesAndTexts) {
  constexpr int n = 400000;
  for (const double share : {0.0, 0.001, 0.1, 0.5, 0.9, 1.0}) {
    const Draw draw(share, "spring"), other(share, "autumn"),
        larger(std::min(1.0, share * 1.5), "spring");
    int taken = 0, in_both = 0;
    for (uint64_t id = 0; id < n; ++id) {
      taken += draw.takes(id);
      in_both += draw.takes(id) && other.takes(id);
      if (draw.takes(id)) {
        ASSERT_TRUE(larger.takes(id));
      }
    }
    const auto within = [&](int count, double p) {
      return std::abs(count - n * p) <= 5 * std::sqrt(n * p * (1 - p));
    };
    EXPECT_TRUE(within(taken, share)) << share << ' ' << taken;
    EXPECT_TRUE(within(in_both, share * share)) << share << ' ' << in_both;
  }
  for (const double share : {-0.1, 1.1, std::nan(""), std::numeric_limits<double>::infinity()})
    EXPECT_THROW(Draw(share, ""), Error);
}

/// By sums of products of fractions, all of them: no logarithm and no recurrence.
double reference(int everyone, int tagged, int audience, int both) {
  double below = 0, above = 0;
  for (int x = std::max(0, audience - (everyone - tagged)); x <= std::min(tagged, audience); ++x) {
    double p = 1;
    // C(tagged, x) C(rest, audience - x) / C(everyone, audience), factor by factor
    for (int i = 0; i < x; ++i) p *= static_cast<double>(tagged - i) / (x - i);
    for (int i = 0; i < audience - x; ++i)
      p *= static_cast<double>(everyone - tagged - i) / (audience - x - i);
    for (int i = 0; i < audience; ++i) p /= static_cast<double>(everyone - i) / (audience - i);
    if (x <= both) below += p;
    if (x >= both) above += p;
  }
  return std::min(1.0, 2 * std::min(below, above));
}

TEST(Significance, SmallNumbersExactly) {
  for (int everyone = 0; everyone <= 14; ++everyone)
    for (int tagged = 0; tagged <= everyone; ++tagged)
      for (int audience = 0; audience <= everyone; ++audience)
        for (int both = std::max(0, audience - (everyone - tagged));
             both <= std::min(tagged, audience); ++both)
          ASSERT_NEAR(chance_of(everyone, tagged, audience, both),
                      reference(everyone, tagged, audience, both), 1e-12)
              << everyone << ' ' << tagged << ' ' << audience << ' ' << both;
  // Agresti's table of the tea tasting lady: one-sided 0.2429 and 0.0143.
  EXPECT_NEAR(chance_of(8, 4, 4, 3), 2 * 17.0 / 70, 1e-14);
  EXPECT_NEAR(chance_of(8, 4, 4, 4), 2 * 1.0 / 70, 1e-14);
}

TEST(Significance, LargeNumbers) {
  // Near the normal distribution, from both sides, and continuous where it takes over.
  const auto normal = [](double n, double k, double drawn, double x) {
    const double mean = drawn * k / n;
    const double sd = std::sqrt(mean * (1 - k / n) * (n - drawn) / (n - 1));
    return std::erfc((std::abs(x - mean) - 0.5) / sd / std::sqrt(2.0));
  };
  for (const double n : {1e6, 1e9, 1e11})
    for (const double sigmas : {-3.0, -1.0, 0.5, 2.0}) {
      const double k = n * 0.3, drawn = n * 0.2;
      const double sd = std::sqrt(drawn * 0.3 * 0.7 * 0.8);
      const double x = std::floor(drawn * 0.3 + sigmas * sd);
      EXPECT_NEAR(chance_of(static_cast<uint64_t>(n), static_cast<uint64_t>(k),
                            static_cast<uint64_t>(drawn), static_cast<uint64_t>(x)) /
                      normal(n, k, drawn, x),
                  1, n < 1e8 ? 0.01 : 1e-3)
          << n << ' ' << sigmas;
    }
  EXPECT_EQ(chance_of(10000000, 2000000, 100000, 100000), 0);
  const double far = chance_of(INT64_MAX, INT64_MAX / 2, INT64_MAX / 2, INT64_MAX / 4);
  EXPECT_TRUE(far >= 0 && far <= 1);
}

TEST(Significance, NothingToSay) {
  EXPECT_EQ(chance_of(0, 0, 0, 0), 1);
  EXPECT_EQ(chance_of(10, 10, 3, 3), 1);
  EXPECT_EQ(chance_of(10, 0, 3, 0), 1);
  EXPECT_EQ(chance_of(10, 4, 10, 4), 1);
  EXPECT_THROW(chance_of(10, 11, 3, 3), Error);
  EXPECT_THROW(chance_of(10, 4, 11, 3), Error);
  EXPECT_THROW(chance_of(10, 4, 3, 4), Error);
  EXPECT_THROW(chance_of(10, 8, 8, 2), Error);
}

}  // namespace
}  // namespace clientele::tags
