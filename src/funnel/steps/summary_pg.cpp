// SPDX-License-Identifier: PostgreSQL
// The aggregate funnel(journey, …), its state funnel_summary, and funnel_steps(funnel_summary).
#include "base/wilson.hpp"
#include "funnel/steps/compiled_pg.hpp"
#include "funnel/steps/summary.hpp"
#include "pg/expanded.hpp"
#include "pg/memory.hpp"

namespace clientele {
namespace {

void accumulate(FunnelSummary& summary, FunnelCache& cache, pg::ByteView journey,
                pg::ByteView definition) {
  CompiledFunnel& funnel = compiled(cache, definition);
  if (!summary.started()) summary.start(definition, funnel.steps());
  const std::span<const uint8_t> asked = summary.definition();
  if (!same_bytes(asked, definition))
    throw Error(sqlstate::invalid_parameter,
                "the funnel's definition must be the same for every row of a group",
                "Group by the definition to ask several funnels at once.");
  summary.add(funnel.times(Journey(journey)));
}

/// The definition that the short form means, and the funnel.
struct ShortForm {
  pg::Remembered<Bytes> definition;
  FunnelCache cache;
  explicit ShortForm(std::pmr::memory_resource* memory) : cache(memory) {}

  const Bytes& definition_by(pg::ByteView steps, Datum array, const Interval* within) {
    const pg::ByteView arguments[] = {steps, pg::plain_bytes_or_null(within)};
    return definition.get(arguments, [&] {
      Bytes bytes;
      definition_of(array, within).write(bytes);
      return bytes;
    });
  }
};

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_funnel_accum) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  if (PG_ARGISNULL(1) || PG_ARGISNULL(2)) return pg::unchanged_state(fcinfo);
  const pg::ByteView journey = pg::detoast(PG_GETARG_DATUM(1));
  const pg::ByteView definition = pg::detoast(PG_GETARG_DATUM(2));
  return pg::guarded([&] {
    auto* const state = pg::state_to_change<FunnelSummary>(fcinfo, context);
    accumulate(state->value, pg::kept<FunnelCache>(fcinfo), journey, definition);
    return state->datum();
  });
}

CLIENTELE_FUNCTION(clientele_funnel_accum_steps) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  if (PG_ARGISNULL(1) || PG_ARGISNULL(2)) return pg::unchanged_state(fcinfo);
  const pg::ByteView journey = pg::detoast(PG_GETARG_DATUM(1));
  const pg::ByteView steps = pg::detoast(PG_GETARG_DATUM(2));
  const Interval* within = PG_ARGISNULL(3) ? nullptr : PG_GETARG_INTERVAL_P(3);
  const Datum array = PG_GETARG_DATUM(2);
  return pg::guarded([&] {
    auto& form = pg::kept<ShortForm>(fcinfo);
    const Bytes& definition = form.definition_by(steps, array, within);
    auto* const state = pg::state_to_change<FunnelSummary>(fcinfo, context);
    accumulate(state->value, form.cache, journey, definition);
    return state->datum();
  });
}

CLIENTELE_FUNCTION(clientele_funnel_combine) { return pg::combined<FunnelSummary>(fcinfo); }
CLIENTELE_FUNCTION(clientele_funnel_summary_in) { return pg::state_in<FunnelSummary>(fcinfo); }
CLIENTELE_FUNCTION(clientele_funnel_summary_out) { return pg::state_out(fcinfo); }
CLIENTELE_FUNCTION(clientele_funnel_summary_recv) {
  return pg::state_receive<FunnelSummary>(fcinfo);
}

CLIENTELE_FUNCTION(clientele_funnel_steps) {
  const pg::RowSink rows(fcinfo);
  return pg::guarded([&] {
    return pg::with_state<FunnelSummary>(fcinfo, 0, [&](const FunnelSummary& summary) {
      const FunnelDefinition definition = FunnelDefinition::read(summary.definition());
      for (int step = 1; step <= summary.steps(); ++step) {
        const uint64_t first = summary.reached(1);
        const uint64_t here = summary.reached(step);
        const uint64_t before = step == 1 ? first : summary.reached(step - 1);
        const Proportion all = first > 0 ? wilson(here, first) : Proportion{};
        const Proportion one = before > 0 ? wilson(here, before) : Proportion{};
        const bool timed = step > 1 && here > 0;
        const int64_t median = timed ? summary.wait(step).percentile(0.5) : 0;
        const int64_t p90 = timed ? summary.wait(step).percentile(0.9) : 0;
        const Datum name = pg::make_text(definition.steps[step - 1]);
        pg::call_pg([&] {
          Datum values[] = {Int32GetDatum(step),
                            name,
                            Int64GetDatum(static_cast<int64>(here)),
                            Float8GetDatum(all.value),
                            Float8GetDatum(all.low),
                            Float8GetDatum(all.high),
                            Float8GetDatum(one.value),
                            Float8GetDatum(one.low),
                            Float8GetDatum(one.high),
                            pg::make_interval(median),
                            pg::make_interval(p90)};
          bool nulls[] = {false,       false,       false,       first == 0, first == 0, first == 0,
                          before == 0, before == 0, before == 0, !timed,     !timed};
          rows.put(values, nulls);
        });
      }
      return Datum{};
    });
  });
}
