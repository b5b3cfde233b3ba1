// SPDX-License-Identifier: PostgreSQL
#include "jobs/scheduler/store_pg.hpp"

#include <algorithm>

#include "jobs/running/recording_pg.hpp"
#include "jobs/scheduler/session_pg.hpp"
#include "jobs/shared/owner_pg.hpp"

extern "C" {
#include "access/xact.h"
#include "commands/extension.h"
}

namespace clientele::jobs {
namespace {

/// A statement that is planned once.
struct Statement {
  const char* sql;
  int count;
  Oid types[6];
  bool reads;
  SPIPlanPtr plan = nullptr;
};

// What is read must belong to roles that the owner of the table of jobs trusts.
Statement trust = {
    "SELECT clientele.require_store('settings'), clientele.require_store('jobs')", 0, {}, true};
Statement home = {
    "SELECT CASE WHEN s.value OPERATOR(pg_catalog.=) clientele.jobs_home() THEN 1 "
    "WHEN pg_catalog.starts_with(s.value, 'paused ') THEN 2 END "
    "FROM clientele_data.settings s WHERE s.name OPERATOR(pg_catalog.=) 'jobs_home'",
    0,
    {},
    true};
Statement states = {
    "SELECT job_id, name, schedule, every, after_ids, time_zone, starting, jitter, max_run_time, "
    "retry_delay, retry_cap, missed OPERATOR(pg_catalog.=) 'skip', max_retries, paused, since, "
    "owner::text, owner_oid, owner_cluster, added_at, last_due_at, last_run_id, last_run_due_at, "
    "last_attempt, last_state, last_sqlstate, last_ended_at, active_run_id, active_state "
    "OPERATOR(pg_catalog.=) 'waiting', active_due_at, active_pid, active_process_start, "
    "last_started_id, last_started_at, last_success_id, last_success_at "
    "FROM clientele.job_states($1)",
    1,
    {INT8ARRAYOID},
    true};
Statement queue = {"SELECT clientele.queue_run($1, $2, $3, $4, $5)",
                   5,
                   {INT8OID, TEXTOID, TIMESTAMPTZOID, INT4OID, INT4OID},
                   false};
Statement skip = {
    "SELECT clientele.skip_run($1, $2, $3)", 3, {INT8OID, TIMESTAMPTZOID, INT4OID}, false};
Statement end = {"SELECT clientele.end_run($1, $2, $3, $4, rows => $5, wait => false) IS NULL",
                 5,
                 {INT8OID, TEXTOID, TEXTOID, TEXTOID, INT8OID},
                 false};
Statement crash = {"SELECT clientele.crash_dead_runs($1)", 1, {INT8OID}, false};
Statement prune = {"SELECT clientele.prune_job_runs()", 0, {}, false};

/// Runs it with SPI connected.
void run(Statement& statement, Datum* values, const char* nulls = nullptr) {
  if (statement.plan == nullptr) {
    const SPIPlanPtr plan = SPI_prepare(statement.sql, statement.count, statement.types);
    if (plan == nullptr || SPI_keepplan(plan) != 0)
      elog(ERROR, "%s", SPI_result_code_string(SPI_result));
    statement.plan = plan;
  }
  const int result = SPI_execute_plan(statement.plan, values, nulls, statement.reads, 0);
  if (result != SPI_OK_SELECT)
    elog(ERROR, "jobs could not be read or written: %s", SPI_result_code_string(result));
}

/// Runs it for its effect. Returns its value, of a type that is passed by value; 0 if that is NULL.
Datum call(Statement& statement, Datum* values, const char* nulls = nullptr) {
  SPI_connect();
  run(statement, values, nulls);
  bool null = true;
  Datum value = Datum{};
  if (SPI_processed > 0)
    value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &null);
  SPI_finish();
  return null ? Datum{} : value;
}

/// The columns of a row, one after the other. Texts are made in `context`.
class Columns {
 public:
  Columns(uint64 row, MemoryContext context) : row_(SPI_tuptable->vals[row]), context_(context) {}

  int64_t number(int64_t otherwise) {
    const Datum value = next();
    return null_ ? otherwise : DatumGetInt64(value);
  }
  int32_t integer() {
    const Datum value = next();
    return null_ ? 0 : DatumGetInt32(value);
  }
  bool boolean() {
    const Datum value = next();
    return !null_ && DatumGetBool(value);
  }
  const char* string() {
    const Datum value = next();
    if (null_) return nullptr;
    const MemoryContext before = MemoryContextSwitchTo(context_);
    const char* const result = TextDatumGetCString(value);
    MemoryContextSwitchTo(before);
    return result;
  }
  /// The owner of the store may have dropped NOT NULL.
  const char* required(const char* column) {
    const char* const result = string();
    if (result == nullptr)
      ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
                      errmsg("the column %s of a job must not be NULL", column)));
    return result;
  }
  bool interval(Interval& to) {
    const Datum value = next();
    if (!null_) to = *DatumGetIntervalP(value);
    return !null_;
  }
  int64_t micros() {
    Interval value = {};
    interval(value);
    return value.time + (value.day + int64_t{30} * value.month) * USECS_PER_DAY;
  }
  const int64_t* numbers(int& count) {
    const Datum value = next();
    count = 0;
    if (null_) return nullptr;
    const ArrayType* const array = DatumGetArrayTypeP(value);
    count = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
    if (ARR_HASNULL(array)) elog(ERROR, "a job follows NULL");
    auto* const copy = static_cast<int64_t*>(MemoryContextAlloc(context_, count * sizeof(int64_t)));
    std::copy_n(reinterpret_cast<const int64_t*>(ARR_DATA_PTR(array)), count, copy);
    return copy;
  }

 private:
  Datum next() { return SPI_getbinval(row_, SPI_tuptable->tupdesc, ++column_, &null_); }

  HeapTuple row_;
  MemoryContext context_;
  int column_ = 0;
  bool null_ = false;
};

StateRow state_row(Columns c) {
  StateRow r = {};
  r.job_id = c.number(0);
  r.name = c.required("name");
  r.schedule = c.string();
  r.has_every = c.interval(r.every);
  r.after = c.numbers(r.after_count);
  r.time_zone = c.required("time_zone");
  r.starting = c.number(unknown_time);
  r.jitter = c.micros();
  r.max_run_time = c.micros();
  r.retry_delay = c.micros();
  r.retry_cap = c.micros();
  r.skip_missed = c.boolean();
  r.max_retries = c.integer();
  r.paused = c.boolean();
  r.since = c.number(unknown_time);
  r.owner = c.string();
  r.owner_oid = static_cast<Oid>(c.integer());
  r.owner_cluster = c.number(0);
  r.added_at = c.number(unknown_time);
  r.last_due_at = c.number(unknown_time);
  r.last_run_id = c.number(0);
  r.last_run_due_at = c.number(unknown_time);
  r.last_attempt = c.integer();
  r.last_state = c.string();
  r.last_sqlstate = c.string();
  r.last_ended_at = c.number(unknown_time);
  r.active_run_id = c.number(0);
  r.active_waits = c.boolean();
  r.active_due_at = c.number(unknown_time);
  r.active_pid = c.integer();
  r.active_process_start = c.number(unknown_time);
  r.last_started_id = c.number(0);
  r.last_started_at = c.number(unknown_time);
  r.last_success_id = c.number(0);
  r.last_success_at = c.number(unknown_time);
  return r;
}

}  // namespace

Found find_store(Oid& owner) {
  StartTransactionCommand();
  owner = OidIsValid(get_extension_oid("clientele", true)) ? jobs_owner() : InvalidOid;
  CommitTransactionCommand();
  if (!OidIsValid(owner)) return Found::nothing;
  begin_work(owner);
  call(trust, nullptr);
  const int32_t known = DatumGetInt32(call(home, nullptr));
  end_work();
  return known == 1 ? Found::jobs : known == 2 ? Found::paused : Found::copy;
}

StateRow* read_states(const int64_t* ids, int count, int& rows) {
  const MemoryContext context = CurrentMemoryContext;
  SPI_connect();
  Datum list = Datum{};
  if (ids != nullptr) {
    auto* const values = static_cast<Datum*>(palloc(count * sizeof(Datum)));
    for (int i = 0; i < count; ++i) values[i] = Int64GetDatum(ids[i]);
    list = PointerGetDatum(
        construct_array(values, count, INT8OID, sizeof(int64_t), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
  }
  run(states, &list, ids == nullptr ? "n" : " ");
  rows = static_cast<int>(SPI_processed);
  auto* const result =
      static_cast<StateRow*>(MemoryContextAlloc(context, (rows + 1) * sizeof(StateRow)));
  for (int i = 0; i < rows; ++i) result[i] = state_row(Columns(i, context));
  SPI_finish();
  return result;
}

int64_t queue_run(int64_t job_id, bool retry, TimestampTz due_at, int64_t missed, int32_t attempt) {
  Datum values[] = {Int64GetDatum(job_id), CStringGetTextDatum(retry ? "retry" : "schedule"),
                    TimestampTzGetDatum(due_at),
                    Int32GetDatum(static_cast<int32_t>(std::min<int64_t>(missed, INT32_MAX))),
                    Int32GetDatum(attempt)};
  return DatumGetInt64(call(queue, values));
}

bool skip_run(int64_t job_id, TimestampTz due_at, int64_t missed) {
  Datum values[] = {Int64GetDatum(job_id), TimestampTzGetDatum(due_at),
                    Int32GetDatum(static_cast<int32_t>(std::min<int64_t>(missed, INT32_MAX)))};
  return DatumGetInt64(call(skip, values)) != 0;
}

bool end_run(int64_t run_id, const char* state, const char* sqlstate, const char* message,
             int64_t rows) {
  Datum values[] = {Int64GetDatum(run_id), CStringGetTextDatum(state),
                    CStringGetTextDatum(sqlstate), CStringGetTextDatum(message),
                    Int64GetDatum(rows)};
  const char nulls[] = {' ', ' ', *sqlstate == '\0' ? 'n' : ' ', *message == '\0' ? 'n' : ' ',
                        rows < 0 ? 'n' : ' '};
  return !DatumGetBool(call(end, values, nulls));
}

void crash_dead_runs(int64_t job_id) {
  Datum values[] = {Int64GetDatum(job_id)};
  call(crash, values);
}

void prune_runs() { call(prune, nullptr); }

}  // namespace clientele::jobs
