// SPDX-License-Identifier: PostgreSQL
// The aggregate activity(journey, activity_def), and what opens its state activity_summary.
#include <memory>

#include "engagement/activity/counter.hpp"
#include "engagement/activity/rows.hpp"
#include "journey/asked_pg.hpp"
#include "pg/clock.hpp"
#include "pg/expanded.hpp"
#include "pg/memory.hpp"

namespace clientele {
namespace {

using pg::ByteView;
using pg::guarded;

/// An activity_def under the current snapshot, with the time and the time zone that it means now.
class AskedActivity {
 public:
  explicit AskedActivity(ByteView bytes) : AskedActivity(settled<ActivityDefinition>(bytes)) {}

  void add(ByteView journey, ActivitySummary& summary) {
    if (!summary.started()) summary.start(resolved_);
    if (!same_bytes(summary.definition(), resolved_))
      throw Error(sqlstate::invalid_parameter,
                  "the activity_def must be the same for every row of a group",
                  "Group by the definition to ask several questions at once.");
    counter_.add(Journey(journey), summary);
  }

 private:
  explicit AskedActivity(const ActivityDefinition& d)
      : counter_(d, types_of(d.selector), pg::offset_in, pg::time_zone_named(d.time_zone)) {
    d.write(resolved_);
  }
  static std::optional<std::vector<int32_t>> types_of(const std::string& selector) {
    if (selector == "*") return std::nullopt;
    return resolve_selector(selector);
  }

  Bytes resolved_;
  ActivityCounter counter_;
};

/// The periods of a summary's definition.
Periods periods_of(const ActivityDefinition& definition) {
  return {definition.period, pg::offset_in, pg::time_zone_named(definition.time_zone)};
}

/// Puts rows in batches; `fill(row, values, nulls)` is in the PostgreSQL regime.
template <size_t columns, class Row, class Fill>
void put_rows(const pg::RowSink& sink, const std::vector<Row>& rows, Fill fill) {
  constexpr size_t batch = 1024;
  for (size_t begin = 0; begin < rows.size(); begin += batch) {
    const size_t end = std::min(begin + batch, rows.size());
    pg::call_pg([&] {
      CHECK_FOR_INTERRUPTS();
      for (size_t i = begin; i < end; ++i) {
        Datum values[columns];
        bool nulls[columns] = {};
        fill(rows[i], values, nulls);
        sink.put(values, nulls);
      }
    });
  }
}

/// A function that opens a summary as rows: `open(summary, definition, sink)`.
template <class Open>
Datum opened(FunctionCallInfo fcinfo, Open open) {
  const pg::RowSink sink(fcinfo);
  return guarded([&] {
    pg::with_state<ActivitySummary>(fcinfo, 0, [&](const ActivitySummary& summary) {
      open(summary, ActivityDefinition::read(summary.definition()), sink);
    });
    return Datum{};
  });
}

Datum count(uint64_t n) { return Int64GetDatum(static_cast<int64>(n)); }

/// When a period of a row begins, and whether it is over.
struct Span {
  Micros begin;
  bool complete;
  Span(Periods& periods, int64_t number, const ActivityDefinition& definition)
      : begin(periods.begin(number)), complete(periods.end(number) <= definition.until) {}
};

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_activity_accum) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  if (PG_ARGISNULL(1) || PG_ARGISNULL(2)) return pg::unchanged_state(fcinfo);
  const ByteView journey = pg::detoast(PG_GETARG_DATUM(1));
  const ByteView definition = pg::detoast(PG_GETARG_DATUM(2));
  return guarded([&] {
    AskedActivity& asked = pg::kept<SettledQuestion<AskedActivity>>(fcinfo).get(definition);
    auto* const state = pg::state_to_change<ActivitySummary>(fcinfo, context);
    asked.add(journey, state->value);
    return state->datum();
  });
}

CLIENTELE_FUNCTION(clientele_activity_combine) { return pg::combined<ActivitySummary>(fcinfo); }
CLIENTELE_FUNCTION(clientele_activity_summary_in) { return pg::state_in<ActivitySummary>(fcinfo); }
CLIENTELE_FUNCTION(clientele_activity_summary_out) { return pg::state_out(fcinfo); }
CLIENTELE_FUNCTION(clientele_activity_summary_recv) {
  return pg::state_receive<ActivitySummary>(fcinfo);
}

CLIENTELE_FUNCTION(clientele_lifecycle_periods) {
  return opened(fcinfo, [](const ActivitySummary& summary, const ActivityDefinition& definition,
                           const pg::RowSink& sink) {
    Periods periods = periods_of(definition);
    struct Row {
      LifecyclePeriod counts;
      Span span;
    };
    std::vector<Row> rows;
    for (const LifecyclePeriod& p : lifecycle_rows(summary, {definition, periods}))
      rows.push_back({p, {periods, p.period, definition}});
    put_rows<7>(sink, rows, [](const Row& row, Datum* values, bool*) {
      values[0] = TimestampTzGetDatum(row.span.begin);
      values[1] = count(row.counts.fresh);
      values[2] = count(row.counts.returning);
      values[3] = count(row.counts.resurrected);
      values[4] = count(row.counts.dormant);
      values[5] = count(row.counts.active);
      values[6] = BoolGetDatum(row.span.complete);
    });
  });
}

CLIENTELE_FUNCTION(clientele_active_periods) {
  return opened(fcinfo, [](const ActivitySummary& summary, const ActivityDefinition& definition,
                           const pg::RowSink& sink) {
    Periods periods = periods_of(definition);
    struct Row {
      ActivePeriod counts;
      Span span;
    };
    std::vector<Row> rows;
    for (const ActivePeriod& p : active_rows(summary, {definition, periods}))
      rows.push_back({p, {periods, p.period, definition}});
    put_rows<5>(sink, rows, [](const Row& row, Datum* values, bool* nulls) {
      const auto active = static_cast<double>(row.counts.active);
      values[0] = TimestampTzGetDatum(row.span.begin);
      values[1] = count(row.counts.active);
      values[2] = count(row.counts.rolling);
      values[3] = Float8GetDatum(active / static_cast<double>(row.counts.rolling));
      nulls[3] = row.counts.rolling == 0;
      values[4] = BoolGetDatum(row.span.complete);
    });
  });
}

CLIENTELE_FUNCTION(clientele_stickiness) {
  return opened(fcinfo, [](const ActivitySummary& summary, const ActivityDefinition&,
                           const pg::RowSink& sink) {
    put_rows<3>(sink, stickiness_rows(summary), [](const StickyRow& row, Datum* values, bool*) {
      values[0] = Int32GetDatum(static_cast<int32_t>(row.periods));
      values[1] = count(row.customers);
      values[2] = Float8GetDatum(row.share);
    });
  });
}

CLIENTELE_FUNCTION(clientele_frequency) {
  return opened(fcinfo, [](const ActivitySummary& summary, const ActivityDefinition& definition,
                           const pg::RowSink& sink) {
    put_rows<4>(sink, frequency_rows(summary, definition.bins),
                [](const FrequencyRow& row, Datum* values, bool* nulls) {
                  values[0] = Int32GetDatum(static_cast<int32_t>(row.from));
                  values[1] = Int32GetDatum(static_cast<int32_t>(row.to.value_or(0)));
                  nulls[1] = !row.to;
                  values[2] = count(row.customers);
                  values[3] = Float8GetDatum(row.share.value_or(0));
                  nulls[3] = !row.share;
                });
  });
}

CLIENTELE_FUNCTION(clientele_heat_map) {
  return opened(fcinfo, [](const ActivitySummary& summary, const ActivityDefinition&,
                           const pg::RowSink& sink) {
    struct Row {
      int32_t hour;
      uint64_t events, customers;
    };
    std::vector<Row> rows;
    for (const ActivitySummary::Hour& h : summary.hours())
      rows.push_back({static_cast<int32_t>(rows.size()), h.events, h.customers});
    put_rows<4>(sink, rows, [](const Row& row, Datum* values, bool*) {
      values[0] = Int32GetDatum(row.hour / 24 + 1);
      values[1] = Int32GetDatum(row.hour % 24);
      values[2] = count(row.events);
      values[3] = count(row.customers);
    });
  });
}
