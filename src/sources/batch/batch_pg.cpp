// SPDX-License-Identifier: PostgreSQL
#include "base/error.hpp"
#include "pg/json.hpp"
#include "sources/batch/arrays_pg.hpp"
#include "sources/batch/storing_pg.hpp"

namespace clientele::sources {
namespace {

using pg::call_pg;
using pg::guarded;

/// Runs `work` in a memory context of its own, which is deleted afterwards. PostgreSQL regime.
template <class F>
auto in_own_memory(F work) {
  const MemoryContext before = CurrentMemoryContext;
  const MemoryContext own =
      AllocSetContextCreate(before, "clientele batch", ALLOCSET_DEFAULT_SIZES);
  MemoryContextSwitchTo(own);
  const auto result = guarded([&] { return work(own, before); });
  MemoryContextSwitchTo(before);
  MemoryContextDelete(own);
  return result;
}

void choose_seed() {
  static bool chosen = false;
  if (chosen) return;
  uint64 seed = 0;
  if (pg_strong_random(&seed, sizeof seed)) hash_seed = seed;
  chosen = true;
}

/// As jsonb in the context `result`.
Datum made_jsonb(const std::string& json, MemoryContext result) {
  return call_pg([&] {
    const MemoryContext before = MemoryContextSwitchTo(result);
    const Datum value = DirectFunctionCall1(jsonb_in, CStringGetDatum(json.c_str()));
    MemoryContextSwitchTo(before);
    return value;
  });
}

std::string iso(Micros at) {
  std::string text;
  append_iso(text, at);
  return text;
}

std::string summary(const Reading& reading, const Packing& packing) {
  const Batch& batch = reading.batch();
  const auto counted = [&](Batch::Fate fate) { return static_cast<int64_t>(batch.count(fate)); };
  pg::JsonWriter json;
  json.integer("read", static_cast<int64_t>(batch.size()));
  json.integer("packed", counted(Batch::Fate::packed));
  json.integer("duplicates", counted(Batch::Fate::duplicate));
  json.integer("rejected", counted(Batch::Fate::refused));
  json.text("snapshot", reading.snapshot());
  int64_t last = INT64_MIN;
  bool any = false;
  batch.each_number([&](int64_t id) {
    last = std::max(last, id);
    any = true;
  });
  if (any) json.integer("last_id", last);
  if (batch.has_cursors()) {
    const int64_t greatest = *std::max_element(batch.cursors().begin(), batch.cursors().end());
    if (greatest != Batch::no_cursor) json.integer("cursor", greatest);
  }
  if (packing.events() > 0) {
    json.text("first_event_at", iso(packing.first_at()));
    json.text("last_event_at", iso(packing.last_at()));
  }
  return json.finish();
}

/// What became of each row: NULL if it was packed.
struct Outcome {
  const char* reason;
  std::string_view detail;
};
std::vector<Outcome> outcomes(const Batch& batch) {
  std::vector<Outcome> all(batch.size());
  for (uint32_t row = 0; row < batch.size(); ++row)
    if (batch.fate(row) == Batch::Fate::duplicate) all[row].reason = "duplicate";
  for (const Batch::Refused& r : batch.refused()) all[r.row] = {r.reason, r.detail};
  return all;
}

struct Cells {
  Datum values[13];
  bool nulls[13];
  int count = 0;
  void add(Datum value) {
    values[count] = value;
    nulls[count++] = false;
  }
  void null() {
    values[count] = 0;
    nulls[count++] = true;
  }
  void text(std::optional<std::string_view> value) { value ? add(pg::make_text(*value)) : null(); }
};

/// A row as a batch would pack it. Of a row that cannot be used only what does not need cleaning.
void show(const Reading& reading, uint32_t row, const Outcome& outcome, const Source& source,
          MemoryContext memory, const pg::RowSink& sink) {
  const Batch& batch = reading.batch();
  const RowCleaner& cleaner = batch.cleaner();
  const CleanRow& clean = batch.row(row);
  Cells cells;
  std::string room;
  cells.text(batch.event_id(row, room));
  // One of several rows with the same event_id, none of which can be used, has no identifiers,
  // either.
  if (clean.who == CleanRow::none) {
    while (cells.count < 10) cells.null();
  } else {
    std::map<std::string, std::vector<std::string>> kinds;
    for (const uint32_t who : cleaner.who(clean))
      kinds[source.rules.kinds[cleaner.identifiers().kind(who)].name].emplace_back(
          cleaner.identifiers().value(who));
    pg::JsonWriter identities;
    for (const auto& [kind, values] : kinds) identities.texts(kind.c_str(), values);
    const EventTypes::Type type = cleaner.types()[clean.type];
    cells.add(made_jsonb(identities.finish(), memory));
    cells.add(TimestampTzGetDatum(clean.at));
    cells.text(cleaner.types().channel(type.channel));
    cells.text(cleaner.types().event(type.event));
    cells.add(made_jsonb(std::string(cleaner.types().properties(type.properties)), memory));
    if (clean.item == CleanRow::none)
      cells.null();
    else
      cells.text(cleaner.items()[clean.item]);
    if (clean.amount == CleanRow::no_amount)
      cells.null();
    else
      cells.add(call_pg([&] { return pg::numeric_of(clean.amount); }));
    pg::JsonWriter attributes;
    const auto said = cleaner.attributes(clean);
    for (size_t i = 0; i < said.size(); ++i)
      if (said[i] < CleanTexts::too_long)
        attributes.text(source.rules.attributes[i].c_str(), cleaner.attribute(said[i]));
    cells.add(made_jsonb(attributes.finish(), memory));
    ArrayMaker dropped(TEXTOID);
    for (const uint32_t drop : cleaner.dropped(clean))
      dropped.add_text(RowCleaner::drop_reason(drop));
    cells.add(dropped.make());
  }
  if (outcome.reason == nullptr)
    cells.null();
  else
    cells.text(outcome.reason);
  if (outcome.detail.empty())
    cells.null();
  else
    cells.text(outcome.detail);
  cells.add(reading.content(row));
  call_pg([&] { sink.put(cells.values, cells.nulls); });
}

}  // namespace
}  // namespace clientele::sources

using namespace clientele;
using namespace clientele::sources;

/// (source_id bigint, run_id bigint, rows text, cursor text) → jsonb.
CLIENTELE_FUNCTION(clientele_pack_source_rows) {
  if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
    ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
                    errmsg("source_id, run_id and rows must not be NULL")));
  const int64 source_id = PG_GETARG_INT64(0), run_id = PG_GETARG_INT64(1);
  const std::string_view rows = pg::text_view(PG_GETARG_DATUM(2));
  const std::string_view cursor =
      PG_ARGISNULL(3) ? std::string_view() : pg::text_view(PG_GETARG_DATUM(3));
  return in_own_memory([&](MemoryContext own, MemoryContext result) {
    choose_seed();
    const auto source = open_source(source_id);
    source->rules.has_cursor = !cursor.empty();
    Reading reading(*source, own);
    reading.read(std::string(rows), std::string(cursor));
    drop_repetitions(*source, reading.batch());
    Storing storing(*source, reading, run_id, own);
    storing.note_in_ledger();
    storing.pack();
    storing.keep_rejects();
    storing.count();
    return made_jsonb(summary(reading, storing.packing()), result);
  });
}

/// (source_id bigint, run_id bigint, contents jsonb[]) → jsonb, an array of [reason, detail,
/// event_id] for each content; the reason is null for a row that is packed.
CLIENTELE_FUNCTION(clientele_pack_kept_rows) {
  const int64 source_id = PG_GETARG_INT64(0), run_id = PG_GETARG_INT64(1);
  struct Elements {
    Datum* values;
    bool* nulls;
    int count;
  } elements;
  deconstruct_array(PG_GETARG_ARRAYTYPE_P(2), JSONBOID, -1, false, TYPALIGN_INT, &elements.values,
                    &elements.nulls, &elements.count);
  for (int i = 0; i < elements.count; ++i)
    if (elements.nulls[i])
      ereport(ERROR,
              (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("contents must not contain NULL")));
  return in_own_memory([&](MemoryContext own, MemoryContext result) {
    choose_seed();
    const auto source = open_source(source_id);
    Reading reading(*source, own);
    reading.read({elements.values, elements.values + elements.count});
    drop_repetitions(*source, reading.batch());
    Storing storing(*source, reading, run_id, own);
    storing.pack();
    storing.count();
    std::string json = "[";
    std::string room;
    const std::vector<Outcome> all = outcomes(reading.batch());
    const auto add = [&json](std::string_view text, const char* end) {
      if (text.empty())
        json += "null";
      else
        append_json_string(json, text);
      json += end;
    };
    for (uint32_t row = 0; row < all.size(); ++row) {
      json += row == 0 ? "[" : ", [";
      add(all[row].reason == nullptr ? "" : all[row].reason, ", ");
      add(all[row].detail, ", ");
      add(reading.batch().event_id(row, room).value_or(""), "]");
    }
    return made_jsonb(json + "]", result);
  });
}

/// (source_id bigint, most integer) → rows.
CLIENTELE_FUNCTION(clientele_preview_rows) {
  const int64 source_id = PG_GETARG_INT64(0);
  const int32 most = PG_GETARG_INT32(1);
  const pg::RowSink sink(fcinfo);
  in_own_memory([&](MemoryContext own, MemoryContext) {
    choose_seed();
    const auto source = open_source(source_id);
    Reading reading(*source, own, true);
    reading.read("FROM " + source->relation + " AS s LIMIT " + std::to_string(most), "");
    drop_repetitions(*source, reading.batch());
    const std::vector<Outcome> all = outcomes(reading.batch());
    for (uint32_t row = 0; row < all.size(); ++row) {
      poll();
      show(reading, row, all[row], *source, own, sink);
    }
    return 0;
  });
  PG_RETURN_NULL();
}
