// SPDX-License-Identifier: PostgreSQL
#include "unit/jobs/decision/decided.hpp"

namespace clientele::jobs {
namespace {

using namespace testing;

/// A daily job whose attempt at noon, the k-th, ended in this way at 12:00:01.
StoredJob ended(State state, std::string_view sqlstate = "", int32_t attempt = 1) {
  StoredJob job = cron("0 12 * * *");
  StoredRun& run = ran(job, at("12:00:00"), state);
  run.sqlstate = sqlstate;
  run.attempt = attempt;
  if (attempt > 1) {
    run.kind = Kind::retry;
    job.runs.push_front({1, Kind::schedule, at("12:00:00"), 0, 1, State::failed, at("12:00:00"),
                         at("12:00:00"), ""});
  }
  return job;
}
Micros delay_of(const StoredJob& job) { return *retry_time(job.facts()) - at("12:00:01"); }

TEST(Retries, FollowWhatFailedTimedOutOrCrashed) {
  for (const State state : {State::failed, State::timed_out, State::crashed}) {
    const StoredJob job = ended(state);
    const Micros time = *retry_time(job.facts());
    EXPECT_EQ(decided(decision_of({job}, time - 1)), "");
    EXPECT_EQ(decision_of({job}, time - 1).wake, time);
    EXPECT_EQ(decided(decision_of({job}, time)), "retry 12:00:00 attempt 2; ");
    // Late or not, it is not missed.
    EXPECT_EQ(decided({job}, "23:00:00"), "retry 12:00:00 attempt 2; ");
  }
  for (const State state : {State::succeeded, State::cancelled, State::skipped})
    EXPECT_EQ(decided({ended(state)}, "23:00:00"), "");
}

TEST(Retries, NotOfWhatFailsAgain) {
  for (const char* sqlstate : {"0A000", "28000", "28P01", "3D000", "3F000", "42601", "42704"}) {
    EXPECT_EQ(decided({ended(State::failed, sqlstate)}, "23:00:00"), "") << sqlstate;
    EXPECT_EQ(retry_time(ended(State::failed, sqlstate).facts()), std::nullopt);
  }
  for (const char* sqlstate : {"40001", "57014", "XX000", "22012", "0B000", "2F000"})
    EXPECT_NE(decided({ended(State::failed, sqlstate)}, "23:00:00"), "") << sqlstate;
}

TEST(Retries, NoMoreThanMaxRetries) {
  EXPECT_EQ(decided({ended(State::failed, "", 3)}, "23:00:00"), "retry 12:00:00 attempt 4; ");
  EXPECT_EQ(decided({ended(State::failed, "", 4)}, "23:00:00"), "");
  StoredJob job = ended(State::failed);
  job.job.max_retries = 0;
  EXPECT_EQ(decided({job}, "23:00:00"), "");
}

TEST(Retries, WaitTwiceAsLongEachTimeUpToTheCap) {
  const Micros wanted[] = {minute, 2 * minute, 4 * minute, 8 * minute, 8 * minute, 8 * minute};
  Micros least = day, most = 0;
  for (int32_t k = 1; k <= 6; ++k)
    for (int64_t run_id = 1; run_id <= 200; ++run_id) {
      StoredJob job = ended(State::failed, "", k);
      job.job.max_retries = 6, job.job.retry_cap = 8 * minute;
      job.runs.back().run_id = run_id;
      const Micros delay = delay_of(job);
      ASSERT_GE(delay, wanted[k - 1] * 9 / 10);
      ASSERT_LE(delay, wanted[k - 1] * 11 / 10);
      least = std::min(least, delay * 1000 / wanted[k - 1]);
      most = std::max(most, delay * 1000 / wanted[k - 1]);
    }
  EXPECT_LT(least, 905);
  EXPECT_GT(most, 1095);
}

TEST(Retries, ExtremeDelays) {
  StoredJob job = ended(State::failed, "", 1000);
  job.job.max_retries = 1000, job.job.retry_delay = 1, job.job.retry_cap = INT64_MAX;
  EXPECT_EQ(retry_time(job.facts()), INT64_MAX);
  EXPECT_EQ(decided({job}, "23:00:00"), "");
  job.job.retry_delay = 0;
  EXPECT_EQ(delay_of(job), 0);
  job.job.retry_delay = minute, job.job.retry_cap = 0;
  EXPECT_EQ(delay_of(job), 0);
}

TEST(Retries, TheNextDueTimeTakesTheirPlaceAsAttemptOne) {
  StoredJob job = cron("*/10 * * * *");
  ran(job, at("12:00:00"), State::failed);
  job.job.retry_delay = job.job.retry_cap = 30 * minute;
  EXPECT_EQ(decided({job}, "12:10:00"), "queue 12:10:00; ");
  // Missed ones, too.
  EXPECT_EQ(decided({job}, "12:55:00"), "queue 12:50:00 missed 5; ");
  job.job.missed = Missed::skip;
  EXPECT_EQ(decided({job}, "12:35:00"), "skip 12:30:00 missed 3; ");
  ran(job, at("12:30:00"), State::skipped).started_at.reset();
  EXPECT_EQ(decided({job}, "12:35:00"), "");
  EXPECT_EQ(decided({job}, "12:40:00"), "queue 12:40:00; ");
}

TEST(Retries, ADueTimeThatIsPutOffTakesTheirPlace) {
  StoredJob job = cron("0 * * * *");
  job.job.jitter = 50 * minute;
  ran(job, at("12:00:00"), State::failed).ended_at = at("12:59:30");
  const Micros due = at("13:00:00"), start = due + start_delay(job.facts(), due);
  ASSERT_GT(start, at("13:02:00"));
  EXPECT_GT(retry_time(job.facts()), due);
  EXPECT_EQ(decided({job}, "13:02:00"), "");
  EXPECT_EQ(decided(decision_of({job}, start)), "queue 13:00:00; ");
  // One that comes before it is still tried.
  job.runs.back().ended_at = at("12:58:30");
  EXPECT_EQ(decided({job}, "13:00:30"), "retry 12:00:00 attempt 2; ");
}

TEST(Retries, WhatFellDueWhilePausedIsNotCaughtUp) {
  StoredJob job = ended(State::failed);
  job.job.since = at("12:30:00");
  EXPECT_EQ(decided({job}, "12:40:00"), "");
  job.job.since = at("12:00:30");
  EXPECT_EQ(decided({job}, "12:40:00"), "retry 12:00:00 attempt 2; ");
}

TEST(Retries, ARunByHandChangesNothing) {
  StoredJob job = ended(State::failed);
  ran(job, at("12:00:30")).kind = Kind::manual;
  EXPECT_EQ(decided({job}, "12:40:00"), "retry 12:00:00 attempt 2; ");
}

}  // namespace
}  // namespace clientele::jobs
