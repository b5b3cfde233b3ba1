// SPDX-License-Identifier: PostgreSQL
#include "base/significance.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "base/error.hpp"

namespace clientele {
namespace {

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

TEST(Significance, UpperTail) {
  for (uint64_t everyone = 0; everyone <= 14; ++everyone)
    for (uint64_t tagged = 0; tagged <= everyone; ++tagged)
      for (uint64_t audience = 0; audience <= everyone; ++audience) {
        // Of neighbouring numbers the tails differ by one term, and the first one is 1.
        const uint64_t least = tagged + audience > everyone ? tagged + audience - everyone : 0;
        const uint64_t most = std::min(tagged, audience);
        ASSERT_EQ(upper_tail_of(everyone, tagged, audience, least), 1);
        for (uint64_t both = least; both <= most; ++both) {
          double p = 1;
          for (uint64_t i = 0; i < both; ++i)
            p *= static_cast<double>(tagged - i) / static_cast<double>(both - i);
          for (uint64_t i = 0; i < audience - both; ++i)
            p *= static_cast<double>(everyone - tagged - i) /
                 static_cast<double>(audience - both - i);
          for (uint64_t i = 0; i < audience; ++i)
            p /= static_cast<double>(everyone - i) / static_cast<double>(audience - i);
          const double above =
              both == most ? 0 : upper_tail_of(everyone, tagged, audience, both + 1);
          ASSERT_NEAR(upper_tail_of(everyone, tagged, audience, both) - above, p, 1e-12)
              << everyone << ' ' << tagged << ' ' << audience << ' ' << both;
        }
      }
  EXPECT_NEAR(upper_tail_of(8, 4, 4, 3), 17.0 / 70, 1e-14);
  EXPECT_NEAR(upper_tail_of(INT64_MAX, INT64_MAX / 2, INT64_MAX / 2, INT64_MAX / 4), 0.5, 1e-6);
  EXPECT_THROW(upper_tail_of(10, 4, 11, 3), Error);
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

TEST(Significance, Corrections) {
  // p.adjust(c(0.01, 0.04, 0.03, 0.005, 0.04, 0.9), "BH" and "holm") in R.
  const std::vector<double> p = {0.01, 0.04, 0.03, 0.005, 0.04, 0.9};
  const std::vector<double> bh = {0.03, 0.048, 0.048, 0.03, 0.048, 0.9};
  const std::vector<double> holm = {0.05, 0.12, 0.12, 0.03, 0.12, 0.9};
  for (size_t i = 0; i < p.size(); ++i) {
    EXPECT_NEAR(adjusted(p, Correction::bh)[i], bh[i], 1e-15) << i;
    EXPECT_NEAR(adjusted(p, Correction::holm)[i], holm[i], 1e-15) << i;
  }
  EXPECT_EQ(adjusted(p, Correction::none), p);
  for (const Correction c : {Correction::none, Correction::bh, Correction::holm}) {
    EXPECT_TRUE(adjusted({}, c).empty());
    EXPECT_EQ(adjusted(std::vector<double>{0.25}, c), std::vector<double>{0.25});
    EXPECT_EQ(adjusted(std::vector<double>(3, 1.0), c), std::vector<double>(3, 1.0));
    EXPECT_EQ(adjusted(std::vector<double>(3, 0.0), c), std::vector<double>(3, 0.0));
  }
  EXPECT_EQ(parse_correction("bh"), Correction::bh);
  EXPECT_EQ(parse_correction("holm"), Correction::holm);
  EXPECT_EQ(parse_correction("none"), Correction::none);
  for (const char* word : {"", "BH", "bonferroni", "bh "})
    EXPECT_THROW(parse_correction(word), Error) << word;
}

}  // namespace
}  // namespace clientele
