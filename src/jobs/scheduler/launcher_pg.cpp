// SPDX-License-Identifier: PostgreSQL
// The launcher: sees to it that each database that may have jobs has a scheduler. Only PostgreSQL's
// regime.
#include "jobs/scheduler/launcher_pg.hpp"

#include <algorithm>

#include "jobs/scheduler/backoff.hpp"
#include "jobs/shared/settings_pg.hpp"
#include "jobs/shared/slots_pg.hpp"

extern "C" {
#include "access/heapam.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "storage/ipc.h"
#include "utils/snapmgr.h"
}

namespace clientele::jobs {
namespace {

// Most databases have no jobs, and their schedulers leave at once. They are not to take the
// processes that others need.
constexpr int most_starting = 2;

struct Seen {
  Oid oid;
  bool wanted;
};

// Of the schedulers that this process has asked for, by the number of the database's entry.
BackgroundWorkerHandle* handles[max_databases];

/// All databases, in the current memory context.
Seen* read_databases(int& count) {
  const MemoryContext context = CurrentMemoryContext;
  int room = 64;
  count = 0;
  auto* seen = static_cast<Seen*>(palloc(room * sizeof(Seen)));
  StartTransactionCommand();
  GetTransactionSnapshot();
  const Relation relation = table_open(DatabaseRelationId, AccessShareLock);
  const TableScanDesc scan = table_beginscan_catalog(relation, 0, nullptr);
  while (const HeapTuple tuple = heap_getnext(scan, ForwardScanDirection)) {
    const auto* const database = reinterpret_cast<Form_pg_database>(GETSTRUCT(tuple));
    if (count == room) seen = static_cast<Seen*>(repalloc(seen, (room *= 2) * sizeof(Seen)));
    // A limit below -1 marks a database that DROP DATABASE has left half removed.
    seen[count++] = {database->oid, database->datallowconn && database->datconnlimit >= -1 &&
                                        database_is_listed(NameStr(database->datname))};
  }
  table_endscan(scan);
  table_close(relation, AccessShareLock);
  CommitTransactionCommand();
  MemoryContextSwitchTo(context);
  return seen;
}

/// Entries are those of the databases that exist.
void enter_databases(const Seen* seen, int count) {
  Locked lock;
  shared()->databases_full = false;
  for (Database& entry : shared()->databases) {
    if (entry.oid == InvalidOid || entry.pid != 0 || entry.holds > 0 || entry.pauses > 0) continue;
    if (std::none_of(seen, seen + count, [&](const Seen& s) { return s.oid == entry.oid; }))
      entry.oid = InvalidOid;
  }
  for (int i = 0; i < count; ++i)
    if (seen[i].wanted && add_database(seen[i].oid) == nullptr) shared()->databases_full = true;
  lock.release();
}

/// What became of the processes that were asked for.
void look_at_handles() {
  for (int i = 0; i < max_databases; ++i) {
    pid_t pid;
    if (handles[i] == nullptr || GetBackgroundWorkerPid(handles[i], &pid) != BGWH_STOPPED) continue;
    pfree(handles[i]);
    handles[i] = nullptr;
    Locked lock;
    Database& entry = shared()->databases[i];
    if (entry.pid == 0 && entry.state == SchedulerState::starting) {
      entry.state = SchedulerState::failed;
      entry.again_at = monotonic_now() + wait_after(++entry.failures);
      strlcpy(entry.message, "the process of the scheduler could not be started",
              sizeof entry.message);
    }
    lock.release();
  }
}

constexpr int64_t between_tries = 2 * second;

/// False if no worker process is free.
bool start_scheduler(int number, Oid database) {
  BackgroundWorker worker = new_worker("clientele scheduler", "clientele_scheduler_main");
  worker.bgw_main_arg = ObjectIdGetDatum(database);
  worker.bgw_notify_pid = MyProcPid;
  const MemoryContext before = MemoryContextSwitchTo(TopMemoryContext);
  const bool registered = RegisterDynamicBackgroundWorker(&worker, &handles[number]);
  MemoryContextSwitchTo(before);
  if (registered) return true;
  handles[number] = nullptr;
  Locked lock;
  Database& entry = shared()->databases[number];
  entry.state = SchedulerState::no_process;
  entry.again_at = monotonic_now() + between_tries;
  lock.release();
  return false;
}

/// Starts a scheduler where one is needed. Returns when to look again.
int64_t start_schedulers(const Seen* seen, int count) {
  const int64_t now = monotonic_now();
  int64_t again = now + minute;
  int starting = 0;
  for (int i = 0; i < max_databases; ++i)
    starting += handles[i] != nullptr && shared()->databases[i].state == SchedulerState::starting;
  for (int i = 0; i < count; ++i) {
    if (!seen[i].wanted) continue;
    Locked lock;
    Database* const entry = find_database(seen[i].oid);
    const auto number = static_cast<int>(entry - shared()->databases);
    bool start =
        entry != nullptr && entry->pid == 0 && entry->holds == 0 && handles[number] == nullptr;
    if (start) switch (entry->state) {
        case SchedulerState::unknown:
        case SchedulerState::starting:  // by an earlier launcher
        case SchedulerState::running:
          break;
        case SchedulerState::nothing:
        case SchedulerState::copy:
        case SchedulerState::paused:
          start = false;
          break;
        case SchedulerState::failed:
        case SchedulerState::no_process:
          start = entry->again_at <= now;
          if (!start) again = std::min(again, entry->again_at);
      }
    start = start && starting < most_starting;
    if (start) entry->state = SchedulerState::starting;
    lock.release();
    if (!start) continue;
    if (start_scheduler(number, seen[i].oid))
      ++starting;
    else
      again = std::min(again, now + between_tries);
  }
  return again;
}

void leave(int, Datum) {
  Locked lock;
  shared()->launcher = 0;
  shared()->launcher_latch = nullptr;
  lock.release();
}

void enter() {
  before_shmem_exit(leave, Datum{});
  Locked lock;
  shared()->launcher = MyProcPid;
  shared()->launcher_latch = MyLatch;
  lock.release();
}

}  // namespace

void register_launcher() {
  if (IsBinaryUpgrade) return;
  BackgroundWorker worker = new_worker("clientele launcher", "clientele_launcher_main");
  worker.bgw_restart_time = 3;
  RegisterBackgroundWorker(&worker);
}

}  // namespace clientele::jobs

using namespace clientele;

extern "C" {
void clientele_launcher_main(Datum);
}

void clientele_launcher_main(Datum) {
  jobs::begin_process();
  BackgroundWorkerInitializeConnection(nullptr, nullptr, 0);
  jobs::enter();
  const MemoryContext context =
      AllocSetContextCreate(TopMemoryContext, "clientele launcher", ALLOCSET_DEFAULT_SIZES);
  for (;;) {
    jobs::reload_if_asked();
    MemoryContextReset(context);
    MemoryContextSwitchTo(context);
    int count;
    const jobs::Seen* const seen = jobs::read_databases(count);
    jobs::enter_databases(seen, count);
    jobs::free_slots_of_dropped();
    jobs::look_at_handles();
    const int64_t again = jobs::start_schedulers(seen, count);
    jobs::sleep_on_latch(again - jobs::monotonic_now());
  }
}
