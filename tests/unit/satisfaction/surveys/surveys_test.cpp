// SPDX-License-Identifier: PostgreSQL
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.hpp"
#include "satisfaction/surveys/score.hpp"

namespace clientele {
namespace {

SurveySummary summary(Scale scale, std::initializer_list<double> scores) {
  SurveySummary s(std::pmr::get_default_resource());
  for (const double score : scores) s.add(score, scale);
  return s;
}

Bytes written(const SurveySummary& s) {
  Bytes out;
  s.write(out);
  return out;
}

/// The probability of each net number by counting, in long double.
double slow_chance(int n, int p_all, int d_all, int m, int net) {
  const auto choose = [](int a, int b) {
    long double c = b < 0 || b > a ? 0 : 1;
    for (int i = 0; i < b && c > 0; ++i) c = c * (a - i) / (i + 1);
    return c;
  };
  long double up = 0, down = 0;
  for (int p = 0; p <= p_all; ++p)
    for (int d = 0; d <= d_all; ++d) {
      const long double w =
          choose(p_all, p) * choose(d_all, d) * choose(n - p_all - d_all, m - p - d) / choose(n, m);
      if (p - d >= net) up += w;
      if (p - d <= net) down += w;
    }
  return static_cast<double>(std::min<long double>(1, 2 * std::min(up, down)));
}

TEST(SurveySummary, counts_each_score) {
  const SurveySummary s = summary(Scale::nps, {10, 9, 8, 7, 6, 0});
  EXPECT_EQ(s.answers(), 6);
  EXPECT_EQ(s.favourable(), 2);
  EXPECT_EQ(s.neutral(), 2);
  EXPECT_EQ(s.unfavourable(), 2);
  EXPECT_DOUBLE_EQ(s.mean(), 40.0 / 6);
  EXPECT_EQ(summary(Scale::csat, {1, 2, 3, 4, 5}).favourable(), 2);
  EXPECT_EQ(summary(Scale::ces, {1, 3, 4, 5, 7}).favourable(), 2);
}

TEST(SurveySummary, refuses_what_is_not_on_the_scale) {
  for (const double score : {-1.0, 11.0, 9.5, double{NAN}, double{INFINITY}})
    EXPECT_THROW(summary(Scale::nps, {score}), Error) << score;
  for (const double score : {0.0, 6.0}) EXPECT_THROW(summary(Scale::csat, {score}), Error);
  for (const double score : {0.0, 8.0}) EXPECT_THROW(summary(Scale::ces, {score}), Error);
  EXPECT_THROW(parse_scale("NPS"), Error);
  SurveySummary s = summary(Scale::nps, {5});
  EXPECT_THROW(s.add(5, Scale::csat), Error);
  EXPECT_THROW(s.merge(summary(Scale::ces, {5})), Error);
}

TEST(SurveySummary, is_written_and_read_alike_in_any_order) {
  SurveySummary a = summary(Scale::nps, {10, 3}), b = summary(Scale::nps, {0, 9, 9});
  const SurveySummary all = summary(Scale::nps, {9, 10, 0, 3, 9});
  a.merge(b);
  EXPECT_EQ(written(a), written(all));
  const Bytes bytes = written(all);
  for (size_t n = 0; n < bytes.size(); ++n) {
    SurveySummary s(std::pmr::get_default_resource());
    Reader r(std::span<const uint8_t>(bytes).first(n));
    EXPECT_THROW(s.read(r), Error) << n;
  }
  SurveySummary s(std::pmr::get_default_resource());
  Reader r(bytes);
  s.read(r);
  EXPECT_TRUE(r.done());
  EXPECT_EQ(written(s), bytes);
}

TEST(SurveySummary, gives_up_a_part) {
  SurveySummary all = summary(Scale::csat, {1, 2, 5, 5});
  all.remove(summary(Scale::csat, {5, 1}));
  EXPECT_EQ(written(all), written(summary(Scale::csat, {2, 5})));
  EXPECT_THROW(all.remove(summary(Scale::csat, {3})), Error);
  EXPECT_THROW(all.remove(summary(Scale::ces, {2})), Error);
  all.remove(summary(Scale::csat, {5, 2}));
  EXPECT_FALSE(all.started());
}

TEST(SurveySummary, refuses_impossible_bytes) {
  const auto read = [](std::vector<uint8_t> bytes) {
    SurveySummary s(std::pmr::get_default_resource());
    Reader r(bytes);
    s.read(r);
  };
  EXPECT_THROW(read({2, 1, 0, 0, 0, 0, 1}), Error);  // another version
  EXPECT_THROW(read({1, 3, 0, 0, 0, 0, 1}), Error);  // another scale
  EXPECT_THROW(read({1, 1, 0, 0, 0, 0, 0}), Error);  // no answers
  EXPECT_THROW(read({1, 1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1, 0, 0, 0, 0}), Error);
  EXPECT_NO_THROW(read({1, 1, 0, 0, 0, 0, 1}));
}

TEST(NetShare, has_the_interval_of_tango) {
  const Estimate e = net_share(6, 2, 10);  // the oracle's figures
  EXPECT_DOUBLE_EQ(e.value, 0.4);
  EXPECT_NEAR(e.low, -0.15291304445711312, 1e-12);
  EXPECT_NEAR(e.high, 0.7526159272139069, 1e-12);
  const Estimate best = net_share(5, 0, 5), worst = net_share(0, 5, 5);
  EXPECT_EQ(best.high, 1);
  EXPECT_EQ(worst.low, -1);
  EXPECT_NEAR(best.low, -worst.high, 1e-12);
  for (const uint64_t n : {1u, 7u, 1000000u})
    for (const uint64_t b : {uint64_t{0}, n / 3, n}) {
      const Estimate x = net_share(b, n - b, n), y = net_share(n - b, b, n);
      EXPECT_LE(x.low, x.value);
      EXPECT_GE(x.high, x.value);
      EXPECT_NEAR(x.low, -y.high, 1e-9);
    }
}

TEST(NetChance, is_that_of_counting) {
  for (int n = 2; n <= 12; ++n)
    for (int p = 0; p <= n; p += 2)
      for (int d = 0; d + p <= n; ++d)
        for (int m = 1; m < n; m += 2)
          for (int net = -std::min(d, m); net <= std::min(p, m); ++net)
            EXPECT_NEAR(net_chance(n, p, d, m, net), slow_chance(n, p, d, m, net), 1e-12)
                << n << ' ' << p << ' ' << d << ' ' << m << ' ' << net;
}

TEST(NetChance, changes_little_where_the_normal_distribution_begins) {
  const double exact = net_chance(100000, 40000, 30000, 20000, 2190);
  const double normal = net_chance(100001, 40000, 30000, 20000, 2190);
  EXPECT_NEAR(exact, normal, 5e-3 * exact);
  EXPECT_NEAR(exact, 0.0713, 1e-4);
  EXPECT_EQ(net_chance(10, 3, 2, 10, 1), 1);
  EXPECT_EQ(net_chance(5000000, 0, 0, 1000, 0), 1);
}

TEST(SurveyDifference, is_mirrored) {
  const SurveySummary a = summary(Scale::nps, {10, 9, 8, 3}), b = summary(Scale::nps, {0, 1, 10});
  const SurveyDifference x = survey_difference(a, b), y = survey_difference(b, a);
  EXPECT_NEAR(x.estimate.low, -y.estimate.high, 1e-9);
  EXPECT_NEAR(x.p_value, y.p_value, 1e-15);
  EXPECT_THROW(survey_difference(a, summary(Scale::csat, {3})), Error);
  EXPECT_EQ(survey_difference(a, a).estimate.value, 0);
  EXPECT_EQ(survey_difference(a, a).p_value, 1);
}

}  // namespace
}  // namespace clientele
