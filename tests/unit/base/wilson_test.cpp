// SPDX-License-Identifier: PostgreSQL
#include "base/wilson.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace clientele {
namespace {

TEST(Wilson, KnownIntervals) {
  // prop.test(x, n, correct = FALSE)$conf.int in R; the first is Newcombe (1998), table I.
  struct Known {
    uint64_t x, n;
    double low, high;
  };
  for (const auto& [x, n, low, high] :
       {Known{81, 263, 0.2553, 0.3662}, Known{15, 148, 0.0624, 0.1605}, Known{0, 20, 0.0, 0.1611},
        Known{1, 29, 0.0061, 0.1718}, Known{29, 29, 0.8830, 1.0}, Known{5, 10, 0.2366, 0.7634}}) {
    const Proportion p = wilson(x, n);
    EXPECT_DOUBLE_EQ(p.value, static_cast<double>(x) / static_cast<double>(n));
    EXPECT_NEAR(p.low, low, 5e-5) << x << " of " << n;
    EXPECT_NEAR(p.high, high, 5e-5) << x << " of " << n;
  }
}

// The interval's ends are where the score test stops rejecting: |p - x/n| = z sqrt(p(1-p)/n).
TEST(Wilson, InvertsTheScoreTest) {
  constexpr double z = 1.959963984540054;
  for (const uint64_t n : {1, 2, 7, 100, 12345, 1000000000})
    for (const double part : {0.0, 0.001, 0.3, 0.5, 0.77, 1.0}) {
      const auto x = static_cast<uint64_t>(std::floor(part * static_cast<double>(n)));
      const Proportion p = wilson(x, n);
      EXPECT_LE(p.low, p.value);
      EXPECT_GE(p.high, p.value);
      EXPECT_GE(p.low, 0.0);
      EXPECT_LE(p.high, 1.0);
      for (const double end : {p.low, p.high})
        EXPECT_NEAR(std::abs(end - p.value),
                    z * std::sqrt(end * (1 - end) / static_cast<double>(n)), 1e-9)
            << x << " of " << n;
    }
}

}  // namespace
}  // namespace clientele
