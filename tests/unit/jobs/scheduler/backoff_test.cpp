// SPDX-License-Identifier: PostgreSQL
#include "jobs/scheduler/backoff.hpp"

#include <gtest/gtest.h>

namespace clientele {
namespace {

TEST(Backoff, doubles_up_to_a_minute) {
  EXPECT_EQ(wait_after(0), 0);
  EXPECT_EQ(wait_after(1), second);
  EXPECT_EQ(wait_after(2), 2 * second);
  EXPECT_EQ(wait_after(6), 32 * second);
  for (int failures = 7; failures > 0; failures *= 2) {
    EXPECT_EQ(wait_after(failures), minute);
    if (failures > INT32_MAX / 2) break;
  }
}

}  // namespace
}  // namespace clientele
