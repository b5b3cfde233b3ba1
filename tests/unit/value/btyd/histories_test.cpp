// SPDX-License-Identifier: PostgreSQL
#include "value/btyd/histories.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/error.hpp"

namespace clientele {
namespace {

std::vector<History> random_histories(uint64_t seed, size_t n, int days) {
  std::mt19937_64 random(seed);
  std::vector<History> list;
  for (size_t i = 0; i < n; ++i) {
    History h{static_cast<double>(random() % 4), 0, static_cast<double>(random() % days) / 7};
    if (h.x > 0) h.t_x = std::floor(h.age * 7 * static_cast<double>(random() % 1000) / 1000) / 7;
    list.push_back(h);
  }
  return list;
}

HistoryCounts counted(const std::vector<History>& list, size_t limit) {
  HistoryCounts counts(std::pmr::get_default_resource(), limit);
  counts.define(ModelKind::bg_nbd, 0);
  for (const History& h : list) counts.add(h);
  return counts;
}

Bytes written(const HistoryCounts& counts) {
  Bytes bytes;
  counts.write(bytes);
  return bytes;
}

TEST(Histories, CountsEqualOnesTogether) {
  const HistoryTable t = counted({{1, 2, 3}, {0, 0, 3}, {1, 2, 3}, {1, 2, 4}}, 100).table();
  EXPECT_EQ(t.x, (std::vector<double>{0, 1, 1}));
  EXPECT_EQ(t.t_x, (std::vector<double>{0, 2, 2}));
  EXPECT_EQ(t.age, (std::vector<double>{3, 3, 4}));
  EXPECT_EQ(t.customers, (std::vector<double>{1, 2, 1}));
  EXPECT_EQ(t.grid, 0);
}

// Whatever the order and the parts, with and without a grid.
TEST(Histories, DependOnTheMultisetOnly) {
  for (const size_t limit : {size_t{1000000}, size_t{700}, size_t{60}}) {
    std::vector<History> list = random_histories(3, 5000, 400);
    const Bytes whole = written(counted(list, limit));
    std::mt19937_64 random(limit);
    for (int round = 0; round < 4; ++round) {
      std::shuffle(list.begin(), list.end(), random);
      EXPECT_EQ(written(counted(list, limit)), whole);
      const auto cut = list.begin() + static_cast<std::ptrdiff_t>(random() % list.size());
      HistoryCounts left = counted({list.begin(), cut}, limit);
      left.merge(counted({cut, list.end()}, limit));
      EXPECT_EQ(written(left), whole);
      EXPECT_EQ(left.customers(), list.size());
    }
  }
}

TEST(Histories, OnAGridStandForTheMiddleOfTheirCell) {
  const std::vector<History> list = random_histories(4, 5000, 400);
  const HistoryTable t = counted(list, 300).table();
  EXPECT_GT(t.grid, 0);
  EXPECT_LE(t.size(), 300u);
  double customers = 0, ages = 0, true_ages = 0;
  for (size_t i = 0; i < t.size(); ++i) {
    EXPECT_LE(t.t_x[i], t.age[i]);
    EXPECT_EQ(std::fmod(t.age[i], t.grid), t.grid / 2);
    EXPECT_TRUE(t.x[i] > 0 || t.t_x[i] == 0);
    customers += t.customers[i];
    ages += t.customers[i] * t.age[i];
  }
  for (const History& h : list) true_ages += h.age;
  EXPECT_EQ(customers, 5000);
  EXPECT_NEAR(ages / 5000, true_ages / 5000, t.grid / 2);
}

TEST(Histories, KeepCustomersOfEqualCovariatesTogether) {
  HistoryCounts counts(std::pmr::get_default_resource()),
      reversed(std::pmr::get_default_resource());
  counts.define(ModelKind::bg_nbd, 2);
  reversed.define(ModelKind::bg_nbd, 2);
  const double z[][2] = {{1, 0}, {0, 5}, {0, 1}};
  for (int i = 0; i < 300; ++i) counts.add({1, 2, 3.0 + i % 5}, z[i % 3]);
  for (int i = 299; i >= 0; --i) reversed.add({1, 2, 3.0 + i % 5}, z[i % 3]);
  EXPECT_EQ(written(counts), written(reversed));
  const HistoryTable t = counts.table();
  ASSERT_EQ(t.runs(), 3u);
  EXPECT_EQ(t.covariates, (std::vector<double>{0, 1, 0, 5, 1, 0}));
  EXPECT_EQ(t.begin, (std::vector<size_t>{0, 5, 10, 15}));
}

TEST(Histories, ReadWhatTheyWrite) {
  for (const size_t limit : {size_t{1000000}, size_t{300}}) {
    const Bytes bytes = written(counted(random_histories(5, 2000, 300), limit));
    HistoryCounts again(std::pmr::get_default_resource(), limit);
    Reader reader(bytes);
    again.read(reader);
    EXPECT_TRUE(reader.done());
    EXPECT_EQ(written(again), bytes);
    // Nothing that is cut off is taken for whole.
    for (size_t n = 0; n < bytes.size(); n += 1 + n / 7) {
      HistoryCounts part(std::pmr::get_default_resource(), limit);
      Reader short_reader({bytes.data(), n});
      EXPECT_THROW(part.read(short_reader), Error);
    }
  }
}

TEST(Histories, RefuseWhatCannotBe) {
  const auto refused = [](ModelKind kind, History h) {
    try {
      check_history(kind, h);
    } catch (const Error& e) {
      return std::string(e.code());
    }
    return std::string();
  };
  const ModelKind bg = ModelKind::bg_nbd, bb = ModelKind::bg_bb;
  EXPECT_EQ(refused(bg, {1, 2, 3}), "");
  EXPECT_EQ(refused(bg, {1.5, 2, 3}), "22023");
  EXPECT_EQ(refused(bg, {-1, 2, 3}), "22023");
  EXPECT_EQ(refused(bg, {1, 4, 3}), "22023");
  EXPECT_EQ(refused(bg, {0, 2, 3}), "22023");
  EXPECT_EQ(refused(bg, {1, NAN, 3}), "22003");
  EXPECT_EQ(refused(bg, {1, 2, INFINITY}), "22003");
  EXPECT_EQ(refused(bg, {1, 2, 1e13}), "22003");
  EXPECT_EQ(refused(bb, {3, 2, 6}), "22023");
  EXPECT_EQ(refused(bb, {1, 1.5, 6}), "22023");
  History rounded{1, 0.3 + 1e-15, 0.3};
  check_history(bg, rounded);
  EXPECT_EQ(rounded.t_x, rounded.age);
}

}  // namespace
}  // namespace clientele
