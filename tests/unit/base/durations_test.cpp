// SPDX-License-Identifier: PostgreSQL
#include "base/durations.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "unit/random_events.hpp"

namespace clientele {
namespace {

using testing::Random;

int64_t by_sorting(std::vector<int64_t> values, double p) {
  std::sort(values.begin(), values.end());
  const double row = p * static_cast<double>(values.size() - 1);
  const auto low = static_cast<size_t>(std::floor(row));
  const auto high = static_cast<size_t>(std::ceil(row));
  return values[low] + std::llrint(static_cast<double>(values[high] - values[low]) * (row - low));
}

Bytes bytes_of(const Durations& d) {
  Bytes out;
  d.write(out);
  return out;
}

TEST(Durations, ExactUpToTheLimit) {
  Random random(1);
  for (const size_t n : {1, 2, 3, 10, 999, 65536}) {
    Durations d;
    std::vector<int64_t> values;
    for (size_t i = 0; i < n; ++i) {
      values.push_back(static_cast<int64_t>(random.any_width() >> 1));
      d.add(values.back());
    }
    for (const double p : {0.0, 0.1, 0.5, 0.9, 1.0})
      EXPECT_EQ(d.percentile(p), by_sorting(values, p)) << n << " values, p = " << p;
  }
}

TEST(Durations, WithinOnePercentBeyond) {
  Random random(2);
  Durations d;
  std::vector<int64_t> values;
  for (size_t i = 0; i < 200'000; ++i) {
    values.push_back(static_cast<int64_t>(random.any_width() >> 1));
    d.add(values.back());
  }
  for (const double p : {0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0}) {
    const auto exact = static_cast<double>(by_sorting(values, p));
    EXPECT_NEAR(static_cast<double>(d.percentile(p)), exact, exact * 0.01) << "p = " << p;
  }
}

TEST(Durations, ExtremesStayInRange) {
  Durations d;
  for (size_t i = 0; i <= Durations::exact_limit; ++i) d.add(i % 2 == 0 ? INT64_MAX : 0);
  EXPECT_EQ(d.percentile(0), 0);
  EXPECT_NEAR(static_cast<double>(d.percentile(1)), 9.22e18, 9.3e16);
}

TEST(Durations, OrderAndSplitDoNotShow) {
  Random random(3);
  for (const size_t n : {0, 1, 100, 65535, 65536, 65537, 140'000}) {
    Durations whole, left, right;
    for (size_t i = 0; i < n; ++i) {
      const auto v = static_cast<int64_t>(random.below(uint64_t{1} << (1 + random.below(50))));
      whole.add(v);
      (random.one_in(3) ? left : right).add(v);
    }
    Durations turned(right);
    turned.merge(left);
    left.merge(right);
    EXPECT_EQ(bytes_of(whole), bytes_of(left)) << n;
    EXPECT_EQ(bytes_of(whole), bytes_of(turned)) << n;
    const Bytes bytes = bytes_of(whole);
    Durations back;
    Reader reader(bytes);
    back.read(reader);
    EXPECT_TRUE(reader.done());
    EXPECT_EQ(bytes_of(back), bytes);
    EXPECT_EQ(back.count(), n);
  }
}

TEST(Durations, BadBytesAreErrors) {
  Random random(4);
  Durations d;
  for (int i = 0; i < 70'000; ++i) d.add(i);
  for (const Bytes& good : {bytes_of(d), bytes_of([] {
                              Durations few;
                              few.add(1), few.add(INT64_MAX);
                              return few;
                            }())}) {
    for (int i = 0; i < 2000; ++i) {
      Bytes bad = good;
      bad[random.below(bad.size())] = static_cast<uint8_t>(random());
      if (random.one_in(2)) bad.resize(random.below(bad.size()));
      Durations back;
      Reader reader(bad);
      try {
        back.read(reader);
        if (!back.empty()) back.percentile(0.5);
      } catch (const Error&) {
      }
    }
  }
}

}  // namespace
}  // namespace clientele
