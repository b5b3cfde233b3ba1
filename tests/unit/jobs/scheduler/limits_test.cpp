// SPDX-License-Identifier: PostgreSQL
#include <gtest/gtest.h>

#include "jobs/scheduler/backoff.hpp"
#include "jobs/scheduler/limits.hpp"

namespace clientele {
namespace {

constexpr Micros begin = 1000 * hour;

RunClock running(Micros limit) { return {begin, begin + second, limit, 0, 0}; }

TEST(Limits, a_run_within_its_limit_is_left_alone) {
  const LimitStep step = step_limit(running(minute), begin + 10 * second);
  EXPECT_EQ(step.action, LimitAction::none);
  EXPECT_EQ(step.look_again, begin + second + minute);
}

TEST(Limits, a_run_is_cancelled_at_its_limit_and_not_a_microsecond_before) {
  EXPECT_EQ(step_limit(running(minute), begin + second + minute - 1).action, LimitAction::none);
  EXPECT_EQ(step_limit(running(minute), begin + second + minute).action, LimitAction::cancel);
}

TEST(Limits, a_run_that_ignores_its_cancel_is_terminated_after_5_seconds) {
  RunClock run = running(minute);
  run.cancelled_at = begin + 2 * minute;
  EXPECT_EQ(step_limit(run, run.cancelled_at + 5 * second - 1).action, LimitAction::none);
  EXPECT_EQ(step_limit(run, run.cancelled_at).look_again, run.cancelled_at + 5 * second);
  EXPECT_EQ(step_limit(run, run.cancelled_at + 5 * second).action, LimitAction::terminate);
  run.terminated_at = run.cancelled_at + 5 * second;
  EXPECT_EQ(step_limit(run, run.terminated_at).action, LimitAction::none);
  EXPECT_EQ(step_limit(run, run.terminated_at + 5 * second).action, LimitAction::terminate);
}

TEST(Limits, a_process_that_has_not_begun_within_a_minute_is_given_up) {
  const RunClock run = {begin, 0, second, 0, 0};
  EXPECT_EQ(step_limit(run, begin + minute - 1).action, LimitAction::none);
  EXPECT_EQ(step_limit(run, begin).look_again, begin + minute);
  EXPECT_EQ(step_limit(run, begin + minute).action, LimitAction::give_up);
}

TEST(Limits, the_longest_limit_does_not_overflow) {
  const LimitStep step = step_limit(running(INT64_MAX), begin + 2 * second);
  EXPECT_EQ(step.action, LimitAction::none);
  EXPECT_EQ(step.look_again, end_of_time);
}

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
