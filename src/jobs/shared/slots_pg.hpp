// SPDX-License-Identifier: PostgreSQL
// Slots: how many runs are at work at once, and how their processes end.
#pragma once
#include "jobs/shared/shared_pg.hpp"

namespace clientele::jobs {

/// For the scheduler: takes a slot for a run of this database, which may take max_run_time
/// microseconds. Its number, or -1 if clientele.max_workers runs are at work.
int take_slot(int64_t run_id, int64_t job_id, int64_t max_run_time, uint64_t& ticket);
/// Another scheduler that takes over the run, whose job may have gone by then, goes by this limit.
void set_limit(int slot, uint64_t ticket, int64_t max_run_time);
/// Frees a slot whose process has ended, or never was.
void free_slot(int slot, uint64_t ticket);
/// Frees a slot if no process has begun in it; one that comes later does nothing.
bool withdraw_slot(int slot, uint64_t ticket);
/// Frees the slots of a database that has no scheduler, except those of processes that are
/// there.
void free_slots_left(Oid database);
/// Frees the slots of databases that have no entry, whose processes have gone.
void free_slots_of_dropped();

// For a worker.

/// The arguments of this process.
WorkerArguments worker_arguments();
/// To be called first, before connecting: the slot is this process's until it ends, and the text of
/// a FATAL error is kept in it. False if the scheduler has given up or a statement needs the
/// database for itself; then the process does nothing.
bool begin_in_slot();
/// The run has been recorded as running: its maximum run time begins.
void note_run_started();
/// How the command has ended: what the scheduler records if this process ends before it has done
/// so. No order of the scheduler reaches it from now on. `sqlstate` and `message` may be nullptr;
/// `rows` is -1 if none were counted.
void note_outcome(const char* state, const char* sqlstate, const char* message, int64_t rows);
/// Whether the scheduler has cancelled this process because of max_run_time.
bool worker_timed_out();

}  // namespace clientele::jobs
