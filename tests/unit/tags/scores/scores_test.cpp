// SPDX-License-Identifier: PostgreSQL
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "base/decimal.hpp"
#include "tags/scores/gathered_scores.hpp"
#include "unit/code_of.hpp"
#include "unit/tags/audience/audience_checks.hpp"

namespace clientele::tags {
namespace {

using testing::code_of;

using Map = std::map<uint64_t, Millionths>;

std::vector<uint8_t> bytes_of(const Scores& s) {
  std::vector<uint8_t> out(s.written_size());
  s.write_to(out.data());
  return out;
}

Scores scores_of(const Map& map) {
  std::vector<Score> all;
  for (const auto& [id, score] : map) all.push_back({id, score});
  return Scores::of(all);
}

Map random_scores(testing::Random& random, const std::set<uint64_t>& ids) {
  static constexpr Millionths units[] = {1, 10, 1000, 1'000'000, 1'000'000'000, 7};
  const Millionths unit = units[random.below(6)];
  const uint64_t width = random.below(61);
  Map map;
  for (const uint64_t id : ids) {
    auto score = static_cast<Millionths>(random() >> (width + 4));
    score = score % (scores_end / unit) * unit;
    map[id] = random.one_in(3) ? -score : score;
    if (random.one_in(500)) map[id] = random.one_in(2) ? scores_end - 1 : 1 - scores_end;
  }
  return map;
}

void expect_same(const Scores& s, const Map& map) {
  const std::vector<Score> all = s.scores();
  ASSERT_EQ(all.size(), map.size());
  auto expected = map.begin();
  for (const Score& one : all) {
    ASSERT_EQ(one.customer, expected->first);
    ASSERT_EQ(one.score, expected->second);
    ++expected;
  }
  ASSERT_EQ(s.size(), map.size());
  const auto bytes = bytes_of(s);
  ASSERT_EQ(bytes, bytes_of(scores_of(map)));
  ASSERT_EQ(bytes_of(Scores::read(bytes)), bytes);
  ASSERT_EQ(Scores::size_in_head(std::span(bytes).first(Scores::head_bytes)), map.size());
}

std::vector<uint64_t> those(const Map& map, const auto& holds) {
  std::vector<uint64_t> ids;
  for (const auto& [id, score] : map)
    if (holds(score)) ids.push_back(id);
  return ids;
}

TEST(Scores, AgreeWithMaps) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  testing::Random random(seed);
  for (int round = 0; round < 10; ++round) {
    std::set<uint64_t> ids = testing::random_ids(random);
    if (random.one_in(2))
      while (ids.size() > 50) ids.erase(std::next(ids.begin(), 50), ids.end());
    const Map map = random_scores(random, ids);
    const Scores s = scores_of(map);
    expect_same(s, map);
    if (HasFatalFailure()) return;
    // Bounds at scores, beside them and beyond all.
    std::vector<Millionths> bounds = {-scores_end, 0, 1, scores_end};
    for (int i = 0; i < 4 && !map.empty(); ++i) {
      const Millionths b =
          std::next(map.begin(), static_cast<int64_t>(random.below(map.size())))->second;
      bounds.insert(bounds.end(), {b - 1, b, b + 1});
    }
    for (const Millionths b : bounds) {
      ASSERT_EQ(testing::all_ids(s.below({b})), those(map, [&](Millionths v) { return v < b; }));
      // As doubles compare, which is how tags do.
      const double x = amount_as_double(b);
      for (const double y : {x, std::nextafter(x, -INFINITY), std::nextafter(x, INFINITY)}) {
        const auto matches = [&](auto holds) {
          return those(map, [&](Millionths v) { return holds(amount_as_double(v)); });
        };
        ASSERT_EQ(testing::all_ids(s.less(y)), matches([&](double v) { return v < y; }));
        ASSERT_EQ(testing::all_ids(s.at_most(y)), matches([&](double v) { return v <= y; }));
        ASSERT_EQ(testing::all_ids(s.greater(y)), matches([&](double v) { return v > y; }));
        ASSERT_EQ(testing::all_ids(s.at_least(y)), matches([&](double v) { return v >= y; }));
        ASSERT_EQ(testing::all_ids(s.equal(y)), matches([&](double v) { return v == y; }));
        ASSERT_EQ(testing::all_ids(s.between(y, 1e5)),
                  matches([&](double v) { return v >= y && v <= 1e5; }));
      }
    }
    // Sums and places among some.
    const std::set<uint64_t> some = testing::random_ids(random, ids);
    std::vector<Millionths> ordered;
    __int128 sum = 0;
    for (const auto& [id, score] : map)
      if (some.contains(id)) ordered.push_back(score), sum += score;
    std::ranges::sort(ordered);
    const auto summary = s.summary(testing::audience_of(some));
    ASSERT_EQ(summary.has_value(), !ordered.empty());
    if (summary) {
      const size_t n = ordered.size();
      ASSERT_EQ(summary->customers, n);
      ASSERT_TRUE(summary->sum == sum);
      ASSERT_EQ(summary->least, ordered.front());
      ASSERT_EQ(summary->greatest, ordered.back());
      ASSERT_EQ(summary->lower_median, ordered[(n - 1) / 2]);
      ASSERT_EQ(summary->upper_median, ordered[n / 2]);
    }
    for (const uint64_t id : some) {
      const auto found = map.find(id);
      ASSERT_EQ(s.of_customer(id),
                found == map.end() ? std::nullopt : std::optional(found->second));
    }
    // Keeping, dropping, joining.
    Map kept = map, dropped = map;
    std::erase_if(kept, [&](const auto& v) { return !some.contains(v.first); });
    std::erase_if(dropped, [&](const auto& v) { return some.contains(v.first); });
    Scores changed = s;
    expect_same(changed &= testing::audience_of(some), kept);
    changed = s;
    expect_same(changed -= testing::audience_of(some), dropped);
    Map more = random_scores(random, some), joined = more;
    if (random.one_in(2) && !map.empty())
      for (auto& [id, score] : more) score = joined[id] = map.begin()->second;
    joined.insert(map.begin(), map.end());
    changed = s;
    expect_same(changed |= scores_of(more), joined);
    if (HasFatalFailure()) return;
    if (map.size() < 3000) {
      expect_same(Scores::from_text(s.text(1 << 24)), map);
    }
    // In any order, in parts.
    std::vector<Score> rows = s.scores();
    std::shuffle(rows.begin(), rows.end(), random);
    GatheredScores left(std::pmr::get_default_resource()), right = left;
    for (const Score& row : rows) {
      (random.one_in(2) ? left : right).add(row);
      if (random.one_in(10)) left.add(row);
    }
    left.merge(right);
    expect_same(left.all(), map);
    if (HasFatalFailure()) return;
  }
}

TEST(Scores, CompareAsWritten) {
  const Scores s = Scores::from_text("{1:0.1, 2:0.3, 3:-0.1, 4:999999999999.999999}");
  EXPECT_EQ(s.equal(0.1).text(100), "{1}");
  EXPECT_EQ(s.at_least(0.3).text(100), "{2,4}");
  EXPECT_EQ(s.less(0.1).text(100), "{3}");
  EXPECT_EQ(s.less(-0.1).text(100), "{}");
  EXPECT_EQ(s.at_most(INFINITY).size(), 4u);
  EXPECT_EQ(s.greater(-INFINITY).size(), 4u);
  EXPECT_EQ(s.less(-1e300).size(), 0u);
  EXPECT_EQ(s.less(1e300).size(), 4u);
}

TEST(Scores, HaveOneForm) {
  EXPECT_EQ(Scores::from_text(" { } ").text(100), "{}");
  EXPECT_EQ(Scores::from_text("{7:-3, 5 : 10.50,5:10.5}").text(100), "{5:10.5,7:-3}");
  Scores s = Scores::from_text("{1:0.25,2:7,3:9}");
  s -= Audience::from_text("{1}");
  EXPECT_EQ(bytes_of(s), bytes_of(Scores::from_text("{2:7,3:9}")));
  s -= Audience::from_text("{2,3}");
  EXPECT_EQ(bytes_of(s), bytes_of(Scores()));
  EXPECT_EQ(code_of([] { Scores::from_text("{1:2,1:3}"); }), "21000");
  for (const char* text : {"", "{", "{1}", "{1:}", "{1:2", "{1:2}}", "{:2}", "{1:2,}", "{1-2:3}"})
    EXPECT_TRUE(code_of([&] { Scores::from_text(text); }).starts_with("22")) << text;
  EXPECT_EQ(code_of([] { Scores::from_text("{1:1000000000000}"); }), "22003");
  EXPECT_EQ(code_of([] { Scores::from_text("{1:NaN}"); }), "22003");
  EXPECT_EQ(code_of([] { Scores::from_text("{-1:1}"); }), "22003");
}

TEST(Scores, RefuseChangedBytes) {
  testing::Random random(3);
  int refused = 0;
  for (int round = 0; round < 2000; ++round) {
    std::set<uint64_t> ids;
    for (uint64_t n = random.below(20); n > 0; --n) ids.insert(random.below(1000));
    std::vector<uint8_t> bytes = bytes_of(scores_of(random_scores(random, ids)));
    if (random.one_in(4))
      bytes.resize(random.below(bytes.size()));
    else
      bytes[random.below(bytes.size())] ^= static_cast<uint8_t>(1 << random.below(8));
    try {
      const Scores read = Scores::read(bytes);
      ASSERT_EQ(bytes_of(read), bytes);
      for (const Score& s : read.scores()) ASSERT_LT(std::abs(s.score), scores_end);
    } catch (const Error& e) {
      ASSERT_STREQ(e.code(), "XX001");
      ++refused;
    }
  }
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace clientele::tags
