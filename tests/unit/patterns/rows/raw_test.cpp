// SPDX-License-Identifier: PostgreSQL
#include "patterns/rows/raw.hpp"

#include <gtest/gtest.h>

#include "journey/journey.hpp"
#include "patterns/pattern/definition.hpp"
#include "unit/code_of.hpp"

namespace clientele {
namespace {

using testing::code_of;

Bytes bytes_of(const auto& value) {
  Bytes out;
  value.write(out);
  return out;
}

Bytes pattern(const std::string& text) {
  PatternDefinition d;
  d.text = text;
  return bytes_of(d);
}

struct Names : EventNames {
  Names() : EventNames(std::pmr::get_default_resource()) {}
};

RawMatches customer(EventNames& names, const std::string& text) {
  RawMatches rows(std::pmr::get_default_resource());
  rows.use(names);
  rows.define(pattern(text));
  return rows;
}

size_t count(const RawMatches& rows) {
  return RawPattern(rows.definition()).find(rows, Wanted::matches).matches.size();
}

TEST(EventNames, AreNumberedOnce) {
  Names names;
  const std::string long_name(5000, 'x');
  EXPECT_EQ(names.number("搜索"), 0U);
  EXPECT_EQ(names.number(""), 1U);
  EXPECT_EQ(names.number(long_name), 2U);
  for (uint32_t i = 0; i < 1000; ++i) EXPECT_EQ(names.number(std::to_string(i)), 3 + i);
  EXPECT_EQ(names.number("搜索"), 0U);
  EXPECT_EQ(names.number(long_name), 2U);
  EXPECT_EQ(names.number("999"), 1002U);
  EXPECT_EQ(names.name(0), "搜索");
  EXPECT_EQ(names.name(1), "");
  EXPECT_EQ(names.name(2), long_name);
  EXPECT_EQ(names.name(500), "497");
  EXPECT_EQ(names.size(), 1003U);
  EXPECT_NE(names.id(), Names().id());
}

TEST(RawMatches, TakeRowsInAnyOrder) {
  Names names;
  RawMatches rows = customer(names, "search ... 支付");
  rows.add(30, "支付");
  rows.add(10, "search");
  rows.add(20, "cart");
  EXPECT_EQ(count(rows), 1U);
  RawMatches none = customer(names, "支付 ... search");
  for (const RawMatches::Row& row : rows.rows()) none.add(row.at, names.name(row.name));
  EXPECT_EQ(count(none), 0U);
}

TEST(RawMatches, OrderEqualTimesByName) {
  Names names;
  RawMatches rows = customer(names, "a b");
  rows.add(1, "b");
  rows.add(1, "a");
  EXPECT_EQ(count(rows), 1U);
  RawMatches back = customer(names, "b a");
  back.add(1, "b");
  back.add(1, "a");
  EXPECT_EQ(count(back), 0U);
}

TEST(RawMatches, AreJoinedAcrossNames) {
  Names names, others;
  others.number("x");
  RawMatches left = customer(names, "a ... <web:*>"), right = customer(others, "a ... <web:*>");
  left.add(1, "web:view");
  left.add(5, "a");
  right.add(7, "web:buy");
  left.merge(right);
  EXPECT_EQ(count(left), 1U);
  RawMatches fresh(std::pmr::get_default_resource());
  fresh.use(names);
  fresh.merge(left);
  EXPECT_EQ(count(fresh), 1U);
  fresh.merge(RawMatches(std::pmr::get_default_resource()));
  EXPECT_EQ(fresh.rows().size(), 3U);

  const Bytes bytes = bytes_of(left);
  const auto read = [&](std::span<const uint8_t> from) {
    RawMatches back(std::pmr::get_default_resource());
    back.use(others);
    Reader reader(from);
    back.read(reader);
    return back;
  };
  EXPECT_EQ(count(read(bytes)), 1U);
  for (size_t n = 0; n < bytes.size(); ++n)
    EXPECT_EQ(code_of([&] { read(std::span(bytes).first(n)); }), "XX001") << n;
}

TEST(RawMatches, HaveOnePattern) {
  Names names;
  RawMatches a = customer(names, "a"), b = customer(names, "b");
  EXPECT_EQ(code_of([&] { a.define(pattern("b")); }), "22023");
  EXPECT_EQ(code_of([&] { a.merge(b); }), "22023");
  EXPECT_EQ(code_of([&] { count(customer(names, "#3")); }), "0A000");
  EXPECT_EQ(code_of([&] { count(customer(names, "<a[x=y]>")); }), "0A000");
}

TEST(RawPattern, IsKeptFromCustomerToCustomer) {
  Names names;
  RawPattern search(pattern("a ... b"));
  for (int i = 0; i < 3; ++i) {
    RawMatches rows = customer(names, "a ... b");
    rows.add(1, "a");
    rows.add(2, i == 1 ? "c" : "b");
    EXPECT_EQ(search.find(rows, Wanted::any).matches.empty(), i == 1);
  }
  Names others;
  RawMatches rows = customer(others, "a ... b");
  rows.add(2, "b");
  rows.add(1, "a");
  EXPECT_FALSE(search.find(rows, Wanted::any).matches.empty());
}

}  // namespace
}  // namespace clientele
