// SPDX-License-Identifier: PostgreSQL
// Shared memory of the launcher, the schedulers and the workers. It exists only if the server has
// loaded the library by shared_preload_libraries. All of it is PostgreSQL's regime.
#pragma once
#include "pg/postgres.hpp"

extern "C" {
#include "datatype/timestamp.h"
#include "postmaster/bgworker.h"
#include "storage/latch.h"
#include "storage/lwlock.h"
}

namespace clientele::jobs {

/// What the scheduler hands to a worker, in bgw_extra.
struct WorkerArguments {
  Oid database;
  Oid job_owner;
  Oid store_owner;
  int32_t slot;
  uint64_t ticket;  // of the slot: if it has another one, the scheduler has given up
  int64_t run_id;
  int64_t job_id;
};
static_assert(sizeof(WorkerArguments) <= BGW_EXTRALEN);

/// One run at work. A slot is taken before its process is asked for, and free again when the
/// scheduler has read how the process ended.
struct Slot {
  bool taken;
  bool ended;      // the process has gone
  bool timed_out;  // the scheduler has cancelled the run because of max_run_time
  uint64_t ticket;
  Oid database;
  int64_t run_id;
  int64_t job_id;
  pid_t pid;  // 0 until the worker has begun
  TimestampTz process_start;
  int64_t max_run_time;  // in microseconds
  int64_t taken_at;      // by monotonic_now()
  int64_t started_at;    // when the run was recorded as running, 0 before that; by monotonic_now()
  // How the command has ended, which the worker records, or the scheduler if the worker cannot.
  char outcome[12];   // a state of a run; empty until then
  int64_t rows;       // -1: none were counted
  char sqlstate[6];   // of the command's error, or the FATAL one with which the worker ended
  char message[256];  // its text, or empty
};

inline constexpr int max_slots = 256;
inline constexpr int max_databases = 1024;
inline constexpr int max_changed = 32;

/// What the launcher knows of a database.
enum class SchedulerState : int {
  unknown,     // no scheduler has looked since things may have changed
  starting,    // a process has been asked for
  running,     // the scheduler is at work
  nothing,     // it has left, as there is nothing to schedule
  copy,        // it does nothing, as the jobs belong to another server or database
  paused,      // it does nothing until resume_jobs()
  failed,      // it has ended with an error, and is started again later
  no_process,  // no worker process was free
};

struct Database {
  Oid oid;  // InvalidOid: the entry is free
  SchedulerState state;
  int holds;         // statements that need the database for themselves
  int pauses;        // statements that wait for the runs in progress; no other run begins
  pid_t pid;         // of the scheduler, 0 if there is none
  Latch* latch;      // of the scheduler
  bool all_changed;  // jobs have been added or changed since the scheduler has read them
  int changed_count;
  int64_t changed[max_changed];  // jobs whose runs have changed since then
  bool waits_for_slot;           // runs wait, as clientele.max_workers runs are at work
  bool waits_for_process;        // runs wait, as the server has no free worker process
  int64_t again_at;   // when a scheduler that failed is started again; by monotonic_now()
  int failures;       // in a row
  char message[256];  // the error with which it failed
};

struct Shared {
  LWLock lock;  // of all that follows
  pid_t launcher;
  Latch* launcher_latch;
  uint64_t last_ticket;
  bool databases_full;  // there are more than max_databases
  Slot slots[max_slots];
  Database databases[max_databases];
};

/// nullptr unless the server has loaded the library at its start.
Shared* shared();

/// Called by _PG_init while shared_preload_libraries are loaded.
void request_jobs_memory();

/// Holds the lock until release(): a destructor would be skipped by an error. An error in a
/// transaction releases it, too.
class Locked {
 public:
  explicit Locked(LWLockMode mode = LW_EXCLUSIVE) { LWLockAcquire(&shared()->lock, mode); }
  void release() { LWLockRelease(&shared()->lock); }
};

/// The entry of a database, nullptr if there is none. The lock is held.
Database* find_database(Oid database);
/// Makes one if need be; nullptr if there is no room. The lock is held.
Database* add_database(Oid database);

inline constexpr char preload_hint[] =
    "Add clientele to shared_preload_libraries in postgresql.conf, and restart the server.";

/// Microseconds of a clock that is never set.
int64_t monotonic_now();

/// Wakes the scheduler of this database when the transaction commits, or the launcher if there is
/// no scheduler. `job` is the one whose runs have changed, 0 for all jobs. Does nothing without
/// shared memory.
void wake_at_commit(int64_t job);
/// Wakes the launcher when the transaction commits, as there may be other databases now.
void wake_launcher_at_commit();
/// Wakes the scheduler, or the launcher, at once.
void wake(Oid database, int64_t job);

/// Whether the process of this server with this pid and start is there.
bool process_lives(pid_t pid, TimestampTz start);

}  // namespace clientele::jobs
