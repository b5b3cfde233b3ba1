// SPDX-License-Identifier: PostgreSQL
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <random>

#include "base/error.hpp"
#include "tags/query/number.hpp"
#include "tags/query/query.hpp"

namespace clientele::tags {
namespace {

using Tags = std::vector<std::string_view>;

bool match(const Tags& tags, std::string_view query) {
  return TagQuery::parse(query).matches(tags);
}

std::string normal(std::string_view query) { return TagQuery::parse(query).print(); }

Bytes bytes_of(const TagQuery& query) {
  Bytes bytes;
  query.write(bytes);
  return bytes;
}

Error error_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& e) {
    return e;
  }
  return Error("none", "");
}

/// The character at which a query breaks; 0 if it does not.
int broken_at(std::string_view query) {
  const Error e = error_of([&] { TagQuery::parse(query); });
  if (std::string(e.code()) != sqlstate::syntax_error) return 0;
  EXPECT_FALSE(e.hint().empty()) << query;
  const std::string what = e.what(), before = "at character ";
  return std::stoi(what.substr(what.find(before) + before.size()));
}

std::string hint_of(std::string_view query) {
  return error_of([&] { TagQuery::parse(query); }).hint();
}

TEST(TagQuery, PrecedenceIsNotAndOr) {
  EXPECT_TRUE(match({"a"}, "a | b & c"));
  EXPECT_FALSE(match({"b"}, "a | b & c"));
  EXPECT_FALSE(match({"b"}, "(a | b) & c"));
  EXPECT_TRUE(match({"b"}, "!a & b"));
  EXPECT_FALSE(match({"a", "b"}, "!(a & b)"));
  EXPECT_TRUE(match({}, "!a"));
  EXPECT_TRUE(match({"a"}, "!!a"));
}

TEST(TagQuery, NamesAreBytes) {
  EXPECT_FALSE(match({"VIP"}, "vip"));
  EXPECT_TRUE(match({"高价值", "城市=上海"}, "高价值 & 城市=上海"));
  EXPECT_TRUE(match({"emoji😀"}, "emoji😀"));
  EXPECT_TRUE(match({"新客（本月）"}, "新客（本月）"));
  EXPECT_TRUE(match({"a-b_c@d:e/f#1"}, "a-b_c@d:e/f#1"));
  EXPECT_TRUE(match({"a & \"b\"\n"}, "\"a & \"\"b\"\"\n\""));
  EXPECT_TRUE(match({""}, "\"\""));
  EXPECT_TRUE(match({"=1"}, "\"\""));
  EXPECT_FALSE(match({"x"}, "\"\""));
  EXPECT_TRUE(match({"and", "between", "not"}, "and & between & not"));
  EXPECT_TRUE(match({"between=3"}, "between between 1 and 3"));
}

TEST(TagQuery, WildcardsAreBelow) {
  EXPECT_TRUE(match({"behaviour.browse.frequent"}, "behaviour.*"));
  EXPECT_FALSE(match({"behaviour"}, "behaviour.*"));
  EXPECT_FALSE(match({"behaviour=x.y"}, "behaviour.*"));
  EXPECT_TRUE(match({"x.y=3"}, "x.*"));
  EXPECT_FALSE(match({"xy"}, "x.*"));
  EXPECT_TRUE(match({"a b.c"}, "\"a b\".*"));
  EXPECT_FALSE(match({"a b.c"}, "\"a b.*\""));
  EXPECT_TRUE(match({"a b.*"}, "\"a b.*\""));
  EXPECT_TRUE(match({"x..y"}, "x..*"));
}

TEST(TagQuery, ValuesAreAnyOfTheName) {
  EXPECT_TRUE(match({"city=Shanghai"}, "city"));
  EXPECT_FALSE(match({"citystate=x"}, "city"));
  EXPECT_TRUE(match({"city=Shanghai", "city=Beijing"}, "city != Beijing"));
  EXPECT_FALSE(match({"city=Beijing"}, "city!=Beijing"));
  EXPECT_FALSE(match({"city"}, "city!=Beijing"));
  EXPECT_TRUE(match({"city="}, "city!=Beijing"));
  EXPECT_TRUE(match({"city="}, "city=\"\""));
  EXPECT_FALSE(match({"city"}, "city=\"\""));
  EXPECT_TRUE(match({"a=b=c"}, "a=\"b=c\""));
  EXPECT_TRUE(match({"a=b=c"}, "\"a=b=c\""));
  EXPECT_FALSE(match({"a=b"}, "\"a=b=c\""));
  EXPECT_EQ(normal("\"city=New York\""), "city=\"New York\"");
}

TEST(TagQuery, NumbersAreCompared) {
  EXPECT_TRUE(match({"age=34"}, "age between 30 and 40 & age"));
  EXPECT_TRUE(match({"age=34"}, "age BETWEEN 34 AND 34"));
  EXPECT_FALSE(match({"age=34"}, "age between 40 and 30"));
  EXPECT_TRUE(match({"age=1e3"}, "age>=1000 & age<=1000.0"));
  EXPECT_FALSE(match({"age=34.0"}, "age=34"));
  EXPECT_FALSE(match({"age=old", "age", "age=", "age=inf", "age=0x10", "age= 1", "age=1 "},
                     "age>=-1e308 | age<0"));
  EXPECT_TRUE(match({"age=-5", "age=7"}, "age<0 & age>6"));
  EXPECT_EQ(normal("a>1e5 & a<.50 & a<=-0 & a>=+7."), "a<0.5 & a<=0 & a>1e+05 & a>=7");
}

TEST(TagQuery, ReadsDecimalNumbersOnly) {
  for (const auto& [text, value] :
       {std::pair("0", 0.0),
        {"-0", 0.0},
        {"+7", 7.0},
        {"7.", 7.0},
        {".5", 0.5},
        {"-1.5e-1", -0.15},
        {"1E3", 1000.0},
        {"007", 7.0},
        {"9007199254740993", 9007199254740992.0},
        {"1e-400", 0.0},
        {"-0.1e-999999999999999999999", 0.0},
        {"0e999999", 0.0},
        {"1.7976931348623157e308", std::numeric_limits<double>::max()}}) {
    ASSERT_TRUE(number_of(text)) << text;
    EXPECT_EQ(*number_of(text), value) << text;
    EXPECT_FALSE(std::signbit(*number_of(text)) && value == 0) << text;
  }
  EXPECT_EQ(number_of("0." + std::string(400, '0') + "1"), 0.0);
  EXPECT_EQ(number_of(std::string(400, '0') + "1"), 1.0);
  for (const char* text : {"",
                           "+",
                           "-",
                           ".",
                           "e5",
                           "1e",
                           "1e+",
                           "--1",
                           "+-1",
                           "1,5",
                           "0x10",
                           "inf",
                           "-inf",
                           "nan",
                           "infinity",
                           " 1",
                           "1 ",
                           "1e400",
                           "-1e999999999999999999999",
                           "１",
                           "1_000",
                           "1.2.3"})
    EXPECT_FALSE(number_of(text)) << text;
  EXPECT_FALSE(number_of("1" + std::string(400, '0')));
}

TEST(TagQuery, HasANormalForm) {
  EXPECT_EQ(normal("vip & !(churn | blocked) & city=上海"), "city=上海 & vip & !(blocked | churn)");
  EXPECT_EQ(normal("((b & (a & a)) & !!!c)"), "a & b & !c");
  EXPECT_EQ(normal("a & (b & c | c & b)"), "a & b & c");
  EXPECT_EQ(normal("!(a | !(!b))"), "!(a | b)");
  EXPECT_EQ(normal("(a | b) & c | d"), "d | c & (a | b)");
  EXPECT_EQ(normal("!(!(a & b))"), "a & b");
  EXPECT_EQ(normal(" \t\"plain\"\u3000&\u00a0\"a b\".* "), "\"a b\".* & plain");
  EXPECT_EQ(normal("\"\".*"), "\"\".*");
  EXPECT_EQ(TagQuery::parse("a&b"), TagQuery::parse("b & (a)"));
  EXPECT_FALSE(TagQuery::parse("a&b") == TagQuery::parse("a|b"));
}

TEST(TagQuery, PointsAtTheCharacter) {
  EXPECT_EQ(broken_at(""), 1);
  EXPECT_EQ(broken_at("  "), 3);
  EXPECT_EQ(broken_at("高价值 &"), 6);
  EXPECT_EQ(broken_at("高价值 上海"), 5);
  EXPECT_EQ(broken_at("a & (b | c"), 5);
  EXPECT_EQ(broken_at("a)"), 2);
  EXPECT_EQ(broken_at("a & \"b"), 5);
  EXPECT_EQ(broken_at("a && b"), 4);
  EXPECT_EQ(broken_at("()"), 2);
  EXPECT_EQ(broken_at("!"), 2);
  EXPECT_EQ(broken_at("age >= old"), 8);
  EXPECT_EQ(broken_at("age between 1 or 2"), 15);
  EXPECT_EQ(broken_at("age between 1"), 14);
  EXPECT_EQ(broken_at("city="), 6);
  EXPECT_EQ(broken_at("city==x"), 6);
  EXPECT_EQ(broken_at("city<>x"), 6);
  EXPECT_EQ(broken_at("x.*=3"), 4);
  EXPECT_EQ(broken_at("x*"), 2);
  EXPECT_EQ(broken_at("x.*.y"), 4);
  EXPECT_EQ(broken_at("*"), 1);
  EXPECT_EQ(broken_at(".*"), 2);
  EXPECT_EQ(broken_at("\"a\".b"), 4);
  EXPECT_EQ(broken_at("b & \"a=b\".*"), 5);
  EXPECT_EQ(broken_at("\"a=b\"=c"), 1);
  EXPECT_EQ(broken_at("a=b=c"), 4);
  EXPECT_EQ(broken_at("a, b"), 2);
  EXPECT_EQ(broken_at("city='x'"), 6);
  EXPECT_EQ(broken_at(std::string_view("\"a\0\"", 4)), 2);
  EXPECT_EQ(hint_of("a AND b").substr(0, 11), "Write & for");
  EXPECT_EQ(hint_of("not a").substr(0, 11), "Write & for");
  EXPECT_EQ(hint_of("a ＆ b").substr(0, 15), "Write operators");
}

TEST(TagQuery, HasLimits) {
  const auto code = [](const std::string& text) {
    return std::string(error_of([&] { TagQuery::parse(text); }).code());
  };
  const auto nested = [](size_t n) { return std::string(n, '(') + "a" + std::string(n, ')'); };
  EXPECT_EQ(code(nested(TagQuery::max_nested)), "none");
  EXPECT_EQ(code(nested(TagQuery::max_nested + 1)), sqlstate::limit_exceeded);
  EXPECT_EQ(code(std::string(1'000'000, '(')), sqlstate::limit_exceeded);
  EXPECT_EQ(code(std::string(1'000'000, '!') + "a"), "none");
  EXPECT_EQ(code(std::string(TagQuery::max_text, 'a')), "none");
  EXPECT_EQ(code(std::string(TagQuery::max_text + 1, 'a')), sqlstate::limit_exceeded);
  // Also if only the normal form is too long.
  std::string many = "a";
  for (int i = 0; many.size() < TagQuery::max_text - 100; ++i) many += "|b" + std::to_string(i);
  EXPECT_EQ(code(many), sqlstate::limit_exceeded);
}

TEST(TagQuery, NamesWhatItAsksFor) {
  EXPECT_EQ(TagQuery::parse("b=1 & !a & b>2 & x.* | x").names(),
            (std::vector<std::string>{"a", "b", "x", "x.*"}));
}

/// A random tree of few names, so that repetition and double negation are common.
Node random_node(std::mt19937& random, int depth) {
  Node node;
  const auto below = [&](unsigned n) { return random() % n; };
  if (depth == 0 || below(4) == 0) {
    static constexpr const char* names[] = {"a", "a.b", "a b", "", "上", "a.", "\""};
    node.leaf.test = static_cast<Test>(below(9));
    node.leaf.name = names[below(7)];
    if (compares_text(node.leaf.test)) node.leaf.text = names[below(7)];
    if (has_low(node.leaf.test)) node.leaf.low = static_cast<int>(below(5)) - 2;
    if (has_high(node.leaf.test)) node.leaf.high = below(5) / 4.0;
    node.leaf.set_key();
    return node;
  }
  node.kind = static_cast<Node::Kind>(1 + below(3));
  const size_t parts = node.kind == Node::Kind::negation ? 1 : 2 + below(3);
  while (node.children.size() < parts) node.children.push_back(random_node(random, depth - 1));
  return node;
}

Node copy_of(const Node& node) {
  Node copy;
  copy.kind = node.kind;
  copy.leaf = node.leaf;
  for (const Node& child : node.children) copy.children.push_back(copy_of(child));
  return copy;
}

TEST(TagQuery, NormalFormAsksTheSame) {
  std::mt19937 random(20261);
  static constexpr const char* pool[] = {"a",     "a=1", "a=上", "a.b=-1", "a b", "a b=0.5", "",
                                         "=0.25", "上",  "上.x", "a..",    "\"",  "\"=\"",   "a="};
  int yes = 0;
  for (int i = 0; i < 20000; ++i) {
    const Node tree = random_node(random, static_cast<int>(random() % 5));
    const TagQuery query = TagQuery::of(copy_of(tree));
    const std::string text = query.print();
    EXPECT_EQ(TagQuery::parse(text), query) << text;
    EXPECT_EQ(TagQuery::parse(text).print(), text);
    const Bytes bytes = bytes_of(query);
    EXPECT_EQ(TagQuery::read(bytes), query) << text;
    Tags tags;
    for (size_t n = random() % 5; n > 0; --n) tags.push_back(pool[random() % std::size(pool)]);
    const bool answer = query.matches(tags);
    yes += answer;
    EXPECT_EQ(answer, evaluate(tree,
                               [&](const Leaf& leaf) {
                                 return std::any_of(
                                     tags.begin(), tags.end(),
                                     [&](std::string_view tag) { return leaf.matches(tag); });
                               }))
        << text;
  }
  EXPECT_GT(yes, 4000);
  EXPECT_LT(yes, 16000);
}

TEST(TagQuery, ReadsCanonicalBytesOnly) {
  std::mt19937 random(7);
  size_t read = 0;
  for (int i = 0; i < 20000; ++i) {
    Bytes bytes = bytes_of(TagQuery::of(random_node(random, 3)));
    switch (random() % 3) {
      case 0:
        bytes[random() % bytes.size()] = static_cast<uint8_t>(random() % 32);
        break;
      case 1:
        bytes.resize(random() % bytes.size());
        break;
      default:
        bytes.insert(bytes.begin() + static_cast<ptrdiff_t>(random() % bytes.size()),
                     static_cast<uint8_t>(random() % 20));
    }
    try {
      const TagQuery query = TagQuery::read(bytes);
      ++read;
      EXPECT_EQ(bytes_of(query), bytes);
      EXPECT_EQ(TagQuery::parse(query.print()), query);
    } catch (const Error& e) {
      EXPECT_STREQ(e.code(), sqlstate::corrupted);
    }
  }
  EXPECT_GT(read, 100u);
}

TEST(TagQuery, ReadsNoIntegersLongerThanNeeded) {
  // below, and a name of no byte, whose length takes one byte or two
  EXPECT_EQ(TagQuery::read(Bytes{1, 1, 0}).print(), "\"\".*");
  EXPECT_STREQ(error_of([&] { TagQuery::read(Bytes{1, 1, 0x80, 0}); }).code(), sqlstate::corrupted);
}

TEST(TagQuery, ReadsNoDeepBytes) {
  Bytes bytes{1};
  for (int i = 0; i < 200000; ++i) {
    bytes.push_back(17);
    bytes.push_back(18);
    bytes.push_back(2);
  }
  EXPECT_STREQ(error_of([&] { TagQuery::read(bytes); }).code(), sqlstate::corrupted);
}

}  // namespace
}  // namespace clientele::tags
