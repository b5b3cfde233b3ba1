// SPDX-License-Identifier: PostgreSQL
// The aggregate holdout_quality, its value holdout_summary, and the figures in it.
#include <cmath>

#include "pg/expanded.hpp"
#include "pg/memory.hpp"
#include "models/holdout.hpp"

using namespace clientele;
using pg::guarded;

namespace {

struct Kept {
  explicit Kept(std::pmr::memory_resource*) {}
  TupleDesc row = nullptr;
};

}  // namespace

CLIENTELE_FUNCTION(clientele_holdout_summary_in) { return pg::state_in<HoldoutSummary>(fcinfo); }
CLIENTELE_FUNCTION(clientele_holdout_summary_recv) {
  return pg::state_receive<HoldoutSummary>(fcinfo);
}
CLIENTELE_FUNCTION(clientele_holdout_summary_out) { return pg::state_out(fcinfo); }

CLIENTELE_FUNCTION(clientele_holdout_accum) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  if (PG_ARGISNULL(1) || PG_ARGISNULL(2)) return pg::unchanged_state(fcinfo);
  const double expected = PG_GETARG_FLOAT8(1), actual = PG_GETARG_FLOAT8(2);
  return guarded([&] {
    auto* const state = pg::state_to_change<HoldoutSummary>(fcinfo, context);
    state->value.add(expected, actual);
    return state->datum();
  });
}
CLIENTELE_FUNCTION(clientele_holdout_combine) { return pg::combined<HoldoutSummary>(fcinfo); }

CLIENTELE_FUNCTION(clientele_holdout_errors) {
  TupleDesc* row = nullptr;
  const HoldoutErrors e = guarded([&] {
    row = &pg::kept<Kept>(fcinfo).row;
    return pg::with_state<HoldoutSummary>(
        fcinfo, 0, [](const HoldoutSummary& summary) { return summary.errors(); });
  });
  if (*row == nullptr) {
    TupleDesc found;
    if (get_call_result_type(fcinfo, nullptr, &found) != TYPEFUNC_COMPOSITE)
      elog(ERROR, "holdout_errors returns a row");
    const MemoryContext before = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
    *row = BlessTupleDesc(CreateTupleDescCopy(found));
    MemoryContextSwitchTo(before);
  }
  const double numbers[] = {e.expected, e.actual,      e.mean_absolute,   e.root_mean_squared,
                            e.bias,     e.correlation, e.poisson_deviance};
  constexpr size_t columns = 1 + std::size(numbers);
  Datum values[columns] = {Int64GetDatum(static_cast<int64>(e.customers))};
  bool nulls[columns] = {};
  for (size_t i = 0; i < std::size(numbers); ++i) {
    values[i + 1] = Float8GetDatum(numbers[i]);
    nulls[i + 1] = !std::isfinite(numbers[i]);
  }
  return HeapTupleGetDatum(heap_form_tuple(*row, values, nulls));
}

CLIENTELE_FUNCTION(clientele_holdout_calibration) {
  const pg::RowSink rows(fcinfo);
  return guarded([&] {
    return pg::with_state<HoldoutSummary>(fcinfo, 0, [&](const HoldoutSummary& summary) {
      const auto bins = summary.calibration();
      pg::call_pg([&] {
        for (size_t i = 0; i < bins.size(); ++i) {
          if (bins[i].customers == 0) continue;
          Datum values[] = {Int32GetDatum(static_cast<int32>(i + 1)),
                            Int64GetDatum(static_cast<int64>(bins[i].customers)),
                            Float8GetDatum(bins[i].expected), Float8GetDatum(bins[i].actual)};
          bool nulls[4] = {};
          rows.put(values, nulls);
        }
      });
      return Datum{};
    });
  });
}
