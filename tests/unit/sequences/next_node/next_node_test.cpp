// SPDX-License-Identifier: PostgreSQL
#include "sequences/next_node/next_node.hpp"

#include <gtest/gtest.h>

#include <string>

#include "unit/random_events.hpp"

namespace clientele {
namespace {

using testing::Random;

struct Row {
  Micros at;
  std::string value;
  std::string met;  // the letters of the conditions that it meets; ! is that of the base
};

NextNode defined(std::string_view direction, std::string_view base, size_t conditions) {
  NextNode node(std::pmr::get_default_resource());
  node.define(NextNodeRule::of(direction, base, conditions));
  return node;
}

void add(NextNode& node, size_t conditions, const std::vector<Row>& rows) {
  std::vector<uint8_t> flags(conditions);
  for (const Row& row : rows) {
    for (size_t i = 0; i < conditions; ++i)
      flags[i] = row.met.find(static_cast<char>('A' + i)) != std::string::npos;
    node.add(row.at, row.value, row.met.find('!') != std::string::npos,
             Conditions(flags.data(), nullptr, conditions));
  }
}

std::string next(std::string_view direction, std::string_view base, size_t conditions,
                 const std::vector<Row>& rows) {
  NextNode node = defined(direction, base, conditions);
  add(node, conditions, rows);
  return std::string(node.next().value_or("none"));
}

std::string code_of(auto action) {
  try {
    action();
  } catch (const Error& e) {
    return e.code();
  }
  return "";
}

TEST(NextNode, GoesForwardAndBackward) {
  const std::vector<Row> rows = {{1, "home", "!A"},
                                 {2, "search", "!B"},
                                 {3, "购物车", "!"},
                                 {4, "home", "!A"},
                                 {5, "exit", "!"}};
  EXPECT_EQ(next("forward", "head", 0, rows), "home");
  EXPECT_EQ(next("forward", "head", 1, rows), "search");
  EXPECT_EQ(next("forward", "head", 2, rows), "购物车");
  EXPECT_EQ(next("backward", "tail", 0, rows), "exit");
  EXPECT_EQ(next("backward", "tail", 1, rows), "none");
  EXPECT_EQ(next("forward", "first_match", 1, rows), "search");
  EXPECT_EQ(next("forward", "last_match", 1, rows), "exit");
  EXPECT_EQ(next("backward", "last_match", 1, rows), "购物车");
  EXPECT_EQ(next("backward", "first_match", 1, rows), "none");
  EXPECT_EQ(next("forward", "last_match", 2, rows), "none");
}

TEST(NextNode, TriesNoOtherBase) {
  const std::vector<Row> rows = {{1, "x", ""},   {2, "a", "!A"}, {3, "c", "!"},
                                 {4, "a", "!A"}, {5, "b", "!B"}, {6, "y", "!"}};
  EXPECT_EQ(next("forward", "head", 0, rows), "none");
  EXPECT_EQ(next("forward", "first_match", 2, rows), "none");
  EXPECT_EQ(next("forward", "last_match", 2, rows), "y");
}

TEST(NextNode, OrdersEqualTimesByValue) {
  const std::vector<Row> rows = {{1, "b", "!A"}, {1, "B", "!A"}, {1, "", "!A"}, {1, "é", "!A"}};
  EXPECT_EQ(next("forward", "head", 0, rows), "");
  EXPECT_EQ(next("forward", "head", 1, rows), "B");
  EXPECT_EQ(next("backward", "tail", 0, rows), "é");
  EXPECT_EQ(next("backward", "tail", 1, rows), "b");
  EXPECT_EQ(next("forward", "head", 1, {{1, "a", "!"}, {1, "a", "!A"}, {1, "a", ""}}), "a");
  EXPECT_EQ(next("forward", "head", 0, {{1, "a", ""}, {1, "a", "!"}}), "a");
}

TEST(NextNode, HasManyConditions) {
  const std::string all =
      "!ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"
      "\x7f\x80\x81\x82\x83\x84\x85\x86";
  std::vector<Row> rows;
  for (int i = 0; i < 71; ++i) rows.push_back({i, std::to_string(i), all});
  EXPECT_EQ(next("forward", "head", 70, rows), "70");
  EXPECT_EQ(next("backward", "last_match", 70, rows), "0");
  rows[63].met = "!A";
  EXPECT_EQ(next("forward", "head", 70, rows), "none");
}

TEST(NextNode, RefusesWhatHasNoMeaning) {
  EXPECT_EQ(code_of([] { NextNodeRule::of("up", "head", 0); }), "22023");
  EXPECT_EQ(code_of([] { NextNodeRule::of("forward", "top", 0); }), "22023");
  EXPECT_EQ(code_of([] { NextNodeRule::of("backward", "head", 1); }), "22023");
  EXPECT_EQ(code_of([] { NextNodeRule::of("forward", "tail", 1); }), "22023");
  EXPECT_EQ(code_of([] { NextNodeRule::of("forward", "first_match", 0); }), "22023");
  EXPECT_EQ(code_of([] { NextNodeRule::of("backward", "last_match", 0); }), "22023");
  NextNode node = defined("forward", "head", 1);
  EXPECT_EQ(code_of([&] { node.define(NextNodeRule::of("forward", "head", 2)); }), "22023");
  EXPECT_EQ(code_of([&] { node.merge(defined("backward", "tail", 1)); }), "22023");
}

TEST(NextNode, PartsMakeTheWhole) {
  Random random(9);
  for (int round = 0; round < 300; ++round) {
    std::vector<Row> rows;
    for (uint64_t n = random.below(9); n > 0; --n)
      rows.push_back({static_cast<Micros>(random.below(6)),
                      std::string(random.below(12), "ab"[random.below(2)]),
                      std::string("!AAB").substr(random.below(3))});
    const bool forward = random.one_in(2);
    const char* const direction = forward ? "forward" : "backward";
    const char* const base = random.one_in(2) ? forward ? "head" : "tail" : "last_match";
    NextNode merged(std::pmr::get_default_resource());
    const auto middle = rows.begin() + static_cast<ptrdiff_t>(random.below(rows.size() + 1));
    for (const std::vector<Row>& part :
         {std::vector<Row>(middle, rows.end()), std::vector<Row>(rows.begin(), middle)}) {
      NextNode one = defined(direction, base, 2), sent(std::pmr::get_default_resource());
      add(one, 2, part);
      Bytes bytes, again;
      one.write(bytes);
      Reader reader(bytes);
      sent.read(reader);
      EXPECT_TRUE(reader.done());
      sent.write(again);
      EXPECT_EQ(bytes, again);
      merged.merge(sent);
    }
    EXPECT_EQ(merged.next().value_or("none"), next(direction, base, 2, rows)) << round;
  }
}

TEST(NextNode, ChecksItsBytes) {
  NextNode node = defined("forward", "last_match", 2);
  add(node, 2, {{1, "some value", "!A"}, {2, "", "B"}});
  Bytes good;
  node.write(good);
  const auto code = [](std::span<const uint8_t> bytes) {
    NextNode read(std::pmr::get_default_resource());
    Reader reader(bytes);
    return code_of([&] { read.read(reader); });
  };
  EXPECT_EQ(code(good), "");
  for (size_t n = 0; n < good.size(); ++n)
    EXPECT_EQ(code(std::span<const uint8_t>(good).first(n)), "XX001") << n;
  // The version, what is defined, the direction, the base, and the size of the first value.
  for (const auto& [place, value] :
       {std::pair(0, 2), {1, 2}, {1, 0}, {2, 2}, {3, 4}, {14, 200}, {21, 255}}) {
    Bytes bad = good;
    bad[static_cast<size_t>(place)] = static_cast<uint8_t>(value);
    EXPECT_EQ(code(bad), "XX001") << place;
  }
}

}  // namespace
}  // namespace clientele
