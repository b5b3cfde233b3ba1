// SPDX-License-Identifier: PostgreSQL
#include "reports/pictures/letters.hpp"

#include <gtest/gtest.h>

#include <set>

namespace clientele::pictures {
namespace {

TEST(Letters, EscapesMarkup) {
  EXPECT_EQ(escape("<a href=\"x\">'&'</a>"),
            "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
  EXPECT_EQ(escape("a\tb\r\nc"), "a b  c");
}

TEST(Letters, DropsControls) {
  EXPECT_EQ(escape(std::string("a\0b\x1b\x7f", 5)), "ab");
  EXPECT_EQ(escape("a\u202eb\u2066c\u200fd\u061ce\ufefff\uffffg\U0001fffeh\u0085i"), "abcdefghi");
  EXPECT_EQ(escape("👩\u200d👧"), "👩\u200d👧");
}

TEST(Letters, ReplacesBrokenBytes) {
  EXPECT_EQ(escape("a\xff\xc3(\xed\xa0\x80"), "a\ufffd\ufffd(\ufffd\ufffd\ufffd");
}

TEST(Letters, IsolatesRightToLeft) {
  EXPECT_EQ(escape("שלום"), "\u2068שלום\u2069");
  EXPECT_EQ(escape("a 中 é"), "a 中 é");
  EXPECT_EQ(escape("3 שלום עולם: 5 b"), "3 \u2068שלום עולם\u2069: 5 b");
  EXPECT_EQ(escape("שלום → עולם "), "\u2068שלום\u2069 → \u2068עולם\u2069 ");
}

TEST(Letters, Measures) {
  EXPECT_DOUBLE_EQ(text_width("客户"), 2);
  EXPECT_DOUBLE_EQ(text_width("e\u0301"), text_width("e"));
  EXPECT_GT(text_width("WWW"), 2 * text_width("iii"));
}

TEST(Letters, Cuts) {
  bool whole = false;
  EXPECT_EQ(cut_to_width("abc", 10, whole), "abc");
  EXPECT_TRUE(whole);
  EXPECT_EQ(cut_to_width("客户客户客户", 4, whole), "客户客…");
  EXPECT_FALSE(whole);
  EXPECT_EQ(cut_to_width("abc", 0.1, whole), "…");
  EXPECT_EQ(cut_to_width("", 0, whole), "");
  EXPECT_TRUE(whole);
  // A mark stays with its letter, and a family together.
  EXPECT_EQ(cut_to_width("客e\u0301客客客", 2.7, whole), "客e\u0301…");
  EXPECT_EQ(cut_to_width("客👩\u200d👧客客客", 3.4, whole), "客…");
}

TEST(Letters, CutsToWhatFits) {
  bool whole = false;
  const std::string text = "The quick 棕色 fox jumps over the lazy 狗 — again and again";
  for (double width = 1; width < 40; width += 0.37) {
    const std::string cut = cut_to_width(text, width, whole);
    EXPECT_LE(text_width(cut), width + 0.3) << cut;
    EXPECT_EQ(whole, cut == text);
  }
}

TEST(Letters, Slugs) {
  EXPECT_EQ(slug("add-to-cart"), "add-to-cart");
  std::set<std::string> slugs;
  const char* const keys[] = {"a",   "A", "a-", "-a",   "a b",  "a  b",
                              "a-b", "",  "-",  "客户", "客人", "a--b"};
  for (const char* key : keys) slugs.insert(slug(key));
  EXPECT_EQ(slugs.size(), std::size(keys));
  for (const std::string& s : slugs)
    EXPECT_EQ(s.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-"), std::string::npos) << s;
}

}  // namespace
}  // namespace clientele::pictures
