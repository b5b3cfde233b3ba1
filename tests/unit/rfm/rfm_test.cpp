// SPDX-License-Identifier: PostgreSQL
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>
#include <set>

#include "base/calendar.hpp"
#include "rfm/segments.hpp"
#include "rfm/values.hpp"
#include "unit/code_of.hpp"

namespace clientele {
namespace {

using testing::code_of;

std::vector<uint8_t> definition_bytes(RfmDefinition d) {
  d.check();
  Bytes out;
  d.write(out);
  return {out.begin(), out.end()};
}

RfmDefinition by(CutMethod method, int buckets = 0) {
  RfmDefinition d;
  d.method = method;
  d.buckets = buckets;
  return d;
}

TEST(Rfm, KeysKeepTheOrderOfDoubles) {
  const double values[] = {-INFINITY, -1e308, -1, -1e-308, -5e-324, 0,
                           5e-324,    1e-308, 1,  1e308,   INFINITY};
  for (const double a : values) {
    EXPECT_EQ(double_of_key(key_of_double(a)), a);
    EXPECT_NE(key_of_double(a), negative_zero);
    EXPECT_NE(key_of_double(a), rfm_null);
    for (const double b : values) EXPECT_EQ(key_of_double(a) < key_of_double(b), a < b);
  }
  EXPECT_EQ(key_of_double(-0.0), key_of_double(0.0));
  EXPECT_EQ(key_of_days(0), key_of_double(0));
  EXPECT_LT(key_of_days(3), key_of_days(2));
  EXPECT_LT(key_of_length(3), key_of_length(2));
}

TEST(Rfm, RefusesWhatIsNoValue) {
  for (const double v : {NAN, INFINITY, -INFINITY}) {
    EXPECT_EQ(code_of([&] { key_of_amount(rfm_monetary, v); }), "22023");
    EXPECT_EQ(code_of([&] { key_of_days(v); }), "22023");
  }
  EXPECT_EQ(code_of([] { key_of_amount(rfm_frequency, -1); }), "22023");
  EXPECT_EQ(code_of([] { key_of_amount(rfm_monetary, -1); }), "none");
  EXPECT_EQ(code_of([] { key_of_days(-1); }), "22023");
  EXPECT_EQ(code_of([] { key_of_length(-1); }), "22023");
  EXPECT_EQ(code_of([] { key_of_time(INT64_MAX); }), "22008");
  EXPECT_EQ(code_of([] { key_of_time(INT64_MIN); }), "22008");
  EXPECT_EQ(code_of([] { check_buckets(1); }), "22023");
  EXPECT_EQ(code_of([] { check_buckets(11); }), "22023");
}

// The definition word by word, and stored cuts against it.
TEST(Rfm, ScoresFollowTheDefinition) {
  std::mt19937 random(20261124);
  for (int round = 0; round < 2000; ++round) {
    const int buckets = 2 + static_cast<int>(random() % 9);
    const size_t n = 1 + random() % 40;
    const uint32_t spread = 1 + random() % 30;
    std::vector<RfmKey> keys;
    for (size_t i = 0; i < n; ++i)
      keys.push_back(random() % 7 == 0 ? rfm_null
                                       : key_of_days(static_cast<double>(random() % spread)));
    std::vector<uint8_t> scores(n, 99);
    score_column(keys, buckets, scores.data(), 1, std::pmr::get_default_resource());
    RfmValues state(std::pmr::get_default_resource());
    state.define(definition_bytes(by(CutMethod::quantile, buckets)), Recency::number);
    for (const RfmKey key : keys)
      if (key != rfm_null) state.add(rfm_recency, key);
    const RfmCuts cuts = state.cuts();
    size_t known = 0;
    for (const RfmKey key : keys) known += key != rfm_null;
    for (size_t i = 0; i < n; ++i) {
      if (keys[i] == rfm_null) {
        EXPECT_EQ(scores[i], 0);
        continue;
      }
      size_t worse = 0;
      for (const RfmKey key : keys) worse += key != rfm_null && key < keys[i];
      EXPECT_EQ(scores[i], 1 + buckets * worse / known);
      EXPECT_EQ(cuts.score(rfm_recency, keys[i]), scores[i]);
    }
    EXPECT_EQ(cuts.score(rfm_frequency, 0), 0);
  }
}

// Every way to part sorted values into k runs.
double least_spread(const std::vector<double>& values, size_t from, size_t k) {
  double best = INFINITY;
  double sum = 0, squares = 0;
  for (size_t to = from; to + k <= values.size(); ++to) {
    sum += values[to];
    squares += values[to] * values[to];
    const double here = squares - sum * sum / static_cast<double>(to - from + 1);
    if (k == 1) {
      if (to + 1 == values.size()) best = std::min(best, here);
    } else if (to + 1 < values.size()) {
      best = std::min(best, here + least_spread(values, to + 1, k - 1));
    }
  }
  return best;
}

std::vector<RfmRun> runs_of(const std::vector<double>& sorted) {
  std::vector<RfmRun> runs;
  for (const double v : sorted) {
    if (!runs.empty() && runs.back().key == key_of_double(v))
      ++runs.back().count;
    else
      runs.push_back({key_of_double(v), 1});
  }
  return runs;
}

double spread_by(const std::vector<double>& values, const RfmCutKeys& cuts, int buckets) {
  std::map<int, std::vector<double>> groups;
  for (const double v : values)
    groups[score_of(key_of_double(v), {cuts.data(), static_cast<size_t>(buckets - 1)})].push_back(
        v);
  double total = 0;
  for (const auto& [score, group] : groups) {
    double mean = 0;
    for (const double v : group) mean += v / static_cast<double>(group.size());
    for (const double v : group) total += (v - mean) * (v - mean);
  }
  return total;
}

TEST(Rfm, ClustersAreOptimal) {
  std::mt19937 random(7);
  for (int round = 0; round < 600; ++round) {
    const int buckets = 2 + static_cast<int>(random() % 4);
    std::vector<double> values(1 + random() % 11);
    const double unit = round % 3 == 0 ? 1 : 0.37;
    for (double& v : values)
      v = unit * static_cast<double>(random() % (2 + round % 50)) *
          (random() % 5 == 0 && round % 2 == 0 ? 9 : 1);
    std::sort(values.begin(), values.end());
    const std::vector<RfmRun> runs = runs_of(values);
    const RfmCutKeys cuts = kmeans_cuts(runs, buckets, false);
    const size_t k = std::min<size_t>(buckets, runs.size());
    const double best = least_spread(values, 0, k), got = spread_by(values, cuts, buckets);
    EXPECT_NEAR(got, best, 1e-9 * (1 + best)) << "round " << round;
    for (int i = 1; i + 1 < buckets; ++i) EXPECT_LE(cuts[i - 1], cuts[i]);
  }
}

TEST(Rfm, ClustersOfFarAndNearValues) {
  // A double of their squares, or 64 bits of it, would lose the near ones.
  const std::vector<double> values{0, 0.001, 0.0051, 0.0052, 1e9};
  const RfmCutKeys cuts = kmeans_cuts(runs_of(values), 3, false);
  EXPECT_GT(double_of_key(cuts[0]), 0.001);
  EXPECT_LT(double_of_key(cuts[0]), 0.0051);
  EXPECT_GT(double_of_key(cuts[1]), 0.0052);
  const std::vector<double> wide{-1.7e308, 0, 1.7e308};
  const RfmCutKeys wide_cuts = kmeans_cuts(runs_of(wide), 3, false);
  EXPECT_EQ(score_of(key_of_double(0), {wide_cuts.data(), 2}), 2);
  std::vector<RfmRun> times;
  for (int i = 0; i < 6; ++i) times.push_back({first_instant + i, 1});
  times.push_back({end_of_time - 1, 1});
  const RfmCutKeys time_cuts = kmeans_cuts(times, 3, true);
  EXPECT_EQ(time_cuts[0], first_instant + 2);
  EXPECT_GE(time_cuts[1], first_instant + 5);
  // Between -tiny and 0 there is no cut that would be -0.
  const std::vector<double> tiny{-5e-324, 0};
  EXPECT_EQ(double_of_key(kmeans_cuts(runs_of(tiny), 2, false)[0]), -5e-324);
}

TEST(Rfm, ManyValuesAreClusteredOnAGrid) {
  std::mt19937 random(3);
  std::vector<double> values;
  for (int i = 0; i < 3000; ++i)
    values.push_back(static_cast<double>(random() % 1000000) / 1e6 + (i % 3) * 1.7);
  std::sort(values.begin(), values.end());
  const auto runs = runs_of(values);
  const double exact = spread_by(values, kmeans_cuts(runs, 3, false), 3);
  const double coarse = spread_by(values, kmeans_cuts(runs, 3, false, 500), 3);
  EXPECT_GE(coarse, exact * (1 - 1e-12));
  EXPECT_LE(coarse, exact * 1.001);
}

TEST(Rfm, FewerValuesThanBuckets) {
  const RfmCutKeys cuts = kmeans_cuts(runs_of({1, 1, 2, 3}), 5, false);
  for (const int v : {1, 2, 3}) EXPECT_EQ(score_of(key_of_double(v), {cuts.data(), 4}), v);
  EXPECT_EQ(score_of(key_of_double(10), {cuts.data(), 4}), 5);
}

TEST(Rfm, MeanParts) {
  const auto above = [](const std::vector<double>& values, double v) {
    const RfmCutKeys cut = mean_cut(runs_of(values), false);
    return score_of(key_of_double(v), {cut.data(), 1}) == 2;
  };
  EXPECT_FALSE(above({0.1, 0.1, 0.1}, 0.1));  // whose sum in doubles is more than 0.3
  EXPECT_FALSE(above({1, 2, 3}, 2));
  EXPECT_TRUE(above({1, 2, 3}, 3));
  EXPECT_FALSE(above({1e308, 1.5e308}, 1e308));
  EXPECT_TRUE(above({1e308, 1.5e308}, 1.5e308));
  const RfmRun lengths[] = {{-4, 1}, {-1, 1}};  // the mean is -2.5
  EXPECT_EQ(mean_cut(lengths, true)[0], -3);
  const RfmRun times[] = {{-2, 1}, {-1, 1}, {5, 2}};  // 1.75
  EXPECT_EQ(mean_cut(times, true)[0], 1);
}

TEST(Rfm, StateDependsOnTheMultiset) {
  std::mt19937 random(11);
  for (const CutMethod method : {CutMethod::quantile, CutMethod::kmeans, CutMethod::mean}) {
    const auto encoded = definition_bytes(by(method));
    RfmValues whole(std::pmr::get_default_resource());
    std::vector<RfmValues> parts;
    for (int i = 0; i < 3; ++i) {
      parts.emplace_back(std::pmr::get_default_resource());
      if (i > 0) parts.back().define(encoded, Recency::time);
    }
    whole.define(encoded, Recency::time);
    for (int i = 0; i < 200000; ++i) {
      const auto d = static_cast<int>(random() % 3);
      const RfmKey key =
          d == 0 ? static_cast<RfmKey>(random()) * 1000003 : key_of_double(random() % 50000);
      whole.add(d, key);
      parts[1 + random() % 2].add(d, key);
    }
    parts[0].merge(parts[2]);
    parts[0].merge(parts[1]);
    Bytes a, b;
    whole.write(a);
    parts[0].write(b);
    EXPECT_TRUE(a == b);
    RfmValues again(std::pmr::get_default_resource());
    Reader reader(a);
    again.read(reader);
    EXPECT_TRUE(reader.done());
    Bytes c, cuts_a, cuts_b;
    again.write(c);
    EXPECT_TRUE(a == c);
    whole.cuts().write(cuts_a);
    parts[0].cuts().write(cuts_b);
    EXPECT_TRUE(cuts_a == cuts_b);
  }
  RfmCounts small(std::pmr::get_default_resource(), 100);
  for (int i = 0; i < 100; ++i) small.add(i % 100);
  EXPECT_EQ(small.runs().size(), 100u);
  small.add(100);
  EXPECT_EQ(code_of([&] { small.runs(); }), "54000");
}

TEST(Rfm, DefinitionsAndCutsAreChecked) {
  EXPECT_EQ(by(CutMethod::quantile).method, CutMethod::quantile);
  EXPECT_EQ(code_of([] { by(CutMethod::fixed).check(); }), "22023");
  EXPECT_EQ(code_of([] { by(CutMethod::mean, 5).check(); }), "22023");
  EXPECT_EQ(code_of([] { by(CutMethod::mean).check(); }), "none");
  EXPECT_EQ(code_of([] { by(CutMethod::kmeans, 12).check(); }), "22023");
  RfmDefinition fixed = by(CutMethod::fixed);
  fixed.fixed.set(rfm_frequency, std::vector<RfmKey>{key_of_double(5), key_of_double(2)});
  EXPECT_EQ(code_of([&] { fixed.check(); }), "none");
  EXPECT_EQ(fixed.buckets, 3);
  EXPECT_EQ(fixed.fixed.score(rfm_frequency, key_of_double(2)), 1);
  EXPECT_EQ(fixed.fixed.score(rfm_frequency, key_of_double(3)), 2);
  EXPECT_EQ(fixed.fixed.score(rfm_frequency, key_of_double(6)), 3);
  EXPECT_EQ(code_of([&] { fixed.fixed.set(rfm_monetary, std::vector<RfmKey>{1}); }), "22023");
  const std::vector<RfmKey> twice{key_of_double(1), key_of_double(1)};
  fixed.fixed.set(rfm_frequency, twice);
  EXPECT_EQ(code_of([&] { fixed.check(); }), "22023");
  Bytes out;
  fixed.fixed.write(out);
  const RfmCuts again = RfmCuts::read(out);
  Bytes second;
  again.write(second);
  EXPECT_TRUE(out == second);
  for (size_t i = 0; i < out.size(); ++i)
    EXPECT_EQ(code_of([&] { RfmCuts::read({out.data(), i}); }), "XX001");
}

TEST(Rfm, EveryCellHasOneSegment) {
  std::map<std::string, std::set<std::array<int, 3>>> cells;
  std::map<std::string, std::set<std::string>> names;
  std::map<std::string, std::string> tiers;
  for (const RfmCell& c : builtin_cells()) {
    EXPECT_TRUE(cells[c.scheme].insert({c.r, c.f, c.m}).second);
    names[c.scheme].insert(c.segment);
    EXPECT_EQ(tiers.emplace(c.scheme + c.segment, c.tier).first->second, c.tier);
  }
  EXPECT_EQ(cells["standard"].size(), 125u);
  EXPECT_EQ(names["standard"].size(), 11u);
  for (const char* scheme : {"eight", "eight_en"}) {
    EXPECT_EQ(cells[scheme].size(), 8u);
    EXPECT_EQ(names[scheme].size(), 8u);
  }
  EXPECT_EQ(cells.size(), 3u);
  // A better customer in the standard scheme never falls from high value to another tier.
  const std::map<std::string, int> rank{
      {"at risk", 0}, {"basic", 1}, {"potential", 2}, {"high value", 3}};
  std::vector<RfmCell> standard;
  for (const RfmCell& c : builtin_cells())
    if (c.scheme == "standard") standard.push_back(c);
  const RfmScheme scheme(standard);
  for (int r = 1; r < 5; ++r)
    for (int f = 1; f <= 5; ++f)
      for (int m = 1; m <= 5; ++m)
        if (scheme.cell(r, f, m, 5).tier == "high value") {
          EXPECT_EQ(scheme.cell(r + 1, f, m, 5).tier, "high value");
        }
}

TEST(Rfm, ScoresBecomeLevels) {
  const auto all = [](int buckets, int levels) {
    std::string s;
    for (int i = 1; i <= buckets; ++i) s += std::to_string(level_of(i, buckets, levels));
    return s;
  };
  EXPECT_EQ(all(5, 2), "11122");
  EXPECT_EQ(all(2, 2), "12");
  EXPECT_EQ(all(5, 5), "12345");
  EXPECT_EQ(all(10, 5), "1122334455");
  EXPECT_EQ(all(2, 5), "15");
  EXPECT_EQ(all(3, 5), "135");
  EXPECT_EQ(all(7, 1), "1111111");
  for (int buckets = 2; buckets <= 10; ++buckets)
    for (int levels = 1; levels <= 10; ++levels)
      for (int s = 1; s <= buckets; ++s)
        EXPECT_EQ(level_of(s, buckets, levels),
                  1 + std::ceil((s - 1.0) * (levels - 1) / (buckets - 1) - 0.5 - 1e-9));
}

TEST(Rfm, SchemesMustBeWhole) {
  std::vector<RfmCell> cells;
  for (int i = 0; i < 8; ++i)
    cells.push_back({"mine", 1 + i / 4, 1 + i / 2 % 2, 1 + i % 2, std::to_string(i), "basic"});
  const RfmScheme scheme(cells);
  EXPECT_EQ(scheme.levels(), 2);
  EXPECT_EQ(scheme.cell(4, 1, 5, 5).segment, "5");
  cells.pop_back();
  EXPECT_EQ(code_of([&] { RfmScheme{cells}; }), "22023");
  cells.push_back(cells.front());
  EXPECT_EQ(code_of([&] { RfmScheme{cells}; }), "22023");
  EXPECT_EQ(code_of([] { RfmScheme{std::span<const RfmCell>()}; }), "22023");
}

}  // namespace
}  // namespace clientele
