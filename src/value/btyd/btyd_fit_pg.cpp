// SPDX-License-Identifier: PostgreSQL
// The aggregate btyd_fit.
#include "pg/expanded.hpp"
#include "pg/memory.hpp"
#include "pg/progress.hpp"
#include "value/btyd/btyd_fit.hpp"
#include "value/fitted/fitted_pg.hpp"
#include "value/purchases/arguments_pg.hpp"

namespace clientele {
namespace {

using pg::ByteView;
using pg::guarded;

/// Kept from row to row: the kind of model.
struct FitKept {
  explicit FitKept(std::pmr::memory_resource*) {}

  ModelKind kind_of(std::string_view name) {
    return kind_.get(pg::as_bytes(name), [&] { return model_kind_named(name, "btyd_model"); });
  }

  std::vector<double> covariates;

 private:
  pg::Remembered<ModelKind> kind_;
};

/// Arguments: state, x, t_x, age or a purchase_summary [, covariates], model.
Datum accumulate(FunctionCallInfo fcinfo, bool summary, bool with_covariates) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  const int covariates = summary ? 2 : 4, model = covariates + with_covariates;
  bool missing = PG_ARGISNULL(model) || (with_covariates && PG_ARGISNULL(covariates));
  for (int i = 1; i < covariates; ++i) missing = missing || PG_ARGISNULL(i);
  History h;
  if (!missing && summary) {
    const SummaryFields fields = summary_fields(fcinfo, 1);
    missing = fields.null;
    h = fields.history;
  } else if (!missing) {
    h = {PG_GETARG_FLOAT8(1), PG_GETARG_FLOAT8(2), PG_GETARG_FLOAT8(3)};
  }
  if (missing) return pg::unchanged_state(fcinfo);
  const std::string_view name = pg::text_view(PG_GETARG_DATUM(model));
  const CovariateArgument z =
      with_covariates ? CovariateArgument(PG_GETARG_DATUM(covariates)) : CovariateArgument();
  return guarded([&] {
    FitKept& kept = pg::kept<FitKept>(fcinfo);
    const ModelKind kind = kept.kind_of(name);
    check_history(kind, h);
    z.read(kept.covariates);
    if (with_covariates && z.count == 0)
      throw Error(sqlstate::invalid_parameter, "covariates must not be empty");
    auto* const state = pg::state_to_change<HistoryCounts>(fcinfo, context);
    state->value.define(kind, kept.covariates.size());
    state->value.add(h, kept.covariates);
    return state->datum();
  });
}

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_btyd_row) { return accumulate(fcinfo, false, false); }
CLIENTELE_FUNCTION(clientele_btyd_row_covariates) { return accumulate(fcinfo, false, true); }
CLIENTELE_FUNCTION(clientele_btyd_summary) { return accumulate(fcinfo, true, false); }
CLIENTELE_FUNCTION(clientele_btyd_summary_covariates) { return accumulate(fcinfo, true, true); }

CLIENTELE_FUNCTION(clientele_btyd_combine) { return pg::combined<HistoryCounts>(fcinfo); }
CLIENTELE_FUNCTION(clientele_btyd_histories_in) { return pg::state_in<HistoryCounts>(fcinfo); }
CLIENTELE_FUNCTION(clientele_btyd_histories_recv) {
  return pg::state_receive<HistoryCounts>(fcinfo);
}
CLIENTELE_FUNCTION(clientele_btyd_histories_out) { return pg::state_out(fcinfo); }

CLIENTELE_FUNCTION(clientele_btyd_fit_final) {
  if (PG_ARGISNULL(0)) PG_RETURN_NULL();
  return pg::returned(
      fcinfo, guarded([&] {
        return pg::with_state<HistoryCounts>(fcinfo, 0, [&](const HistoryCounts& counts) {
          const pg::Progress progress("btyd_fit");
          const auto fitted = fit_btyd(counts.kind(), counts.table());
          return fitted ? pg::Answer{pg::packed(*fitted), false} : pg::Answer{Datum{}, true};
        });
      }));
}
