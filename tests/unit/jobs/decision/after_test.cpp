// SPDX-License-Identifier: PostgreSQL
#include "unit/jobs/decision/decided.hpp"

namespace clientele::jobs {
namespace {

using namespace testing;

/// Jobs 2 and 3, and job 1, which follows both.
struct Three {
  StoredJob first = cron("0 12 * * *"), second = cron("0 12 * * *"), last = follows({2, 3});
  Three() { first.job.job_id = 2, second.job.job_id = 3; }
  /// Decided long before the first two are due again.
  std::string decided(std::string_view now) const {
    StoredJob one = first, other = second;
    one.job.not_before = other.job.not_before = at("23:00:00");
    return testing::decided({one, other, last}, now);
  }
};

TEST(After, AllHaveSucceededSinceItLastStarted) {
  Three jobs;
  EXPECT_EQ(jobs.decided("12:10:00"), "");
  ran(jobs.first, at("12:00:00"));
  EXPECT_EQ(jobs.decided("12:10:00"), "");
  ran(jobs.second, at("12:09:30"));
  EXPECT_EQ(jobs.decided("12:10:00"), "queue 12:09:31; ");
  ran(jobs.last, at("12:09:31"));
  EXPECT_EQ(jobs.decided("12:10:00"), "");
  ran(jobs.first, at("12:11:00"));
  EXPECT_EQ(jobs.decided("12:12:00"), "");
  ran(jobs.second, at("12:11:10"));
  EXPECT_EQ(jobs.decided("12:12:00"), "queue 12:11:11; ");
}

TEST(After, FailuresDoNotCountAndRunsByHandDo) {
  Three jobs;
  ran(jobs.first, at("12:00:00")).kind = Kind::manual;
  ran(jobs.second, at("12:09:30"), State::failed);
  EXPECT_EQ(jobs.decided("12:10:00"), "");
  // A success before a failure counts.
  ran(jobs.second, at("12:09:40"));
  ran(jobs.second, at("12:09:50"), State::failed);
  EXPECT_EQ(jobs.decided("12:10:00"), "queue 12:09:41; ");
  // Its own run by hand is a start.
  ran(jobs.last, at("12:09:55")).kind = Kind::manual;
  EXPECT_EQ(jobs.decided("12:10:00"), "");
}

TEST(After, NotWhatEndedBeforeItWasAddedOrResumed) {
  Three jobs;
  ran(jobs.first, at("12:00:00"));
  ran(jobs.second, at("12:09:30"));
  jobs.last.job.since = at("12:00:01");
  EXPECT_EQ(jobs.decided("12:10:00"), "");
  jobs.last.job.since = at("12:00:00");
  EXPECT_EQ(jobs.decided("12:10:00"), "queue 12:09:31; ");
}

TEST(After, ASuccessWhileItRunsStartsItAgain) {
  StoredJob first = cron("0 12 * * *"), last = follows({2});
  first.job.job_id = 2;
  ran(last, at("12:20:00"), State::running).ended_at.reset();
  ran(first, at("12:25:00"));
  EXPECT_EQ(decided({first, last}, "12:25:30"), "");
  last.runs.back().state = State::succeeded, last.runs.back().ended_at = at("12:25:30");
  EXPECT_EQ(decided({first, last}, "12:25:30"), "queue 12:25:01; ");
  EXPECT_EQ(decided({first, last}, "12:40:00"), "queue 12:25:01 missed 1; ");
  last.job.missed = Missed::skip;
  EXPECT_EQ(decided({first, last}, "12:40:00"), "skip 12:25:01 missed 1; ");
  ran(last, at("12:25:01"), State::skipped).started_at.reset();
  EXPECT_EQ(decided({first, last}, "12:40:00"), "");
}

TEST(After, ARunThatNeverStartedIsRetriedAndNotQueuedAgain) {
  StoredJob first = cron("0 12 * * *"), last = follows({2});
  first.job.job_id = 2;
  ran(first, at("12:00:00"));
  ran(last, at("12:00:01"), State::failed).started_at.reset();
  EXPECT_EQ(decided({first, last}, "12:00:30"), "");
  EXPECT_EQ(decided({first, last}, "12:05:00"), "retry 12:00:01 attempt 2; ");
  last.job.max_retries = 0;
  EXPECT_EQ(decided({first, last}, "12:05:00"), "");
}

TEST(After, Jitter) {
  StoredJob first = cron("0 12 * * *"), last = follows({2});
  first.job.job_id = 2, last.job.jitter = hour;
  ran(first, at("12:00:00"));
  const Micros start = at("12:00:01") + start_delay(last.facts(), at("12:00:01"));
  ASSERT_GT(start, at("12:00:02"));
  EXPECT_EQ(decided(decision_of({first, last}, start - 1)), "");
  EXPECT_EQ(decision_of({first, last}, start - 1).wake, start);
  EXPECT_EQ(decided(decision_of({first, last}, start)), "queue 12:00:01; ");
}

TEST(After, AJobThatIsNotThereHasNotSucceeded) {
  EXPECT_EQ(decided({follows({7})}, "12:00:00"), "");
}

}  // namespace
}  // namespace clientele::jobs
