// SPDX-License-Identifier: PostgreSQL
// lifecycle_stage(journey, …), the aggregate lifecycle(journey, lifecycle_def), and what opens its
// state lifecycle_summary.
#include <memory>

#include "journey/asked_pg.hpp"
#include "lifecycle/moves.hpp"
#include "pg/clock.hpp"
#include "pg/expanded.hpp"
#include "pg/memory.hpp"

namespace clientele {
namespace {

using pg::ByteView;
using pg::guarded;

std::vector<PickedTypeIds> types_of(const LifecycleDefinition& d) {
  std::vector<PickedTypeIds> types;
  for (const Stage& stage : d.stages)
    types.push_back(stage.selector == "*" ? std::nullopt
                                          : PickedTypeIds(resolve_selector(stage.selector)));
  return types;
}

/// A lifecycle_def under the current snapshot, with the time and the time zone that it means now.
struct AskedLifecycle {
  LifecycleDefinition definition;
  Bytes resolved;
  StageClock stages;
  MoveCounter moves;

  explicit AskedLifecycle(ByteView bytes) : AskedLifecycle(settled<LifecycleDefinition>(bytes)) {}

 private:
  explicit AskedLifecycle(LifecycleDefinition&& d)
      : AskedLifecycle(std::move(d), pg::time_zone_named(d.time_zone)) {}
  AskedLifecycle(LifecycleDefinition&& d, const pg_tz* zone)
      : definition(std::move(d)),
        stages(definition, types_of(definition), pg::offset_in, zone),
        moves(definition, types_of(definition), pg::offset_in, zone) {
    definition.write(resolved);
  }
};

/// When a period of a row begins, and whether it is over.
struct Shown {
  Micros begin;
  bool complete;
};

Datum text_datum(const std::string& s) {
  return PointerGetDatum(cstring_to_text_with_len(s.data(), static_cast<int>(s.size())));
}

/// Opens a summary: `put(shown, moves, names)` for each period, in the PostgreSQL regime.
template <class Put>
Datum opened(FunctionCallInfo fcinfo, Put put) {
  const pg::RowSink sink(fcinfo);
  return guarded([&] {
    pg::with_state<LifecycleSummary>(fcinfo, 0, [&](const LifecycleSummary& summary) {
      const auto definition = LifecycleDefinition::read(summary.definition());
      Periods periods(definition.period, pg::offset_in, pg::time_zone_named(definition.time_zone));
      summary.each([&](int64_t period, const std::vector<int64_t>& moves) {
        const Shown shown{periods.begin(period), periods.end(period) <= definition.until};
        pg::call_pg([&] { put(sink, shown, moves.data(), definition.stages); });
      });
    });
    return Datum{};
  });
}

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_lifecycle_stage) {
  const ByteView journey = pg::detoast(PG_GETARG_DATUM(0));
  const ByteView definition = pg::detoast(PG_GETARG_DATUM(1));
  const TimestampTz at = PG_GETARG_TIMESTAMPTZ(2);
  if (TIMESTAMP_NOT_FINITE(at))
    ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("at must be finite")));
  return pg::returned(fcinfo, guarded([&]() -> pg::Answer {
                        AskedLifecycle& asked =
                            pg::kept<SettledQuestion<AskedLifecycle>>(fcinfo).get(definition);
                        const uint32_t stage = asked.stages.stage_of(Journey(journey), at);
                        if (stage == 0) return {Datum{}, true};
                        return {pg::make_text(asked.definition.stages[stage - 1].name), false};
                      }));
}

CLIENTELE_FUNCTION(clientele_lifecycle_accum) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  if (PG_ARGISNULL(1) || PG_ARGISNULL(2)) return pg::unchanged_state(fcinfo);
  const ByteView journey = pg::detoast(PG_GETARG_DATUM(1));
  const ByteView definition = pg::detoast(PG_GETARG_DATUM(2));
  return guarded([&] {
    AskedLifecycle& asked = pg::kept<SettledQuestion<AskedLifecycle>>(fcinfo).get(definition);
    auto* const state = pg::state_to_change<LifecycleSummary>(fcinfo, context);
    LifecycleSummary& summary = state->value;
    if (!summary.started()) summary.start(asked.resolved, asked.definition.stages.size());
    if (!same_bytes(summary.definition(), asked.resolved))
      throw Error(sqlstate::invalid_parameter,
                  "the lifecycle_def must be the same for every row of a group",
                  "Group by the definition to ask several questions at once.");
    asked.moves.add(Journey(journey), summary);
    return state->datum();
  });
}

CLIENTELE_FUNCTION(clientele_lifecycle_combine) { return pg::combined<LifecycleSummary>(fcinfo); }
CLIENTELE_FUNCTION(clientele_lifecycle_summary_in) {
  return pg::state_in<LifecycleSummary>(fcinfo);
}
CLIENTELE_FUNCTION(clientele_lifecycle_summary_out) { return pg::state_out(fcinfo); }
CLIENTELE_FUNCTION(clientele_lifecycle_summary_recv) {
  return pg::state_receive<LifecycleSummary>(fcinfo);
}

CLIENTELE_FUNCTION(clientele_lifecycle_moves) {
  return opened(fcinfo, [](const pg::RowSink& sink, const Shown& shown, const int64_t* moves,
                           const std::vector<Stage>& stages) {
    const size_t n = stages.size() + 1;
    for (size_t from = 0; from < n; ++from) {
      int64_t all = 0;
      for (size_t to = 0; to < n; ++to) all += moves[from * n + to];
      for (size_t to = 0; to < n; ++to) {
        const int64_t customers = moves[from * n + to];
        if (customers == 0) continue;
        Datum values[] = {TimestampTzGetDatum(shown.begin),
                          from == 0 ? Datum{} : text_datum(stages[from - 1].name),
                          to == 0 ? Datum{} : text_datum(stages[to - 1].name),
                          Int64GetDatum(customers),
                          Float8GetDatum(static_cast<double>(customers) / static_cast<double>(all)),
                          BoolGetDatum(shown.complete)};
        bool nulls[] = {false, from == 0, to == 0, false, false, false};
        sink.put(values, nulls);
      }
    }
  });
}

CLIENTELE_FUNCTION(clientele_lifecycle_stages) {
  return opened(fcinfo, [](const pg::RowSink& sink, const Shown& shown, const int64_t* moves,
                           const std::vector<Stage>& stages) {
    const size_t n = stages.size() + 1;
    int64_t all = 0;
    for (size_t i = 0; i < n * n; ++i) all += i % n == 0 ? 0 : moves[i];
    for (size_t s = 1; s < n; ++s) {
      const int64_t stayed = moves[s * n + s];
      int64_t customers = 0, before = 0;
      for (size_t other = 0; other < n; ++other) {
        customers += moves[other * n + s];
        before += moves[s * n + other];
      }
      Datum values[] = {TimestampTzGetDatum(shown.begin),
                        text_datum(stages[s - 1].name),
                        Int64GetDatum(customers),
                        Int64GetDatum(customers - stayed),
                        Int64GetDatum(before - stayed),
                        Float8GetDatum(static_cast<double>(customers) / static_cast<double>(all)),
                        BoolGetDatum(shown.complete)};
      bool nulls[] = {false, false, false, false, false, all == 0, false};
      sink.put(values, nulls);
    }
  });
}
