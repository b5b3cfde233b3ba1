// SPDX-License-Identifier: PostgreSQL
// The process of a run: a session of the job's owner, which runs one command. PostgreSQL's regime.
#include <csignal>

#include "jobs/running/error_text_pg.hpp"
#include "jobs/running/recording_pg.hpp"
#include "jobs/shared/extension_lock_pg.hpp"
#include "jobs/shared/owner_pg.hpp"
#include "jobs/shared/slots_pg.hpp"

extern "C" {
#include "access/xact.h"
#include "commands/discard.h"
#include "libpq/pqsignal.h"
#include "pgstat.h"
#include "storage/ipc.h"
#include "tcop/tcopprot.h"
#include "utils/timeout.h"

void clientele_job_worker_main(Datum);
}

namespace clientele::jobs {
namespace {

// A run whose command has ended must not be taken for one that was interrupted, as it would be
// tried again: SIGTERM waits until its end is recorded, but not for long.
volatile sig_atomic_t recording = false;
volatile sig_atomic_t asked_to_end = false;
constexpr int patience = 5000;  // milliseconds

void die_unless_recording(int signal) {
  if (recording)
    asked_to_end = true;
  else
    die(signal);
}

void lose_patience() {
  recording = false;
  if (asked_to_end) die(SIGTERM);
}

void begin_end() {
  const TimeoutId timeout = RegisterTimeout(USER_TIMEOUT, lose_patience);
  enable_timeout_after(timeout, patience);
  recording = true;
  if (ProcDiePending) asked_to_end = true;
  ProcDiePending = false;
}

/// As the session of a client would.
void load_libraries_of_session() {
  StartTransactionCommand();
  process_session_preload_libraries();
  CommitTransactionCommand();
}

/// So that nothing is met that the command has left.
void discard_all() {
  begin_recording();
  DiscardStmt statement = {T_DiscardStmt, DISCARD_ALL};
  DiscardCommand(&statement, true);
  end_recording();
}

void show(const Run& run) {
  const char* const name = psprintf("clientele job: %s", run.name);
  set_config_option("application_name", name, PGC_USERSET, PGC_S_CLIENT, GUC_ACTION_SET, true, 0,
                    false);
  // The setting has ASCII only, so that all names in Chinese would look the same.
  pgstat_report_appname(name);
  debug_query_string = run.command;
  pgstat_report_activity(STATE_RUNNING, run.command);
}

void require_same_owner(const Run& run, const WorkerArguments& a) {
  require_owner(run);
  if (run.owner_oid != a.job_owner)
    ereport(ERROR, (errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
                    errmsg("job \"%s\" has another owner than when its run was due", run.name)));
}

/// The time limit is for the command: what it did must not count as undone because its end takes
/// long to be recorded.
void note_in_slot(const Outcome& outcome) {
  const ErrorData* const error = outcome.error;
  note_outcome(name_of(outcome.state),
               error == nullptr ? nullptr : unpack_sql_state(error->sqlerrcode),
               error == nullptr ? nullptr : error_message(error),
               outcome.rows.counted ? static_cast<int64_t>(outcome.rows.count) : -1);
}

/// An error that leaves the run without its outcome; the scheduler finds the text in the slot.
[[noreturn]] void give_up(const ErrorData* error) {
  ereport(FATAL, (errcode(error->sqlerrcode), errmsg("%s", error->message)));
  pg_unreachable();
}

Outcome run_command(const Run& run, const WorkerArguments& a) {
  Rows rows{};
  SetCurrentStatementStartTimestamp();
  auto work = [&] {
    StartTransactionCommand();
    require_same_owner(run, a);
    CommitTransactionCommand();
    load_libraries_of_session();
    rows = run_statement(run.command);
  };
  pqsignal(SIGINT, StatementCancelHandler);
  ErrorData* const error = attempt(work, true);
  begin_end();
  pqsignal(SIGINT, SIG_IGN);
  QueryCancelPending = false;
  debug_query_string = nullptr;
  const Outcome outcome = outcome_of(error, rows, worker_timed_out());
  note_in_slot(outcome);
  return outcome;
}

}  // namespace
}  // namespace clientele::jobs

using namespace clientele::jobs;

void clientele_job_worker_main(Datum) {
  pqsignal(SIGTERM, die_unless_recording);
  pqsignal(SIGINT, SIG_IGN);  // until the command runs
  if (!begin_in_slot()) proc_exit(0);
  BackgroundWorkerUnblockSignals();
  const WorkerArguments a = worker_arguments();
  BackgroundWorkerInitializeConnectionByOid(a.database, a.job_owner, 0);
  MessageContext =
      AllocSetContextCreate(TopMemoryContext, "MessageContext", ALLOCSET_DEFAULT_SIZES);
  MemoryContextSwitchTo(MessageContext);

  Run run{};
  run.run_id = a.run_id;
  bool started = false;
  SetCurrentStatementStartTimestamp();
  auto start = [&] {
    begin_recording();
    lock_extension();
    // `run` outlives the transaction.
    const MemoryContext of_transaction = MemoryContextSwitchTo(MessageContext);
    started = jobs_owner() == a.store_owner && record_start(a.store_owner, run);
    MemoryContextSwitchTo(of_transaction);
    end_recording();
  };
  if (const ErrorData* const error = attempt(start, true); error != nullptr) give_up(error);
  if (!started) proc_exit(0);
  note_run_started();

  show(run);
  const Outcome outcome = run_command(run, a);
  SetCurrentStatementStartTimestamp();
  auto record = [&] {
    discard_all();
    begin_recording();
    record_end(a.store_owner, run.run_id, outcome);
    end_recording();
  };
  if (const ErrorData* const error = attempt(record, true); error != nullptr) give_up(error);
  proc_exit(0);
}
