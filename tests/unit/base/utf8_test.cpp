// SPDX-License-Identifier: PostgreSQL
#include "base/utf8.hpp"

#include <gtest/gtest.h>

namespace clientele {
namespace {

TEST(Utf8, EveryCharacterComesBack) {
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c == 0xD800) c = 0xE000;  // surrogates are not characters
    std::string bytes;
    append_utf8(bytes, c);
    ASSERT_EQ(utf8_length(bytes), bytes.size()) << static_cast<uint32_t>(c);
    ASSERT_TRUE(decode_utf8(bytes, bytes.size()) == c) << static_cast<uint32_t>(c);
    ASSERT_EQ(find_invalid_utf8(bytes), std::string_view::npos);
    ASSERT_EQ(utf8_length(std::string_view(bytes).substr(0, bytes.size() - 1)), 0u);
  }
}

TEST(Utf8, WhatIsNotText) {
  for (const char* bytes : {"\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
                            "\xF4\x90\x80\x80", "\xFF"})
    EXPECT_EQ(utf8_length(bytes), 0u) << bytes;
  EXPECT_EQ(find_invalid_utf8("eight bytes \xC3\xA9 \xC3("), 15u);
}

}  // namespace
}  // namespace clientele
