// SPDX-License-Identifier: PostgreSQL
#include "journey/dictionary_pg.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include "base/error.hpp"
#include "base/sort.hpp"
#include "journey/selector.hpp"
#include "pg/nearest.hpp"
#include "store/store_pg.hpp"

namespace clientele {
namespace {

enum UnknownEvent { unknown_is_error, unknown_is_ignored };
int unknown_event = unknown_is_error;
const config_enum_entry unknown_event_options[] = {
    {"error", unknown_is_error, false}, {"ignore", unknown_is_ignored, false}, {nullptr, 0, false}};

// A datum of text in the current memory context.
Datum text_datum(std::string_view s) {
  return PointerGetDatum(cstring_to_text_with_len(s.data(), static_cast<int>(s.size())));
}

// PostgreSQL regime. Rows of SPI's last query, copied out of SPI's memory by the callers.
void run_query(const char* sql, int nargs, Oid* types, Datum* values, const char* nulls) {
  SPI_connect();
  if (SPI_execute_with_args(sql, nargs, types, values, nulls, true, 0) != SPI_OK_SELECT)
    elog(ERROR, "the dictionary could not be read");
}

bool store_exists() { return pg::store_has("event_types"); }

// Every operator and function is named with its schema: the caller's search_path may hold others.
const char matching_types[] =
    "SELECT t.event_type_id FROM clientele_data.event_types t"
    " WHERE ($1 IS NULL OR CASE WHEN $2"
    "  THEN t.channel COLLATE pg_catalog.\"C\" OPERATOR(pg_catalog.~~) $1"
    "  ELSE t.channel COLLATE pg_catalog.\"C\" OPERATOR(pg_catalog.=) $1 END)"
    " AND CASE WHEN $4"
    "  THEN t.event COLLATE pg_catalog.\"C\" OPERATOR(pg_catalog.~~) $3"
    "  ELSE t.event COLLATE pg_catalog.\"C\" OPERATOR(pg_catalog.=) $3 END"
    " AND NOT EXISTS ("
    "  SELECT FROM ROWS FROM (pg_catalog.unnest($5), pg_catalog.unnest($6)) AS p (key, value)"
    "  WHERE NOT coalesce((t.properties OPERATOR(pg_catalog.->>) p.key)"
    "   COLLATE pg_catalog.\"C\" OPERATOR(pg_catalog.=) p.value, false))";

struct Ids {
  int32_t* id;
  uint64 count;
};

ArrayType* text_array(const std::vector<std::pair<std::string, std::string>>& pairs, bool keys) {
  auto* values = static_cast<Datum*>(palloc(sizeof(Datum) * (pairs.size() + 1)));
  for (size_t i = 0; i < pairs.size(); ++i)
    values[i] = text_datum(keys ? pairs[i].first : pairs[i].second);
  return construct_array(values, static_cast<int>(pairs.size()), TEXTOID, -1, false, TYPALIGN_INT);
}

Ids find_types(const SelectorTerm& term, bool with_properties) {
  Oid types[] = {TEXTOID, BOOLOID, TEXTOID, BOOLOID, TEXTARRAYOID, TEXTARRAYOID};
  char nulls[] = "      ";
  Datum values[6] = {};
  if (term.channel) {
    values[0] = text_datum(term.channel->text);
    values[1] = BoolGetDatum(term.channel->glob);
  } else {
    nulls[0] = nulls[1] = 'n';
  }
  values[2] = text_datum(term.event.text);
  values[3] = BoolGetDatum(term.event.glob);
  if (with_properties) {
    values[4] = PointerGetDatum(text_array(term.properties, true));
    values[5] = PointerGetDatum(text_array(term.properties, false));
  } else {
    values[4] = PointerGetDatum(construct_empty_array(TEXTOID));
    values[5] = PointerGetDatum(construct_empty_array(TEXTOID));
  }
  const MemoryContext outer = CurrentMemoryContext;
  run_query(matching_types, 6, types, values, nulls);
  Ids ids{static_cast<int32_t*>(MemoryContextAlloc(outer, sizeof(int32_t) * (SPI_processed + 1))),
          SPI_processed};
  for (uint64 i = 0; i < ids.count; ++i) {
    bool null;
    ids.id[i] =
        DatumGetInt32(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &null));
  }
  SPI_finish();
  // A selector may have thousands of terms.
  for (int i = 0; i < 6; ++i)
    if (nulls[i] == ' ' && types[i] != BOOLOID) pfree(DatumGetPointer(values[i]));
  return ids;
}

// The known names nearest to what was written, by Levenshtein distance over whole selectors.
char* nearest_names(const SelectorTerm& term) {
  const MemoryContext outer = CurrentMemoryContext;
  run_query(
      "SELECT DISTINCT clientele.quote_selector(CASE WHEN $1 THEN t.channel END, t.event), t.event"
      " FROM clientele_data.event_types t ORDER BY 1 LIMIT 10000",
      1, std::array<Oid, 1>{BOOLOID}.data(),
      std::array<Datum, 1>{BoolGetDatum(term.channel.has_value())}.data(), " ");
  pg::NearestNames nearest(term.event.text);
  for (uint64 i = 0; i < SPI_processed; ++i) {
    CHECK_FOR_INTERRUPTS();
    char* name = SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1);
    char* event = SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 2);
    nearest.offer(name, event);
  }
  StringInfoData hint;
  const MemoryContext spi = MemoryContextSwitchTo(outer);
  initStringInfo(&hint);
  nearest.append_to(&hint);
  appendStringInfoString(&hint,
                         "A pattern such as * may match nothing; SET clientele.unknown_event = "
                         "ignore lets names do so too.");
  MemoryContextSwitchTo(spi);
  SPI_finish();
  return hint.data;
}

/// Event types that are added again and again take no more room than twice the dictionary.
struct Types {
  std::vector<int32_t> ids;
  size_t room = 1 << 20;

  void add(std::span<const int32_t> more) {
    ids.insert(ids.end(), more.begin(), more.end());
    if (ids.size() <= room) return;
    tidy();
    room = std::max(room, 2 * ids.size());
  }
  void tidy() {
    sort_polled(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  }
};

void require_store() {
  if (!store_exists())
    throw Error(sqlstate::undefined_table,
                "there is no clientele store in this database, so event types have no names",
                "CALL clientele.create_store(), or pick event types by number, such as #3.");
}

std::string term_text(const SelectorTerm& term) {
  std::optional<std::string_view> channel;
  if (term.channel) channel = term.channel->text;
  return quote_selector(channel, term.event.text);
}

}  // namespace

void define_dictionary_settings() {
  DefineCustomEnumVariable(
      "clientele.unknown_event", "What a selector that names an unknown event does.",
      "error stops the query and lists the nearest names; ignore treats it as an "
      "event that never happened, as dashboards may want.",
      &unknown_event, unknown_is_error, unknown_event_options, PGC_USERSET, 0, nullptr, nullptr,
      nullptr);
}

std::vector<int32_t> resolve_selector(std::string_view selector, bool absent_is_nothing) {
  Types picked, excepted;
  const bool without_names = absent_is_nothing && !store_exists();
  for (const SelectorTerm& term : parse_selector(selector)) {
    Types& result = term.except ? excepted : picked;
    if (term.number) {
      result.add({&*term.number, 1});
      continue;
    }
    if (without_names) continue;
    require_store();
    const Ids ids = pg::call_pg([&] { return find_types(term, true); });
    result.add({ids.id, ids.count});
    pfree(ids.id);
    if (ids.count > 0 || !term.exact() || absent_is_nothing || unknown_event == unknown_is_ignored)
      continue;
    // A known name whose properties match nothing is no mistake.
    if (!term.properties.empty() && pg::call_pg([&] { return find_types(term, false).count; }) > 0)
      continue;
    const char* hint = pg::call_pg([&] { return nearest_names(term); });
    throw Error(sqlstate::undefined_object, "unknown event \"" + term_text(term) + "\"", hint);
  }
  picked.tidy();
  excepted.tidy();
  std::vector<int32_t> result;
  std::ranges::set_difference(picked.ids, excepted.ids, std::back_inserter(result));
  return result;
}

std::vector<EventName> dictionary_in_order() {
  std::vector<EventName> names;
  if (!store_exists()) return names;
  struct Row {
    int32_t id;
    const char* label;
    bool no_channel;
    int32_t channel;
  };
  struct Rows {
    Row* row;
    uint64 count;
  };
  const Rows rows = pg::call_pg([] {
    const MemoryContext outer = CurrentMemoryContext;
    run_query(
        "SELECT t.event_type_id,"
        " CASE WHEN t.channel OPERATOR(pg_catalog.=) '' THEN t.event"
        "  ELSE pg_catalog.concat(t.channel, ':', t.event) END,"
        " t.channel OPERATOR(pg_catalog.=) '',"
        " pg_catalog.dense_rank() OVER (ORDER BY t.channel COLLATE pg_catalog.\"C\")"
        " FROM clientele_data.event_types t"
        " ORDER BY t.channel COLLATE pg_catalog.\"C\", t.event COLLATE pg_catalog.\"C\","
        " t.properties::pg_catalog.text COLLATE pg_catalog.\"C\"",
        0, nullptr, nullptr, nullptr);
    Rows r{static_cast<Row*>(MemoryContextAllocHuge(outer, sizeof(Row) * (SPI_processed + 1))),
           SPI_processed};
    for (uint64 i = 0; i < r.count; ++i) {
      bool null;
      r.row[i].id =
          DatumGetInt32(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &null));
      r.row[i].label =
          MemoryContextStrdup(outer, SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 2));
      r.row[i].no_channel =
          DatumGetBool(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 3, &null));
      r.row[i].channel = static_cast<int32_t>(
          DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 4, &null)));
    }
    SPI_finish();
    return r;
  });
  names.reserve(rows.count);
  for (uint64 i = 0; i < rows.count; ++i)
    names.push_back(
        {rows.row[i].id, rows.row[i].label, rows.row[i].no_channel, rows.row[i].channel});
  return names;
}

TypeNames dictionary_names(NamePart part, std::string_view property) {
  TypeNames result;
  if (!store_exists()) return result;
  struct Row {
    int32_t type;
    const char* name;
  };
  struct Rows {
    Row* row;
    uint64 count;
  };
  const Rows rows = pg::call_pg([&] {
    const MemoryContext outer = CurrentMemoryContext;
    run_query(
        "SELECT n.event_type_id, n.name FROM (SELECT t.event_type_id, CASE"
        " WHEN $1 OPERATOR(pg_catalog.=) 0 THEN t.event"
        " WHEN $1 OPERATOR(pg_catalog.=) 1 THEN t.channel"
        " ELSE t.properties OPERATOR(pg_catalog.->>) $2 END AS name"
        " FROM clientele_data.event_types t) n"
        " WHERE n.name IS NOT NULL ORDER BY n.name COLLATE pg_catalog.\"C\"",
        2, std::array<Oid, 2>{INT4OID, TEXTOID}.data(),
        std::array<Datum, 2>{Int32GetDatum(static_cast<int32_t>(part)), text_datum(property)}
            .data(),
        "  ");
    Rows r{static_cast<Row*>(MemoryContextAllocHuge(outer, sizeof(Row) * (SPI_processed + 1))),
           SPI_processed};
    for (uint64 i = 0; i < r.count; ++i) {
      bool null;
      r.row[i].type =
          DatumGetInt32(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &null));
      r.row[i].name =
          MemoryContextStrdup(outer, SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 2));
    }
    SPI_finish();
    return r;
  });
  for (uint64 i = 0; i < rows.count; ++i) {
    if (result.names.empty() || result.names.back() != rows.row[i].name)
      result.names.emplace_back(rows.row[i].name);
    result.types.push_back({rows.row[i].type, static_cast<int32_t>(result.names.size()) - 1});
  }
  std::ranges::sort(result.types, {}, &TypeNames::Entry::type);
  return result;
}

SnapshotKey SnapshotKey::current() {
  const Snapshot snapshot = GetActiveSnapshot();
  SnapshotKey key;
  key.xmin = snapshot->xmin;
  key.xmax = snapshot->xmax;
  key.command = snapshot->curcid;
  key.completions = snapshot->snapXactCompletionCount;
  key.subtransaction = GetCurrentSubTransactionId();
  key.transaction = pg::local_transaction();
  key.unknown_event = clientele::unknown_event;
  GetUserIdAndSecContext(&key.role, &key.security);
  key.row_security = ::row_security;
  return key;
}

}  // namespace clientele
