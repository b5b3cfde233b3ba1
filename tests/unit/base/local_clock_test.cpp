// SPDX-License-Identifier: PostgreSQL
#include "base/local_clock.hpp"

#include <gtest/gtest.h>

#include "unit/hundred_days.hpp"
#include "unit/random_events.hpp"

namespace clientele {
namespace {

using testing::hundred_days;
using testing::Random;

TEST(LocalClock, KnowsEverySpanWhateverTheOrder) {
  int looks = 0;
  LocalClock clock(hundred_days, &looks);
  Random random(3);
  for (int i = 0; i < 100'000; ++i) {
    const Micros at = static_cast<Micros>(random.below(4000 * day)) - 2000 * day;
    ASSERT_EQ(clock.local(at), at + hundred_days(nullptr, at).offset) << at;
  }
  EXPECT_LT(looks, 1000);
  for (int64_t n = -20; n <= 20; ++n)
    for (const Micros at : {n * 100 * day - 1, n * 100 * day, n * 100 * day + 1})
      ASSERT_EQ(clock.local(at), at + hundred_days(nullptr, at).offset) << at;
}

TEST(LocalClock, StaysRightBeyondWhatItRemembers) {
  LocalClock clock(hundred_days, nullptr);
  for (int round = 0; round < 2; ++round)
    for (int64_t n = 0; n < 10'000; ++n) {
      const Micros at = n * 100 * day + round;
      ASSERT_EQ(clock.local(at), at + hundred_days(nullptr, at).offset);
    }
}

}  // namespace
}  // namespace clientele
