// SPDX-License-Identifier: PostgreSQL
// Control groups.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "base/error.hpp"
#include "tags/defined/assignment.hpp"

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

}  // namespace
}  // namespace clientele::tags
