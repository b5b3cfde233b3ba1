// SPDX-License-Identifier: PostgreSQL
#include "base/bytes.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "unit/random_events.hpp"

namespace clientele {
namespace {

TEST(Bytes, VarintsRoundTrip) {
  testing::Random random(1);
  for (int i = 0; i < 100000; ++i) {
    const uint64_t v = random.any_width();
    Bytes out;
    Writer w(out);
    w.varint(v);
    w.signed_varint(static_cast<int64_t>(v));
    Reader r(out);
    ASSERT_EQ(r.varint(), v);
    ASSERT_EQ(r.signed_varint(), static_cast<int64_t>(v));
    ASSERT_TRUE(r.done());
  }
  for (const int64_t v : {INT64_MIN, int64_t{-1}, int64_t{0}, int64_t{1}, INT64_MAX})
    EXPECT_EQ(unzigzag(zigzag(v)), v);
  EXPECT_EQ(zigzag(-1), 1U);
  EXPECT_EQ(zigzag(1), 2U);
}

TEST(Bytes, BadVarintsAreErrors) {
  const std::vector<std::vector<uint8_t>> bad = {
      {},
      {0x80},
      {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02},
      {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01}};
  for (const auto& bytes : bad) EXPECT_THROW(Reader(bytes).varint(), Error);
  const std::vector<uint8_t> widest = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01};
  EXPECT_EQ(Reader(widest).varint(), ~uint64_t{0});
}

TEST(Bytes, TextAndCountsAreBounded) {
  Bytes out;
  Writer w(out);
  w.text("客户");
  w.text("");
  Reader r(out);
  EXPECT_EQ(r.text(), "客户");
  EXPECT_EQ(r.text(), "");
  EXPECT_TRUE(r.done());
  const std::vector<uint8_t> huge = {0xff, 0xff, 0xff, 0xff, 0x0f, 'x'};
  EXPECT_THROW(Reader(huge).text(), Error);
  EXPECT_THROW(Reader(huge).count(4), Error);
  EXPECT_THROW(Reader({}).u8(), Error);
}

TEST(Bytes, TextIsCheckedAndPackedValuesAreNot) {
  struct Hook {
    Hook() {
      encoding_hook = [](std::string_view text) {
        if (text.find('\xff') != text.npos) throw Error("22021", "no text");
      };
    }
    ~Hook() { encoding_hook = nullptr; }
  } hook;
  const std::vector<uint8_t> bytes = {'a', 0xff};
  Bytes out;
  Writer w(out);
  w.text("客户");
  w.counted(bytes);
  w.counted(bytes);
  Reader r(out);
  EXPECT_EQ(r.text(), "客户");
  const auto packed = r.counted();
  EXPECT_TRUE(std::equal(packed.begin(), packed.end(), bytes.begin(), bytes.end()));
  try {
    r.text();
    FAIL() << "it is not text";
  } catch (const Error& e) {
    EXPECT_STREQ(e.code(), "22021");
  }
}

}  // namespace
}  // namespace clientele
