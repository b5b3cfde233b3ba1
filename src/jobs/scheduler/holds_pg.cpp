// SPDX-License-Identifier: PostgreSQL
#include "jobs/scheduler/holds_pg.hpp"

#include <csignal>

#include "base/calendar.hpp"

extern "C" {
#include "access/xact.h"
#include "pgstat.h"
#include "storage/ipc.h"
}

namespace clientele::jobs {
namespace {

constexpr Micros longest_wait = 5 * second;
// A scheduler that does not leave waits for a lock, say. It is interrupted, and later ended.
constexpr Micros until_cancel = second / 2;
constexpr Micros until_end = 2 * second;

// What this process holds. A statement holds one database; a transaction has few of them.
constexpr int most_holds = 8;
struct Held {
  Oid database;
  bool paused;  // and not held
};
Held held[most_holds];
int held_count = 0;

void release_all() {
  if (held_count == 0) return;
  Locked lock;
  for (int i = 0; i < held_count; ++i) {
    Database* const entry = find_database(held[i].database);
    if (entry == nullptr) continue;
    int& count = held[i].paused ? entry->pauses : entry->holds;
    if (count > 0) --count;
    if (entry->pid != 0)
      SetLatch(entry->latch);
    else
      entry->state = SchedulerState::unknown;
  }
  held_count = 0;
  if (shared()->launcher != 0) SetLatch(shared()->launcher_latch);
  lock.release();
}

void at_end_of_transaction(XactEvent event, void*) {
  if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
    release_all();
}

void at_exit(int, Datum) { release_all(); }

void prepare() {
  static bool prepared = false;
  if (prepared) return;
  RegisterXactCallback(at_end_of_transaction, nullptr);
  before_shmem_exit(at_exit, Datum{});
  prepared = true;
}

bool note(Oid database, bool paused) {
  if (shared() == nullptr || held_count == most_holds) return false;
  prepare();
  Locked lock;
  Database* const entry = add_database(database);
  if (entry != nullptr) {
    ++(paused ? entry->pauses : entry->holds);
    held[held_count++] = {database, paused};
  }
  lock.release();
  return entry != nullptr;
}

void sleep_briefly() {
  WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, 10, PG_WAIT_EXTENSION);
  ResetLatch(MyLatch);
  CHECK_FOR_INTERRUPTS();
}

/// The scheduler's process, 0 if it has gone; the signal goes to it while it is known to be there.
pid_t ask_to_leave(Oid database, int signal) {
  Locked lock;
  const Database* const entry = find_database(database);
  const pid_t pid = entry == nullptr ? 0 : entry->pid;
  if (pid != 0) SetLatch(entry->latch);
  if (pid != 0 && signal != 0) kill(pid, signal);
  lock.release();
  return pid;
}

}  // namespace

void wait_for_runs() {
  for (;;) {
    bool busy = false;
    Locked lock(LW_SHARED);
    for (const Slot& slot : shared()->slots)
      busy = busy || (slot.taken && !slot.ended && slot.database == MyDatabaseId &&
                      slot.started_at != 0 && slot.pid != MyProcPid);
    lock.release();
    if (!busy) return;
    sleep_briefly();
  }
}

void pause_database() { note(MyDatabaseId, true); }

void hold_database(Oid database) {
  if (!note(database, false)) return;
  const Micros begin = monotonic_now();
  bool cancelled = false, ended = false;
  for (;;) {
    const Micros waited = monotonic_now() - begin;
    int signal = 0;
    if (!cancelled && waited >= until_cancel) signal = SIGINT, cancelled = true;
    if (!ended && waited >= until_end) signal = SIGTERM, ended = true;
    if (ask_to_leave(database, signal) == 0 || waited >= longest_wait) return;
    sleep_briefly();
  }
}

}  // namespace clientele::jobs
