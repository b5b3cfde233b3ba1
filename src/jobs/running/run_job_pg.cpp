// SPDX-License-Identifier: PostgreSQL
// The procedure run_job(): a run in the caller's session. PostgreSQL's regime.
#include <cstring>

#include "jobs/running/leftovers_pg.hpp"
#include "jobs/running/recording_pg.hpp"
#include "jobs/running/settings_pg.hpp"
#include "jobs/shared/extension_lock_pg.hpp"
#include "jobs/shared/owner_pg.hpp"
#include "pg/acting.hpp"
#include "pg/trust.hpp"

extern "C" {
#include "access/xact.h"
#include "access/xlog.h"
#include "nodes/parsenodes.h"
#include "storage/latch.h"
#include "utils/portal.h"
#include "utils/timeout.h"
}

namespace clientele::jobs {
namespace {

constexpr char this_call[] = "CALL clientele.run_job";

// Where the limit of the run is counted, and whether it has been reached.
TimeoutId limit_timeout = MAX_TIMEOUTS;
volatile sig_atomic_t past_limit = false;
bool in_run = false;

void cancel_past_limit() {
  past_limit = true;
  InterruptPending = true;
  QueryCancelPending = true;
  SetLatch(MyLatch);
}

/// The transactions of the run take the place of the caller's, which must be the call's own.
void require_top_level(FunctionCallInfo fcinfo) {
  if (IsTransactionBlock() || IsSubTransaction())
    ereport(ERROR, (errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
                    errmsg("%s cannot run inside a transaction block", this_call),
                    errhint("The run is recorded before it begins, by a transaction of its own. "
                            "COMMIT first.")));
  // Only functions, procedures and DO use SPI.
  const bool called = SPI_unregister_relation("") != SPI_ERROR_UNCONNECTED;
  const Node* const context = fcinfo->context;
  if (called || in_run || context == nullptr || !IsA(context, CallContext) ||
      castNode(CallContext, fcinfo->context)->atomic || GetCurrentTransactionNestLevel() != 1)
    ereport(ERROR, (errcode(ERRCODE_INVALID_TRANSACTION_TERMINATION),
                    errmsg("%s cannot be executed from a function, a procedure or DO", this_call),
                    errhint("Call it as a statement of its own.")));
  PreventInTransactionBlock(true, this_call);
  PreventCommandDuringRecovery(this_call);
}

/// What a run needs to know of the session, and what is known of the run.
struct Session {
  Run run;
  const char* name;
  Oid store_owner;
  Oid caller;
  bool another_role;  // than the session's: nothing may be left to it
  KeptSettings settings;
  RoleSettings of_owner;
  Belongings belongings;
  bool has_deadline;  // of the caller's statement_timeout
  TimestampTz deadline;
};

void require_right(const Session& s) {
  const Run& run = s.run;
  if (!pg::may_become(s.caller, run.owner_oid))
    ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                    errmsg("permission denied to run job \"%s\"", run.name),
                    run.owner == nullptr
                        ? 0
                        : errdetail("It belongs to role %s.", quote_identifier(run.owner)),
                    errhint("Members of that role and superusers may.")));
  require_owner(run);
}

/// The first transaction: the row of the run is there before the work begins.
void begin(Session& s) {
  s.store_owner = jobs_owner();
  if (!OidIsValid(s.store_owner))
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("this database has no jobs"),
                    errdetail("Table clientele_data.jobs does not exist."),
                    errhint("CALL clientele.create_store() makes a store, and "
                            "clientele.upgrade_store() one of an older version new.")));
  read_job(s.store_owner, s.name, s.run);
  require_right(s);
  s.another_role = s.run.owner_oid != s.caller || s.caller != GetSessionUserId() ||
                   s.caller != GetAuthenticatedUserId();
#ifdef USE_ASSERT_CHECKING
  // StartTransaction() asserts that no function with SECURITY DEFINER surrounds a transaction.
  if (s.another_role)
    ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                    errmsg("a server with assertions runs in your session only your own jobs")));
#endif
  PushActiveSnapshot(GetTransactionSnapshot());
  s.of_owner = settings_of(s.run.owner_oid);
  PopActiveSnapshot();
  if (s.another_role) s.belongings = take_stock();
  s.run.run_id = record_manual_start(s.store_owner, s.name);
}

/// The caller's statement_timeout limits all but the record of the end.
void resume_deadline(const Session& s) {
  if (s.has_deadline) enable_timeout_at(STATEMENT_TIMEOUT, s.deadline);
}

/// The command, with the rights of its owner: SET ROLE cannot bring back those of the caller, in
/// whichever transaction.
ErrorData* run_as_owner(const Session& s, Rows& rows) {
  Oid user;
  int security;
  GetUserIdAndSecContext(&user, &security);
  if (s.another_role)
    SetUserIdAndSecContext(s.of_owner.role, security | SECURITY_LOCAL_USERID_CHANGE);
  auto work = [&] {
    StartTransactionCommand();
    take_settings(s.of_owner);
    CommitTransactionCommand();
    resume_deadline(s);
    // Again and again, as the command may go on after the first.
    enable_timeout_every(limit_timeout, GetCurrentTimestamp() + s.run.limit, 5000);
    rows = run_statement(s.run.command);
  };
  in_run = true;
  ErrorData* const error = attempt(work, false);
  in_run = false;
  disable_timeout(limit_timeout, false);
  disable_timeout(STATEMENT_TIMEOUT, false);
  if (past_limit) QueryCancelPending = false;
  if (s.another_role) {
    SetUserIdAndSecContext(user, security);
  } else {
    set_config_option("role", "none", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SET, true, 0, false);
    set_config_option("session_authorization", nullptr, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SET,
                      true, 0, false);
  }
  return error;
}

/// Nothing of another role's may stay: it could be used by mistake.
void clean(const Session& s) {
  if (!s.another_role) return;
  auto work = [&] {
    begin_recording();
    remove_what_is_new(s.belongings);
    end_recording();
  };
  if (const ErrorData* const error = attempt(work, false); error != nullptr)
    ereport(FATAL, (errcode(error->sqlerrcode),
                    errmsg("what job \"%s\" has left in the session could not be removed: %s",
                           s.run.name, error->message)));
}

/// Runs a job between two transactions; the error to raise, or nullptr.
ErrorData* run(Session& s) {
  auto first = [&] {
    begin_recording();
    lock_extension();
    const MemoryContext of_transaction = CurrentMemoryContext;
    MemoryContextSwitchTo(PortalContext);
    begin(s);
    MemoryContextSwitchTo(of_transaction);
    end_recording();
  };
  s.settings = keep_settings();  // not those of the transaction
  resume_deadline(s);
  if (ErrorData* const error = attempt(first, false); error != nullptr) return error;
  disable_timeout(STATEMENT_TIMEOUT, false);
  past_limit = false;
  Rows rows{};
  ErrorData* const error = run_as_owner(s, rows);
  const bool was_past_limit = past_limit;
  QueryCancelHoldoffCount = 1;  // until the end is recorded
  put_back_settings(s.settings);
  clean(s);
  const Outcome outcome = outcome_of(error, rows, was_past_limit);
  auto last = [&] {
    begin_recording();
    lock_extension();  // which may have gone with the locks of the command
    record_end(s.store_owner, s.run.run_id, outcome);
    end_recording();
  };
  ErrorData* const unrecorded = attempt(last, false);
  if (error == nullptr || unrecorded == nullptr) return error == nullptr ? unrecorded : error;
  ereport(WARNING, (errcode(unrecorded->sqlerrcode),
                    errmsg("the end of job \"%s\" could not be recorded: %s", s.run.name,
                           unrecorded->message)));
  return error;
}

// The client is shown no longer text of a command than this.
constexpr size_t longest_shown = 10000;

/// A place in the command is not one in the caller's statement.
[[noreturn]] void raise(ErrorData* error, const char* command) {
  if (error->cursorpos > 0 && command != nullptr && std::strlen(command) <= longest_shown) {
    error->internalpos = error->cursorpos;
    error->internalquery = pstrdup(command);
  }
  error->cursorpos = 0;
  ReThrowError(error);
  pg_unreachable();
}

}  // namespace
}  // namespace clientele::jobs

using namespace clientele::jobs;

CLIENTELE_FUNCTION(clientele_run_job) {
  if (PG_ARGISNULL(0))
    ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
                    errmsg("the name of the job must not be NULL")));
  require_top_level(fcinfo);
  const MemoryContext before = CurrentMemoryContext;
  MemoryContextSwitchTo(PortalContext);
  Session s{};
  s.name = text_to_cstring(PG_GETARG_TEXT_PP(0));
  s.caller = GetUserId();
  s.has_deadline = get_timeout_active(STATEMENT_TIMEOUT);
  if (s.has_deadline) s.deadline = get_timeout_finish_time(STATEMENT_TIMEOUT);
  disable_timeout(STATEMENT_TIMEOUT, false);
  if (limit_timeout == MAX_TIMEOUTS)
    limit_timeout = RegisterTimeout(USER_TIMEOUT, cancel_past_limit);

  // As SPI_commit() does.
  ForgetPortalSnapshots();
  CommitTransactionCommand();
  const uint32 holdoff = QueryCancelHoldoffCount;
  MemoryContextSwitchTo(PortalContext);
  ErrorData* const error = run(s);
  unlock_extension();
  QueryCancelHoldoffCount = holdoff;
  StartTransactionCommand();
  MemoryContextSwitchTo(before);
  resume_deadline(s);
  if (error != nullptr) raise(error, s.run.command);
  PG_RETURN_VOID();
}
