// SPDX-License-Identifier: PostgreSQL
#include "jobs/scheduler/session_pg.hpp"

#include <algorithm>
#include <cstring>

#include "jobs/scheduler/backoff.hpp"
#include "jobs/scheduler/launcher_pg.hpp"
#include "jobs/shared/settings_pg.hpp"
#include "jobs/shared/slots_pg.hpp"
#include "pg/acting.hpp"

extern "C" {
#include "access/xact.h"
#include "commands/dbcommands.h"
#include "pgstat.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "utils/snapmgr.h"
#include "utils/timeout.h"
}

namespace clientele::jobs {
namespace {

Database* own = nullptr;
int64_t entered_at = 0;
bool listed = true;
SchedulerState left_as = SchedulerState::failed;
pg::Acting before_work;

// A run that is lost in a crash before it began is due again, so its row need not be on disk: the
// worker's is.
constexpr pg::Setting of_process[] = {
    {"lock_timeout", "500ms"},
#if PG_VERSION_NUM >= 170000
    {"transaction_timeout", "0"},
#endif
    {"role", "none"},
    {"synchronous_commit", "off"},
    {"default_transaction_isolation", "read committed"},
    {"default_transaction_read_only", "off"},
    {"default_transaction_deferrable", "off"},
    {"session_replication_role", "origin"},
    {"search_path", "pg_catalog, pg_temp"},
    {"jit", "off"},
    // Plans are kept, and may have been made when a table was empty.
    {"enable_seqscan", "off"},
    {"log_statement", "none"},
    {"log_min_duration_statement", "-1"},
    {"statement_timeout", "0"}};
emit_log_hook_type next_log = nullptr;

void keep_message(const char* message) {
  const auto length = static_cast<int>(std::strlen(message));
  const int kept = pg_mbcliplen(message, length, sizeof own->message - 1);
  std::memcpy(own->message, message, kept);
  own->message[kept] = '\0';
}

/// The launcher starts a few schedulers at a time, and waits for them. The lock is held.
void become(SchedulerState state) {
  const bool began = own->state == SchedulerState::starting;
  own->state = state;
  if (began && shared()->launcher != 0) SetLatch(shared()->launcher_latch);
}

// The last error that was logged, and when, unless all has been well since.
char logged[sizeof Database::message];
int64_t logged_at = 0;

bool is_to_be_logged(const char* message) {
  const int64_t now = monotonic_now();
  if (std::strncmp(message, logged, sizeof logged - 1) == 0) return false;
  if (logged_at != 0 && now - logged_at < minute) return false;
  strlcpy(logged, message, sizeof logged);
  logged_at = now;
  return true;
}

void keep_error(ErrorData* error) {
  if (error->elevel >= ERROR && error->message != nullptr) keep_message(error->message);
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
    // There may be something to do by now.
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

void begin_work(Oid role, int longest) {
  SetCurrentStatementStartTimestamp();
  StartTransactionCommand();
  PushActiveSnapshot(GetTransactionSnapshot());
  before_work = pg::act_as(role);
  enable_timeout_after(STATEMENT_TIMEOUT, longest);
  pgstat_report_activity(STATE_RUNNING, "looking at the jobs");
}

void end_work() {
  disable_timeout(STATEMENT_TIMEOUT, false);
  pg::stop_acting(before_work);
  PopActiveSnapshot();
  CommitTransactionCommand();
  pgstat_report_stat(false);
  pgstat_report_activity(STATE_IDLE, nullptr);
}

void abort_work() {
  disable_all_timeouts(false);
  QueryCancelPending = false;
  AbortCurrentTransaction();
  pgstat_report_activity(STATE_IDLE, nullptr);
}

int take_changed(int64_t (&jobs)[max_changed], bool& all) {
  Locked lock;
  const int count = own->changed_count;
  std::copy_n(own->changed, count, jobs);
  all = own->all_changed;
  own->changed_count = 0;
  own->all_changed = false;
  lock.release();
  return count;
}

void note_error(const char* message) {
  if (is_to_be_logged(message))
    ereport(LOG, (errmsg("the scheduler of jobs tries again after an error: %s", message)));
  Locked lock;
  become(SchedulerState::failed);
  keep_message(message);
  lock.release();
}

void note_look(bool well, bool waits_for_slot, bool waits_for_process) {
  if (well) {
    logged[0] = '\0';
    logged_at = 0;
  }
  const bool becomes_well = well && own->state != SchedulerState::running;
  if (!becomes_well && own->waits_for_slot == waits_for_slot &&
      own->waits_for_process == waits_for_process)
    return;
  Locked lock;
  if (becomes_well) become(SchedulerState::running);
  own->waits_for_slot = waits_for_slot;
  own->waits_for_process = waits_for_process;
  lock.release();
}

void leave_if_asked() {
  const bool reloaded = ConfigReloadPending;
  reload_if_asked();
  if (own->holds > 0) leave_database(SchedulerState::unknown);
  if (!reloaded) return;
  StartTransactionCommand();
  const char* const name = get_database_name(MyDatabaseId);
  listed = name != nullptr && database_is_listed(name);
  CommitTransactionCommand();
}

bool is_listed() { return listed; }

void leave_database(SchedulerState outcome) {
  left_as = outcome;
  proc_exit(0);
}

}  // namespace clientele::jobs
