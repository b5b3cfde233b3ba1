// SPDX-License-Identifier: PostgreSQL
// Why no run begins: scheduler_state() and scheduler_waits_for().
#include "jobs/shared/settings_pg.hpp"
#include "jobs/shared/shared_pg.hpp"

extern "C" {
#include "access/xlog.h"
#include "commands/dbcommands.h"
}

namespace clientele::jobs {
namespace {

const char* text_of(const Database& database) {
  switch (database.state) {
    case SchedulerState::running:
      return "running";
    case SchedulerState::unknown:
    case SchedulerState::starting:
      return "starting";
    case SchedulerState::nothing:
      return "nothing to schedule: there is no job";
    case SchedulerState::copy:
      return "copy: the jobs belong to another server or database; SELECT clientele.resume_jobs() "
             "runs them here";
    case SchedulerState::paused:
      return "paused: SELECT clientele.resume_jobs() lets the jobs of this database run";
    case SchedulerState::no_process:
      return "no free worker process: raise max_worker_processes in postgresql.conf, and restart "
             "the server";
    case SchedulerState::failed:
      return psprintf("failed: %s", database.message);
  }
  return "";
}

const char* scheduler_state() {
  if (shared() == nullptr) return psprintf("not preloaded: %s", preload_hint);
  if (RecoveryInProgress()) return "standby: jobs run after promotion";
  const char* const name = get_database_name(MyDatabaseId);
  if (name == nullptr || !database_is_listed(name))
    return "database is not in clientele.databases: add it in postgresql.conf, and reload";
  Locked lock(LW_SHARED);
  const Shared& all = *shared();
  const Database* const found = find_database(MyDatabaseId);
  const Database entry = found == nullptr ? Database{} : *found;
  const bool launcher = all.launcher != 0, full = all.databases_full;
  lock.release();
  if (!launcher)
    return "no launcher: it starts again within seconds, unless max_worker_processes is exhausted";
  if (found == nullptr && full)
    return psprintf("too many databases: there are schedulers for %d", max_databases);
  if (entry.holds > 0) return "held: a statement needs the database for itself";
  if (entry.pauses > 0) return "held: a statement waits for the runs in progress";
  return text_of(entry);
}

}  // namespace
}  // namespace clientele::jobs

using namespace clientele;

CLIENTELE_FUNCTION(clientele_scheduler_state) {
  PG_RETURN_TEXT_P(cstring_to_text(jobs::scheduler_state()));
}

CLIENTELE_FUNCTION(clientele_scheduler_waits_for) {
  if (jobs::shared() == nullptr) PG_RETURN_NULL();
  jobs::Locked lock(LW_SHARED);
  const jobs::Database* const found = jobs::find_database(MyDatabaseId);
  const bool slot = found != nullptr && found->waits_for_slot;
  const bool process = found != nullptr && found->waits_for_process;
  lock.release();
  if (!slot && !process) PG_RETURN_NULL();
  PG_RETURN_TEXT_P(cstring_to_text(process ? "max_worker_processes" : "clientele.max_workers"));
}
