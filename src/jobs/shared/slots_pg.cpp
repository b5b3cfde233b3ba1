// SPDX-License-Identifier: PostgreSQL
#include "jobs/shared/slots_pg.hpp"

#include <cstring>

#include "jobs/shared/settings_pg.hpp"

extern "C" {
#include "storage/ipc.h"
}

namespace clientele::jobs {
namespace {

// The slot of this process, if it is a worker.
Slot* mine = nullptr;
emit_log_hook_type next_log = nullptr;

/// A slot is free for the schedulers that wait for one. The lock is held.
void wake_waiting() {
  for (const Database& database : shared()->databases)
    if (database.waits_for_slot && database.pid != 0) SetLatch(database.latch);
}

void give_back(Slot& slot) {
  if (!slot.ended) wake_waiting();
  slot.taken = false;
  slot.pid = 0;
}

void keep_error(const char* sqlstate, const char* message) {
  strlcpy(mine->sqlstate, sqlstate, sizeof mine->sqlstate);
  const int length =
      pg_mbcliplen(message, static_cast<int>(std::strlen(message)), sizeof mine->message - 1);
  std::memcpy(mine->message, message, length);
  mine->message[length] = '\0';
}

void keep_fatal(ErrorData* error) {
  // What ends the process after its command is not an error of the run.
  if (mine != nullptr && mine->outcome[0] == '\0' && error->elevel >= FATAL &&
      error->message != nullptr)
    keep_error(unpack_sql_state(error->sqlerrcode), error->message);
  if (next_log != nullptr) next_log(error);
}

void end_in_slot(int, Datum) {
  Locked lock;
  mine->ended = true;
  wake_waiting();
  const Oid database = mine->database;
  mine = nullptr;
  lock.release();
  wake(database, worker_arguments().job_id);
}

}  // namespace

int take_slot(int64_t run_id, int64_t job_id, int64_t max_run_time, uint64_t& ticket) {
  Shared& all = *shared();
  Locked lock;
  int busy = 0, free = -1;
  for (int i = 0; i < max_slots; ++i) {
    const Slot& slot = all.slots[i];
    if (!slot.taken && free < 0) free = i;
    if (slot.taken && !slot.ended) ++busy;
  }
  if (busy >= max_workers()) free = -1;
  if (free >= 0) {
    Slot& slot = all.slots[free];
    slot = {};
    slot.taken = true;
    slot.ticket = ticket = ++all.last_ticket;
    slot.database = MyDatabaseId;
    slot.run_id = run_id;
    slot.job_id = job_id;
    slot.max_run_time = max_run_time;
    slot.taken_at = monotonic_now();
  }
  lock.release();
  return free;
}

void set_limit(int number, uint64_t ticket, int64_t max_run_time) {
  Locked lock;
  Slot& slot = shared()->slots[number];
  if (slot.ticket == ticket) slot.max_run_time = max_run_time;
  lock.release();
}

void free_slot(int number, uint64_t ticket) {
  Locked lock;
  Slot& slot = shared()->slots[number];
  if (slot.ticket == ticket) give_back(slot);
  lock.release();
}

bool withdraw_slot(int number, uint64_t ticket) {
  Locked lock;
  Slot& slot = shared()->slots[number];
  const bool not_begun = slot.ticket == ticket && slot.pid == 0;
  if (not_begun) give_back(slot);
  lock.release();
  return not_begun;
}

void free_slots_left(Oid database) {
  Locked lock;
  for (Slot& slot : shared()->slots)
    if (slot.taken && slot.database == database && (slot.ended || slot.pid == 0)) give_back(slot);
  lock.release();
}

void free_slots_of_dropped() {
  Locked lock;
  for (Slot& slot : shared()->slots)
    if (slot.taken && slot.ended && find_database(slot.database) == nullptr) give_back(slot);
  lock.release();
}

WorkerArguments worker_arguments() {
  WorkerArguments arguments;
  std::memcpy(&arguments, MyBgworkerEntry->bgw_extra, sizeof arguments);
  return arguments;
}

bool begin_in_slot() {
  if (shared() == nullptr) return false;
  const WorkerArguments arguments = worker_arguments();
  Locked lock;
  Slot& slot = shared()->slots[arguments.slot];
  const Database* const database = find_database(arguments.database);
  const bool held = database != nullptr && database->holds > 0;
  const bool waited_for = !held && slot.taken && slot.ticket == arguments.ticket && slot.pid == 0;
  if (waited_for) {
    slot.pid = MyProcPid;
    slot.process_start = MyStartTimestamp;
    mine = &slot;
    on_shmem_exit(end_in_slot, Datum{});
    next_log = emit_log_hook;
    emit_log_hook = keep_fatal;
  }
  lock.release();
  return waited_for;
}

void note_run_started() {
  Locked lock;
  mine->started_at = monotonic_now();
  lock.release();
}

void note_outcome(const char* state, const char* sqlstate, const char* message, int64_t rows) {
  Locked lock;
  strlcpy(mine->outcome, state, sizeof mine->outcome);
  keep_error(sqlstate == nullptr ? "" : sqlstate, message == nullptr ? "" : message);
  mine->rows = rows;
  lock.release();
}

bool worker_timed_out() { return mine != nullptr && mine->timed_out; }

}  // namespace clientele::jobs
