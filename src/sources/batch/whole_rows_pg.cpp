// SPDX-License-Identifier: PostgreSQL
#include "sources/batch/whole_rows_pg.hpp"

#include <cstring>

extern "C" {
#include "access/tupconvert.h"
#include "catalog/pg_proc.h"
#include "executor/tuptable.h"
#include "nodes/makefuncs.h"
#include "utils/fmgroids.h"
#include "utils/json.h"
}

namespace clientele::sources {

void RowContent::prepare(Oid row_type) {
  fmgr_info(F_TO_JSONB, &function_);
  // to_jsonb() takes a value of any type, which it finds in the expression that calls it.
  Const* const argument = makeNullConst(row_type, -1, InvalidOid);
  fmgr_info_set_expr(
      reinterpret_cast<Node*>(makeFuncExpr(F_TO_JSONB, JSONBOID, list_make1(argument), InvalidOid,
                                           InvalidOid, COERCE_EXPLICIT_CALL)),
      &function_);
}

Datum RowContent::of(Datum row) { return FunctionCall1(&function_, row); }

namespace {

constexpr int longest_text = 1 << 20, cut_text = 20'000;

/// The bytes of a row as the functions for tuples take them.
HeapTupleData tuple_of(Datum row) {
  HeapTupleData tuple;
  tuple.t_data = DatumGetHeapTupleHeader(row);
  tuple.t_len = HeapTupleHeaderGetDatumLength(tuple.t_data);
  ItemPointerSetInvalid(&tuple.t_self);
  tuple.t_tableOid = InvalidOid;
  return tuple;
}

TupleDesc form_of(HeapTupleHeader row) {
  return lookup_rowtype_tupdesc(HeapTupleHeaderGetTypeId(row), HeapTupleHeaderGetTypMod(row));
}

}  // namespace

Datum row_of_type(Datum row, Oid type) {
  TupleDesc const form = lookup_rowtype_tupdesc(type, -1);
  Datum result;
  if (row == 0) {
    const auto columns = static_cast<size_t>(form->natts);
    auto* const values = static_cast<Datum*>(palloc0(columns * sizeof(Datum)));
    auto* const nulls = static_cast<bool*>(palloc(columns));
    std::memset(nulls, true, columns);
    result = heap_copy_tuple_as_datum(heap_form_tuple(form, values, nulls), form);
  } else {
    HeapTupleData tuple = tuple_of(row);
    TupleDesc const own = form_of(tuple.t_data);
    TupleConversionMap* const map =
        own->tdtypeid == type ? nullptr : convert_tuples_by_name(own, form);
    HeapTuple const converted = map == nullptr ? &tuple : execute_attr_map_tuple(&tuple, map);
    result = heap_copy_tuple_as_datum(converted, form);
    ReleaseTupleDesc(own);
  }
  ReleaseTupleDesc(form);
  return result;
}

Datum texts_of(Datum row) {
  HeapTupleData tuple = tuple_of(row);
  TupleDesc const form = form_of(tuple.t_data);
  StringInfoData json;
  initStringInfo(&json);
  appendStringInfoChar(&json, '{');
  for (int i = 1; i <= form->natts; ++i) {
    const FormData_pg_attribute* const column = TupleDescAttr(form, i - 1);
    if (column->attisdropped) continue;
    if (json.len > 1) appendStringInfoString(&json, ", ");
    escape_json(&json, NameStr(column->attname));
    appendStringInfoString(&json, ": ");
    bool null = false;
    const Datum value = heap_getattr(&tuple, i, form, &null);
    if (null) {
      appendStringInfoString(&json, "null");
      continue;
    }
    Oid function = InvalidOid;
    bool varlena = false;
    getTypeOutputInfo(column->atttypid, &function, &varlena);
    char* const text = OidOutputFunctionCall(function, value);
    const auto size = static_cast<int>(std::strlen(text));
    // What is cut is still too long for all that is cleaned.
    if (size > longest_text) text[pg_mbcliplen(text, size, cut_text)] = '\0';
    escape_json(&json, text);
    pfree(text);
  }
  appendStringInfoChar(&json, '}');
  ReleaseTupleDesc(form);
  return DirectFunctionCall1(jsonb_in, CStringGetDatum(json.data));
}

DestReceiver* make_collector(Collector& c, Tuplestorestate* store, MemoryContext memory) {
  c = Collector();
  c.store = store;
  c.memory = memory;
  c.head.mydest = DestNone;
  c.head.rStartup = [](DestReceiver* self, int, TupleDesc form) {
    auto* const to = reinterpret_cast<Collector*>(self);
    const MemoryContext before = MemoryContextSwitchTo(to->memory);
    to->form = CreateTupleDescCopy(form);
    MemoryContextSwitchTo(before);
  };
  c.head.receiveSlot = [](TupleTableSlot* slot, DestReceiver* self) {
    auto* const to = reinterpret_cast<Collector*>(self);
    slot_getallattrs(slot);
    tuplestore_putvalues(to->store, to->form, slot->tts_values, slot->tts_isnull);
    return true;
  };
  c.head.rShutdown = [](DestReceiver*) {};
  c.head.rDestroy = [](DestReceiver*) {};
  return &c.head;
}

}  // namespace clientele::sources
