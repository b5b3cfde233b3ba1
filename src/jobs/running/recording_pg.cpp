// SPDX-License-Identifier: PostgreSQL
#include "jobs/running/recording_pg.hpp"

#include <algorithm>
#include <cstring>

#include "jobs/running/error_text_pg.hpp"
#include "jobs/shared/owner_pg.hpp"
#include "pg/acting.hpp"
#include "pg/query.hpp"

extern "C" {
#include "access/xact.h"
#include "access/xlog.h"
}

namespace clientele::jobs {
namespace {

constexpr pg::Setting ours[] = {{"synchronous_commit", "on"},
                                {"lock_timeout", "0"},
#if PG_VERSION_NUM >= 170000
                                {"transaction_timeout", "0"},
#endif
                                {"session_replication_role", "origin"}};

constexpr int64_t longest_limit = 200 * 366 * USECS_PER_DAY;

}  // namespace

const char* name_of(Ended state) {
  switch (state) {
    case Ended::succeeded:
      return "succeeded";
    case Ended::failed:
      return "failed";
    case Ended::timed_out:
      return "timed_out";
    case Ended::cancelled:
      return "cancelled";
  }
  return "failed";
}

namespace {

/// The parameters of a call.
struct Arguments {
  int count = 0;
  Oid types[6];
  Datum values[6];
  char nulls[6];

  void add(Oid type, Datum value) {
    types[count] = type;
    values[count] = value;
    nulls[count++] = ' ';
  }
  void add_text(const char* s) {
    add(TEXTOID, s == nullptr ? Datum{} : CStringGetTextDatum(s));
    if (s == nullptr) nulls[count - 1] = 'n';
  }
  void add_number(bool known, int64_t n) {
    add(INT8OID, Int64GetDatum(n));
    if (!known) nulls[count - 1] = 'n';
  }
};

/// The only value that a call returns.
Datum call(const char* sql, Arguments& a) {
  const int result = SPI_execute_with_args(sql, a.count, a.types, a.values, a.nulls, false, 0);
  if (result != SPI_OK_SELECT || SPI_processed != 1)
    elog(ERROR, "a run of a job could not be recorded: %s", SPI_result_code_string(result));
  bool null = false;
  const Datum value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &null);
  return null ? Datum{} : value;
}

// Each column is read once, as a value of these types, and C decides by that value: the owner of
// the store may give a column a type of its own, whose casts say another thing each time.
constexpr char run_columns[] =
    "j.name::text, j.command::text, j.owner::text, "
    "coalesce(j.owner_oid::oid, 0::oid)::bigint, coalesce(j.owner_cluster::bigint, 0::bigint), "
    "coalesce((EXTRACT(epoch FROM j.max_run_time::interval) OPERATOR(pg_catalog.*) "
    "1000000)::bigint, 0::bigint)";

const char* copied(MemoryContext context, const char* s) {
  return s == nullptr ? nullptr : MemoryContextStrdup(context, s);
}

/// The columns of run_columns, in `context`.
void read_columns(const pg::QueryRow& row, MemoryContext context, Oid store_owner, Run& run) {
  const OwnerCheck owner =
      check_owner(row.text(3), static_cast<Oid>(row.bigint(4)), row.bigint(5), store_owner);
  run.owner_oid = owner.role;
  run.problem = copied(context, owner.sqlstate == nullptr ? nullptr : owner.message);
  run.name = copied(context, row.text(1));
  run.command = copied(context, row.text(2));
  run.owner = copied(context, row.text(3));
  if (run.name == nullptr || run.command == nullptr)
    ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
                    errmsg("the name and the command of a job must not be NULL")));
  run.limit = std::clamp(row.bigint(6), int64_t{0}, longest_limit);
}

constexpr pg::Query trust{"SELECT clientele.require_store('jobs')", "the table of jobs"};

/// Does `work` as the owner of the store, connected to SPI.
template <class Work>
void as_store_owner(Oid store_owner, Work work) {
  PushActiveSnapshot(GetTransactionSnapshot());
  const pg::Acting before = pg::act_as(store_owner);
  SPI_connect();
  work();
  SPI_finish();
  pg::stop_acting(before);
  PopActiveSnapshot();
}

}  // namespace

void begin_recording() {
  StartTransactionCommand();
  if (!RecoveryInProgress()) XactReadOnly = false;
  XactIsoLevel = XACT_READ_COMMITTED;
  XactDeferrable = false;
  for (const pg::Setting& s : ours)
    set_config_option(s.name, s.value, PGC_SUSET, PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
}

void end_recording() { CommitTransactionCommand(); }

Outcome outcome_of(ErrorData* error, const Rows& rows, bool past_limit) {
  if (error == nullptr) return {Ended::succeeded, nullptr, rows};
  const bool asked = error->sqlerrcode == ERRCODE_QUERY_CANCELED && error->message_id != nullptr &&
                     std::strcmp(error->message_id, "canceling statement due to user request") == 0;
  if (asked && past_limit) error->message = pstrdup("canceling job due to max_run_time");
  return {past_limit ? Ended::timed_out : asked ? Ended::cancelled : Ended::failed, error, {}};
}

void require_owner(const Run& run) {
  if (run.problem != nullptr)
    ereport(ERROR, (errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
                    errmsg("job \"%s\" cannot run: %s", run.name, run.problem),
                    errhint("The owner of a job is the role that added it.")));
}

bool record_start(Oid store_owner, Run& run) {
  const MemoryContext context = CurrentMemoryContext;
  bool started = false;
  as_store_owner(store_owner, [&] {
    Arguments a;
    a.add(INT8OID, Int64GetDatum(run.run_id));
    started = DatumGetBool(call("SELECT clientele.start_run($1)", a));
    if (!started) return;
    pg::Parameters().run(trust);
    const pg::Query query{psprintf("SELECT %s FROM clientele_data.job_runs r JOIN "
                                   "clientele_data.jobs j ON j.job_id OPERATOR(pg_catalog.=) "
                                   "r.job_id WHERE r.run_id OPERATOR(pg_catalog.=) $1",
                                   run_columns),
                          "the job"};
    pg::Parameters parameters;
    parameters.add(INT8OID, Int64GetDatum(run.run_id));
    parameters.run(query);
    started = SPI_processed == 1;
    if (started) read_columns(pg::QueryRow(0), context, store_owner, run);
  });
  return started;
}

void record_end(Oid store_owner, int64_t run_id, const Outcome& outcome) {
  as_store_owner(store_owner, [&] {
    const ErrorData* const error = outcome.error;
    Arguments a;
    a.add(INT8OID, Int64GetDatum(run_id));
    a.add_text(name_of(outcome.state));
    a.add_text(error == nullptr ? nullptr : unpack_sql_state(error->sqlerrcode));
    a.add_text(error == nullptr ? nullptr : error_message(error));
    a.add_text(error == nullptr ? nullptr : error_context(error));
    a.add_number(outcome.rows.counted, static_cast<int64_t>(outcome.rows.count));
    call("SELECT clientele.end_run($1, $2, $3, $4, $5, $6)", a);
  });
}

void read_job(Oid store_owner, const char* name, Run& run) {
  const MemoryContext context = CurrentMemoryContext;
  as_store_owner(store_owner, [&] {
    pg::Parameters().run(trust);
    const pg::Query query{
        psprintf("SELECT %s FROM clientele_data.jobs j WHERE j.name OPERATOR(pg_catalog.=) $1",
                 run_columns),
        "the job"};
    pg::Parameters parameters;
    parameters.text(name);
    parameters.run(query);
    if (SPI_processed != 1)
      ereport(ERROR,
              (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("job \"%s\" does not exist", name)));
    read_columns(pg::QueryRow(0), context, store_owner, run);
  });
}

int64_t record_manual_start(Oid store_owner, const char* name) {
  int64_t run_id = 0;
  as_store_owner(store_owner, [&] {
    Arguments a;
    a.add_text(name);
    run_id = DatumGetInt64(call("SELECT clientele.begin_manual_run($1)", a));
  });
  return run_id;
}

}  // namespace clientele::jobs
