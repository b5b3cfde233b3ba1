// SPDX-License-Identifier: PostgreSQL
#include <gtest/gtest.h>

#include <algorithm>

#include "unit/churn/churn_checks.hpp"

namespace clientele {
namespace {

using namespace testing;
using Named = std::vector<std::pair<std::string, ChurnCell>>;

ChurnRows named_rows() {
  ChurnRows rows(std::pmr::get_default_resource());
  rows.define(bytes_of(ChurnDefinition{}), true);
  return rows;
}

void add(ChurnRows& rows, const Named& customer, bool churned) {
  std::vector<std::string_view> names;
  std::vector<ChurnCell> cells;
  for (const auto& [name, cell] : customer) names.push_back(name), cells.push_back(cell);
  rows.add(names, cells, churned);
}

TEST(ChurnRows, KeepsValuesOfAllWidths) {
  const double values[] = {0,    1,    -127, 127,  128,     -128, .5,    1e30,
                           3e38, 1e39, .1,   1e-9, -1e-100, 1e99, 5e-324};
  ChurnColumn column("x", std::pmr::get_default_resource());
  for (size_t i = 0; i < std::size(values); ++i) {
    column.set(2 * i, number(values[i]));
    for (size_t k = 0; k <= i; ++k) {
      EXPECT_EQ(column.number(2 * k), values[k]);
      EXPECT_TRUE(k == i || std::isnan(column.number(2 * k + 1)));
    }
  }
  EXPECT_EQ(column.width(), 8);
  EXPECT_TRUE(std::isnan(column.number(1000)));
  column.set(100, number(-0.0));
  EXPECT_FALSE(std::signbit(column.number(100)));
  for (const double v : {no_value, HUGE_VAL, -HUGE_VAL, 1.1e100})
    EXPECT_EQ(code_of([&] { column.set(101, number(v)); }), "22023");
  EXPECT_EQ(code_of([&] { column.set(101, text("a")); }), "22023");
}

TEST(ChurnRows, RefusesWhatDoesNotGoTogether) {
  ChurnRows rows = named_rows();
  add(rows, {{"plan", text("basic")}, {"months", number(1)}}, true);
  EXPECT_EQ(code_of([&] { add(rows, {{"plan", number(1)}}, true); }), "22023");
  ChurnRows more = named_rows();
  add(more, {{"plan", number(1)}}, true);
  EXPECT_EQ(code_of([&] { more.merge(rows); }), "22023");
  ChurnDefinition other;
  other.penalty = 2;
  EXPECT_EQ(code_of([&] { rows.define(bytes_of(other), true); }), "22023");
  EXPECT_EQ(code_of([&] { rows.define(bytes_of(ChurnDefinition{}), false); }), "22023");
  ChurnRows arrays = rows_of({{{number(1), missing()}, true}});
  EXPECT_EQ(code_of([&] { arrays.add(std::vector{number(1)}, true); }), "22023");
  ChurnDefinition names;
  names.names = {"a", "b"};
  EXPECT_EQ(code_of([&] { rows_of({{{number(1)}, true}}, names); }), "22023");
  EXPECT_EQ(code_of([&] { named_rows().define(bytes_of(names), true); }), "22023");
  ChurnDefinition drawn;
  drawn.features_def = features_of("UTC");
  EXPECT_EQ(code_of([&] { named_rows().define(bytes_of(drawn), true); }), "22023");
  EXPECT_EQ(code_of([&] { ChurnRows::refuse_features(); }), "22023");
  EXPECT_EQ(code_of([&] { rows_of({{{number(1)}, true}}, drawn); }), "22023");
  ChurnRows other_zone = rows_of({});
  EXPECT_EQ(code_of([&] { other_zone.define(bytes_of(drawn), false); }), "22023");
  drawn.names = {"a"};
  EXPECT_EQ(code_of([&] { drawn.check(); }), "22023");
  drawn.names.clear();
  drawn.features_def.pop_back();
  EXPECT_EQ(code_of([&] { drawn.check(); }), "XX001");
  names.names = {"a", "a"};
  EXPECT_EQ(code_of([&] { names.check(); }), "22023");
  ChurnRows wide = named_rows();
  for (int i = 0; i < 1000; ++i) add(wide, {{"f" + std::to_string(i), number(i)}}, true);
  EXPECT_EQ(code_of([&] { add(wide, {{"x", missing()}}, true); }), "54000");
  ChurnRows texts = named_rows();
  for (int i = 0; i < 200; ++i) add(texts, {{"x", text(std::to_string(i))}}, true);
  EXPECT_EQ(code_of([&] { add(texts, {{"x", text("200")}}, true); }), "54000");
  ChurnRows small(std::pmr::get_default_resource(), 10'000);
  small.define(bytes_of(ChurnDefinition{}), false);
  EXPECT_EQ(code_of([&] {
              for (int i = 0; i < 1000; ++i) small.add(std::vector{number(i / 7.)}, true);
            }),
            "54000");
}

// However the customers come, are spread over workers and merged, and sent in between.
TEST(ChurnRows, BytesDependOnTheCustomersOnly) {
  std::mt19937 random(20261130);
  const char* const plans[] = {"basic", "premium", "学生", "家庭", ""};
  for (int round = 0; round < 60; ++round) {
    std::vector<std::pair<Named, bool>> customers;
    const size_t n = 1 + random() % 200;
    for (size_t i = 0; i < n; ++i) {
      Named c;
      if (random() % 5 > 0) c.emplace_back("plan", text(plans[random() % (1 + round % 5)]));
      if (random() % 5 > 0) c.emplace_back("months", number(static_cast<double>(random() % 200)));
      if (random() % 5 > 0) c.emplace_back("spent", number(static_cast<double>(random() % 3) / 3));
      if (random() % 50 == 0) c.emplace_back("never", missing());
      customers.emplace_back(c, random() % 2 == 0);
    }
    ChurnRows plain = named_rows();
    for (const auto& [c, churned] : customers) add(plain, c, churned);
    const auto want = bytes_of(plain);
    for (int order = 0; order < 4; ++order) {
      std::ranges::shuffle(customers, random);
      std::vector<ChurnRows> parts;
      for (int k = 0; k <= order; ++k) parts.push_back(named_rows());
      for (auto& [c, churned] : customers) {
        std::ranges::shuffle(c, random);
        add(parts[random() % parts.size()], c, churned);
        if (random() % 40 == 0) parts[random() % parts.size()].tallies();
      }
      ChurnRows all = named_rows();
      for (ChurnRows& part : parts) {
        ChurnRows sent(std::pmr::get_default_resource());
        const auto bytes = bytes_of(part);
        Reader reader(bytes);
        sent.read(reader);
        EXPECT_TRUE(reader.done());
        all.merge(random() % 2 == 0 ? sent : part);
      }
      EXPECT_EQ(bytes_of(all), want);
    }
  }
}

TEST(ChurnRows, JoinsThoseThatAreAlike) {
  ChurnRows rows(std::pmr::get_default_resource(), 3'000'000);
  rows.define(bytes_of(ChurnDefinition{}), false);
  for (int i = 0; i < 1'000'000; ++i)
    rows.add(std::vector{number(i % 7), number(i % 2)}, i % 3 == 0);
  EXPECT_EQ(rows.tallies().size(), 14);
  uint64_t churned = 0, stayed = 0;
  for (const ChurnTally& t : rows.tallies()) churned += t.churned, stayed += t.stayed;
  EXPECT_EQ(churned, 333334);
  EXPECT_EQ(stayed, 666666);
}

TEST(ChurnRows, ReadsNoOtherBytes) {
  ChurnRows rows = named_rows();
  add(rows, {{"plan", text("basic")}, {"months", number(1)}, {"spent", number(.1)}}, true);
  add(rows, {{"plan", text("家庭")}, {"months", number(300)}}, false);
  add(rows, {{"x", missing()}}, false);
  const auto good = bytes_of(rows);
  const auto taken = [](const std::vector<uint8_t>& bytes) {
    ChurnRows again(std::pmr::get_default_resource());
    return code_of([&] {
      Reader reader(bytes);
      again.read(reader);
      if (!reader.done()) Reader::fail("left over");
    });
  };
  EXPECT_EQ(taken(good), "none");
  for (size_t n = 0; n < good.size(); ++n)
    EXPECT_NE(taken({good.begin(), good.begin() + static_cast<ptrdiff_t>(n)}), "none");
  std::mt19937 random(7);
  for (int i = 0; i < 20000; ++i) {
    auto bad = good;
    bad[random() % bad.size()] = static_cast<uint8_t>(random());
    const std::string code = taken(bad);
    EXPECT_TRUE(code == "none" || code == "XX001" || code == "22023" || code == "54000") << code;
  }
}

TEST(ChurnDefinition, RoundTripsAndRefuses) {
  ChurnDefinition d;
  d.penalty = .25;
  d.set_class_weight("3.5");
  d.calibrate = false;
  d.names = {"月数", "b"};
  const ChurnDefinition again = ChurnDefinition::read(bytes_of(d));
  EXPECT_EQ(bytes_of(again), bytes_of(d));
  EXPECT_EQ(again.churned_weight, 3.5);
  EXPECT_EQ(again.name_of(0), "月数");
  EXPECT_EQ(ChurnDefinition{}.name_of(2), "f3");
  EXPECT_FALSE(ChurnDefinition{}.calibrates());
  d.calibrate.reset();
  EXPECT_TRUE(d.calibrates());
  d.set_class_weight("1");
  EXPECT_EQ(d.class_weight, ClassWeight::none);
  for (const char* weight : {"", "0", "-1", "nan", "inf", "1e9", "balance", "2x", " 2"})
    EXPECT_EQ(code_of([&] { d.set_class_weight(weight); }), "22023") << weight;
  for (const double penalty : {-1., 1e-10, 1e13, double{NAN}, double{INFINITY}}) {
    d.penalty = penalty;
    EXPECT_EQ(code_of([&] { d.check(); }), "22023");
  }
}

}  // namespace
}  // namespace clientele
