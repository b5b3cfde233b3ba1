// SPDX-License-Identifier: PostgreSQL
// Jobs, what has become of their runs, and what is decided, as tests write them.
#pragma once
#include <gtest/gtest.h>

#include "unit/jobs/decision/stored_job.hpp"

namespace clientele::testing {

/// A time of 10 March 2026.
inline Micros at(std::string_view time) { return instant("2026-03-10T" + std::string(time) + "Z"); }
inline std::string clock_time(Micros time) { return iso(time).substr(11, 8); }

inline StoredJob job_of(Schedule schedule) {
  StoredJob job{.name = "a", .schedule = schedule};
  job.job.job_id = 1;
  job.job.max_retries = 3, job.job.retry_delay = minute, job.job.retry_cap = hour;
  job.job.since = at("00:00:00");
  return job;
}
inline StoredJob cron(std::string_view expression) {
  return job_of(Schedule::cron(expression, look_at, &utc));
}
inline StoredJob every(Micros micros) {
  return job_of(Schedule::every(0, 0, micros, at("00:00:00"), look_at, &utc));
}
inline StoredJob follows(std::vector<int64_t> others, int64_t job_id = 1) {
  StoredJob job = cron("0 0 1 1 *");
  job.schedule.reset();
  job.after = std::move(others);
  job.job.job_id = job_id;
  return job;
}

/// The job has run at a due time, which took a second.
inline StoredRun& ran(StoredJob& job, Micros due, jobs::State state = jobs::State::succeeded) {
  const auto id = static_cast<int64_t>(job.runs.size()) + 10 * job.job.job_id;
  job.runs.push_back({id, jobs::Kind::schedule, due, 0, 1, state, due, due + second, ""});
  return job.runs.back();
}
inline void waits(StoredJob& job, Micros due) {
  StoredRun& run = ran(job, due, jobs::State::waiting);
  run.started_at.reset(), run.ended_at.reset();
}
inline void runs(StoredJob& job, Micros due) {
  ran(job, due, jobs::State::running).ended_at.reset();
}

inline jobs::Decision decision_of(const std::vector<StoredJob>& stored, Micros now) {
  std::vector<jobs::Job> facts;
  for (const StoredJob& job : stored) facts.push_back(job.facts());
  return jobs::decide(facts, now);
}
/// What is decided, in the order in which it is written.
inline std::string decided(const jobs::Decision& decision) {
  std::string out;
  for (const int64_t id : decision.withdraw) out += "withdraw " + std::to_string(id) + "; ";
  for (const auto& skip : decision.skip)
    out += "skip " + clock_time(skip.due_at) + " missed " + std::to_string(skip.missed) + "; ";
  for (const auto& queue : decision.queue) {
    out += (queue.kind == jobs::Kind::retry ? "retry " : "queue ") + clock_time(queue.due_at);
    if (queue.missed != 0) out += " missed " + std::to_string(queue.missed);
    if (queue.attempt != 1) out += " attempt " + std::to_string(queue.attempt);
    out += "; ";
  }
  return out;
}
inline std::string decided(const std::vector<StoredJob>& stored, std::string_view now) {
  return decided(decision_of(stored, at(now)));
}
inline std::string wake(const std::vector<StoredJob>& stored, std::string_view now) {
  return clock_time(decision_of(stored, at(now)).wake);
}

}  // namespace clientele::testing
