// SPDX-License-Identifier: PostgreSQL
#include "jobs/scheduler/session_pg.hpp"

#include <cstring>

#include "jobs/scheduler/backoff.hpp"
#include "jobs/shared/slots_pg.hpp"
#include "pg/acting.hpp"

extern "C" {
#include "access/xact.h"
#include "pgstat.h"
#include "storage/ipc.h"
#include "utils/snapmgr.h"
#include "utils/timeout.h"
}

namespace clientele::jobs {
namespace {

Database* own = nullptr;
int64_t entered_at = 0;
SchedulerState left_as = SchedulerState::failed;
pg::Acting before_work;

// What a statement of the scheduler may take, whatever the owner of the tables has put on them.
constexpr int longest_statement = 30000;  // milliseconds

// A run that is lost in a crash before it began is due again, so its row need not be on disk: the
// worker's is.
constexpr pg::Setting of_process[] = {{"lock_timeout", "2s"},
                                      {"synchronous_commit", "off"},
                                      {"default_transaction_isolation", "read committed"},
                                      {"default_transaction_read_only", "off"},
                                      {"default_transaction_deferrable", "off"},
                                      {"session_replication_role", "origin"},
                                      {"search_path", "pg_catalog, pg_temp"},
                                      {"jit", "off"},
                                      {"log_statement", "none"},
                                      {"log_min_duration_statement", "-1"},
                                      {"statement_timeout", "0"}};
emit_log_hook_type next_log = nullptr;

void keep_error(ErrorData* error) {
  if (error->elevel >= ERROR && error->message != nullptr) {
    const auto length = static_cast<int>(std::strlen(error->message));
    const int kept = pg_mbcliplen(error->message, length, sizeof own->message - 1);
    std::memcpy(own->message, error->message, kept);
    own->message[kept] = '\0';
  }
  if (next_log != nullptr) next_log(error);
}

void at_exit(int, Datum) {
  free_slots_left(own->oid);
  Locked lock;
  own->pid = 0;
  own->latch = nullptr;
  own->waits_for_slot = own->waits_for_process = false;
  own->state = left_as;
  if (left_as == SchedulerState::failed) {
    if (monotonic_now() - entered_at > 5 * minute) own->failures = 0;
    own->again_at = monotonic_now() + wait_after(++own->failures);
  } else {
    own->failures = 0;
    // Whether it has been asked to look again while it was leaving.
    if (own->all_changed || own->changed_count > 0 || own->holds > 0)
      own->state = SchedulerState::unknown;
  }
  if (shared()->launcher != 0) SetLatch(shared()->launcher_latch);
  lock.release();
}

}  // namespace

bool enter_database(Oid database) {
  Locked lock;
  Database* const entry = find_database(database);
  const bool free = entry != nullptr && entry->pid == 0 && entry->holds == 0;
  if (free) {
    own = entry;
    own->pid = MyProcPid;
    own->latch = MyLatch;
    own->all_changed = true;
    own->changed_count = 0;
    own->message[0] = '\0';
    entered_at = monotonic_now();
    // Registered before InitPostgres registers its own, so that it runs when the process no longer
    // counts as one of the database.
    on_shmem_exit(at_exit, Datum{});
    next_log = emit_log_hook;
    emit_log_hook = keep_error;
  } else if (entry != nullptr && entry->pid == 0) {
    entry->state = SchedulerState::unknown;
  }
  lock.release();
  return free;
}

Database& own_database() { return *own; }

void fix_settings() {
  for (const pg::Setting& each : of_process)
    SetConfigOption(each.name, each.value, PGC_SUSET, PGC_S_OVERRIDE);
}

void begin_work(Oid role) {
  SetCurrentStatementStartTimestamp();
  StartTransactionCommand();
  PushActiveSnapshot(GetTransactionSnapshot());
  before_work = pg::act_as(role);
  enable_timeout_after(STATEMENT_TIMEOUT, longest_statement);
  pgstat_report_activity(STATE_RUNNING, "looking at the jobs");
}

void end_work() {
  disable_timeout(STATEMENT_TIMEOUT, false);
  pg::stop_acting(before_work);
  PopActiveSnapshot();
  CommitTransactionCommand();
  pgstat_report_activity(STATE_IDLE, nullptr);
}

void abort_work() {
  disable_all_timeouts(false);
  QueryCancelPending = false;
  AbortCurrentTransaction();
  pgstat_report_activity(STATE_IDLE, nullptr);
}

void leave_database(SchedulerState outcome) {
  left_as = outcome;
  proc_exit(0);
}

}  // namespace clientele::jobs
