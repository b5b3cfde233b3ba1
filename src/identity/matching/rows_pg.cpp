// SPDX-License-Identifier: PostgreSQL
// Rows of any relation come through a cursor that SQL has opened, a thousand at a time.
#include "identity/matching/rows_pg.hpp"

#include "base/progress.hpp"
#include "identity/matching/comparable.hpp"
#include "identity/matching/definition.hpp"
#include "pg/values.hpp"

namespace clientele {
namespace {

constexpr int fetched_at_once = 1000;
constexpr size_t most_values =
    MatchDefinition::max_columns + MatchDefinition::max_keys * MatchDefinition::max_key_columns;

/// The columns of one row, plain data; NULL is empty.
struct RowTexts {
  bool null_id = false;
  std::string_view id;
  std::string_view values[most_values];
};

/// PostgreSQL regime.
Portal found(const char* cursor, int columns) {
  const Portal portal = SPI_cursor_find(cursor);
  if (portal == nullptr)
    ereport(ERROR,
            (errcode(ERRCODE_INVALID_CURSOR_NAME), errmsg("cursor \"%s\" does not exist", cursor)));
  const TupleDesc form = portal->tupDesc;
  bool good = form != nullptr && form->natts == columns;
  for (int i = 0; good && i < columns; ++i) good = TupleDescAttr(form, i)->atttypid == TEXTOID;
  if (!good)
    ereport(ERROR,
            (errcode(ERRCODE_DATATYPE_MISMATCH),
             errmsg("cursor \"%s\" does not have %d columns of type text", cursor, columns)));
  return portal;
}

/// PostgreSQL regime. What is decompressed lives in the current memory context.
void unpack(uint64 number, bool with_ids, size_t columns, RowTexts& row) {
  const HeapTuple tuple = SPI_tuptable->vals[number];
  const TupleDesc form = SPI_tuptable->tupdesc;
  const auto text = [&](int column, bool& null) {
    const Datum value = SPI_getbinval(tuple, form, column, &null);
    return null ? std::string_view() : pg::text_view(value);
  };
  bool null = false;
  if (with_ids) row.id = text(1, row.null_id);
  for (size_t i = 0; i < columns; ++i)
    row.values[i] = text(static_cast<int>(i) + 1 + with_ids, null);
}

}  // namespace

void read_match_rows(const char* cursor, bool with_ids, MatchRecords& records) {
  const size_t columns = records.columns();
  if (columns > most_values) throw Error(sqlstate::limit_exceeded, "too many columns are compared");
  const auto scratch = pg::call_pg([&] {
    SPI_connect();
    found(cursor, static_cast<int>(columns) + with_ids);
    return AllocSetContextCreate(CurrentMemoryContext, "clientele match rows",
                                 ALLOCSET_DEFAULT_SIZES);
  });
  RowTexts row;
  std::vector<std::string> comparable(columns);
  for (uint64 count = 1; count > 0;) {
    count = pg::call_pg([&]() -> uint64 {
      MemoryContextReset(scratch);
      SPI_cursor_fetch(found(cursor, static_cast<int>(columns) + with_ids), true, fetched_at_once);
      return SPI_processed;
    });
    for (uint64 i = 0; i < count; ++i) {
      pg::call_pg([&] {
        CHECK_FOR_INTERRUPTS();
        const MemoryContext before = MemoryContextSwitchTo(scratch);
        unpack(i, with_ids, columns, row);
        MemoryContextSwitchTo(before);
      });
      if (row.null_id)
        throw Error(sqlstate::null_not_allowed, "the id of a row is NULL",
                    "Name a column without NULLs as id, or leave the row out by a view.");
      for (size_t c = 0; c < columns; ++c) {
        comparable[c] = comparable_text(row.values[c]);
        row.values[c] = comparable[c];
      }
      records.add(row.id, row.values);
    }
    advance_progress(static_cast<int64_t>(count));
    pg::call_pg([] { SPI_freetuptable(SPI_tuptable); });
  }
  pg::call_pg([&] {
    MemoryContextDelete(scratch);
    SPI_finish();
  });
}

}  // namespace clientele
