// SPDX-License-Identifier: PostgreSQL
// What the scheduler reads and writes in the store. PostgreSQL's regime, inside begin_work().
#pragma once
#include "pg/boundary.hpp"

namespace clientele::jobs {

enum class Found { jobs, nothing, copy, paused };

/// Whether there is a store with the tables of jobs, and who owns them. Begins a transaction of its
/// own.
Found find_store(Oid& owner);

inline constexpr TimestampTz unknown_time = INT64_MIN;

/// What the scheduler uses of a row of clientele.job_states(); a time that is not known is
/// `unknown_time`.
struct StateRow {
  int64_t job_id;
  const char* name;
  const char* schedule;  // nullptr: every or after
  bool has_every;
  Interval every;
  const int64_t* after;
  int after_count;
  const char* time_zone;
  TimestampTz starting;
  int64_t jitter, max_run_time, retry_delay, retry_cap;  // microseconds
  bool skip_missed;
  int32_t max_retries;
  bool paused;
  TimestampTz since;
  const char* owner;  // nullptr, and 0 below, for NULL
  Oid owner_oid;
  int64_t owner_cluster;
  TimestampTz added_at;
  TimestampTz last_due_at;
  int64_t last_run_id;  // 0: none
  TimestampTz last_run_due_at;
  int32_t last_attempt;
  const char* last_state;
  const char* last_sqlstate;
  TimestampTz last_ended_at;
  int64_t active_run_id;  // 0: none
  bool active_waits;
  TimestampTz active_due_at;
  int32_t active_pid;
  TimestampTz active_process_start;
  int64_t last_started_id;  // 0: none
  TimestampTz last_started_at;
  int64_t last_success_id;  // 0: none
  TimestampTz last_success_at;
};

/// The states of these jobs, or of all if `ids` is nullptr, in the current memory context.
StateRow* read_states(const int64_t* ids, int count, int& rows);

/// 0 if a run of the job waits or runs already, or the job is locked by another transaction, or
/// gone.
int64_t queue_run(int64_t job_id, bool retry, TimestampTz due_at, int64_t missed, int32_t attempt);
/// False if the job is locked by another transaction, or gone.
bool skip_run(int64_t job_id, TimestampTz due_at, int64_t missed);
/// `sqlstate` and `message` may be empty; `rows` is -1 if none were counted. False if another
/// transaction has locked the run.
bool end_run(int64_t run_id, const char* state, const char* sqlstate, const char* message,
             int64_t rows = -1);
void crash_dead_runs(int64_t job_id);
void prune_runs();

}  // namespace clientele::jobs
