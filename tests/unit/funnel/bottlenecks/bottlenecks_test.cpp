// SPDX-License-Identifier: PostgreSQL
#include "funnel/bottlenecks/bottlenecks.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.hpp"
#include "funnel/steps/definition.hpp"

namespace clientele {
namespace {

Bytes definition(std::vector<std::string> steps) {
  FunnelDefinition d;
  d.steps = std::move(steps);
  Bytes out;
  d.write(out);
  return out;
}

const Bytes three = definition({"search", "加入购物车", "purchase"});

BottleneckSummary empty() { return BottleneckSummary(std::pmr::get_default_resource()); }

Bytes written(const BottleneckSummary& s) {
  Bytes out;
  s.write(out);
  return out;
}

void add(BottleneckSummary& s, std::optional<std::string_view> name,
         std::vector<uint64_t> reached) {
  s.add(name, three, reached);
}

BottleneckSummary four_groups() {
  BottleneckSummary s = empty();
  add(s, "上海", {100, 50, 40});
  add(s, std::nullopt, {100, 50, 10});
  add(s, "", {100, 20, 16});
  add(s, "Wien", {10, 5, 4});
  return s;
}

TEST(Bottlenecks, RatesAndLosses) {
  const std::vector<Bottleneck> rows = four_groups().steps(20, Correction::none);
  ASSERT_EQ(rows.size(), 8U);
  // 30 of the NULL group: 50 * 60 / 75 - 10; the empty name: 100 * 105 / 210 - 20.
  EXPECT_EQ(rows[0].name, "");
  EXPECT_EQ(rows[0].step, 2);
  EXPECT_DOUBLE_EQ(*rows[0].lost, 30);
  EXPECT_DOUBLE_EQ(*rows[0].rate, 0.2);
  EXPECT_DOUBLE_EQ(*rows[0].rest_rate, 0.5);
  EXPECT_TRUE(rows[0].lower);
  EXPECT_EQ(rows[1].name, std::nullopt);
  EXPECT_EQ(rows[1].step, 3);
  EXPECT_DOUBLE_EQ(*rows[1].lost, 30);
  EXPECT_EQ(*rows[1].p, chance_of(125, 70, 50, 10));
  EXPECT_EQ(rows[1].p_adjusted, rows[1].p);
  int tested = 0;
  for (const Bottleneck& b : rows) {
    tested += b.p.has_value();
    EXPECT_EQ(b.p.has_value(), b.customers >= 20) << b.step;
    EXPECT_EQ(b.p_adjusted.has_value(), b.p.has_value());
  }
  EXPECT_EQ(tested, 6);
}

TEST(Bottlenecks, EqualLossesAreInOrderOfNameAndStep) {
  BottleneckSummary s = empty();
  for (const char* name : {"z", "a", "é"}) add(s, name, {30, 10, 10});
  add(s, std::nullopt, {30, 10, 10});
  std::string order;
  for (const Bottleneck& b : s.steps(0, Correction::bh)) {
    EXPECT_EQ(*b.lost, 0);
    EXPECT_EQ(*b.p_adjusted, 1);
    EXPECT_FALSE(b.lower);
    order += std::string(b.name.value_or("NULL")) + std::to_string(b.step) + ' ';
  }
  EXPECT_EQ(order, "a2 a3 z2 z3 é2 é3 NULL2 NULL3 ");
}

TEST(Bottlenecks, NothingToCompareWith) {
  BottleneckSummary s = empty();
  add(s, "only", {7, 3, 0});
  for (const Bottleneck& b : s.steps(0, Correction::bh)) {
    EXPECT_TRUE(b.rate);
    EXPECT_FALSE(b.rest_rate || b.lost || b.p || b.p_adjusted || b.lower);
  }
  add(s, "none", {0, 0, 0});
  const std::vector<Bottleneck> rows = s.steps(0, Correction::bh);
  EXPECT_EQ(rows[0].name, "none");
  EXPECT_EQ(*rows[0].p, 1);
  EXPECT_FALSE(rows[0].rate);
  EXPECT_EQ(rows[2].name, "only");
  EXPECT_FALSE(rows[2].lost);
}

TEST(Bottlenecks, DependOnTheGroupsOnly) {
  const BottleneckSummary all = four_groups();
  BottleneckSummary left = empty(), right = empty(), joined = empty();
  add(right, "Wien", {4, 3, 2});
  add(right, "", {100, 20, 16});
  add(left, std::nullopt, {100, 50, 10});
  add(left, "上海", {100, 50, 40});
  add(left, "Wien", {6, 2, 2});
  joined.merge(right);
  joined.merge(empty());
  joined.merge(left);
  EXPECT_EQ(written(joined), written(all));
  const Bytes bytes = written(all);
  BottleneckSummary back = empty();
  Reader reader(bytes);
  back.read(reader);
  EXPECT_TRUE(reader.done());
  EXPECT_EQ(written(back), bytes);
}

TEST(Bottlenecks, WhatIsRefused) {
  BottleneckSummary s = four_groups();
  EXPECT_THROW(s.add("x", definition({"a", "b", "c"}), std::vector<uint64_t>{1, 1, 1}), Error);
  EXPECT_THROW(add(s, "x", {uint64_t{1} << 48, 0, 0}), Error);
  const Bytes bytes = written(four_groups());
  for (size_t size = 0; size < bytes.size(); ++size) {
    BottleneckSummary cut = empty();
    Reader reader({bytes.data(), size});
    EXPECT_THROW(cut.read(reader), Error) << size;
  }
  // Groups that are not in order, and one that grows.
  for (const std::vector<uint8_t>& groups : std::vector<std::vector<uint8_t>>{
           {2, 0, 1, 'b', 1, 1, 1, 0, 1, 'a', 1, 1, 1}, {1, 0, 1, 'a', 1, 2, 1}, {0}}) {
    Bytes made;
    Writer w(made);
    w.u8(1);
    w.counted(three);
    w.raw(groups.data(), groups.size());
    BottleneckSummary read = empty();
    Reader reader(made);
    EXPECT_THROW(read.read(reader), Error);
  }
}

}  // namespace
}  // namespace clientele
