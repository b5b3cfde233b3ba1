// SPDX-License-Identifier: PostgreSQL
// A run is recorded in transactions that act as the store's owner, whatever the settings of the
// database, the role and the session say. PostgreSQL's regime.
#pragma once
#include "jobs/running/top_level_pg.hpp"

namespace clientele::jobs {

/// Begins a transaction that may write, in READ COMMITTED, without time limits, and whose commit is
/// on disk when end_recording() returns.
void begin_recording();
void end_recording();

/// What is run, in the memory context that was current.
struct Run {
  int64_t run_id;
  const char* name;
  const char* command;
  const char* owner;    // nullptr if it is NULL
  Oid owner_oid;        // the role that was checked, as which the command runs
  const char* problem;  // why it cannot, or nullptr
  int64_t limit;        // max_run_time in microseconds
};

enum class Ended { succeeded, failed, timed_out, cancelled };
/// The state of a run that has ended so.
const char* name_of(Ended state);

/// How a command ended.
struct Outcome {
  Ended state;
  ErrorData* error;  // nullptr if it succeeded
  Rows rows;
};

/// How a command ended that was or was not past its limit. It may change what the error says.
Outcome outcome_of(ErrorData* error, const Rows& rows, bool past_limit);

// Acting as the owner of the store, within begin_recording().

/// 28000 if the owner of a job cannot run it, or if the owner of the store has no right to say so.
void require_owner(const Run& run);

/// Marks a run as running in this process, and reads what it is; false if it does not wait any
/// more.
bool record_start(Oid store_owner, Run& run);
void record_end(Oid store_owner, int64_t run_id, const Outcome& outcome);
/// Reads a job; 42704 if there is none.
void read_job(Oid store_owner, const char* name, Run& run);
/// Records a run of it that begins now. Errors: 55006.
int64_t record_manual_start(Oid store_owner, const char* name);

}  // namespace clientele::jobs
