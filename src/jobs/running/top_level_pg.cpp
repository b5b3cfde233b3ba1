// SPDX-License-Identifier: PostgreSQL
#include "jobs/running/top_level_pg.hpp"

#include "pg/syntax.hpp"

extern "C" {
#include "access/xact.h"
#include "jit/jit.h"
#include "replication/slot.h"
#include "tcop/pquery.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"
#include "utils/portal.h"
#include "utils/timeout.h"
}

namespace clientele::jobs {
namespace detail {

ErrorData* attempt(void (*work)(void*), void* argument, bool report) {
  const MemoryContext context = CurrentMemoryContext;
  sigjmp_buf* const saved_stack = PG_exception_stack;
  ErrorContextCallback* const saved_callbacks = error_context_stack;
  sigjmp_buf here;
  if (sigsetjmp(here, 1) == 0) {
    PG_exception_stack = &here;
    error_context_stack = nullptr;
    work(argument);
    PG_exception_stack = saved_stack;
    error_context_stack = saved_callbacks;
    MemoryContextSwitchTo(context);
    return nullptr;
  }
  // The same steps as in PostgresMain().
  PG_exception_stack = saved_stack;
  error_context_stack = nullptr;
  InterruptHoldoffCount = InterruptHoldoffCount + 1;  // HOLD_INTERRUPTS(), as C++20 wants it
  disable_timeout(STATEMENT_TIMEOUT, false);
  QueryCancelPending = false;
  if (report) EmitErrorReport();
  AbortOutOfAnyTransaction();
  PortalErrorCleanup();
  if (MyReplicationSlot != nullptr) ReplicationSlotRelease();
  jit_reset_after_error();
  MemoryContextSwitchTo(context);
  ErrorData* const error = CopyErrorData();
  FlushErrorState();
  error_context_stack = saved_callbacks;
  InterruptHoldoffCount = InterruptHoldoffCount - 1;
  return error;
}

}  // namespace detail

namespace {

void refuse_what_needs_a_client(Node* statement) {
  if (IsA(statement, TransactionStmt))
    ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                    errmsg("the command of a job cannot be %s", CreateCommandName(statement)),
                    errdetail("A job is one statement, which is committed if it succeeds."),
                    errhint("A procedure or a DO block may COMMIT and ROLLBACK.")));
  if (IsA(statement, CopyStmt) && reinterpret_cast<CopyStmt*>(statement)->filename == nullptr)
    ereport(ERROR,
            (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
             errmsg("the command of a job cannot be COPY %s",
                    reinterpret_cast<CopyStmt*>(statement)->is_from ? "FROM STDIN" : "TO STDOUT"),
             errdetail("There is no client to copy from or to."),
             errhint("COPY can use a file or a program of the server.")));
}

RawStmt* only_statement(List* statements) {
  if (list_length(statements) != 1)
    ereport(ERROR,
            (errcode(ERRCODE_SYNTAX_ERROR),
             errmsg("the command of a job must be one statement, not %d", list_length(statements)),
             errhint("A DO block or a procedure can hold several.")));
  return linitial_node(RawStmt, statements);
}

/// A limit of the caller's statement that comes earlier stays.
void start_statement_timeout() {
#if PG_VERSION_NUM >= 170000
  if (TransactionTimeout > 0 && TransactionTimeout <= StatementTimeout) return;
#endif
  if (StatementTimeout <= 0) return;
  const TimestampTz end = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), StatementTimeout);
  if (get_timeout_active(STATEMENT_TIMEOUT) && get_timeout_finish_time(STATEMENT_TIMEOUT) <= end)
    return;
  enable_timeout_after(STATEMENT_TIMEOUT, StatementTimeout);
}

/// By log_statement; whether it has been logged.
bool log_text(Node* statement, const char* text) {
  if (log_statement == LOGSTMT_NONE) return false;
  if (log_statement != LOGSTMT_ALL && GetCommandLogLevel(statement) > log_statement) return false;
  ereport(LOG, (errmsg("statement: %s", text), errhidestmt(true)));
  return true;
}

/// By log_duration and log_min_duration_statement.
void log_time(const char* text, bool logged) {
  char milliseconds[32];
  const int how = check_log_duration(milliseconds, logged);
  if (how == 1) ereport(LOG, (errmsg("duration: %s ms", milliseconds), errhidestmt(true)));
  if (how == 2)
    ereport(LOG, (errmsg("duration: %s ms  statement: %s", milliseconds, text), errhidestmt(true)));
}

void run_portal(Portal portal, QueryCompletion* done) {
  DestReceiver* const nowhere = CreateDestReceiver(DestNone);
#if PG_VERSION_NUM >= 180000
  PortalRun(portal, FETCH_ALL, true, nowhere, nowhere, done);
#else
  PortalRun(portal, FETCH_ALL, true, true, nowhere, nowhere, done);
#endif
  nowhere->rDestroy(nowhere);
}

}  // namespace

Rows run_statement(const char* text) {
  // An error is caught and recorded, whatever the role has set.
  set_config_option("exit_on_error", "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SET, true, 0,
                    false);
  // What is parsed and planned must outlive the transactions of the statement.
  const MemoryContext outer = CurrentMemoryContext;
  const MemoryContext context =
      AllocSetContextCreate(outer, "clientele command", ALLOCSET_DEFAULT_SIZES);
  StartTransactionCommand();
  start_statement_timeout();
  const MemoryContext of_transaction = MemoryContextSwitchTo(context);
  RawStmt* const statement = only_statement(pg_parse_query(text));
  refuse_what_needs_a_client(statement->stmt);
  const bool logged = log_text(statement->stmt, text);
  const bool snapshot = analyze_requires_snapshot(statement);
  if (snapshot) PushActiveSnapshot(GetTransactionSnapshot());
  List* const queries = pg_analyze_and_rewrite_fixedparams(statement, text, nullptr, 0, nullptr);
  List* const plans = pg_plan_queries(queries, text, CURSOR_OPT_PARALLEL_OK, nullptr);
  if (snapshot) PopActiveSnapshot();
  CHECK_FOR_INTERRUPTS();
  const Portal portal = CreateNewPortal();
  portal->visible = false;
  PortalDefineQuery(portal, nullptr, text, CreateCommandTag(statement->stmt), plans, nullptr);
  PortalStart(portal, nullptr, 0, InvalidSnapshot);
  const bool returns = portal->strategy != PORTAL_MULTI_QUERY;
  MemoryContextSwitchTo(of_transaction);
  QueryCompletion done;
  InitializeQueryCompletion(&done);
  run_portal(portal, &done);
  PortalDrop(portal, false);
  disable_timeout(STATEMENT_TIMEOUT, false);
  CommitTransactionCommand();
  log_time(text, logged);
  MemoryContextSwitchTo(outer);
  MemoryContextDelete(context);
  return {returns || command_tag_display_rowcount(done.commandTag), done.nprocessed};
}

}  // namespace clientele::jobs
