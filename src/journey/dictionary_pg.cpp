// SPDX-License-Identifier: PostgreSQL
#include "journey/dictionary_pg.hpp"

#include <algorithm>
#include <iterator>

#include "base/error.hpp"
#include "base/sort.hpp"
#include "journey/selector.hpp"
#include "pg/nearest.hpp"
#include "pg/query.hpp"
#include "store/store_pg.hpp"

namespace clientele {
namespace {

enum UnknownEvent { unknown_is_error, unknown_is_ignored };
int unknown_event = unknown_is_error;
const config_enum_entry unknown_event_options[] = {
    {"error", unknown_is_error, false}, {"ignore", unknown_is_ignored, false}, {nullptr, 0, false}};

bool store_exists() { return pg::store_has("event_types"); }

constexpr char subject[] = "the dictionary";

constexpr pg::Query matching_types = {
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
    "   COLLATE pg_catalog.\"C\" OPERATOR(pg_catalog.=) p.value, false))",
    subject};

constexpr pg::Query known_names = {
    "SELECT DISTINCT clientele.quote_selector(CASE WHEN $1 THEN t.channel END, t.event), t.event"
    " FROM clientele_data.event_types t ORDER BY 1 LIMIT 10000",
    subject};

constexpr pg::Query all_types = {
    "SELECT t.event_type_id,"
    " CASE WHEN t.channel OPERATOR(pg_catalog.=) '' THEN t.event"
    "  ELSE pg_catalog.concat(t.channel, ':', t.event) END,"
    " t.channel OPERATOR(pg_catalog.=) '',"
    " pg_catalog.dense_rank() OVER (ORDER BY t.channel COLLATE pg_catalog.\"C\")"
    " FROM clientele_data.event_types t"
    " ORDER BY t.channel COLLATE pg_catalog.\"C\", t.event COLLATE pg_catalog.\"C\","
    " t.properties::pg_catalog.text COLLATE pg_catalog.\"C\"",
    subject};

constexpr pg::Query names_of_types = {
    "SELECT n.event_type_id, n.name FROM (SELECT t.event_type_id, CASE"
    " WHEN $1 OPERATOR(pg_catalog.=) 0 THEN t.event"
    " WHEN $1 OPERATOR(pg_catalog.=) 1 THEN t.channel"
    " ELSE t.properties OPERATOR(pg_catalog.->>) $2 END AS name"
    " FROM clientele_data.event_types t) n"
    " WHERE n.name IS NOT NULL ORDER BY n.name COLLATE pg_catalog.\"C\"",
    subject};

using Properties = std::vector<std::pair<std::string, std::string>>;

// PostgreSQL regime.
Datum text_array(const Properties& pairs, std::string Properties::value_type::*part) {
  auto* values = static_cast<Datum*>(palloc(sizeof(Datum) * (pairs.size() + 1)));
  for (size_t i = 0; i < pairs.size(); ++i) {
    const std::string& s = pairs[i].*part;
    values[i] = PointerGetDatum(cstring_to_text_with_len(s.data(), static_cast<int>(s.size())));
  }
  return PointerGetDatum(
      construct_array(values, static_cast<int>(pairs.size()), TEXTOID, -1, false, TYPALIGN_INT));
}

std::vector<int32_t> find_types(const SelectorTerm& term, bool with_properties) {
  static const Properties no_properties;
  const Properties& properties = with_properties ? term.properties : no_properties;
  std::vector<int32_t> ids;
  pg::each_row(
      matching_types,
      [&](pg::Parameters& p) {
        if (term.channel) {
          p.text(term.channel->text);
          p.boolean(term.channel->glob);
        } else {
          p.null(TEXTOID);
          p.null(BOOLOID);
        }
        p.text(term.event.text);
        p.boolean(term.event.glob);
        p.add(TEXTARRAYOID, text_array(properties, &Properties::value_type::first));
        p.add(TEXTARRAYOID, text_array(properties, &Properties::value_type::second));
      },
      [](const pg::QueryRow& row) { return row.integer(1); },
      [&](int32_t id) { ids.push_back(id); });
  return ids;
}

/// The known names nearest to what was written, by Levenshtein distance over whole selectors.
std::string nearest_names(const SelectorTerm& term) {
  pg::NearestNames nearest(term.event.text);
  pg::each_row(
      known_names, [&](pg::Parameters& p) { p.boolean(term.channel.has_value()); },
      [&](const pg::QueryRow& row) { nearest.offer(row.text(1), row.text(2)); });
  return nearest.hint() +
         "A pattern such as * may match nothing; SET clientele.unknown_event = ignore lets names "
         "do "
         "so too.";
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
                "this database has no clientele store, so event types have no names",
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
    const std::vector<int32_t> ids = find_types(term, true);
    result.add(ids);
    if (!ids.empty() || !term.exact() || absent_is_nothing || unknown_event == unknown_is_ignored)
      continue;
    // A known name whose properties match nothing is not a mistake.
    if (!term.properties.empty() && !find_types(term, false).empty()) continue;
    const std::string hint = nearest_names(term);
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
  pg::each_row(
      all_types, pg::no_parameters,
      [](const pg::QueryRow& row) {
        return Row{row.integer(1), row.text(2), row.boolean(3),
                   static_cast<int32_t>(row.bigint(4))};
      },
      [&](const Row& row) {
        names.push_back({row.id, row.label, row.no_channel, row.channel});
      });
  return names;
}

TypeNames dictionary_names(NamePart part, std::string_view property) {
  TypeNames result;
  if (!store_exists()) return result;
  struct Row {
    int32_t type;
    const char* name;
  };
  pg::each_row(
      names_of_types,
      [&](pg::Parameters& p) {
        p.integer(static_cast<int32_t>(part));
        p.text(property);
      },
      [](const pg::QueryRow& row) {
        return Row{row.integer(1), row.text(2)};
      },
      [&](const Row& row) {
        if (result.names.empty() || result.names.back() != row.name)
          result.names.emplace_back(row.name);
        result.types.push_back({row.type, static_cast<int32_t>(result.names.size()) - 1});
      });
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
