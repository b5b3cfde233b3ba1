// SPDX-License-Identifier: PostgreSQL
#include "journey/text.hpp"

#include <gtest/gtest.h>

#include "unit/random_events.hpp"

namespace clientele {
namespace {

Bytes read(std::string_view text) {
  EventList list;
  from_text(text, list);
  Bytes out;
  encode(list, out);
  return out;
}
std::string shown(std::string_view text) { return to_text(Journey(read(text))); }

TEST(Text, HandValues) {
  EXPECT_EQ(shown("{}"), "{}");
  EXPECT_EQ(shown(" \n{ } "), "{}");
  const char* both = "{3@2026-01-02T03:04:05.678Z, 7@2026-01-02T03:05:00Z#42=19.99}";
  EXPECT_EQ(shown(both), both);
  EXPECT_EQ(shown("{7@2026-01-02 11:05:00+08#42=19.990 ,3@2026-01-02T03:04:05.678000Z}"), both);
  EXPECT_EQ(shown("{1@2000-01-01T00:00:00Z=-0.5}"), "{1@2000-01-01T00:00:00Z=-0.5}");
  EXPECT_EQ(shown("{1@2000-01-01T00:00:00Z#-9223372036854775808}"),
            "{1@2000-01-01T00:00:00Z#-9223372036854775808}");
  // Zero is a value, absence is not one.
  EXPECT_EQ(shown("{1@2000-01-01T00:00:00Z=0, 1@2000-01-01T00:00:00Z#0, 1@2000-01-01T00:00:00Z}"),
            "{1@2000-01-01T00:00:00Z, 1@2000-01-01T00:00:00Z=0, 1@2000-01-01T00:00:00Z#0}");
}

TEST(Text, TheExampleOfTheFormatsDescription) {
  EXPECT_EQ(read("{3@2026-01-02T03:04:05.678Z, 7@2026-01-02T03:05:00Z#42=19.99, "
                 "3@2026-01-02T03:05:00.25Z, 12@2026-01-03T09:00:00Z=5}"),
            (Bytes{0x01, 0x29, 0x04, 0x02, 0x03, 0x03, 0x04, 0x84, 0xdc, 0x8c, 0xcf, 0x9d, 0xe2,
                   0x2f, 0x10, 0x42, 0xd8, 0x32, 0xd4, 0xfa, 0x26, 0x5e, 0x6b, 0x06, 0x02, 0x00,
                   0x10, 0x03, 0x54, 0x02, 0x0a, 0x00, 0x20, 0x0f, 0x9e, 0x0f, 0xe8, 0x03}));
}

TEST(Text, RoundTripsRandomEvents) {
  for (uint64_t seed = 1; seed <= 2000; ++seed) {
    testing::Random random(seed);
    const Bytes bytes = testing::packed(testing::random_events(random, seed % 50 == 0 ? 2000 : 30));
    const std::string text = to_text(Journey(bytes));
    ASSERT_EQ(read(text), bytes) << "seed " << seed << ": " << text;
  }
}

TEST(Text, ErrorsNameThePlace) {
  const std::pair<const char*, int> bad[] = {
      {"", 1},
      {"3@2026-01-02T03:04:05Z", 1},
      {"{", 2},
      {"{3", 3},
      {"{x@2026-01-02T03:04:05Z}", 2},
      {"{-3@2026-01-02T03:04:05Z}", 0},
      {"{2147483648@2026-01-02T03:04:05Z}", 2},
      {"{3@yesterday}", 4},
      {"{3@2026-01-02T03:04:05}", 4},
      {"{3@2026-01-02T03:04:05Z#}", 25},
      {"{3@2026-01-02T03:04:05Z#9223372036854775808}", 25},
      {"{3@2026-01-02T03:04:05Z=}", 25},
      {"{3@2026-01-02T03:04:05Z=NaN}", 25},
      {"{3@2026-01-02T03:04:05Z=1e5}", 0},
      {"{3@2026-01-02T03:04:05Z=1000000000000}", 25},
      {"{3@2026-01-02T03:04:05Z=0.0000001}", 25},
      {"{3@2026-01-02T03:04:05Z,}", 25},
      {"{3@2026-01-02T03:04:05Z 4@2026-01-02T03:04:05Z}", 0},
      {"{3@2026-01-02T03:04:05Z}x", 25},
      {"{}{}", 3},
  };
  for (const auto& [text, place] : bad) {
    try {
      read(text);
      ADD_FAILURE() << text;
    } catch (const Error& e) {
      EXPECT_STREQ(e.code(), sqlstate::invalid_text) << text;
      EXPECT_FALSE(e.hint().empty());
      const std::string what = e.what(), where = "at byte " + std::to_string(place) + ":";
      EXPECT_TRUE(place == 0 || what.find(where) != std::string::npos) << text << " -> " << what;
    }
  }
}

TEST(Text, EveryCutIsAnError) {
  const std::string text = "{3@2026-01-02T03:04:05.678Z, 7@2026-01-02T03:05:00+08:00#42=19.99}";
  for (size_t n = 0; n < text.size(); ++n)
    EXPECT_THROW(read(std::string_view(text).substr(0, n)), Error) << n;
}

}  // namespace
}  // namespace clientele
