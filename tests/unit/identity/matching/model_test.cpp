// SPDX-License-Identifier: PostgreSQL
#include <gtest/gtest.h>

#include <cmath>

#include "base/random.hpp"
#include "identity/matching/fit.hpp"

namespace clientele {
namespace {

MatchDefinition four_columns() {
  MatchDefinition d;
  for (const char* const column : {"a:exact", "b:exact", "c:exact", "d:name"})
    d.compare.push_back(MatchColumn::parse(column));
  d.block.push_back(parse_block_key("e"));
  d.check();
  return d;
}

void refused(const MatchDefinition& d, const char* code) {
  try {
    d.check();
    FAIL() << "accepted";
  } catch (const Error& e) {
    EXPECT_STREQ(e.code(), code) << e.what();
  }
}

TEST(MatchDefinition, Parsing) {
  EXPECT_EQ(MatchColumn::parse("a:b:code").name, "a:b");
  for (const char* const wrong : {"a", ":name", "a:", "a:Name"})
    EXPECT_THROW(MatchColumn::parse(wrong), Error);
  EXPECT_EQ(parse_block_key("a+b"), (BlockKey{"a", "b"}));
  EXPECT_EQ(parse_block_key("\"a+\"\"b\"+c"), (BlockKey{"a+\"b", "c"}));
  for (const char* const wrong : {"", "a+", "+a", "\"a", "\"a\"b", "a++b"})
    EXPECT_THROW(parse_block_key(wrong), Error);
  for (const char* const text : {"a+b", "\"a+b\"+c", "\"\"\"\""})
    EXPECT_EQ(block_key_text(parse_block_key(text)), text);
}

TEST(MatchDefinition, Checks) {
  MatchDefinition d = four_columns();
  d.block.push_back({"a"});
  d.check();
  d.block.push_back({"a", "b"});
  refused(d, sqlstate::invalid_parameter);
  d = four_columns();
  d.block.clear();
  refused(d, sqlstate::invalid_parameter);
  d = four_columns();
  d.block.push_back(d.block[0]);
  refused(d, sqlstate::invalid_parameter);
  d = four_columns();
  d.compare.push_back(d.compare[0]);
  refused(d, sqlstate::invalid_parameter);
  d = four_columns();
  d.random_pairs = 0;
  refused(d, sqlstate::invalid_parameter);
  d = four_columns();
  for (int i = 0; i < 20; ++i) d.compare.push_back({std::to_string(i), MatchKind::code});
  refused(d, sqlstate::limit_exceeded);
}

Pattern pattern_of(std::initializer_list<int> levels) {
  Pattern pattern = 0;
  for (const int level : levels)
    pattern = pattern << pattern_bits | static_cast<unsigned>(level + 1);
  return pattern;
}

/// Pairs drawn from a known model are found again.
TEST(MatchFit, FindsTheModelThatPairsWereDrawnFrom) {
  const MatchDefinition d = four_columns();
  SplitMix64 random(42);
  const auto uniform = [&] { return static_cast<double>(random() >> 11) * 0x1p-53; };
  const double m_equal[] = {0.95, 0.8, 0.9}, u_equal[] = {0.1, 0.02, 0.3};
  PatternCounts counts(std::pmr::get_default_resource());
  for (int n = 0; n < 200'000; ++n) {
    const bool match = uniform() < 0.2;
    Pattern pattern = 0;
    for (int c = 0; c < 3; ++c)
      pattern = pattern << pattern_bits | (uniform() < (match ? m_equal[c] : u_equal[c]) ? 1U : 2U);
    const double draw = uniform();
    const unsigned name = match ? (draw < 0.7    ? 0
                                   : draw < 0.9  ? 1
                                   : draw < 0.95 ? 2
                                                 : 3)
                                : (draw < 0.01   ? 0
                                   : draw < 0.02 ? 1
                                   : draw < 0.1  ? 2
                                                 : 3);
    counts.add(pattern << pattern_bits | (name + 1));
  }
  const auto entries = counts.sorted();
  const std::vector<std::vector<double>> start = {
      {0.3, 0.7}, {0.3, 0.7}, {0.3, 0.7}, {0.1, 0.1, 0.1, 0.7}};
  const MatchModel model = fitted_matches(d, 100'000, entries, start);
  ASSERT_TRUE(model.fit->converged);
  EXPECT_EQ(model.fit->candidates, 200'000U);
  EXPECT_NEAR(model.lambda, 0.2, 0.01);
  for (size_t c = 0; c < 3; ++c) {
    EXPECT_NEAR(model.columns[c].m[0], m_equal[c], 0.02);
    EXPECT_NEAR(model.columns[c].u[0], u_equal[c], 0.02);
  }
  EXPECT_NEAR(model.columns[3].m[1], 0.2, 0.02);
  model.check();

  Bytes bytes;
  model.write(bytes);
  Bytes again;
  MatchModel::read(bytes).write(again);
  EXPECT_EQ(bytes, again);
  for (size_t n = 0; n < bytes.size(); ++n)
    EXPECT_THROW(MatchModel::read(std::span(bytes.data(), n)), Error) << n;
}

/// One round by hand: two patterns, and a column that no pair has on both sides keeps its start.
TEST(MatchFit, StartsCountAsTenPairs) {
  MatchDefinition d = four_columns();
  const std::vector<PatternCounts::Entry> entries = {{pattern_of({-1, 0, 0, 0}), 3},
                                                     {pattern_of({-1, 1, 1, 3}), 7}};
  const std::vector<std::vector<double>> start = {
      {0.5, 0.5}, {0.5, 0.5}, {0.5, 0.5}, {0.1, 0.1, 0.1, 0.7}};
  const MatchModel model = fitted_matches(d, 4, entries, start);
  EXPECT_DOUBLE_EQ(model.columns[0].m[0], 0.9);
  EXPECT_DOUBLE_EQ(model.columns[0].u[0], 0.5);
  // Nearly all of the first pattern match, and nearly none of the second: λ is about (3 + 1) / (10
  // + 2).
  EXPECT_NEAR(model.lambda, 4.0 / 12, 0.02);
  EXPECT_NEAR(model.columns[1].m[0], (10 * 0.9 + 3) / 13, 0.02);
  EXPECT_NEAR(model.columns[1].u[1], (10 * 0.5 + 7) / 17, 0.02);
}

TEST(MatchModel, Checks) {
  MatchModel model;
  model.definition = four_columns();
  model.lambda = 0.5;
  model.columns = {{{0.9, 0.1}, {0.5, 0.5}},
                   {{0.9, 0.1}, {0.5, 0.5}},
                   {{0.9, 0.1}, {0.5, 0.5}},
                   {{0.9, 0.05, 0.03, 0.02}, {0.1, 0.1, 0.1, 0.7}}};
  model.check();
  EXPECT_DOUBLE_EQ(model.weight(0, 0), std::log2(0.9 / 0.5));
  EXPECT_DOUBLE_EQ(match_probability(0), 0.5);
  const auto is_refused = [&](auto change) {
    MatchModel changed = model;
    change(changed);
    EXPECT_THROW(changed.check(), Error);
  };
  is_refused([](MatchModel& m) { m.lambda = 1; });
  is_refused([](MatchModel& m) { m.lambda = std::nan(""); });
  is_refused([](MatchModel& m) { m.columns.pop_back(); });
  is_refused([](MatchModel& m) { m.columns[0].m = {0.9, 0.2}; });
  is_refused([](MatchModel& m) { m.columns[0].u = {1, 0}; });
  is_refused([](MatchModel& m) { m.columns[3].m.pop_back(); });
}

}  // namespace
}  // namespace clientele
