// SPDX-License-Identifier: PostgreSQL
// The states of spend_fit and contract_fit: what they keep depends on the customers only.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

#include "base/error.hpp"
#include "unit/value/btyd/btyd_checks.hpp"
#include "value/contracts/contract_values.hpp"
#include "value/spend/spend_values.hpp"

namespace clientele {
namespace {

using testing::between;

template <class State>
std::vector<uint8_t> bytes_of(const State& state) {
  Bytes bytes;
  state.write(bytes);
  return {bytes.begin(), bytes.end()};
}

std::vector<SpendRow> random_rows(uint64_t seed, int n) {
  std::mt19937_64 random(seed);
  std::vector<SpendRow> rows;
  for (int i = 0; i < n; ++i)
    rows.push_back({std::floor(between(random, 1, 3)), std::exp(between(random, 3, 3.5))});
  for (int i = 0; i < n / 3; ++i) rows.push_back(rows[static_cast<size_t>(random() % rows.size())]);
  return rows;
}

/// The state of these rows, split into parts that are merged in some order.
std::vector<uint8_t> by_parts(std::vector<SpendRow> rows, size_t limit, std::mt19937_64& random) {
  std::shuffle(rows.begin(), rows.end(), random);
  const size_t parts = 1 + random() % 4;
  std::vector<SpendCounts> states;
  for (size_t p = 0; p < parts; ++p) states.emplace_back(std::pmr::get_default_resource(), limit);
  for (const SpendRow& row : rows) {
    SpendCounts& state = states[random() % parts];
    state.add(row.x, row.mean);
    if (random() % 50 == 0) bytes_of(state);  // looking at it changes nothing
  }
  while (states.size() > 1) {
    const size_t from = random() % states.size(), to = (from + 1) % states.size();
    states[to].merge(states[from]);
    states.erase(states.begin() + static_cast<std::ptrdiff_t>(from));
  }
  return bytes_of(states.front());
}

TEST(SpendCounts, KeepsTheMultiset) {
  const auto rows = random_rows(1, 500);
  std::map<std::pair<double, double>, double> expected;
  for (const SpendRow& row : rows) ++expected[{row.x, row.mean}];
  SpendCounts counts(std::pmr::get_default_resource());
  for (const SpendRow& row : rows) counts.add(row.x, row.mean);
  const auto groups = counts.groups();
  ASSERT_EQ(groups.size(), expected.size());
  size_t i = 0;
  for (const auto& [row, n] : expected) {
    EXPECT_EQ(groups[i].x, row.first);
    EXPECT_EQ(groups[i].mean, row.second);
    EXPECT_EQ(groups[i++].customers, n);
  }
  EXPECT_EQ(counts.grid(), 0);
}

TEST(SpendCounts, BytesDependOnTheCustomersOnly) {
  std::mt19937_64 random(2);
  for (const size_t limit : {size_t{1} << 20, size_t{400}, size_t{150}, size_t{110}}) {
    const auto rows = random_rows(3, 500);
    const auto bytes = by_parts(rows, limit, random);
    for (int i = 0; i < 40; ++i) ASSERT_EQ(by_parts(rows, limit, random), bytes) << limit;
  }
}

TEST(SpendCounts, RoundsToTheFinestGridThatFits) {
  const auto rows = random_rows(4, 500);
  constexpr size_t limit = 150;
  SpendCounts counts(std::pmr::get_default_resource(), limit);
  for (const SpendRow& row : rows) counts.add(row.x, row.mean);
  const auto groups = counts.groups();
  EXPECT_LE(groups.size(), limit);
  const double grid = counts.grid();
  ASSERT_GT(grid, 0);
  // A cell is as wide as the grid times the power of two below it.
  const auto cell = [](double mean, double width) {
    int exponent;
    std::frexp(mean, &exponent);
    const double size = std::ldexp(width, exponent - 1);
    return std::pair(std::floor(mean / size) * size, size);
  };
  std::map<std::pair<double, double>, double> expected, finer;
  for (const SpendRow& row : rows) {
    const auto [low, size] = cell(row.mean, grid);
    ++expected[{row.x, low + size / 2}];
    ++finer[{row.x, cell(row.mean, grid / 2).first}];
  }
  EXPECT_GT(finer.size(), limit);
  ASSERT_EQ(groups.size(), expected.size());
  size_t i = 0;
  for (const auto& [row, n] : expected) {
    EXPECT_EQ(groups[i].x, row.first);
    EXPECT_EQ(groups[i].mean, row.second);
    EXPECT_EQ(groups[i++].customers, n);
  }
}

TEST(SpendCounts, RoundingHardlyMovesTheModel) {
  std::mt19937_64 random(5);
  SpendCounts exact(std::pmr::get_default_resource());
  SpendCounts rounded(std::pmr::get_default_resource(), 1500);
  std::gamma_distribution<double> rates(3.7, 1 / 15.4);
  for (int i = 0; i < 20000; ++i) {
    const double x = std::floor(between(random, 1, 5)), rate = rates(random);
    std::gamma_distribution<double> total(6.25 * x, 1 / rate);
    const double mean = total(random) / x;
    exact.add(x, mean);
    rounded.add(x, mean);
  }
  const auto a = fitted_spend(exact), b = fitted_spend(rounded);
  EXPECT_EQ(a->found->grid, 0);
  EXPECT_GT(b->found->grid, 0.001);
  EXPECT_LE(b->found->groups, 1500u);
  for (int k = 0; k < 3; ++k)
    EXPECT_LT(std::abs(a->parameters[k] - b->parameters[k]), 0.05 * a->found->errors[k]);
}

TEST(SpendCounts, RefusesWhatItCannotTake) {
  SpendCounts counts(std::pmr::get_default_resource(), 3);
  EXPECT_THROW(counts.add(1, 1e101), Error);
  EXPECT_THROW(counts.add(1, 1e-101), Error);
  EXPECT_THROW(counts.add(1, std::nan("")), Error);
  for (const double x : {-1.0, 0.5, 3e9, std::nan(""), HUGE_VAL})
    EXPECT_THROW(check_repeats(x), Error);
  EXPECT_NO_THROW(check_repeats(2147483647));
  // Different x cannot be rounded.
  for (int x = 1; x < 5; ++x) counts.add(x, 10);
  EXPECT_THROW(counts.groups(), Error);
}

TEST(SpendCounts, SaysWhenAllSpendTheSame) {
  SpendCounts counts(std::pmr::get_default_resource());
  for (int i = 0; i < 30; ++i) counts.add(1 + i % 3, 20);
  const auto fitted = fitted_spend(counts);
  EXPECT_EQ(fitted->found->remark, Remark::same_spend);
  EXPECT_EQ(fitted->found->customers, 30u);
  EXPECT_EQ(fitted->found->groups, 3u);
  EXPECT_FALSE(fitted_spend(SpendCounts(std::pmr::get_default_resource())).has_value());
}

/// Every change of one byte is refused, or is another canonical value.
template <class State>
void expect_checked(const std::vector<uint8_t>& good) {
  size_t refused = 0;
  for (size_t i = 0; i < good.size(); ++i)
    for (const int change : {1, 2, 16, 128, 255}) {
      std::vector<uint8_t> bytes = good;
      bytes[i] ^= static_cast<uint8_t>(change);
      State state(std::pmr::get_default_resource());
      try {
        Reader reader(bytes);
        state.read(reader);
        if (!reader.done()) Reader::fail("left over");
        ASSERT_EQ(bytes_of(state), bytes);
      } catch (const Error&) {
        ++refused;
      }
    }
  for (size_t n = 0; n < good.size(); ++n) {
    State state(std::pmr::get_default_resource());
    Reader reader(std::span<const uint8_t>(good).first(n));
    EXPECT_THROW(state.read(reader), Error);
  }
  EXPECT_GT(refused, good.size());
}

TEST(SpendCounts, ChecksItsBytes) {
  SpendCounts counts(std::pmr::get_default_resource());
  for (int i = 0; i < 20; ++i) counts.add(1 + i % 3, 10 + i % 5);
  expect_checked<SpendCounts>(bytes_of(counts));
}

TEST(ContractCounts, KeepsTheMultisetInAnyOrder) {
  std::mt19937_64 random(6);
  std::vector<ContractRow> rows;
  for (int i = 0; i < 300; ++i)
    rows.push_back({static_cast<uint32_t>(1 + random() % 9), static_cast<uint32_t>(random() % 2)});
  std::vector<uint8_t> bytes;
  for (int round = 0; round < 20; ++round) {
    std::shuffle(rows.begin(), rows.end(), random);
    ContractCounts left(std::pmr::get_default_resource()), right(std::pmr::get_default_resource());
    for (size_t i = 0; i < rows.size(); ++i)
      (random() % 2 ? left : right)
          .add(static_cast<int32_t>(rows[i].periods), rows[i].churned != 0);
    left.merge(right);
    if (round == 0)
      bytes = bytes_of(left);
    else
      ASSERT_EQ(bytes_of(left), bytes);
  }
  expect_checked<ContractCounts>(bytes);
}

TEST(ContractCounts, CountsThoseWhoCameToARenewal) {
  ContractCounts counts(std::pmr::get_default_resource());
  EXPECT_FALSE(fitted_contracts(counts).has_value());
  counts.add(0, false);
  EXPECT_FALSE(fitted_contracts(counts).has_value());
  for (int i = 0; i < 10; ++i) counts.add(1 + i % 3, i % 2 == 0);
  EXPECT_EQ(fitted_contracts(counts)->found->customers, 10u);
  EXPECT_EQ(fitted_contracts(counts)->found->groups, 6u);
  EXPECT_THROW(counts.add(-1, false), Error);
  EXPECT_THROW(counts.add(0, true), Error);
}

}  // namespace
}  // namespace clientele
