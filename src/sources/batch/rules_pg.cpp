// SPDX-License-Identifier: PostgreSQL
#include "sources/batch/rules_pg.hpp"

#include "base/error.hpp"
#include "pg/clock.hpp"
#include "pg/query.hpp"
#include "sources/batch/arrays_pg.hpp"
#include "sources/rows/row_reasons.hpp"
#include "sources/cleaning/local_time_pg.hpp"
#include "sources/cleaning/phone.hpp"

namespace clientele::sources {
namespace {

using pg::call_pg;
using pg::QueryRow;

constexpr pg::Query the_source{
    "SELECT s.name, s.relation, s.method, s.mapping_number, "
    "clientele.source_owner(s.owner, s.owner_oid, s.owner_cluster)::pg_catalog.int8, "
    "coalesce(s.mapping OPERATOR(pg_catalog.->>) 'time_zone', clientele.store_time_zone()), "
    "coalesce(s.mapping OPERATOR(pg_catalog.->>) 'date_order', ''), "
    "coalesce(s.mapping OPERATOR(pg_catalog.->>) 'unit', ''), "
    "coalesce(s.mapping OPERATOR(pg_catalog.->>) 'decimal', '.'), "
    "coalesce(s.mapping OPERATOR(pg_catalog.->>) 'country', ''), "
    "coalesce((s.mapping OPERATOR(pg_catalog.->>) 'strict')::pg_catalog.bool, false), "
    "coalesce((SELECT t.value FROM clientele_data.settings t "
    "WHERE t.name OPERATOR(pg_catalog.=) 'reporting_currency'), ''), "
    "pg_catalog.timestamptz_send(coalesce((s.mapping OPERATOR(pg_catalog.->>) "
    "'oldest')::pg_catalog.timestamptz, '1970-01-02 00:00:00+00')), "
    "coalesce((EXTRACT(epoch FROM (s.mapping OPERATOR(pg_catalog.->>) 'future')"
    "::pg_catalog.interval) OPERATOR(pg_catalog.*) 1000000)::pg_catalog.int8, 86400000000), "
    "coalesce((EXTRACT(epoch FROM (s.mapping OPERATOR(pg_catalog.->>) 'duplicates_within')"
    "::pg_catalog.interval) OPERATOR(pg_catalog.*) 1000000)::pg_catalog.int8, -1) "
    "FROM clientele_data.sources s WHERE s.source_id OPERATOR(pg_catalog.=) $1",
    "the source"};

// The strongest kinds first; one that is not listed has rank 9.
constexpr pg::Query the_expressions{
    "SELECT e.argument, coalesce(e.name, ''), e.expression, coalesce(k.normal, 'key'), "
    "pg_catalog.dense_rank() OVER (ORDER BY e.argument OPERATOR(pg_catalog.<>) 'identities', "
    "coalesce(k.rank, 9), e.name COLLATE \"C\")::pg_catalog.int4 "
    "FROM clientele.source_expressions($1) e LEFT JOIN clientele_data.identity_kinds k "
    "ON e.argument OPERATOR(pg_catalog.=) 'identities' AND k.kind OPERATOR(pg_catalog.=) e.name "
    "WHERE e.argument OPERATOR(pg_catalog.<>) 'cursor' ORDER BY e.place",
    "the expressions of the source"};

constexpr pg::Query the_event_names{
    "SELECT n.event, n.new_channel, n.new_event FROM clientele_data.event_names n "
    "WHERE n.source_id OPERATOR(pg_catalog.=) $1",
    "the event names of the source"};

constexpr pg::Query the_rates{
    "SELECT r.currency, CASE WHEN r.since OPERATOR(pg_catalog.=) '-infinity' THEN -1000000000 "
    "ELSE r.since OPERATOR(pg_catalog.-) '2000-01-01'::pg_catalog.date END, "
    "r.rate::pg_catalog.text "
    "FROM clientele_data.exchange_rates r "
    "WHERE r.since OPERATOR(pg_catalog.<>) 'infinity'",
    "the exchange rates"};

constexpr pg::Query the_words{"SELECT w.word FROM clientele_data.absent_words w",
                              "the words for absent values"};

SourceRules::Form form_named(std::string_view name) {
  using Form = SourceRules::Form;
  if (name == "email") return Form::email;
  if (name == "phone") return Form::phone;
  switch (key_form_named(name)) {
    case KeyForm::nocase:
      return Form::nocase;
    case KeyForm::exact:
      return Form::exact;
    case KeyForm::uuid:
      return Form::uuid;
    default:
      return Form::key;
  }
}

const auto the_id = [](int64_t id) {
  return [id](pg::Parameters& p) { p.add(INT8OID, Int64GetDatum(id)); };
};

void read_source(Source& source) {
  SourceRules& rules = source.rules;
  struct Row {
    const char *name, *relation, *method, *zone, *order, *unit, *decimal, *country, *currency;
    int32_t number;
    int64_t owner, oldest, future, within;
    bool strict;
  };
  bool found = false;
  pg::each_row(
      the_source, the_id(source.id),
      [](const QueryRow& r) {
        uint64 oldest = 0;
        std::memcpy(&oldest, r.bytes(13).data(), sizeof oldest);
        return Row{r.text(1),
                   r.text(2),
                   r.text(3),
                   r.text(6),
                   r.text(7),
                   r.text(8),
                   r.text(9),
                   r.text(10),
                   r.text(12),
                   r.integer(4),
                   r.text(5) == nullptr ? 0 : r.bigint(5),
                   static_cast<int64_t>(pg_ntoh64(oldest)),
                   r.bigint(14),
                   r.bigint(15),
                   r.boolean(11)};
      },
      [&](const Row& row) {
        found = true;
        source.name = row.name;
        source.relation = row.relation;
        source.method = row.method;
        source.mapping_number = row.number;
        source.owner = static_cast<Oid>(row.owner);
        source.time_zone = row.zone;
        source.date_order = row.order;
        if (row.order[0] != '\0') rules.time.order = date_order_named(row.order);
        if (row.unit[0] != '\0') rules.time.unit = time_unit_named(row.unit);
        rules.decimal = decimal_mark_named(row.decimal);
        rules.country = row.country;
        rules.reporting = row.currency;
        rules.strict = row.strict;
        rules.time.oldest = row.oldest;
        rules.time.latest = GetCurrentTransactionStartTimestamp() + row.future;
        if (row.within >= 0) rules.duplicates_within = static_cast<uint64_t>(row.within);
      });
  if (!found)
    throw Error(sqlstate::undefined_object,
                "source " + std::to_string(source.id) + " does not exist");
  pg_tz* const zone = pg::time_zone_named(source.time_zone);
  rules.time.context = zone;
  rules.time.instant = instant_of;
  source.clock = std::make_unique<LocalClock>(pg::clock_in(zone));
  rules.clock = source.clock.get();
}

void read_expressions(Source& source) {
  SourceRules& rules = source.rules;
  struct Row {
    const char *argument, *name, *sql, *normal;
    int32_t rank;
  };
  pg::each_row(
      the_expressions, the_id(source.id),
      [](const QueryRow& r) {
        return Row{r.text(1), r.text(2), r.text(3), r.text(4), r.integer(5)};
      },
      [&](const Row& row) {
        Source::Expression e;
        e.label = row.argument;
        if (row.name[0] != '\0') e.label += std::string(".") + row.name;
        e.sql = row.sql;
        e.column.part = part_named(row.argument);
        switch (e.column.part) {
          case Column::Part::identity: {
            const auto kind = static_cast<size_t>(row.rank - 1);
            if (kind >= rules.kinds.size()) rules.kinds.resize(kind + 1);
            rules.kinds[kind] = {row.name, form_named(row.normal)};
            e.column.place = rules.identities.size();
            rules.identities.push_back(static_cast<uint32_t>(kind));
            break;
          }
          case Column::Part::property:
            e.column.place = rules.properties.size();
            rules.properties.emplace_back(row.name);
            break;
          case Column::Part::attribute:
            e.column.place = rules.attributes.size();
            rules.attributes.emplace_back(row.name);
            break;
          case Column::Part::event_id:
            rules.has_event_id = true;
            break;
          default:
            break;
        }
        source.columns.push_back(e.column);
        source.expressions.push_back(std::move(e));
      });
}

void read_names_and_rates(Source& source) {
  SourceRules& rules = source.rules;
  struct Name {
    const char *event, *channel, *new_event;
  };
  const auto maybe = [](const char* text) {
    return text == nullptr ? std::nullopt : std::optional<std::string>(text);
  };
  pg::each_row(
      the_event_names, the_id(source.id),
      [](const QueryRow& r) {
        return Name{r.text(1), r.text(2), r.text(3)};
      },
      [&](const Name& n) {
        rules.event_names[n.event] = {maybe(n.channel), maybe(n.new_event)};
      });
  struct Since {
    const char *currency, *rate;
    int32_t day;
  };
  pg::each_row(
      the_rates, pg::no_parameters,
      [](const QueryRow& r) {
        return Since{r.text(1), r.text(3), r.integer(2)};
      },
      [&](const Since& s) { rules.rates[s.currency][s.day] = rate_of(s.rate); });
  std::vector<std::string> words;
  pg::each_row(
      the_words, pg::no_parameters, [](const QueryRow& r) { return r.text(1); },
      [&](const char* word) { words.emplace_back(word); });
  rules.stand_ins = StandIns(words);
  rules.time.stand_ins = &rules.stand_ins;
}

constexpr size_t longest_properties = 1500;  // bytes of jsonb

/// As jsonb writes it.
const char* normal_properties(std::string& json) {
  struct Made {
    const char* text;
    size_t size;
  };
  Made made{};
  try {
    made = call_pg([&]() -> Made {
      const Datum value = DirectFunctionCall1(jsonb_in, CStringGetDatum(json.c_str()));
      Jsonb* const b = DatumGetJsonbP(value);
      return {JsonbToCString(nullptr, &b->root, VARSIZE(b)), VARSIZE(b)};
    });
  } catch (const pg::PgError& e) {
    // Only json that jsonb cannot hold: \u0000, or too large.
    const int category = ERRCODE_TO_CATEGORY(e.data()->sqlerrcode);
    if (category != ERRCODE_DATA_EXCEPTION && category != ERRCODE_PROGRAM_LIMIT_EXCEEDED) throw;
    return reason::bad_properties;
  }
  if (made.size > longest_properties) return reason::too_long;
  json = made.text;
  return nullptr;
}

}  // namespace

std::unique_ptr<Source> open_source(int64_t id) {
  if (GetDatabaseEncoding() != PG_UTF8)
    throw Error(sqlstate::not_supported, "sources can be read in UTF8 databases only",
                std::string("The encoding of this database is ") + GetDatabaseEncodingName() + ".");
  Statement(
      "SELECT clientele.require_store(t) FROM pg_catalog.unnest('{sources,settings,identity_kinds,"
      "event_names,exchange_rates,absent_words,recent_events}'::pg_catalog.text[]) t")
      .run();
  auto source = std::make_unique<Source>();
  source->id = id;
  read_source(*source);
  read_expressions(*source);
  read_names_and_rates(*source);
  source->rules.properties_hook = normal_properties;
  return source;
}

RowValues Source::empty_row() const {
  RowValues row;
  row.identities.resize(rules.identities.size());
  row.properties.resize(rules.properties.size());
  row.attributes.resize(rules.attributes.size());
  return row;
}

std::string Source::list() const {
  std::string list;
  for (const Expression& e : expressions) {
    if (!list.empty()) list += ", ";
    // An expression may end in a comment.
    list += "(" + e.sql + "\n)";
  }
  return list;
}

}  // namespace clientele::sources
