// SPDX-License-Identifier: PostgreSQL
#include "identity/matching/candidates.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "base/utf8.hpp"
#include "identity/matching/patterns.hpp"
#include "identity/matching/similarity.hpp"

namespace clientele {
namespace {

using Row = std::vector<std::string>;

MatchDefinition definition_of(std::vector<std::string> compare, std::vector<std::string> block) {
  MatchDefinition d;
  for (const auto& column : compare) d.compare.push_back(MatchColumn::parse(column));
  for (const auto& key : block) d.block.push_back(parse_block_key(key));
  d.check();
  return d;
}

void fill(MatchRecords& records, const std::vector<Row>& rows) {
  for (size_t i = 0; i < rows.size(); ++i) {
    std::vector<std::string_view> values(rows[i].begin(), rows[i].end());
    records.add(std::to_string(i), values.data());
  }
  records.finish();
}

TEST(Candidates, PairsOfSmallValuesOnce) {
  const auto d =
      definition_of({"a:exact", "b:exact", "c:name", "d:name", "e:code"}, {"a+b", "f", "b+a+f"});
  SplitMix64 random(7);
  std::vector<Row> rows;
  for (int i = 0; i < 3000; ++i) {
    Row row;
    for (int c = 0; c < 6; ++c) {
      // f has a value that more than 300 rows share.
      const uint64_t v = c == 5 ? std::min<uint64_t>(random.below(300), 220) : random.below(30);
      row.push_back(v == 0 ? "" : "v" + std::to_string(v));
    }
    rows.push_back(row);
  }
  MatchRecords records(std::pmr::get_default_resource(), 6, true);
  fill(records, rows);
  const Candidates candidates(records, d);

  std::set<std::pair<size_t, size_t>> found;
  candidates.each([&](size_t a, size_t b) {
    ASSERT_LT(a, b);
    const size_t x = std::stoul(std::string(records.id(a))),
                 y = std::stoul(std::string(records.id(b)));
    ASSERT_LT(x, y);
    ASSERT_TRUE(found.insert({x, y}).second);
  });
  std::set<std::pair<size_t, size_t>> wanted;
  size_t left_out = 0;
  for (const std::vector<size_t>& key : {std::vector<size_t>{0, 1}, {5}, {1, 0, 5}}) {
    std::map<Row, std::vector<size_t>> groups;
    for (size_t i = 0; i < rows.size(); ++i) {
      Row value;
      for (const size_t c : key) value.push_back(rows[i][c]);
      if (std::ranges::find(value, "") == value.end()) groups[value].push_back(i);
    }
    for (const auto& [value, members] : groups) {
      left_out += members.size() > 300;
      for (size_t i = 0; members.size() <= 300 && i < members.size(); ++i)
        for (size_t j = i + 1; j < members.size(); ++j) wanted.insert({members[i], members[j]});
    }
  }
  EXPECT_EQ(found, wanted);
  ASSERT_EQ(left_out, 1U);
  ASSERT_EQ(candidates.left_out().size(), 1U);
  EXPECT_EQ(candidates.value_of(candidates.left_out()[0]), "v220");
  EXPECT_EQ(candidates.left_out()[0].key, 1U);
}

TEST(MatchRecords, IdsInOrderAndNotTwice) {
  MatchRecords records(std::pmr::get_default_resource(), 1, true);
  const std::string_view value = "x";
  for (const char* const id : {"b", "10", "9", "007", "a"}) records.add(id, &value);
  records.finish();
  std::string order;
  for (size_t i = 0; i < records.rows(); ++i) order += std::string(records.id(i)) + " ";
  EXPECT_EQ(order, "9 10 007 a b ");
  MatchRecords twice(std::pmr::get_default_resource(), 1, true);
  twice.add("a", &value);
  twice.add("a", &value);
  EXPECT_THROW(twice.finish(), Error);
}

/// What the letters alone say must be what the comparison says.
TEST(Comparison, LevelsOfRandomTexts) {
  const auto d = definition_of({"n:name", "c:code", "e:exact", "x:exact"}, {"x"});
  SplitMix64 random(3);
  const char* const letters[] = {"a", "b", "e", "n", "o", "1", "é", "张", "三", "李"};
  std::vector<Row> rows;
  for (int i = 0; i < 400; ++i) {
    std::string text;
    for (uint64_t k = random.below(10); k > 0; --k)
      text += letters[random.below(i % 3 == 0 ? 10 : 6)];
    rows.push_back({text, text, text, "1"});
  }
  MatchRecords records(std::pmr::get_default_resource(), 4, false);
  fill(records, rows);
  Comparison compare(records, d);
  size_t seen[4] = {};
  for (int n = 0; n < 100'000; ++n) {
    const size_t a = random.below(rows.size()), b = random.below(rows.size());
    const Pattern pattern = compare(a, b);
    ASSERT_EQ(pattern, compare(b, a));
    const auto name = level_in(pattern, 0, 4), code = level_in(pattern, 1, 4),
               exact = level_in(pattern, 2, 4);
    ASSERT_EQ(name.has_value(), records.row(a)[0] != 0 && records.row(b)[0] != 0);
    if (!name) continue;
    const auto text = [&](size_t row) {
      const std::string_view s = records.column(0).text(records.row(row)[0]).bytes;
      std::u32string out;
      for (std::string_view rest = s; !rest.empty();) {
        const size_t length = utf8_length(rest);
        out += decode_utf8(rest, length);
        rest.remove_prefix(length);
      }
      return out;
    };
    const std::u32string x = text(a), y = text(b);
    const double similarity = jaro_winkler(x, y);
    ASSERT_EQ(*name, x == y ? 0U : similarity >= 0.92 ? 1U : similarity >= 0.85 ? 2U : 3U);
    ASSERT_EQ(*code, edit_distance(x, y, 2));
    ASSERT_EQ(*exact, x == y ? 0U : 1U);
    ++seen[*name];
  }
  for (const size_t n : seen) EXPECT_GT(n, 5U);
}

}  // namespace
}  // namespace clientele
