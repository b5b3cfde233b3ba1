// SPDX-License-Identifier: PostgreSQL
// A run is recorded in transactions of the store's owner, whatever the settings of the database,
// the role and the session say. PostgreSQL's regime.
#pragma once
#include "pg/acting.hpp"

namespace clientele::jobs {

/// The owner of the plain table clientele_data.jobs; InvalidOid if there is none. A view or a
/// foreign table in its place does not count.
Oid jobs_owner();

/// Begins a transaction that may write, in READ COMMITTED, without time limits, and whose commit is
/// on disk before it returns.
void begin_recording();
/// Commits it.
void end_recording();

/// What is run.
struct Run {
  int64_t run_id;
  const char* name;
  const char* command;
  int64_t limit;  // max_run_time in microseconds
};

enum class Ended { succeeded, failed, timed_out, cancelled };

/// How a command ended.
struct Outcome {
  Ended state;
  ErrorData* error;  // nullptr if it succeeded
  bool counted;
  uint64 rows;  // that it returned or changed, if it counts them
};

/// In a transaction of begin_recording(), acting as the owner of the store.
void record_end(int64_t run_id, Oid store_owner, const Outcome& outcome);

}  // namespace clientele::jobs
