// SPDX-License-Identifier: PostgreSQL
#include "base/exact_sum.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace clientele {
namespace {

ExactSum sum_of(const std::vector<double>& values) {
  ExactSum sum(std::pmr::get_default_resource());
  for (const double v : values) sum.add(v);
  return sum;
}

Bytes written(const ExactSum& sum) {
  Bytes bytes;
  Writer w(bytes);
  sum.write(w);
  return bytes;
}

TEST(ExactSum, LosesNothing) {
  EXPECT_EQ(sum_of({}).value(), 0);
  EXPECT_EQ(sum_of({1e100, 1, -1e100}).value(), 1);
  EXPECT_EQ(sum_of({0.1, 0.2, -0.3}).value(), 0x1p-55);  // the doubles are not the decimals
  EXPECT_EQ(sum_of({-1e100, 5e-324, 1e100}).value(), 5e-324);
  EXPECT_EQ(sum_of({-3, 2}).value(), -1);
  EXPECT_EQ(sum_of({1, 0x1p-53, 0x1p-106}).value(), 1 + 0x1p-52);  // more than half
  EXPECT_EQ(sum_of({1, 0x1p-53}).value(), 1);                      // half: to even
  const double inf = std::numeric_limits<double>::max();
  EXPECT_TRUE(std::isinf(sum_of({inf, inf}).value()));
  EXPECT_EQ(sum_of({inf, inf, -inf}).value(), inf);
}

TEST(ExactSum, AddsProducts) {
  ExactSum sum(std::pmr::get_default_resource());
  sum.add_product(0.1, 0.1);
  sum.add(-0.1 * 0.1);
  EXPECT_EQ(sum.value(), std::fma(0.1, 0.1, -(0.1 * 0.1)));
  ExactSum small(std::pmr::get_default_resource());
  small.add_product(5e-324, -5e-324);
  EXPECT_EQ(small.value(), 0);
  small.add_product(1e100, 1e100);
  small.add_product(-1e100, 1e100);
  EXPECT_TRUE(small.digits().negative);
}

TEST(ExactSum, KnowsNoOrder) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<double> values(random() % 50);
    for (double& v : values)
      v = std::ldexp(static_cast<double>(static_cast<int64_t>(random())),
                     static_cast<int>(random() % 200) - 100);
    const ExactSum whole = sum_of(values);
    std::ranges::shuffle(values, random);
    ExactSum parts(std::pmr::get_default_resource());
    for (size_t i = 0; i < values.size();) {
      const size_t n = std::min(values.size() - i, static_cast<size_t>(random() % 5));
      parts.merge(sum_of({values.begin() + static_cast<ptrdiff_t>(i),
                          values.begin() + static_cast<ptrdiff_t>(i + n)}));
      i += n;
    }
    EXPECT_EQ(written(whole), written(parts));
    long double about = 0;
    for (const double v : values) about += v;
    long double size = 0;
    for (const double v : values) size += std::abs(v);
    EXPECT_NEAR(static_cast<double>(about), whole.value(), static_cast<double>(size) * 1e-15);
    const Bytes bytes = written(whole);
    ExactSum again(std::pmr::get_default_resource());
    Reader r(bytes);
    again.read(r);
    EXPECT_TRUE(r.done());
    EXPECT_EQ(again.digits(), whole.digits());
  }
}

TEST(ExactSum, RefusesWhatItDoesNotWrite) {
  for (const std::vector<uint8_t>& bytes :
       std::vector<std::vector<uint8_t>>{{1},
                                         {1, 0, 0, 0, 0, 0, 0},
                                         {1, 2, 0, 1, 0, 0, 0},
                                         {200, 1, 0, 0},
                                         {1, 0, 200, 1, 1, 0, 0, 0}}) {
    ExactSum sum(std::pmr::get_default_resource());
    Reader r(bytes);
    EXPECT_THROW(sum.read(r), Error);
  }
}

}  // namespace
}  // namespace clientele
