// SPDX-License-Identifier: PostgreSQL
// The aggregate event_counts(journey, counts_def), and what opens its state counts_summary.
#include <memory>

#include "engagement/counts/counter.hpp"
#include "journey/asked_pg.hpp"
#include "pg/clock.hpp"
#include "pg/expanded.hpp"
#include "pg/memory.hpp"
#include "pg/nearest.hpp"
#include "pg/query.hpp"

namespace clientele {
namespace {

using pg::ByteView;
using pg::guarded;

constexpr pg::Query property_names = {
    "SELECT DISTINCT k FROM clientele_data.event_types t"
    " CROSS JOIN LATERAL pg_catalog.jsonb_object_keys(CASE"
    "  WHEN pg_catalog.jsonb_typeof(t.properties) OPERATOR(pg_catalog.=) 'object'"
    "  THEN t.properties ELSE '{}' END) AS k LIMIT 10000",
    "the dictionary"};

/// 42704 for a property that no event has, unless unknown names are to be ignored.
TypeNames property_values(const std::string& property) {
  TypeNames values = dictionary_names(NamePart::property, property);
  if (!values.types.empty() || SnapshotKey::current().unknown_event != 0) return values;
  pg::NearestNames nearest(property);
  if (!dictionary_in_order().empty())
    pg::each_row(property_names, pg::no_parameters,
                 [&](const pg::QueryRow& row) { nearest.offer(row.text(1), row.text(1)); });
  throw Error(sqlstate::undefined_object,
              "property \"" + property + "\" does not occur in the dictionary",
              nearest.hint() +
                  "Events are counted by channel, event, event_type, or a property that some of "
                  "them have.");
}

/// A counts_def under the current snapshot, with the time zone that it means now.
class AskedCounts {
 public:
  explicit AskedCounts(ByteView bytes) : AskedCounts(in_a_zone(bytes)) {}

  void add(ByteView journey, CountsSummary& summary) {
    if (!summary.started()) summary.start(resolved_);
    if (!same_bytes(summary.definition(), resolved_))
      throw Error(sqlstate::invalid_parameter,
                  "the counts_def must be the same for every row of a group",
                  "Group by the definition to ask several questions at once.");
    counter_.add(Journey(journey), summary);
  }

 private:
  explicit AskedCounts(const CountsDefinition& d)
      : counter_(d, labels_of(d), pg::offset_in, pg::time_zone_named(d.time_zone)) {
    d.write(resolved_);
  }
  static CountsDefinition in_a_zone(ByteView bytes) {
    CountsDefinition d = CountsDefinition::read(bytes);
    if (d.time_zone.empty()) d.time_zone = pg_get_timezone_name(session_timezone);
    return d;
  }
  static CountLabels labels_of(const CountsDefinition& d) {
    std::optional<std::vector<int32_t>> types;
    if (d.selector != "*") types = resolve_selector(d.selector);
    CountLabels::Names names;
    if (d.by.channel) names.channels = dictionary_names(NamePart::channel);
    if (d.by.event) names.events = dictionary_names(NamePart::event);
    if (d.by.property) names.values = property_values(*d.by.property);
    return {d.by, std::move(types), std::move(names)};
  }

  Bytes resolved_;
  EventCounter counter_;
};

/// One row of count_periods; a label by its place.
struct CountRow {
  std::optional<Micros> begin;
  std::optional<int32_t> hour_of_week;
  uint32_t label;
  const CountsSummary::Cell* cell;
};

/// The columns of a label, in the current memory context.
struct LabelColumns {
  static constexpr size_t size = 5;
  Datum values[size] = {};
  bool nulls[size] = {true, true, true, true, true};

  explicit LabelColumns(const CountLabel& label) {
    if (label.type) {
      values[0] = Int32GetDatum(*label.type);
      nulls[0] = false;
    }
    put(1, label.channel);
    put(2, label.event);
    put(3, label.value);
    put(4, label.text());
  }

 private:
  void put(size_t i, const std::optional<std::string>& text) {
    if (!text) return;
    values[i] = pg::make_text(*text);
    nulls[i] = false;
  }
};

// PostgreSQL regime.
void put_row(const pg::RowSink& sink, const CountRow& row, const LabelColumns& label) {
  Datum values[12] = {};
  bool nulls[12] = {};
  nulls[0] = !row.begin;
  if (row.begin) values[0] = TimestampTzGetDatum(*row.begin);
  nulls[1] = nulls[2] = !row.hour_of_week;
  if (row.hour_of_week) {
    values[1] = Int32GetDatum(*row.hour_of_week / 24 + 1);
    values[2] = Int32GetDatum(*row.hour_of_week % 24);
  }
  for (size_t i = 0; i < LabelColumns::size; ++i) {
    values[3 + i] = label.values[i];
    nulls[3 + i] = label.nulls[i];
  }
  values[8] = Int64GetDatum(static_cast<int64>(row.cell->events));
  values[9] = Int64GetDatum(static_cast<int64>(row.cell->customers));
  nulls[10] = row.cell->amounts == 0;
  if (!nulls[10]) values[10] = pg::numeric_of_sum(row.cell->amount);
  values[11] = Int64GetDatum(static_cast<int64>(row.cell->sessions));
  sink.put(values, nulls);
  if (!nulls[10]) pfree(DatumGetPointer(values[10]));
}

void put_counts(const CountsSummary& summary, const pg::RowSink& sink) {
  const CountsDefinition definition = CountsDefinition::read(summary.definition());
  CountedPeriods periods(definition.period, pg::offset_in,
                         pg::time_zone_named(definition.time_zone));
  std::vector<LabelColumns> labels;
  for (const CountLabel* label : summary.labels()) labels.emplace_back(*label);
  std::vector<CountRow> rows;
  const auto put = [&] {
    pg::call_pg([&] {
      CHECK_FOR_INTERRUPTS();
      for (const CountRow& row : rows) put_row(sink, row, labels[row.label]);
    });
    rows.clear();
  };
  int64_t last = 0;
  std::optional<Micros> begin;
  summary.each([&](int64_t period, uint32_t label, const CountsSummary::Cell& cell) {
    CountRow row{{}, {}, label, &cell};
    if (definition.period == CountPeriod::hour_of_week) {
      row.hour_of_week = static_cast<int32_t>(period);
    } else if (definition.period != CountPeriod::all) {
      if (!begin || period != last) begin = periods.begin(last = period);
      row.begin = begin;
    }
    rows.push_back(row);
    if (rows.size() == 1024) put();
  });
  put();
}

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_counts_accum) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  if (PG_ARGISNULL(1) || PG_ARGISNULL(2)) return pg::unchanged_state(fcinfo);
  const ByteView journey = pg::detoast(PG_GETARG_DATUM(1));
  const ByteView definition = pg::detoast(PG_GETARG_DATUM(2));
  return guarded([&] {
    AskedCounts& asked = pg::kept<SettledQuestion<AskedCounts>>(fcinfo).get(definition);
    auto* const state = pg::state_to_change<CountsSummary>(fcinfo, context);
    asked.add(journey, state->value);
    return state->datum();
  });
}

CLIENTELE_FUNCTION(clientele_counts_combine) { return pg::combined<CountsSummary>(fcinfo); }
CLIENTELE_FUNCTION(clientele_counts_summary_in) { return pg::state_in<CountsSummary>(fcinfo); }
CLIENTELE_FUNCTION(clientele_counts_summary_out) { return pg::state_out(fcinfo); }
CLIENTELE_FUNCTION(clientele_counts_summary_recv) {
  return pg::state_receive<CountsSummary>(fcinfo);
}

CLIENTELE_FUNCTION(clientele_count_periods) {
  const pg::RowSink sink(fcinfo);
  return guarded([&] {
    pg::with_state<CountsSummary>(fcinfo, 0,
                                  [&](const CountsSummary& summary) { put_counts(summary, sink); });
    return Datum{};
  });
}
