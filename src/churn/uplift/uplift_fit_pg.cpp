// SPDX-License-Identifier: PostgreSQL
// The aggregate uplift_fit and its state.
#include "churn/model/cells_pg.hpp"
#include "churn/uplift/uplift.hpp"
#include "pg/expanded.hpp"
#include "pg/packed.hpp"
#include "pg/progress.hpp"

namespace clientele {
namespace {

using pg::ByteView;
using pg::guarded;

constexpr int features = 1, treated = 2, outcome = 3, definition = 4;

// A customer of which something is not known is ignored.
bool ignored(FunctionCallInfo fcinfo) {
  for (const int i : {features, treated, outcome, definition})
    if (PG_ARGISNULL(i)) return true;
  return false;
}

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_uplift_fit_accum_array) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  if (ignored(fcinfo)) return pg::unchanged_state(fcinfo);
  const NumberRow row = number_row(PG_GETARG_DATUM(features));
  const ByteView encoded = pg::detoast(PG_GETARG_DATUM(definition));
  return guarded([&] {
    auto* const state = pg::state_to_change<UpliftRows>(fcinfo, context);
    auto& cells = pg::kept<CellRow>(fcinfo);
    cells.read(row);
    state->value.define(encoded, false);
    state->value.add(cells.cells(), PG_GETARG_BOOL(treated), PG_GETARG_BOOL(outcome));
    return state->datum();
  });
}

CLIENTELE_FUNCTION(clientele_uplift_fit_accum_jsonb) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  if (ignored(fcinfo)) return pg::unchanged_state(fcinfo);
  const JsonbContainer* const object = feature_object(PG_GETARG_DATUM(features));
  const ByteView encoded = pg::detoast(PG_GETARG_DATUM(definition));
  return guarded([&] {
    auto* const state = pg::state_to_change<UpliftRows>(fcinfo, context);
    auto& cells = pg::kept<CellRow>(fcinfo);
    cells.read(object);
    state->value.define(encoded, true);
    state->value.add(cells.names(), cells.cells(), PG_GETARG_BOOL(treated),
                     PG_GETARG_BOOL(outcome));
    return state->datum();
  });
}

CLIENTELE_FUNCTION(clientele_uplift_fit_combine) { return pg::combined<UpliftRows>(fcinfo); }

CLIENTELE_FUNCTION(clientele_uplift_fit_final) {
  if (PG_ARGISNULL(0)) PG_RETURN_NULL();
  return guarded([&] {
    return pg::with_state<UpliftRows>(fcinfo, 0, [&](const UpliftRows& rows) {
      const pg::Progress progress("uplift_fit");
      const std::optional<UpliftModel> model = rows.model();
      fcinfo->isnull = !model;
      return model ? pg::packed(*model) : Datum{};
    });
  });
}

CLIENTELE_FUNCTION(clientele_uplift_rows_in) { return pg::state_in<UpliftRows>(fcinfo); }
CLIENTELE_FUNCTION(clientele_uplift_rows_recv) { return pg::state_receive<UpliftRows>(fcinfo); }
CLIENTELE_FUNCTION(clientele_uplift_rows_out) { return pg::state_out(fcinfo); }
