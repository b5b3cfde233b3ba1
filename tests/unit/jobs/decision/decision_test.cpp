// SPDX-License-Identifier: PostgreSQL
#include "unit/jobs/decision/decided.hpp"

namespace clientele::jobs {
namespace {

using namespace testing;

TEST(Decision, StartsWhatIsDueAndNothingElse) {
  StoredJob job = cron("*/5 * * * *");
  ran(job, at("12:00:00"));
  EXPECT_EQ(decided({job}, "12:04:59.999999"), "");
  EXPECT_EQ(decided({job}, "12:05:00"), "queue 12:05:00; ");
  EXPECT_EQ(decided({}, "12:05:00"), "");
}

TEST(Decision, CountsDueTimesFromWhenTheJobWasAdded) {
  StoredJob job = cron("*/5 * * * *");
  job.job.since = at("12:05:00");
  EXPECT_EQ(decided({job}, "12:05:00"), "");
  EXPECT_EQ(decided({job}, "12:10:00"), "queue 12:10:00; ");
  job.job.not_before = at("12:15:00");
  EXPECT_EQ(decided({job}, "12:14:00"), "");
  EXPECT_EQ(decided({job}, "12:15:00"), "queue 12:15:00; ");
  EXPECT_EQ(decided({job}, "12:20:00"), "queue 12:20:00 missed 1; ");
}

TEST(Decision, LessThanAMinuteLateIsNotMissed) {
  StoredJob job = cron("0 * * * *");
  ran(job, at("11:00:00"));
  EXPECT_EQ(decided({job}, "12:00:59.999999"), "queue 12:00:00; ");
  EXPECT_EQ(decided({job}, "12:01:00"), "queue 12:00:00 missed 1; ");
  job.job.missed = Missed::skip;
  EXPECT_EQ(decided({job}, "12:00:59.999999"), "queue 12:00:00; ");
  EXPECT_EQ(decided({job}, "12:01:00"), "skip 12:00:00 missed 1; ");
}

TEST(Decision, MissedOnceIsOneRunWithTheLastDueTimeAndTheirNumber) {
  StoredJob job = cron("0 * * * *");
  ran(job, at("08:00:00"));
  EXPECT_EQ(decided({job}, "12:30:00"), "queue 12:00:00 missed 4; ");
  // The last one is not missed.
  EXPECT_EQ(decided({job}, "12:00:30"), "queue 12:00:00 missed 3; ");
}

TEST(Decision, WhatIsLessThanAMinuteLateIsDoneByTheRunAtTheLast) {
  StoredJob job = every(10 * second);
  ran(job, at("12:00:00"));
  EXPECT_EQ(decided({job}, "12:00:35"), "queue 12:00:30; ");
  EXPECT_EQ(decided({job}, "12:01:09.999999"), "queue 12:01:00; ");
  EXPECT_EQ(decided({job}, "12:01:10"), "queue 12:01:10 missed 1; ");
  EXPECT_EQ(decided({job}, "12:01:25"), "queue 12:01:20 missed 2; ");
  job.job.missed = Missed::skip;
  EXPECT_EQ(decided({job}, "12:00:35"), "queue 12:00:30; ");
  EXPECT_EQ(decided({job}, "12:01:25"), "skip 12:00:20 missed 2; queue 12:01:20; ");
}

TEST(Decision, MissedSkipIsOneRowWithTheirNumber) {
  StoredJob job = cron("0 * * * *");
  job.job.missed = Missed::skip;
  ran(job, at("08:00:00"));
  EXPECT_EQ(decided({job}, "12:30:00"), "skip 12:00:00 missed 4; ");
  EXPECT_EQ(wake({job}, "12:59:30"), "13:00:00");
  EXPECT_EQ(decided({job}, "12:00:30"), "skip 11:00:00 missed 3; queue 12:00:00; ");
  StoredJob one = cron("0 * * * *");
  one.job.missed = Missed::skip;
  ran(one, at("10:00:00"));
  EXPECT_EQ(decided({one}, "12:00:30"), "skip 11:00:00 missed 1; queue 12:00:00; ");
  // Written in part, it is completed.
  ran(job, at("11:00:00"), State::skipped);
  EXPECT_EQ(decided({job}, "12:00:30"), "queue 12:00:00; ");
  EXPECT_EQ(decided({job}, "12:01:00"), "skip 12:00:00 missed 1; ");
}

TEST(Decision, AJobThatWaitsOrRunsMissesItsDueTimes) {
  for (const bool waiting : {true, false}) {
    StoredJob job = cron("*/10 * * * *");
    waiting ? waits(job, at("12:00:00")) : runs(job, at("12:00:00"));
    EXPECT_EQ(decided({job}, "12:35:00"), "");
    EXPECT_EQ(wake({job}, "12:39:30"), "12:40:30");
    job.runs.back().state = State::succeeded;
    job.runs.back().started_at = at("12:00:00"), job.runs.back().ended_at = at("12:35:00");
    EXPECT_EQ(decided({job}, "12:35:00"), "queue 12:30:00 missed 3; ");
  }
}

TEST(Decision, ARunByHandHoldsTheScheduleUpButDoesNotMoveIt) {
  StoredJob job = cron("*/10 * * * *");
  ran(job, at("12:00:00"));
  ran(job, at("12:05:00"), State::running).kind = Kind::manual;
  EXPECT_EQ(decided({job}, "12:10:00"), "");
  job.runs.back().state = State::failed;
  EXPECT_EQ(decided({job}, "12:09:59"), "");  // and it is not retried
  EXPECT_EQ(decided({job}, "12:10:00"), "queue 12:10:00; ");
}

TEST(Decision, PausedJobsDoNothing) {
  StoredJob job = cron("*/10 * * * *");
  ran(job, at("12:00:00"), State::failed);
  job.job.paused = true;
  EXPECT_EQ(decided({job}, "13:00:30"), "");
  job.job.paused = false, job.job.since = at("13:05:00");
  EXPECT_EQ(decided({job}, "13:05:00"), "");
  EXPECT_EQ(decided({job}, "13:10:00"), "queue 13:10:00; ");
  // A run that waits is taken back, one that runs goes on. A retry that is taken back is not tried
  // again: it fell due before the job was resumed.
  job.job.paused = true;
  waits(job, at("13:10:00"));
  EXPECT_EQ(decided({job}, "13:10:00"), "withdraw 11; ");
  job.runs.back().state = State::running;
  EXPECT_EQ(decided({job}, "13:10:00"), "");
}

TEST(Decision, WakesForTheNextDueTimeOrAfterAMinute) {
  StoredJob job = cron("*/10 * * * *");
  ran(job, at("12:00:00"));
  EXPECT_EQ(wake({job}, "12:00:01"), "12:01:01");
  EXPECT_EQ(wake({job}, "12:09:30"), "12:10:00");
  StoredJob other = every(45 * second);
  other.job.job_id = 2;
  ran(other, at("12:00:00"));
  EXPECT_EQ(wake({job, other}, "12:00:01"), "12:00:45");
  EXPECT_EQ(wake({}, "12:00:01"), "12:01:01");
}

TEST(Decision, JitterPutsTheStartOffAndNotTheDueTime) {
  StoredJob job = cron("0 * * * *");
  job.job.jitter = 20 * minute;
  ran(job, at("11:00:00"));
  const Micros delay = start_delay(job.facts(), at("12:00:00"));
  ASSERT_GT(delay, 0);
  ASSERT_LT(delay, 20 * minute);
  const Micros start = at("12:00:00") + delay;
  EXPECT_EQ(decided(decision_of({job}, start - 1)), "");
  EXPECT_EQ(decision_of({job}, start - 1).wake, start);
  EXPECT_EQ(decided(decision_of({job}, start)), "queue 12:00:00; ");
  EXPECT_EQ(decided(decision_of({job}, start + minute - 1)), "queue 12:00:00; ");
  EXPECT_EQ(decided(decision_of({job}, start + minute)), "queue 12:00:00 missed 1; ");
  // It differs between times and between names.
  EXPECT_NE(start_delay(job.facts(), at("13:00:00")), delay);
  job.name = "b";
  EXPECT_NE(start_delay(job.facts(), at("12:00:00")), delay);
}

TEST(Decision, JitterNeverReachesTheNextDueTime) {
  StoredJob job = every(10 * second);
  job.job.jitter = hour;
  Micros sum = 0;
  for (Micros due = at("12:00:00"); due < at("13:00:00"); due += 10 * second) {
    const Micros delay = start_delay(job.facts(), due);
    ASSERT_GE(delay, 0);
    ASSERT_LT(delay, 10 * second);
    sum += delay;
  }
  EXPECT_NEAR(static_cast<double>(sum) / 360, 5e6, 6e5);
  // The one before starts while the last one is put off.
  ran(job, at("12:00:00"));
  const Micros start = at("12:00:20") + start_delay(job.facts(), at("12:00:20"));
  EXPECT_EQ(decided(decision_of({job}, start - 1)), "queue 12:00:10; ");
  EXPECT_EQ(decided(decision_of({job}, start)), "queue 12:00:20; ");
  // What is late is so by its start.
  const Micros late = at("12:00:10") + start_delay(job.facts(), at("12:00:10")) + minute;
  EXPECT_EQ(decision_of({job}, late - 1).queue.at(0).missed, 0);
  EXPECT_EQ(decision_of({job}, late).queue.at(0).missed, 1);
  job.job.missed = Missed::skip;
  EXPECT_EQ(decided(decision_of({job}, late - 1)).substr(0, 5), "queue");
  EXPECT_EQ(decided(decision_of({job}, late)).substr(0, 24), "skip 12:00:10 missed 1; ");
}

TEST(Decision, WaitingCostsNoAttempt) {
  StoredJob job = cron("0 * * * *");
  waits(job, at("12:00:00"));
  EXPECT_EQ(decided({job}, "12:59:00"), "");
}

TEST(Decision, OneJobDoesNotHoldUpOthers) {
  std::vector<StoredJob> jobs;
  for (int64_t id = 3; id > 0; --id) {
    jobs.push_back(cron("0 * * * *"));
    jobs.back().job.job_id = id;
  }
  runs(jobs[1], at("11:00:00"));
  EXPECT_EQ(decision_of(jobs, at("12:00:00")).queue.size(), 2);
}

TEST(Decision, ATimeThatNeverComes) {
  StoredJob job =
      job_of(Schedule::every(0, 0, day, end_of_time - day, testing::look_at, &testing::utc));
  job.job.since = end_of_time - day;
  EXPECT_EQ(decided(decision_of({job}, end_of_time - second)), "");
  EXPECT_GT(decision_of({job}, end_of_time - second).wake, end_of_time - second);
}

}  // namespace
}  // namespace clientele::jobs
