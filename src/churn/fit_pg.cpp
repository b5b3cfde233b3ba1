// SPDX-License-Identifier: PostgreSQL
// The aggregate churn_fit and its state.
#include "churn/cells_pg.hpp"
#include "churn/definition_pg.hpp"
#include "churn/fit.hpp"
#include "pg/expanded.hpp"

namespace clientele {
namespace {

using pg::ByteView;
using pg::guarded;

constexpr int features = 1, churned = 2, definition = 3;

// Who has not been labelled, or of whom nothing is known, teaches nothing.
bool passed_over(FunctionCallInfo fcinfo) {
  return PG_ARGISNULL(features) || PG_ARGISNULL(churned) || PG_ARGISNULL(definition);
}

Datum unchanged(FunctionCallInfo fcinfo) {
  if (PG_ARGISNULL(0)) PG_RETURN_NULL();
  PG_RETURN_DATUM(PG_GETARG_DATUM(0));
}

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_churn_fit_accum_array) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  if (passed_over(fcinfo)) return unchanged(fcinfo);
  const NumberRow row = number_row(PG_GETARG_DATUM(features));
  const ByteView encoded = pg::detoast(PG_GETARG_DATUM(definition));
  return guarded([&] {
    auto* const state = pg::state_to_change<ChurnRows>(fcinfo, context);
    auto& cells = pg::kept<CellRow>(fcinfo);
    cells.read(row);
    state->value.define(encoded, false);
    state->value.add(cells.cells(), PG_GETARG_BOOL(churned));
    return state->datum();
  });
}

CLIENTELE_FUNCTION(clientele_churn_fit_accum_jsonb) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  if (passed_over(fcinfo)) return unchanged(fcinfo);
  const JsonbContainer* const object = feature_object(PG_GETARG_DATUM(features));
  const ByteView encoded = pg::detoast(PG_GETARG_DATUM(definition));
  return guarded([&] {
    auto* const state = pg::state_to_change<ChurnRows>(fcinfo, context);
    auto& cells = pg::kept<CellRow>(fcinfo);
    cells.read(object);
    state->value.define(encoded, true);
    state->value.add(cells.names(), cells.cells(), PG_GETARG_BOOL(churned));
    return state->datum();
  });
}

CLIENTELE_FUNCTION(clientele_churn_fit_combine) { return pg::combined<ChurnRows>(fcinfo); }

CLIENTELE_FUNCTION(clientele_churn_fit_final) {
  if (PG_ARGISNULL(0)) PG_RETURN_NULL();
  return guarded([&] {
    return pg::with_state<ChurnRows>(fcinfo, 0, [&](const ChurnRows& rows) {
      // A state may come from anywhere, and a model's text must be text.
      for (const ChurnColumn& column : rows.columns()) {
        check_encoding(column.name());
        for (const auto& level : column.levels()) check_encoding(level);
      }
      const std::optional<ChurnModel> model = fit_churn(rows);
      fcinfo->isnull = !model;
      return model ? pg::packed(*model) : Datum{};
    });
  });
}

CLIENTELE_FUNCTION(clientele_churn_rows_in) { return pg::state_in<ChurnRows>(fcinfo); }
CLIENTELE_FUNCTION(clientele_churn_rows_recv) { return pg::state_receive<ChurnRows>(fcinfo); }
CLIENTELE_FUNCTION(clientele_churn_rows_out) { return pg::state_out(fcinfo); }
