// SPDX-License-Identifier: PostgreSQL
// What the scheduler knows of the jobs, from one look to the next. C++ regime.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "jobs/decision/decision.hpp"
#include "jobs/schedule/schedule.hpp"
#include "jobs/scheduler/store_pg.hpp"

namespace clientele::jobs {

/// A job as it was read. `job` refers to the other members, so it stays where it is.
struct KnownJob {
  std::string name, owner, last_sqlstate;
  Oid owner_oid = InvalidOid;
  int64_t owner_cluster = 0;
  std::vector<int64_t> after;
  std::optional<Schedule> schedule;
  Micros max_run_time = 0;
  Job job = {};

  // The run that waits or runs.
  Micros active_due_at = 0;
  pid_t active_pid = 0;
  TimestampTz active_process_start = 0;

  // By monotonic_now(): of the run that waits, the first attempt to start it and the earliest next
  // one.
  int64_t tried_run_id = 0;
  Micros first_try = 0, next_try = 0;

  bool waits() const { return job.active && job.active->state == State::waiting; }
};

class KnownJobs {
 public:
  /// Takes what was read of a job. False if its schedule cannot be read; then nothing of it falls
  /// due.
  bool take(const StateRow& row);
  void forget(int64_t job_id) { jobs_.erase(job_id); }
  /// Forgets all but these, which ascend.
  void keep_only(const std::vector<int64_t>& ids);

  KnownJob* find(int64_t job_id);
  bool empty() const { return jobs_.empty(); }
  std::map<int64_t, KnownJob>& all() { return jobs_; }
  const std::map<int64_t, KnownJob>& all() const { return jobs_; }
  Decision decide(Micros now) const;

 private:
  std::map<int64_t, KnownJob> jobs_;
};

}  // namespace clientele::jobs
