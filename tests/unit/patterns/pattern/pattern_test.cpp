// SPDX-License-Identifier: PostgreSQL
#include "patterns/pattern/definition.hpp"

#include <gtest/gtest.h>

#include "unit/code_of.hpp"

namespace clientele {
namespace {

using testing::code_of;

/// The character in the message of a wrong pattern; 0 if it is right.
size_t place_of_error(const std::string& text) {
  try {
    parse_pattern(text);
  } catch (const Error& e) {
    EXPECT_STREQ(e.code(), sqlstate::invalid_parameter) << text;
    const std::string what = e.what(), mark = "\" at character ";
    const size_t at = what.rfind(mark);
    EXPECT_NE(at, std::string::npos) << what;
    return std::stoul(what.substr(at + mark.size()));
  }
  return 0;
}

TEST(Pattern, ReadsItsLanguage) {
  for (const char* text : {"search",
                           "web:view_item",
                           "搜索 ... 支付",
                           "\"a b\"",
                           "\"say \"\"yes\"\"\"",
                           "#3",
                           "<web:*>",
                           "<view[sort=\"a>b\"]>",
                           "<a|!b>",
                           ".",
                           "!a",
                           "! a",
                           "!(a|#2 | <x:y>)",
                           "a{2}b",
                           "a{2,}",
                           "a{ 2 , 5 }?",
                           "a*b+c?d*?",
                           "(a|b c)+",
                           "(?<购买>a ... b)",
                           "a within 1 hour b",
                           "a within 1 day 2 hours b",
                           "a after at least 5 minutes b",
                           "a directly within 500 milliseconds after at least 1 second b",
                           "a after at least 1 week within 2 weeks b",
                           "^ a",
                           "a $",
                           "^a|b$",
                           "(... a)",
                           "b (within 1 day a)*",
                           "a{0} b",
                           "a ^ b",
                           "a $ b",
                           "\ta\r\nb",
                           "a within 0 seconds b",
                           "a -b _c 1"})
    EXPECT_EQ(place_of_error(text), text == std::string_view("a directly within 500 milliseconds "
                                                             "after at least 1 second b")
                                        ? 3U
                                        : 0U)
        << text;
}

TEST(Pattern, SaysWhereItIsWrong) {
  const std::pair<const char*, size_t> cases[] = {
      {"", 1},
      {" ", 2},
      {"a |", 4},
      {"| a", 1},
      {"(a", 3},
      {"a)", 2},
      {"()", 2},
      {"*a", 1},
      {"a**", 3},
      {"a+ *", 4},
      {"a? ?", 4},
      {"a{2", 4},
      {"a{,3}", 3},
      {"a{3,2}", 2},
      {"a{1001}", 2},
      {"a{99999999999}", 2},
      {"a{x}", 3},
      {"^", 1},
      {"... a", 1},
      {"a ...", 3},
      {"a ... | b", 3},
      {"(a ...) b", 4},
      {"^ ... a", 3},
      {"a ... $", 3},
      {"a ... ... b", 7},
      {"a within b", 10},
      {"a within 5 b", 12},
      {"a within 5 months b", 12},
      {"a after 5 days b", 9},
      {"a directly b", 12},
      {"!", 2},
      {"!.", 2},
      {"!(a b)", 5},
      {"!(a", 4},
      {"(?<x>a)(?<x>b)", 11},
      {"(?<>a)", 4},
      {"(?<1x>a)", 4},
      {"(?<x-y>a)", 4},
      {"(?<x a)", 5},
      {"(?:a)", 2},
      {"<a", 1},
      {"<>", 2},
      {"<a|>", 4},
      {"<\"a>", 1},
      {"\"a", 1},
      {"#", 2},
      {"a & b", 3},
      {"a.b", 2},
      {"a .. b", 3},
      {"a{0}", 1},
      {"(a*)*", 5},
      {"(^)*a", 4},
      {"a:b:c", 4},
      {"a:", 3},
      {"#99999999999", 1},
      {"搜索 ... 支付 @", 11},
      {"(?<购买>a)(?<购买>b)", 12},
      {"a within 99999999999 weeks b", 10},
      {"a within 1 day within 1 day b", 16},
      {"a after at least 2 days within 1 day b", 3},
  };
  for (const auto& [text, place] : cases) EXPECT_EQ(place_of_error(text), place) << text;
}

TEST(Pattern, LongTextsAreCutInErrors) {
  try {
    std::string text(300, '(');
    text += "搜索";
    parse_pattern(text);
    FAIL();
  } catch (const Error& e) {
    const std::string what = e.what();
    EXPECT_LT(what.size(), 400U);
    EXPECT_NE(what.find("at character 303: ) is expected"), std::string::npos) << what;
  }
}

TEST(Pattern, IsLimitedWrittenOut) {
  EXPECT_EQ(code_of([] { parse_pattern("a{1000} (a{100}){90}"); }), "none");
  EXPECT_EQ(code_of([] { parse_pattern("a (a{100}){100}"); }), "54000");
  EXPECT_EQ(code_of([] { parse_pattern("((((a{1000}){1000}){1000}){1000}){1000}"); }), "54000");
  EXPECT_EQ(code_of([] { parse_pattern("(((((a|b){1000}){1000}){1000}){1000}){0}"); }), "22023");
  std::string options = "a";
  for (int i = 0; i < 200; ++i) options += "|^ ^ $ a";
  EXPECT_EQ(code_of([&] { parse_pattern("((" + options + ") b){49}"); }), "none");
  std::string nothing = "^";
  for (int i = 0; i < 200; ++i) nothing += "^";
  EXPECT_EQ(code_of([&] { parse_pattern("(" + nothing + "a){1000}"); }), "54000");
  PatternDefinition d;
  d.text = std::string((1 << 20) + 1, 'a');
  EXPECT_EQ(code_of([&] { d.check(); }), "54000");
}

TEST(Pattern, IsWrittenOut) {
  const auto takes = [](const char* text) {
    size_t n = 0;
    for (const PatternNode& node : compile(parse_pattern(text)).nodes)
      n += node.kind == PatternNode::Kind::take;
    return n;
  };
  EXPECT_EQ(takes("a"), 1U);
  EXPECT_EQ(takes("a{3}"), 3U);
  EXPECT_EQ(takes("a{3,}"), 3U);
  EXPECT_EQ(takes("a{0,3} b"), 4U);
  EXPECT_EQ(takes("a{0} b"), 1U);
  EXPECT_EQ(takes("(a b)*"), 2U);
  EXPECT_EQ(takes("(a|b|<c|d>)"), 1U);  // one event of one set
  EXPECT_EQ(takes("(a|!b)"), 2U);
  EXPECT_EQ(takes("(a|(?<x>b))"), 2U);
}

TEST(Pattern, KnowsWhatItNeeds) {
  const auto needed = [](const char* text) {
    const PatternProgram program = compile(parse_pattern(text));
    std::string all;
    for (const uint32_t set : program.needed)
      for (const std::string& s : program.sets[set].selectors)
        all += (program.sets[set].negated ? "!" : "") + s;
    return all;
  };
  EXPECT_EQ(needed("a ... b"), "ab");
  EXPECT_EQ(needed("a* b? c"), "c");
  EXPECT_EQ(needed("(a b|b c) d"), "bd");
  EXPECT_EQ(needed("(a|b) ... c"), "cab");
  EXPECT_EQ(needed("(?<x>a{2,5}) !b"), "a!b");
  EXPECT_EQ(needed("(a|b c)"), "");
}

TEST(PatternDefinition, IsItselfAgain) {
  PatternDefinition d;
  d.text = "搜索 ... 支付";
  for (const auto& within : {std::optional<uint64_t>(), std::optional<uint64_t>(0)})
    for (const auto& gap : {std::optional<uint64_t>(), std::optional<uint64_t>(1'800'000'000)}) {
      d.within = within;
      d.session_gap = gap;
      Bytes bytes;
      d.write(bytes);
      const PatternDefinition back = PatternDefinition::read(bytes);
      EXPECT_EQ(back.text, d.text);
      EXPECT_EQ(back.within, within);
      EXPECT_EQ(back.session_gap, gap);
      EXPECT_EQ(back.program().within, within.value_or(no_most_time));
      for (size_t i = 0; i < bytes.size(); ++i)
        EXPECT_EQ(code_of([&] { PatternDefinition::read(std::span(bytes).first(i)); }), "XX001");
      bytes.push_back(0);
      EXPECT_EQ(code_of([&] { PatternDefinition::read(bytes); }), "XX001");
    }
}

TEST(PatternDefinition, RefusesWhatItDoesNotWrite) {
  PatternDefinition d;
  d.text = "a";
  d.within = 5;
  Bytes bytes;
  d.write(bytes);
  const auto changed = [&](size_t at, uint8_t to) {
    Bytes other(bytes);
    other[at] = to;
    return code_of([&] { PatternDefinition::read(other); });
  };
  EXPECT_EQ(changed(0, 2), "XX001");
  EXPECT_EQ(changed(1, 5), "XX001");
  EXPECT_EQ(changed(1, 3), "XX001");
  d.within = ~uint64_t{0};
  bytes.clear();
  d.write(bytes);
  EXPECT_EQ(code_of([&] { PatternDefinition::read(bytes); }), "XX001");
}

}  // namespace
}  // namespace clientele
