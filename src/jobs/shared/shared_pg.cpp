// SPDX-License-Identifier: PostgreSQL
#include "jobs/shared/shared_pg.hpp"

#include <cstring>
#include <ctime>

#include "pg/shared.hpp"

extern "C" {
#include "access/xact.h"
#include "commands/trigger.h"
#include "storage/procarray.h"
#include "utils/backend_status.h"
}

namespace clientele::jobs {
namespace {

Shared* memory = nullptr;

void begin_memory(void* piece) {
  auto* const made = static_cast<Shared*>(piece);
  std::memset(piece, 0, sizeof(Shared));
  LWLockInitialize(&made->lock, LWLockNewTrancheId());
}

void find_memory() {
  memory = static_cast<Shared*>(pg::shared_piece("clientele jobs", sizeof(Shared), begin_memory));
  if (memory != nullptr) LWLockRegisterTranche(memory->lock.tranche, "clientele_jobs");
}

// The jobs of this transaction whose runs have changed.
struct Pending {
  bool any;
  bool launcher;
  bool all;
  int count;
  int64_t jobs[max_changed];
};
Pending pending = {};

void note_changed(Database& database, int64_t job) {
  for (int i = 0; i < database.changed_count; ++i)
    if (database.changed[i] == job) return;
  if (job == 0 || database.changed_count == max_changed)
    database.all_changed = true;
  else
    database.changed[database.changed_count++] = job;
}

void wake_launcher() {
  Locked lock(LW_SHARED);
  if (memory->launcher != 0) SetLatch(memory->launcher_latch);
  lock.release();
}

void at_end_of_transaction(XactEvent event, void*) {
  if (!pending.any) return;
  if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_PREPARE) {
    if (pending.launcher) wake_launcher();
    if (pending.all) wake(MyDatabaseId, 0);
    for (int i = 0; i < pending.count; ++i) wake(MyDatabaseId, pending.jobs[i]);
  }
  if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_PREPARE || event == XACT_EVENT_ABORT)
    pending = {};
}

/// False if there is no process to wake.
bool note_pending() {
  static bool registered = false;
  if (memory == nullptr) return false;
  if (!registered) RegisterXactCallback(at_end_of_transaction, nullptr);
  registered = true;
  pending.any = true;
  return true;
}

}  // namespace

Shared* shared() { return memory; }

void request_jobs_memory() { pg::request_shared(sizeof(Shared), find_memory); }

Database* find_database(Oid database) {
  for (Database& each : memory->databases)
    if (each.oid == database) return &each;
  return nullptr;
}

Database* add_database(Oid database) {
  Database* entry = find_database(database);
  if (entry != nullptr) return entry;
  entry = find_database(InvalidOid);
  if (entry == nullptr) return nullptr;
  *entry = {};
  entry->oid = database;
  return entry;
}

int64_t monotonic_now() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<int64_t>(now.tv_sec) * 1000000 + now.tv_nsec / 1000;
}

void wake(Oid database, int64_t job) {
  if (memory == nullptr) return;
  Locked lock;
  Database* const entry = find_database(database);
  if (entry != nullptr) note_changed(*entry, job);
  if (entry != nullptr && entry->pid != 0) {
    SetLatch(entry->latch);
  } else {
    // What the last scheduler found may be true no more.
    if (entry != nullptr && entry->state != SchedulerState::failed)
      entry->state = SchedulerState::unknown;
    if (memory->launcher != 0) SetLatch(memory->launcher_latch);
  }
  lock.release();
}

void wake_at_commit(int64_t job) {
  if (!note_pending()) return;
  for (int i = 0; i < pending.count; ++i)
    if (pending.jobs[i] == job) return;
  if (job == 0 || pending.count == max_changed)
    pending.all = true;
  else
    pending.jobs[pending.count++] = job;
}

void wake_launcher_at_commit() {
  if (note_pending()) pending.launcher = true;
}

bool process_lives(pid_t pid, TimestampTz start) {
  if (BackendPidGetProc(pid) == nullptr) return false;
  pgstat_clear_backend_activity_snapshot();
  for (int i = pgstat_fetch_stat_numbackends(); i > 0; --i) {
#if PG_VERSION_NUM >= 160000
    const PgBackendStatus& entry = pgstat_get_local_beentry_by_index(i)->backendStatus;
#else
    const PgBackendStatus& entry = pgstat_fetch_stat_local_beentry(i)->backendStatus;
#endif
    if (entry.st_procpid == pid && entry.st_proc_start_timestamp == start) return true;
  }
  return false;
}

}  // namespace clientele::jobs

using namespace clientele;

CLIENTELE_FUNCTION(clientele_process_lives) {
  PG_RETURN_BOOL(jobs::process_lives(PG_GETARG_INT32(0), PG_GETARG_TIMESTAMPTZ(1)));
}

CLIENTELE_FUNCTION(clientele_process_start) { PG_RETURN_TIMESTAMPTZ(MyStartTimestamp); }

CLIENTELE_FUNCTION(clientele_wake_scheduler) {
  jobs::wake_at_commit(PG_ARGISNULL(0) ? 0 : PG_GETARG_INT64(0));
  PG_RETURN_VOID();
}

CLIENTELE_FUNCTION(clientele_jobs_changed) {
  if (!CALLED_AS_TRIGGER(fcinfo))
    ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
                    errmsg("jobs_changed() was not called by a trigger manager")));
  jobs::wake_at_commit(0);
  const auto* const trigger = castNode(TriggerData, fcinfo->context);
  if (!TRIGGER_FIRED_FOR_ROW(trigger->tg_event)) return PointerGetDatum(nullptr);
  return PointerGetDatum(TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple
                                                                    : trigger->tg_trigtuple);
}
