// SPDX-License-Identifier: PostgreSQL
// The aggregate bottlenecks(name, funnel_summary), its state bottleneck_summary, and
// bottleneck_steps().
#include <vector>

#include "funnel/bottlenecks/bottlenecks.hpp"
#include "funnel/steps/summary.hpp"
#include "pg/expanded.hpp"

using namespace clientele;

CLIENTELE_FUNCTION(clientele_bottlenecks_accum) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  if (PG_ARGISNULL(2)) return pg::unchanged_state(fcinfo);
  const bool named = !PG_ARGISNULL(1);
  const std::string_view name = named ? pg::text_view(PG_GETARG_DATUM(1)) : "";
  return pg::guarded([&] {
    auto* const state = pg::state_to_change<BottleneckSummary>(fcinfo, context);
    pg::with_state<FunnelSummary>(fcinfo, 2, [&](const FunnelSummary& funnel) {
      std::vector<uint64_t> reached;
      for (int step = 1; step <= funnel.steps(); ++step) reached.push_back(funnel.reached(step));
      state->value.add(named ? std::optional(name) : std::nullopt, funnel.definition(), reached);
    });
    return state->datum();
  });
}

CLIENTELE_FUNCTION(clientele_bottleneck_combine) { return pg::combined<BottleneckSummary>(fcinfo); }
CLIENTELE_FUNCTION(clientele_bottleneck_summary_in) {
  return pg::state_in<BottleneckSummary>(fcinfo);
}
CLIENTELE_FUNCTION(clientele_bottleneck_summary_out) { return pg::state_out(fcinfo); }
CLIENTELE_FUNCTION(clientele_bottleneck_summary_recv) {
  return pg::state_receive<BottleneckSummary>(fcinfo);
}

CLIENTELE_FUNCTION(clientele_bottleneck_steps) {
  const int64_t min_customers = PG_GETARG_INT64(1);
  const std::string_view word = pg::text_view(PG_GETARG_DATUM(2));
  const double alpha = PG_GETARG_FLOAT8(3);
  const pg::RowSink rows(fcinfo);
  return pg::guarded([&] {
    if (min_customers < 0)
      throw Error(sqlstate::invalid_parameter,
                  "min_customers must not be negative: " + std::to_string(min_customers));
    if (!(alpha >= 0 && alpha <= 1))
      throw Error(sqlstate::invalid_parameter, "alpha must be between 0 and 1");
    const Correction correction = parse_correction(word);
    return pg::with_state<BottleneckSummary>(fcinfo, 0, [&](const BottleneckSummary& summary) {
      const auto optional = [](const std::optional<double>& v) {
        return Float8GetDatum(v.value_or(0));
      };
      for (const Bottleneck& b : summary.steps(static_cast<uint64_t>(min_customers), correction)) {
        const Datum name = b.name ? pg::make_text(*b.name) : Datum{};
        const bool significant = b.p_adjusted && *b.p_adjusted < alpha && b.lower;
        pg::call_pg([&] {
          Datum values[] = {name,
                            Int32GetDatum(b.step),
                            Int64GetDatum(static_cast<int64>(b.customers)),
                            Int64GetDatum(static_cast<int64>(b.made)),
                            optional(b.rate),
                            optional(b.rest_rate),
                            optional(b.lost),
                            optional(b.p),
                            optional(b.p_adjusted),
                            BoolGetDatum(significant)};
          bool nulls[] = {!b.name,      false,   false, false,         !b.rate,
                          !b.rest_rate, !b.lost, !b.p,  !b.p_adjusted, !b.p_adjusted};
          rows.put(values, nulls);
        });
      }
      return Datum{};
    });
  });
}
