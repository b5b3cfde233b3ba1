// SPDX-License-Identifier: PostgreSQL
#include "base/decimal.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "unit/random_events.hpp"

namespace clientele {
namespace {

int64_t amount(std::string_view text) {
  int64_t v = 0;
  const char* why = parse_amount(text, v);
  EXPECT_EQ(why, nullptr) << text;
  EXPECT_TRUE(text.empty()) << text;
  return v;
}
std::string shown(int64_t millionths) {
  std::string out;
  append_amount(out, millionths);
  return out;
}

TEST(Decimal, HandValues) {
  EXPECT_EQ(amount("19.99"), 19'990'000);
  EXPECT_EQ(amount("-0.000001"), -1);
  EXPECT_EQ(amount("-0"), 0);
  EXPECT_EQ(amount("0.0000000000"), 0);
  EXPECT_EQ(amount("1.2300000000000000000000000"), 1'230'000);
  EXPECT_EQ(amount("000000000000000000005"), 5'000'000);
  EXPECT_EQ(amount("999999999999.999999"), amount_limit - 1);
  EXPECT_EQ(amount("-999999999999.999999"), 1 - amount_limit);
  EXPECT_EQ(shown(19'990'000), "19.99");
  EXPECT_EQ(shown(5'000'000), "5");
  EXPECT_EQ(shown(-1), "-0.000001");
  EXPECT_EQ(shown(0), "0");
  EXPECT_EQ(shown(1 - amount_limit), "-999999999999.999999");
}

TEST(Decimal, Refused) {
  for (const char* text :
       {"", "-", "+1", ".5", "NaN", "Infinity", "-Infinity", "x", " 1", "1000000000000",
        "-1000000000000", "99999999999999999999999999999999", "0.0000001", "1.23000001", "--1"}) {
    std::string_view t = text;
    int64_t v = 42;
    EXPECT_NE(parse_amount(t, v), nullptr) << text;
    EXPECT_EQ(t, text) << "a failure must not consume";
    EXPECT_EQ(v, 42) << "a failure must not assign";
  }
}

TEST(Decimal, ConsumesOnlyTheNumber) {
  std::string_view t = "1.5, 4";
  int64_t v = 0;
  EXPECT_EQ(parse_amount(t, v), nullptr);
  EXPECT_EQ(t, ", 4");
}

TEST(Decimal, RoundTrips) {
  testing::Random random(7);
  for (int i = 0; i < 200000; ++i) {
    auto v = static_cast<int64_t>(random.any_width() % static_cast<uint64_t>(amount_limit));
    if (random.one_in(2)) v = -v;
    if (random.one_in(2)) v -= v % 10'000;
    ASSERT_EQ(amount(shown(v)), v) << shown(v);
    const std::string text = shown(v);
    if (text.find('.') != std::string::npos) {
      ASSERT_NE(text.back(), '0');
    }
  }
}

TEST(Decimal, AmountsAreTheNearestDoubles) {
  testing::Random random(11);
  for (int i = 0; i < 200'000; ++i) {
    auto v = static_cast<int64_t>(random.any_width() % static_cast<uint64_t>(amount_limit));
    if (random.one_in(2)) v = -v;
    char text[48];
    std::snprintf(text, sizeof text, "%s%lld.%06lld", v < 0 ? "-" : "", std::llabs(v) / 1'000'000,
                  std::llabs(v) % 1'000'000);
    ASSERT_EQ(amount_as_double(v), std::strtod(text, nullptr)) << text;
  }
}

}  // namespace
}  // namespace clientele
