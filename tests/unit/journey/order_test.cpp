// SPDX-License-Identifier: PostgreSQL
// Whatever the bytes: times that are read are in order. Everything that asks a journey relies on
// it.
#include <gtest/gtest.h>

#include <algorithm>

#include "unit/random_events.hpp"

namespace clientele {
namespace {

using testing::packed;
using testing::Random;

std::vector<Micros> times_of(const Bytes& bytes) {
  const Journey journey(bytes);
  std::vector<Micros> all;
  Micros at[Journey::block];
  for (Journey::Scan scan(journey); const size_t n = scan.next();) {
    scan.times(at);
    all.insert(all.end(), at, at + n);
  }
  return all;
}

Bytes journey_at(std::initializer_list<Micros> times) {
  EventList list;
  for (const Micros at : times) list.add(at, 1, {});
  return packed(list);
}

TEST(Order, AWrappedTimeIsAnError) {
  Bytes bytes = journey_at({first_instant, first_instant + 1, end_of_time - 1});
  EXPECT_EQ(times_of(bytes).back(), end_of_time - 1);
  bytes.back() = 0xff;  // the last gap's highest byte: almost 2^64 microseconds
  EXPECT_THROW(times_of(bytes), Error);
}

TEST(Order, TheWidestRangeIsNone) {
  const auto times = times_of(journey_at({first_instant, end_of_time - 1, end_of_time - 1}));
  EXPECT_TRUE(std::is_sorted(times.begin(), times.end()));
}

TEST(Order, HoldsForAllBytes) {
  Random random(20261122);
  size_t read = 0;
  for (int i = 0; i < 5'000; ++i) {
    Bytes bytes = packed(testing::random_events(random, random.one_in(9) ? 700 : 9));
    for (uint64_t k = 1 + random.below(4); k > 0; --k) {
      const size_t at = random.one_in(2) ? random.below(bytes.size()) : bytes.size() - 1;
      bytes[at] = random.one_in(2) ? 0xff : static_cast<uint8_t>(random());
    }
    try {
      const auto times = times_of(bytes);
      ASSERT_TRUE(std::is_sorted(times.begin(), times.end())) << "case " << i;
      ++read;
    } catch (const Error&) {
    }
  }
  EXPECT_GT(read, 500U);
}

}  // namespace
}  // namespace clientele
