// SPDX-License-Identifier: PostgreSQL
#include "churn/classification/classification.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "unit/random_events.hpp"

namespace clientele {
namespace {

using testing::Random;

struct Row {
  double p;
  bool outcome;
};
using Rows = std::vector<Row>;

Classification of(const Rows& rows, size_t limit = Classification::usual_limit) {
  Classification c(std::pmr::get_default_resource(), limit);
  for (const Row& r : rows) c.add(r.p, r.outcome);
  return c;
}

Bytes written(const Classification& c) {
  Bytes out;
  c.write(out);
  return out;
}

/// With ties, the ends of the range, or one class only.
Rows random_rows(Random& random) {
  const uint64_t kind = random.below(6), n = 1 + random.below(60);
  const uint64_t odds = random.below(5);  // 0: no positive, 4: no negative
  Rows rows;
  for (uint64_t i = 0; i < n; ++i) {
    double p = static_cast<double>(random.below(1 << 20)) / (1 << 20);
    if (kind == 0) p = static_cast<double>(random.below(4)) / 3;
    if (kind == 1) p = std::ldexp(1 + p, -static_cast<int>(1 + random.below(12)));
    if (kind == 2) p = 1 - std::ldexp(p, -static_cast<int>(random.below(10)));
    if (kind == 3) p = 0.25;
    rows.push_back({p, random.below(4) < odds});
  }
  return rows;
}

double share(const Rows& rows, auto is) {
  return static_cast<double>(std::ranges::count_if(rows, is)) / static_cast<double>(rows.size());
}

TEST(Classification, MeasuresAreTheirDefinitions) {
  Random random(1);
  for (int round = 0; round < 400; ++round) {
    const Rows rows = random_rows(random);
    const Classification c = of(rows);
    double wins = 0, pairs = 0, loss = 0, brier = 0, positives = 0;
    for (const Row& a : rows) {
      positives += a.outcome;
      const double p = std::clamp(a.p, 1e-15, 1 - 1e-15);
      loss -= a.outcome ? std::log(p) : std::log1p(-p);
      brier += (a.p - a.outcome) * (a.p - a.outcome);
      for (const Row& b : rows)
        if (a.outcome && !b.outcome) {
          ++pairs;
          wins += a.p > b.p ? 1 : a.p == b.p ? 0.5 : 0;
        }
    }
    const auto n = static_cast<double>(rows.size());
    const auto auc = area_under_curve(c.runs());
    ASSERT_EQ(auc.has_value(), pairs > 0);
    EXPECT_NEAR(auc.value_or(0), auc ? wins / pairs : 0, 1e-15);
    EXPECT_NEAR(log_loss(c.runs()), loss / n, 1e-13 * (1 + loss / n));
    EXPECT_NEAR(brier_score(c.runs()), brier / n, 1e-15);
    // Average precision, row by row: precision among all with at least this probability.
    double precision = 0;
    for (const Row& a : rows)
      if (a.outcome) {
        double taken = 0, found = 0;
        for (const Row& b : rows) taken += b.p >= a.p, found += b.p >= a.p && b.outcome;
        precision += found / taken;
      }
    const auto average = average_precision(c.runs());
    ASSERT_EQ(average.has_value(), positives > 0);
    EXPECT_NEAR(average.value_or(0), average ? precision / positives : 0, 1e-14);
    for (const double t : {0.0, 0.25, 1.0 / 3, rows.front().p, 1.0}) {
      const Confusion k = confusion(c.runs(), c.threshold(t));
      const auto of_rows = [&](bool outcome, bool said) {
        return static_cast<uint64_t>(std::ranges::count_if(
            rows, [&](const Row& r) { return r.outcome == outcome && (r.p >= t) == said; }));
      };
      EXPECT_EQ(k.true_positives, of_rows(true, true));
      EXPECT_EQ(k.false_positives, of_rows(false, true));
      EXPECT_EQ(k.true_negatives, of_rows(false, false));
      EXPECT_EQ(k.false_negatives, of_rows(true, false));
    }
  }
}

TEST(Classification, CalibrationAndLiftAccountForEveryRow) {
  Random random(2);
  for (int round = 0; round < 400; ++round) {
    const Rows rows = random_rows(random);
    const Classification c = of(rows);
    const int parts = 1 + static_cast<int>(random.below(12));
    for (const bool by_quantile : {false, true}) {
      uint64_t customers = 0, positives = 0;
      int before = 0;
      for (const CalibrationBin& b : calibration(c.runs(), parts, by_quantile)) {
        EXPECT_GT(b.bin, before);
        EXPECT_LE(b.bin, parts);
        EXPECT_GT(b.customers, 0u);
        before = b.bin;
        customers += b.customers;
        positives += b.positives;
        if (by_quantile) continue;
        EXPECT_GE(b.mean_probability, static_cast<double>(b.bin - 1) / parts);
        EXPECT_LE(b.mean_probability, static_cast<double>(b.bin) / parts);
      }
      EXPECT_EQ(customers, rows.size());
      EXPECT_EQ(positives, std::ranges::count_if(rows, [](const Row& r) { return r.outcome; }));
    }
    // Deal every row out over the places of its ties.
    Rows sorted = rows;
    std::ranges::sort(sorted, std::greater{}, &Row::p);
    std::vector<double> at_place;
    for (const Row& r : sorted) {
      double ties = 0, good = 0;
      for (const Row& s : sorted) ties += s.p == r.p, good += s.p == r.p && s.outcome;
      at_place.push_back(good / ties);
    }
    size_t place = 0;
    double total = 0;
    for (const LiftBucket& b : lift(c.runs(), parts)) {
      double want = 0;
      for (uint64_t i = 0; i < b.customers; ++i) want += at_place[place++];
      total += want;
      EXPECT_NEAR(b.positives, want, 1e-12);
      EXPECT_NEAR(b.cumulative, total, 1e-12);
      const size_t even = rows.size() / static_cast<size_t>(parts);
      EXPECT_TRUE(b.customers == even || b.customers == even + 1);
    }
    EXPECT_EQ(place, rows.size());
  }
}

TEST(Classification, StateDependsOnTheRowsOnly) {
  Random random(3);
  for (int round = 0; round < 200; ++round) {
    Rows rows;
    while (rows.size() < 150) std::ranges::copy(random_rows(random), std::back_inserter(rows));
    const size_t limit = round % 2 == 0 ? 40 + random.below(40) : Classification::usual_limit;
    const Bytes want = written(of(rows, limit));
    std::shuffle(rows.begin(), rows.end(), random);
    EXPECT_EQ(written(of(rows, limit)), want);
    // Parts that settle at different times, some of them read back from bytes.
    Classification all(std::pmr::get_default_resource(), limit);
    for (size_t i = 0; i < rows.size();) {
      Classification part(std::pmr::get_default_resource(), limit);
      for (const size_t end = std::min(rows.size(), i + random.below(60)); i < end; ++i) {
        part.add(rows[i].p, rows[i].outcome);
        if (random.one_in(3)) part.runs();
      }
      if (part.runs().empty() || random.one_in(2)) {
        all.merge(part);
        continue;
      }
      const Bytes bytes = written(part);
      Classification again(std::pmr::get_default_resource(), limit);
      Reader reader(bytes);
      again.read(reader);
      EXPECT_TRUE(reader.done());
      EXPECT_EQ(written(again), bytes);
      all.merge(again);
    }
    EXPECT_EQ(written(all), want);
  }
}

TEST(Classification, RoundsNoMoreThanItMust) {
  Random random(4);
  int rounded = 0;
  for (int round = 0; round < 100; ++round) {
    Rows rows;
    while (rows.size() < 200) std::ranges::copy(random_rows(random), std::back_inserter(rows));
    const size_t limit = 40 + random.below(80);
    const Classification c = of(rows, limit);
    EXPECT_LE(c.runs().size(), limit);
    const int digits = c.digits();
    if (digits == Classification::all_digits) continue;
    ++rounded;
    // The smaller one of p and 1 - p, rounded down.
    const auto at = [](double p, int d) {
      const bool low = p <= 0.5;
      int exponent = 0;
      const double small = low ? p : 1 - p;
      const double fraction = std::frexp(small, &exponent);
      const double kept = std::ldexp(std::floor(std::ldexp(fraction, d + 1)), exponent - d - 1);
      return low ? kept : 1 - kept;
    };
    std::vector<double> finer, same;
    for (const Row& r : rows) {
      finer.push_back(at(r.p, digits + 1));
      same.push_back(at(r.p, digits));
    }
    for (auto* v : {&finer, &same}) {
      std::ranges::sort(*v);
      v->erase(std::unique(v->begin(), v->end()), v->end());
    }
    EXPECT_GT(finer.size(), limit);
    ASSERT_EQ(c.runs().size(), same.size());
    for (size_t i = 0; i < same.size(); ++i) EXPECT_EQ(c.runs()[i].probability(), same[i]);
  }
  EXPECT_GT(rounded, 50);
  // Whatever the probabilities are, a million of them leaves nine digits.
  Classification all(std::pmr::get_default_resource());
  Random any(5);
  for (int i = 0; i < 3'000'000; ++i) {
    const double p = std::ldexp(1 + std::ldexp(static_cast<double>(any() >> 12), -52),
                                -static_cast<int>(2 + any.below(1021)));
    all.add(i % 20 == 0 ? 1 - p : p, i % 3 == 0);
  }
  EXPECT_GE(all.digits(), 9);
  EXPECT_LE(all.runs().size(), Classification::usual_limit);
}

TEST(Classification, RefusesWhatIsNoProbability) {
  Classification c(std::pmr::get_default_resource());
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double p : {-1e-300, 1 + 1e-15, std::nan(""), infinity, -infinity}) {
    EXPECT_THROW(c.add(p, true), Error) << p;
    EXPECT_THROW(c.threshold(p), Error) << p;
  }
  c.add(-0.0, true);
  c.add(0.0, false);
  EXPECT_EQ(c.runs().size(), 1u);
  EXPECT_NEAR(log_loss(c.runs()), std::log(1e15) / 2, 1e-12);
}

TEST(Classification, ReadsOnlyWhatItWrites) {
  Random random(6);
  int read = 0, refused = 0;
  for (int round = 0; round < 3000; ++round) {
    Bytes bytes = written(of(random_rows(random), 40 + random.below(20)));
    for (uint64_t changes = 1 + random.below(2); changes > 0; --changes)
      bytes[random.below(bytes.size())] = static_cast<uint8_t>(random());
    if (random.one_in(4)) bytes.resize(random.below(bytes.size()));
    Classification c(std::pmr::get_default_resource(), 40);
    try {
      Reader reader(bytes);
      c.read(reader);
      if (!reader.done()) Reader::fail("bytes are left over");
      const Bytes canonical = written(c);  // a long integer's bytes need not be
      Classification again(std::pmr::get_default_resource(), 40);
      Reader second(canonical);
      again.read(second);
      EXPECT_EQ(written(again), canonical);
      ++read;
    } catch (const Error& e) {
      EXPECT_STREQ(e.code(), "XX001");
      ++refused;
    }
  }
  EXPECT_GT(read, 50);
  EXPECT_GT(refused, 50);
}

}  // namespace
}  // namespace clientele
