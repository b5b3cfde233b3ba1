// SPDX-License-Identifier: PostgreSQL
#include "sources/batch/storing_pg.hpp"

#include "base/error.hpp"
#include "pg/json.hpp"

extern "C" {
#include "access/xact.h"
}

namespace clientele::sources {
namespace {

using pg::call_pg;

constexpr size_t part_bytes = size_t{1} << 28, part_attributes = 100'000, part_rejects = 1000;

}  // namespace

Storing::Storing(const Source& source, const Reading& reading, int64_t run_id, MemoryContext memory)
    : source_(source),
      reading_(reading),
      batch_(reading.batch()),
      run_id_(run_id),
      resource_(memory),
      packing_(batch_, &resource_) {
  Statement(
      "SELECT clientele.require_store('load_runs', 'UPDATE'), "
      "clientele.require_store('rejects', 'INSERT'), "
      "clientele.require_store('recent_events', 'DELETE'), "
      "clientele.require_store('recent_events', 'INSERT')")
      .run();
}

void Storing::note_in_ledger() {
  if (!source_.rules.has_event_id || source_.method == "mark" || batch_.size() == 0) return;
  if (batch_.has_numbers()) {
    std::vector<int64_t> ids;
    ids.reserve(batch_.size());
    batch_.each_number([&](int64_t id) { ids.push_back(id); });
    Statement("SELECT clientele.ledger_add($1, $2)")
        .number(source_.id)
        .add(INT8ARRAYOID, make_numbers(ids))
        .run();
    return;
  }
  ArrayMaker ids(TEXTOID), cursors(INT8OID);
  const bool with_cursors = source_.method == "cursor" && batch_.has_cursors();
  std::string room;
  for (uint32_t row = 0; row < batch_.size(); ++row) {
    const auto id = batch_.event_id(row, room);
    if (!id) continue;
    ids.add_text(*id);
    if (!with_cursors) continue;
    const int64_t cursor = batch_.cursors()[row];
    if (cursor == Batch::no_cursor)
      cursors.add_null();
    else
      cursors.add(Int64GetDatum(cursor));
  }
  if (with_cursors)
    Statement("SELECT clientele.ledger_add_texts($1, $2, $3)")
        .number(source_.id)
        .array(ids)
        .array(cursors)
        .run();
  else
    Statement("SELECT clientele.ledger_add_texts($1, $2)").number(source_.id).array(ids).run();
}

void Storing::pack() {
  if (packing_.events() == 0) return;
  resolve();
  add_names();
  merge();
  add_attributes();
  if (source_.rules.duplicates_within) remember();
}

void Storing::resolve() {
  const Identifiers& all = batch_.cleaner().identifiers();
  const auto& used = packing_.identifiers().numbers;
  ArrayMaker kinds(TEXTOID), values(TEXTOID), homes(INT4OID), others(INT4OID);
  std::vector<Datum> kind_names;
  for (const SourceRules::Kind& kind : source_.rules.kinds)
    kind_names.push_back(pg::make_text(kind.name));
  for (size_t i = 0; i < used.size(); ++i) {
    if (i % 4096 == 0) poll();
    kinds.add(kind_names[all.kind(used[i])]);
    values.add_text(all.value(used[i]));
  }
  for (const Packing::Link& link : packing_.links()) {
    homes.add(Int32GetDatum(static_cast<int32_t>(link.home + 1)));
    others.add(Int32GetDatum(static_cast<int32_t>(link.other + 1)));
  }
  const auto ids = Statement("SELECT clientele.resolve_identities($1, $2, $3, $4, $5)")
                       .array(kinds)
                       .array(values)
                       .array(homes)
                       .array(others)
                       .number(run_id_)
                       .run();
  const auto found = numbers_of(ids.value_or(0), used.size());
  identity_ids_.assign(found.begin(), found.end());
}

void Storing::add_names() {
  const EventTypes& types = batch_.cleaner().types();
  const auto& used = packing_.types().numbers;
  ArrayMaker channels(TEXTOID), events(TEXTOID), properties(TEXTOID);
  for (const uint32_t number : used) {
    const EventTypes::Type type = types[number];
    channels.add_text(types.channel(type.channel));
    events.add_text(types.event(type.event));
    properties.add_text(types.properties(type.properties));
  }
  const auto found =
      Statement("SELECT clientele.add_source_event_types($1, $2, $3, $4::pg_catalog.jsonb[])")
          .number(source_.id)
          .array(channels)
          .array(events)
          .array(properties)
          .run();
  // A type whose properties are left out comes as -1 - its number.
  for (const int32_t id : integers_of(found.value_or(0), used.size())) {
    ids_.types.push_back(id < 0 ? -1 - id : id);
    ids_.capped.push_back(id < 0);
  }
  const auto& items = packing_.items().numbers;
  if (items.empty()) return;
  ArrayMaker keys(TEXTOID);
  for (const uint32_t number : items) keys.add_text(batch_.cleaner().items()[number]);
  const auto item_ids = Statement("SELECT clientele.add_items($1)").array(keys).run();
  const auto numbers = numbers_of(item_ids.value_or(0), items.size());
  ids_.items.assign(numbers.begin(), numbers.end());
}

void Storing::merge_part(std::vector<int64_t>& homes, ArrayMaker& parts) {
  const auto changed = Statement(
                           "SELECT clientele.merge_home_journeys($1, $2, (SELECT r.batch FROM "
                           "clientele_data.load_runs r WHERE r.run_id OPERATOR(pg_catalog.=) $3))")
                           .add(INT8ARRAYOID, make_numbers(homes))
                           .array(parts)
                           .number(run_id_)
                           .run();
  customers_ += changed ? DatumGetInt64(*changed) : 0;
}

void Storing::merge() {
  const Oid type = call_pg([] {
    return GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum("journey"),
                           ObjectIdGetDatum(get_namespace_oid("clientele", false)));
  });
  std::vector<int64_t> homes;
  ArrayMaker parts(type);
  size_t bytes = 0;
  packing_.each_journey(ids_, [&](uint32_t home, std::span<const uint8_t> journey) {
    homes.push_back(identity_ids_[home]);
    parts.add(pg::make_varlena(journey));
    bytes += journey.size() + 16;
    if (bytes < part_bytes) return;
    merge_part(homes, parts);
    homes.clear();
    parts = ArrayMaker(type);
    bytes = 0;
  });
  if (!homes.empty()) merge_part(homes, parts);
}

void Storing::add_attributes() {
  const RowCleaner& cleaner = batch_.cleaner();
  const auto& names = source_.rules.attributes;
  if (names.empty()) return;
  std::vector<Datum> name_texts;
  for (const std::string& name : names) name_texts.push_back(pg::make_text(name));
  std::vector<int64_t> homes;
  ArrayMaker labels(TEXTOID), values(TEXTOID), times(TIMESTAMPTZOID);
  const auto flush = [&] {
    if (homes.empty()) return;
    Statement("SELECT clientele.add_attributes($1, $2, $3, $4, $5)")
        .add(INT8ARRAYOID, make_numbers(homes))
        .array(labels)
        .array(values)
        .array(times)
        .number(source_.id)
        .run();
    homes.clear();
    labels = ArrayMaker(TEXTOID);
    values = ArrayMaker(TEXTOID);
    times = ArrayMaker(TIMESTAMPTZOID);
  };
  for (uint32_t i = 0; i < batch_.size(); ++i) {
    if (batch_.fate(i) != Batch::Fate::packed) continue;
    const CleanRow& row = batch_.row(i);
    const auto said = cleaner.attributes(row);
    for (size_t a = 0; a < said.size(); ++a) {
      if (said[a] >= CleanTexts::too_long) continue;
      homes.push_back(identity_ids_[packing_.identifiers().places[cleaner.home(row)]]);
      labels.add(name_texts[a]);
      values.add_text(cleaner.attribute(said[a]));
      times.add(TimestampTzGetDatum(row.at));
    }
    if (homes.size() >= part_attributes) flush();
  }
  flush();
}

void Storing::keep_rejects() {
  const auto& refused = batch_.refused();
  std::string room;
  for (size_t begin = 0; begin < refused.size(); begin += part_rejects) {
    ArrayMaker reasons(TEXTOID), contents(JSONBOID), ids(TEXTOID), details(TEXTOID);
    for (size_t i = begin; i < std::min(begin + part_rejects, refused.size()); ++i) {
      const Batch::Refused& r = refused[i];
      reasons.add_text(r.reason);
      contents.add(reading_.content(r.row));
      if (const auto id = batch_.event_id(r.row, room))
        ids.add_text(*id);
      else
        ids.add_null();
      if (r.detail.empty())
        details.add_null();
      else
        details.add_text(r.detail);
    }
    Statement(
        "INSERT INTO clientele_data.rejects (run_id, reason, content, source_id, event_id, detail, "
        "mapping_number) SELECT $1, u.reason, u.content, $2, u.event_id, u.detail, $3 "
        "FROM ROWS FROM (pg_catalog.unnest($4), pg_catalog.unnest($5), pg_catalog.unnest($6), "
        "pg_catalog.unnest($7)) u (reason, content, event_id, detail)")
        .number(run_id_)
        .number(source_.id)
        .add(INT4OID, Int32GetDatum(source_.mapping_number))
        .array(reasons)
        .array(contents)
        .array(ids)
        .array(details)
        .run();
  }
}

void Storing::count() {
  const Packing::Dropped dropped =
      packing_.events() > 0 ? packing_.dropped(ids_) : Packing::Dropped();
  pg::JsonWriter left_out;
  for (uint32_t i = 0; i < RowCleaner::drop_reasons; ++i)
    if (dropped.by_reason[i] > 0)
      left_out.integer(RowCleaner::drop_reason(i), static_cast<int64_t>(dropped.by_reason[i]));
  if (dropped.properties > 0) {
    left_out.integer("properties", static_cast<int64_t>(dropped.properties));
    const char* const name = source_.name.c_str();
    call_pg([&] {
      ereport(WARNING,
              (errmsg("source \"%s\" has more than 10000 event types", name),
               errdetail("The properties of %zu events were left out.", dropped.properties),
               errhint("What varies without bound belongs in the item, not in properties.")));
    });
  }
  const auto number = [](size_t n) { return static_cast<int64_t>(n); };
  Statement statement(
      "UPDATE clientele_data.load_runs r SET rows_read = r.rows_read + $2, "
      "rows_packed = r.rows_packed + $3, rows_rejected = r.rows_rejected + $4, "
      "rows_duplicate = r.rows_duplicate + $5, rows_complete = r.rows_complete + $6, "
      "customers = r.customers + $7, first_event_at = least(r.first_event_at, $8), "
      "last_event_at = greatest(r.last_event_at, $9), time_zone = $10, dropped = coalesce("
      "(SELECT pg_catalog.jsonb_object_agg(k.key, k.n) FROM ("
      "SELECT e.key, pg_catalog.sum(e.value::pg_catalog.text::pg_catalog.int8) AS n "
      "FROM (SELECT * FROM pg_catalog.jsonb_each(r.dropped) UNION ALL "
      "SELECT * FROM pg_catalog.jsonb_each($11::pg_catalog.jsonb)) e GROUP BY e.key) k), '{}') "
      "WHERE r.run_id = $1 RETURNING r.run_id");
  statement.number(run_id_)
      .number(number(batch_.size()))
      .number(number(batch_.count(Batch::Fate::packed)))
      .number(number(batch_.count(Batch::Fate::refused)))
      .number(number(batch_.count(Batch::Fate::duplicate)))
      .number(number(dropped.complete))
      .number(customers_);
  if (packing_.events() > 0)
    statement.add(TIMESTAMPTZOID, TimestampTzGetDatum(packing_.first_at()))
        .add(TIMESTAMPTZOID, TimestampTzGetDatum(packing_.last_at()));
  else
    statement.add_null(TIMESTAMPTZOID).add_null(TIMESTAMPTZOID);
  if (!statement.text(source_.time_zone).text(left_out.finish()).run())
    throw Error(sqlstate::undefined_object, "run " + std::to_string(run_id_) + " does not exist");
}

}  // namespace clientele::sources
