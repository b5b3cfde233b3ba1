// SPDX-License-Identifier: PostgreSQL
#include "funnel/rows/raw.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/error.hpp"
#include "unit/random_events.hpp"

namespace clientele {
namespace {

using testing::Random;

struct Row {
  Micros at;
  std::string steps;  // the letters of the steps that it serves
};

RawFunnel defined(size_t steps, const char* mode = "", uint64_t within = no_limit) {
  RawFunnel funnel(std::pmr::get_default_resource());
  funnel.define(within, steps, mode);
  return funnel;
}

void add(RawFunnel& funnel, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    std::vector<uint8_t> flags(static_cast<size_t>(funnel.rule().steps), 0);
    for (const char letter : row.steps) flags[static_cast<size_t>(letter - 'a')] = 1;
    funnel.add(row.at, flags.data());
  }
}

int depth(const RawFunnel& funnel) { return RawSolver().depth(funnel); }

int depth(size_t steps, const char* mode, uint64_t within, const std::vector<Row>& rows) {
  RawFunnel funnel = defined(steps, mode, within);
  add(funnel, rows);
  return depth(funnel);
}

std::vector<uint8_t> bytes_of(const RawFunnel& funnel) {
  Bytes bytes;
  funnel.write(bytes);
  return {bytes.begin(), bytes.end()};
}

std::string code_of(auto action) {
  try {
    action();
  } catch (const Error& e) {
    return e.code();
  }
  return "";
}

TEST(RawFunnel, FollowsStepsInTheOrderOfTime) {
  EXPECT_EQ(depth(3, "", no_limit, {}), 0);
  EXPECT_EQ(depth(3, "", no_limit, {{1, "b"}, {2, "c"}}), 0);
  EXPECT_EQ(depth(3, "", no_limit, {{1, "a"}, {2, "b"}, {3, "c"}}), 3);
  EXPECT_EQ(depth(3, "", no_limit, {{3, "c"}, {1, "a"}, {2, "b"}}), 3);
  EXPECT_EQ(depth(3, "", 10, {{1, "a"}, {2, "b"}, {12, "c"}}), 2);
  EXPECT_EQ(depth(3, "", 11, {{1, "a"}, {2, "b"}, {12, "c"}}), 3);
}

TEST(RawFunnel, OneRowServesOneStep) {
  EXPECT_EQ(depth(2, "", no_limit, {{1, "ab"}}), 1);
  EXPECT_EQ(depth(2, "", no_limit, {{1, "ab"}, {1, "ab"}}), 2);
  EXPECT_EQ(depth(2, "strictly_increasing", no_limit, {{1, "ab"}, {1, "ab"}}), 1);
}

TEST(RawFunnel, TakesItsModes) {
  const std::vector<Row> between = {{1, "a"}, {2, ""}, {3, "b"}};
  EXPECT_EQ(depth(2, "ordered", no_limit, between), 2);
  EXPECT_EQ(depth(2, " strict ", no_limit, between), 1);
  const std::vector<Row> backwards = {{1, "b"}, {2, "a"}};
  EXPECT_EQ(depth(2, "", no_limit, backwards), 1);
  EXPECT_EQ(depth(2, "any", no_limit, backwards), 2);
  EXPECT_EQ(depth(2, "any, strictly_increasing", no_limit, {{1, "a"}, {1, "b"}}), 1);
  EXPECT_EQ(code_of([] { defined(2, "sorted"); }), "22023");
  EXPECT_EQ(code_of([] { defined(2, "ordered,,"); }), "22023");
}

TEST(RawFunnel, HasManySteps) {
  for (const char* mode : {"", "strict_order,strict_deduplication", "shared", "any"}) {
    RawSolver solver;
    for (const size_t steps : {64u, 65u, 200u, 1001u}) {
      RawFunnel funnel = defined(steps, mode);
      std::vector<uint8_t> flags(steps, 0);
      for (size_t i = 0; i < steps; ++i) {
        flags[i] = 1;
        funnel.add(static_cast<Micros>(i), flags.data());
        flags[i] = 0;
      }
      EXPECT_EQ(solver.depth(funnel), static_cast<int>(steps));
    }
  }
  EXPECT_EQ(code_of([] { defined(0); }), "22023");
}

TEST(RawFunnel, AllRowsHaveOneDefinition) {
  RawFunnel funnel = defined(2, "strict", 10);
  EXPECT_NO_THROW(funnel.define(10, 2, "strict"));
  EXPECT_EQ(code_of([&] { funnel.define(11, 2, "strict"); }), "22023");
  EXPECT_EQ(code_of([&] { funnel.define(10, 3, "strict"); }), "22023");
  EXPECT_EQ(code_of([&] { funnel.define(10, 2, "any"); }), "22023");
  EXPECT_EQ(code_of([&] { funnel.merge(defined(2, "any", 10)); }), "22023");
  EXPECT_NO_THROW(funnel.merge(defined(2, " strict", 10)));
  EXPECT_NO_THROW(funnel.merge(RawFunnel(std::pmr::get_default_resource())));
}

TEST(RawFunnel, PartsMakeTheWhole) {
  Random random(7);
  for (int round = 0; round < 200; ++round) {
    const char* const modes[] = {"",
                                 "strict",
                                 "any",
                                 "strictly_increasing",
                                 "shared",
                                 "strict_order",
                                 "strict_deduplication"};
    const char* const mode = modes[random.below(7)];
    const size_t steps = 1 + random.below(4);
    const uint64_t within = random.one_in(2) ? no_limit : random.below(30);
    std::vector<Row> rows;
    for (uint64_t i = random.below(12); i > 0; --i) {
      Row row{static_cast<Micros>(random.below(40)), ""};
      for (size_t s = 0; s < steps; ++s)
        if (random.one_in(2)) row.steps += static_cast<char>('a' + s);
      rows.push_back(row);
    }
    const int whole = depth(steps, mode, within, rows);
    RawFunnel merged(std::pmr::get_default_resource());
    const size_t cut = random.below(rows.size() + 1);
    const auto middle = rows.begin() + static_cast<ptrdiff_t>(cut);
    for (const std::vector<Row>& part :
         {std::vector<Row>(middle, rows.end()), std::vector<Row>(rows.begin(), middle)}) {
      RawFunnel funnel = defined(steps, mode, within);
      add(funnel, part);
      const std::vector<uint8_t> bytes = bytes_of(funnel);
      RawFunnel sent(std::pmr::get_default_resource());
      Reader reader(bytes);
      sent.read(reader);
      EXPECT_TRUE(reader.done());
      EXPECT_EQ(bytes_of(sent), bytes);
      merged.merge(sent);
    }
    EXPECT_EQ(depth(merged), whole) << "round " << round;
  }
}

TEST(RawFunnel, ChecksItsBytes) {
  RawFunnel funnel = defined(70, "any", 5);
  add(funnel, {{1, "a"}, {2, "bc"}});
  const std::vector<uint8_t> good = bytes_of(funnel);
  for (size_t n = 0; n < good.size(); ++n) {
    RawFunnel half(std::pmr::get_default_resource());
    Reader reader(std::span<const uint8_t>(good).first(n));
    EXPECT_EQ(code_of([&] { half.read(reader); }), "XX001") << n;
  }
  // An unknown version, order and flag, any with strict_order, and the 71st of 70 conditions.
  const size_t last = good.size() - 8;
  for (const auto& [place, value] :
       {std::pair<size_t, int>(0, 2), {1, 3}, {2, 32}, {2, 2}, {last, 64}}) {
    std::vector<uint8_t> bad = good;
    bad[place] = static_cast<uint8_t>(value);
    RawFunnel read(std::pmr::get_default_resource());
    Reader reader(bad);
    EXPECT_EQ(code_of([&] { read.read(reader); }), "XX001") << place;
  }
}

}  // namespace
}  // namespace clientele
