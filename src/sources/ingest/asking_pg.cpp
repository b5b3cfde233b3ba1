// SPDX-License-Identifier: PostgreSQL
// Queries over a source, with the rights and the settings of its owner. All of it is in
// PostgreSQL's regime.
#include "pg/query.hpp"
#include "pg/values.hpp"
#include "sources/mapping/acting_pg.hpp"

extern "C" {
#include "utils/fmgrprotos.h"
#include "utils/portal.h"
}

namespace clientele {
namespace {

constexpr char portal_name[] = "rows of a clientele source";

/// The rows that were fetched last. A batch reads them again where an expression fails. Only the
/// owner of the source can read them.
struct Fetched {
  MemoryContext context = nullptr;
  TupleDesc form = nullptr;
  HeapTuple* rows = nullptr;
  uint64 count = 0;
  Oid owner = InvalidOid;
};
Fetched fetched;

void forget(void*) { fetched = Fetched(); }

/// Room for rows, which goes with the transaction.
void forget_rows() {
  if (fetched.context != nullptr) MemoryContextDelete(fetched.context);
  MemoryContext context =
      AllocSetContextCreate(TopTransactionContext, "clientele rows", ALLOCSET_DEFAULT_SIZES);
  auto* const callback = static_cast<MemoryContextCallback*>(
      MemoryContextAllocZero(context, sizeof(MemoryContextCallback)));
  callback->func = forget;
  MemoryContextRegisterResetCallback(context, callback);
  fetched.context = context;
}

struct Asked {
  Oid owner;
  SourceSettings settings;
};

/// Of the current memory context.
Asked source_of(int64 source) {
  pg::Query query{
      "SELECT clientele.source_owner(s.owner, s.owner_oid, s.owner_cluster), s.owner::text, "
      "s.name, "
      "coalesce(s.mapping OPERATOR(pg_catalog.->>) 'time_zone', clientele.store_time_zone()), "
      "s.mapping OPERATOR(pg_catalog.->>) 'date_order' "
      "FROM clientele_data.sources s WHERE s.source_id OPERATOR(pg_catalog.=) $1",
      "the source"};
  const MemoryContext context = CurrentMemoryContext;
  const auto copied = [&](const char* s) {
    return s == nullptr ? nullptr : MemoryContextStrdup(context, s);
  };
  SPI_connect();
  pg::Parameters parameters;
  parameters.add(INT8OID, Int64GetDatum(source));
  parameters.run(query);
  if (SPI_processed != 1)
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
                    errmsg("source %lld does not exist", static_cast<long long>(source))));
  const pg::QueryRow row(0);
  const char* const owner = row.text(1);
  if (owner == nullptr)
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
                    errmsg("role \"%s\", which owns source \"%s\", does not exist", row.text(2),
                           row.text(3)),
                    errhint("A superuser can give the source another owner: UPDATE "
                            "clientele_data.sources SET owner = ...")));
  const Asked asked{DatumGetObjectId(DirectFunctionCall1(oidin, CStringGetDatum(owner))),
                    {copied(row.text(4)), copied(row.text(5))}};
  SPI_finish();
  return asked;
}

}  // namespace
}  // namespace clientele

using namespace clientele;

/// (source_id bigint, query text) → the first row as text[], NULL if there is none.
CLIENTELE_FUNCTION(clientele_ask_source) {
  const char* const query = text_to_cstring(PG_GETARG_TEXT_PP(1));
  const Asked asked = source_of(PG_GETARG_INT64(0));
  const MemoryContext context = CurrentMemoryContext;
  SPI_connect();
  const pg::Acting before = act_as(asked.owner, asked.settings);
  SPI_execute(query, false, 1);
  Datum result{};
  const bool found = SPI_processed > 0 && SPI_tuptable != nullptr;
  if (found) {
    const TupleDesc form = SPI_tuptable->tupdesc;
    auto* const values = static_cast<Datum*>(palloc(sizeof(Datum) * form->natts));
    auto* const nulls = static_cast<bool*>(palloc(sizeof(bool) * form->natts));
    for (int i = 0; i < form->natts; ++i) {
      const char* const value = SPI_getvalue(SPI_tuptable->vals[0], form, i + 1);
      nulls[i] = value == nullptr;
      if (value != nullptr) values[i] = CStringGetTextDatum(value);
    }
    int sizes[] = {form->natts}, lowest[] = {1};
    const MemoryContext inner = MemoryContextSwitchTo(context);
    result = PointerGetDatum(
        construct_md_array(values, nulls, 1, sizes, lowest, TEXTOID, -1, false, TYPALIGN_INT));
    MemoryContextSwitchTo(inner);
  }
  pg::stop_acting(before);
  SPI_finish();
  if (!found) PG_RETURN_NULL();
  PG_RETURN_DATUM(result);
}

/// (source_id bigint, query text) → the snapshot in which the rows are read.
CLIENTELE_FUNCTION(clientele_open_source_rows) {
  const char* const query = text_to_cstring(PG_GETARG_TEXT_PP(1));
  const Asked asked = source_of(PG_GETARG_INT64(0));
  SPI_connect();
  if (Portal left = SPI_cursor_find(portal_name); left != nullptr) SPI_cursor_close(left);
  const pg::Acting before = act_as(asked.owner, asked.settings);
  SPIPlanPtr plan = SPI_prepare_cursor(query, 0, nullptr, CURSOR_OPT_NO_SCROLL);
  if (plan == nullptr)
    ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR), errmsg("the rows cannot be read")));
  PushActiveSnapshot(GetTransactionSnapshot());
  SPI_cursor_open(portal_name, plan, nullptr, nullptr, true);
  char* const seen = DatumGetCString(
      DirectFunctionCall1(pg_snapshot_out, DirectFunctionCall1(pg_current_snapshot, 0)));
  PopActiveSnapshot();
  pg::stop_acting(before);
  const size_t size = strlen(seen) + VARHDRSZ;
  auto* const result = static_cast<text*>(SPI_palloc(size));
  SET_VARSIZE(result, size);
  memcpy(VARDATA(result), seen, size - VARHDRSZ);
  SPI_finish();
  PG_RETURN_TEXT_P(result);
}

/// (source_id bigint, most bigint) → how many rows source_rows() returns now.
CLIENTELE_FUNCTION(clientele_fetch_source_rows) {
  const int64 most = PG_GETARG_INT64(1);
  const Asked asked = source_of(PG_GETARG_INT64(0));
  SPI_connect();
  Portal portal = SPI_cursor_find(portal_name);
  if (portal == nullptr)
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("the rows of no source are open"),
                    errhint("A batch opens them for its own statements.")));
  forget_rows();
  const pg::Acting before = act_as(asked.owner, asked.settings);
  SPI_cursor_fetch(portal, true, static_cast<long>(most));
  pg::stop_acting(before);
  const MemoryContext inner = MemoryContextSwitchTo(fetched.context);
  fetched.form = CreateTupleDescCopy(SPI_tuptable->tupdesc);
  fetched.rows = static_cast<HeapTuple*>(
      MemoryContextAllocHuge(fetched.context, sizeof(HeapTuple) * (SPI_processed + 1)));
  for (uint64 i = 0; i < SPI_processed; ++i) {
    CHECK_FOR_INTERRUPTS();
    fetched.rows[i] = heap_copytuple(SPI_tuptable->vals[i]);
  }
  fetched.count = SPI_processed;
  fetched.owner = asked.owner;
  MemoryContextSwitchTo(inner);
  SPI_finish();
  PG_RETURN_INT64(static_cast<int64>(fetched.count));
}

CLIENTELE_FUNCTION(clientele_source_rows) {
  InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
  auto* const info = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
  const TupleDesc wanted = info->setDesc, form = fetched.form;
  if (form == nullptr || fetched.owner != GetUserId())
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("no rows of a source of yours have been fetched"),
                    errhint("A batch fetches them for its own statements.")));
  bool fits = form->natts == wanted->natts;
  for (int i = 0; fits && i < form->natts; ++i)
    fits = TupleDescAttr(form, i)->atttypid == TupleDescAttr(wanted, i)->atttypid;
  if (!fits)
    ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
                    errmsg("the rows that were fetched have other columns")));
  for (uint64 i = 0; i < fetched.count; ++i) {
    CHECK_FOR_INTERRUPTS();
    tuplestore_puttuple(info->setResult, fetched.rows[i]);
  }
  PG_RETURN_NULL();
}

CLIENTELE_FUNCTION(clientele_close_source_rows) {
  SPI_connect();
  if (Portal portal = SPI_cursor_find(portal_name); portal != nullptr) SPI_cursor_close(portal);
  SPI_finish();
  if (fetched.context != nullptr) MemoryContextDelete(fetched.context);
  PG_RETURN_VOID();
}
