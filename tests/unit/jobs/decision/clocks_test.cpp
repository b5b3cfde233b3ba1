// SPDX-License-Identifier: PostgreSQL
// Clocks that are set.
#include "unit/jobs/decision/decided.hpp"

namespace clientele::jobs {
namespace {

using namespace testing;

TEST(ClocksSet, ForwardDueTimesAreMissed) {
  StoredJob job = cron("*/10 * * * *");
  ran(job, at("12:00:00"));
  EXPECT_EQ(decided({job}, "13:00:00"), "queue 13:00:00 missed 5; ");
  EXPECT_EQ(decided(decision_of({job}, at("12:05:00") + 365 * day)),
            "queue 12:00:00 missed 52560; ");
}

TEST(ClocksSet, BackByLessFixedHoursWaitForTheNextDueTime) {
  StoredJob job = cron("0 1,2,3 * * *");
  ran(job, at("02:00:00"));
  for (const char* now : {"00:59:00", "01:00:00", "01:08:00", "01:30:00", "02:00:00", "02:30:00"})
    EXPECT_EQ(decided({job}, now), "") << now;
  EXPECT_EQ(decided({job}, "03:00:30"), "queue 03:00:00; ");
}

TEST(ClocksSet, BackByLessUnrestrictedHoursGoByTheNewTime) {
  std::vector<StoredJob> jobs = {cron("*/10 * * * *"), every(10 * minute)};
  for (StoredJob& job : jobs) {
    ran(job, at("02:00:00"));
    EXPECT_EQ(decided({job}, "01:05:00"), "skip 01:05:00 missed 0; ");
    EXPECT_EQ(wake({job}, "01:09:30"), "01:10:00");
    ran(job, at("01:05:00"), State::skipped).started_at.reset();
    EXPECT_EQ(decided({job}, "01:05:00"), "");
    EXPECT_EQ(decided({job}, "01:10:00"), "queue 01:10:00; ");
  }
}

TEST(ClocksSet, BackByMoreAllGoByTheNewTime) {
  StoredJob job = cron("0 1,2,3,4,5 * * *");
  ran(job, at("05:00:00"));
  EXPECT_EQ(decided({job}, "02:00:00.000001"), "");
  EXPECT_EQ(decided({job}, "02:00:00"), "skip 02:00:00 missed 0; ");
  EXPECT_EQ(decided(decision_of({job}, at("02:10:00") - 365 * day)), "skip 02:10:00 missed 0; ");
  ran(job, at("02:00:00"), State::skipped);
  EXPECT_EQ(decided({job}, "03:00:00"), "queue 03:00:00; ");
}

TEST(ClocksSet, BackAfterTheJobWasAdded) {
  StoredJob job = cron("*/10 * * * *");
  job.job.since = at("02:00:00");
  EXPECT_EQ(decided({job}, "01:05:00"), "skip 01:05:00 missed 0; ");
  // Writing the row sets since.
  ran(job, at("01:05:00"), State::skipped), job.job.since = at("01:05:00");
  EXPECT_EQ(decided({job}, "01:10:00"), "queue 01:10:00; ");
}

TEST(ClocksSet, BackByMoreShowsInTheDueTimesOfAllJobs) {
  StoredJob daily = cron("0 2 * * *"), often = cron("* * * * *"), hourly = cron("30 * * * *");
  often.job.job_id = 2, hourly.job.job_id = 3;
  hourly.name = "c", hourly.job.since = at("00:30:00");
  ran(daily, at("02:00:00")), ran(often, at("08:00:00"));
  EXPECT_EQ(decided({often, hourly, daily}, "05:00:01"),
            "skip 05:00:01 missed 0; queue 04:30:00 missed 4; ");
  EXPECT_EQ(decided({daily}, "01:30:00"), "");
  // Both, and the one that shows how far it was is written last.
  const Decision decision = decision_of({often, daily}, at("01:30:00"));
  EXPECT_EQ(decided(decision), "skip 01:30:00 missed 0; skip 01:30:00 missed 0; ");
  EXPECT_EQ(decision.skip[0].job_id, 1);
  EXPECT_EQ(decision.skip[1].job_id, 2);
  // A job that is paused says nothing.
  often.job.paused = true;
  EXPECT_EQ(decided({often, daily}, "01:30:00"), "");
}

TEST(ClocksSet, SmallStepsRunNothingAgain) {
  StoredJob job = cron("* * * * *");
  ran(job, at("12:00:00"));
  EXPECT_EQ(decided({job}, "11:59:59.990"), "");
  EXPECT_EQ(decided({job}, "11:59:00.000001"), "");
  EXPECT_EQ(wake({job}, "11:59:59.990"), "12:00:59");
  EXPECT_EQ(decided({job}, "11:59:00"), "skip 11:59:00 missed 0; ");
  // A step that is longer than the time to the next run would hold it up.
  job = every(10 * second);
  ran(job, at("12:00:00"));
  EXPECT_EQ(decided({job}, "11:59:50.000001"), "");
  EXPECT_EQ(wake({job}, "11:59:50.000001"), "12:00:10");
  EXPECT_EQ(decided({job}, "11:59:50"), "skip 11:59:50 missed 0; ");
}

TEST(ClocksSet, BackWhileItRunsTheNewTimeIsNoted) {
  StoredJob job = cron("*/10 * * * *");
  runs(job, at("02:00:00"));
  EXPECT_EQ(decided({job}, "01:05:00"), "skip 01:05:00 missed 0; ");
  ran(job, at("01:05:00"), State::skipped).started_at.reset();
  EXPECT_EQ(decided({job}, "01:30:00"), "");
  job.runs.front().state = State::failed, job.runs.front().ended_at = at("01:30:00");
  EXPECT_EQ(decided({job}, "01:30:00"), "queue 01:30:00 missed 2; ");
  job.runs.front().ended_at = at("01:07:00");
  EXPECT_EQ(decided({job}, "01:09:00"), "retry 02:00:00 attempt 2; ");
}

TEST(ClocksSet, RetriesWaitForTheClockIfItWasSetBackByLess) {
  StoredJob job = cron("0 12 * * *");
  ran(job, at("12:00:00"), State::failed);
  EXPECT_EQ(decided({job}, "11:10:00"), "");
  EXPECT_EQ(decided({job}, "12:02:00"), "retry 12:00:00 attempt 2; ");
  EXPECT_EQ(decided({job}, "09:00:02"), "");
  // By more: at once, as nothing says when it ended.
  EXPECT_EQ(decided({job}, "08:59:00"), "skip 08:59:00 missed 0; retry 12:00:00 attempt 2; ");
}

TEST(ClocksSet, BackASuccessThatLiesAheadIsNotANewOne) {
  StoredJob first = cron("0 12 * * *"), last = follows({2});
  first.job.job_id = 2;
  ran(first, at("12:00:00"));  // run 20, before clocks were set back
  ran(last, at("11:30:00")).run_id = 21;
  last.runs.back().kind = Kind::manual;
  EXPECT_EQ(decided({first, last}, "11:40:00"), "");
}

TEST(ClocksSet, BackJobsThatFollowOthersGoByTheOrderOfRuns) {
  StoredJob first = cron("0 12 * * *"), last = follows({2});
  first.job.job_id = 2;
  first.job.since = at("12:00:00");
  ran(first, at("12:00:00"));
  ran(last, at("12:00:01"));  // its clock: an hour before
  last.runs.back().run_id = 30;
  EXPECT_EQ(decided({first, last}, "11:05:00"), "");
  ran(first, at("11:10:00")).run_id = 31, first.runs.back().kind = Kind::manual;
  EXPECT_EQ(decided({first, last}, "11:10:10"), "queue 11:10:01; ");
  ran(last, at("11:10:01")).run_id = 32;
  EXPECT_EQ(decided({first, last}, "11:11:00"), "");
  EXPECT_EQ(decided({first, last}, "12:05:00"), "");
}

TEST(ClocksSet, BackWhatEndedInTheFutureStartsItsFollowerOnce) {
  StoredJob first = cron("0 12 * * *"), last = follows({2});
  first.job.job_id = 2, last.job.jitter = hour;
  ran(first, at("12:00:00"));
  EXPECT_EQ(decided({first, last}, "11:10:00"), "queue 12:00:01; ");
  StoredRun& run = ran(last, at("12:00:01"));
  run.started_at = run.ended_at = at("11:10:00");
  for (const char* now : {"11:10:00", "11:59:00", "12:00:02", "12:40:00"})
    EXPECT_EQ(decided({first, last}, now), "") << now;
}

}  // namespace
}  // namespace clientele::jobs
