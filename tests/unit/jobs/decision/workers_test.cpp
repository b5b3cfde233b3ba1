// SPDX-License-Identifier: PostgreSQL
#include <gtest/gtest.h>

#include "jobs/decision/decision.hpp"
#include "jobs/decision/instants.hpp"

namespace clientele::jobs {
namespace {

TEST(Starts, ByDueTimeAndName) {
  const std::vector<Waiting> waiting = {
      {1, 20, "a"}, {2, 10, "c"}, {3, 10, "b"}, {4, 30, "a"}, {5, 10, "B"}};
  EXPECT_EQ(starts(waiting, 0), std::vector<int64_t>{});
  EXPECT_EQ(starts(waiting, 1), std::vector<int64_t>{5});
  EXPECT_EQ(starts(waiting, 4), (std::vector<int64_t>{5, 3, 2, 1}));
  EXPECT_EQ(starts(waiting, 99), (std::vector<int64_t>{5, 3, 2, 1, 4}));
  EXPECT_EQ(starts({}, 99), std::vector<int64_t>{});
}

void expect(const Worker& worker, Micros now, Order order, Micros look_again) {
  const Verdict verdict = watch(worker, now);
  EXPECT_EQ(verdict.order, order);
  EXPECT_EQ(verdict.look_again, look_again);
}

TEST(Watch, AWorkerThatDoesNotBegin) {
  const Worker worker{.launched = 1000, .max_run_time = second};
  expect(worker, 1000, Order::none, 1000 + 60 * second);
  expect(worker, 999 + 60 * second, Order::none, 1000 + 60 * second);
  expect(worker, 1000 + 60 * second, Order::give_up, never);
}

TEST(Watch, TheMaximumRunTimeIsCountedFromWhenItBegan) {
  Worker worker{.launched = 0, .began = 50 * second, .max_run_time = 10 * second};
  expect(worker, 60 * second - 1, Order::none, 60 * second);
  expect(worker, 60 * second, Order::cancel, 65 * second);
  worker.cancelled_at = 60 * second;
  expect(worker, 65 * second - 1, Order::none, 65 * second);
  expect(worker, 65 * second, Order::terminate, never);
  worker.terminated = true;
  expect(worker, day, Order::none, never);
}

TEST(Watch, NoOrderReachesAWorkerWhoseCommandHasEnded) {
  Worker worker{.launched = 0, .began = second, .max_run_time = second, .ended = true};
  expect(worker, second, Order::none, never);
  expect(worker, day, Order::none, never);
  worker.cancelled_at = 2 * second;
  expect(worker, day, Order::none, never);
}

TEST(Watch, NoLimitOrOneThatIsNeverReached) {
  expect({.launched = 0, .began = 0}, 100 * 365 * day, Order::none, never);
  expect({.launched = 0, .began = second, .max_run_time = INT64_MAX}, day, Order::none, never);
}

}  // namespace
}  // namespace clientele::jobs
