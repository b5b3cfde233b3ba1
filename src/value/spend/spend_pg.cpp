// SPDX-License-Identifier: PostgreSQL
// The aggregate spend_fit, and what customers are expected to spend.
#include <cmath>

#include "pg/expanded.hpp"
#include "pg/memory.hpp"
#include "pg/progress.hpp"
#include "value/purchases/arguments_pg.hpp"
#include "value/fitted/fitted_pg.hpp"
#include "value/spend/spend_values.hpp"

namespace clientele {
namespace {

using pg::guarded;

constexpr char model_type[] = "spend_model";

/// A customer's x and monetary: two columns, or two fields of a purchase_summary.
struct Spend {
  bool known;  // both are there
  double x, mean;

  /// PostgreSQL regime. Columns that are NULL are unknown.
  static Spend of_columns(FunctionCallInfo fcinfo, int n) {
    const bool has_x = !PG_ARGISNULL(n), known = has_x && !PG_ARGISNULL(n + 1);
    return {known, has_x ? PG_GETARG_FLOAT8(n) : 0, known ? PG_GETARG_FLOAT8(n + 1) : 0};
  }
  static Spend of_summary(FunctionCallInfo fcinfo, int n) {
    const SummaryFields fields = summary_fields(fcinfo, n);
    return {!fields.null && fields.has_monetary, fields.history.x, fields.monetary};
  }

  /// C++ regime.
  bool says() const {
    check_repeats(x);
    return has_known_spend(x, known ? finite_argument(mean, "monetary") : 0);
  }
};

Datum accumulate(FunctionCallInfo fcinfo, const Spend& spend) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  const bool started = !PG_ARGISNULL(0);
  const Datum before = PG_GETARG_DATUM(0);
  return pg::returned(fcinfo, guarded([&]() -> pg::Answer {
                        if (!spend.says()) return {before, !started};
                        auto* const state = pg::state_to_change<SpendCounts>(fcinfo, context);
                        state->value.add(spend.x, spend.mean);
                        return {state->datum(), false};
                      }));
}

struct Ready {
  explicit Ready(const Fitted& fitted)
      : parameters{fitted.parameters[0], fitted.parameters[1], fitted.parameters[2]} {}
  SpendParameters parameters;
};

Datum expected(FunctionCallInfo fcinfo, const Spend& spend, int model, bool named) {
  const pg::ByteView bytes = pg::detoast(PG_GETARG_DATUM(model));
  return pg::returned(fcinfo, guarded([&]() -> pg::Answer {
                        auto& kept = pg::kept<ModelArgument<Ready>>(fcinfo);
                        const SpendParameters& at = kept.given(bytes, named, model_type).parameters;
                        const auto value = spend.says() ? expected_spend(at, spend.x, spend.mean)
                                                        : population_spend(at);
                        return {Float8GetDatum(value.value_or(0)), !value};
                      }));
}

Datum expected_of_columns(FunctionCallInfo fcinfo, bool named) {
  if (PG_ARGISNULL(0) || PG_ARGISNULL(2)) PG_RETURN_NULL();
  return expected(fcinfo, Spend::of_columns(fcinfo, 0), 2, named);
}

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_spend_values_in) { return pg::state_in<SpendCounts>(fcinfo); }
CLIENTELE_FUNCTION(clientele_spend_values_recv) { return pg::state_receive<SpendCounts>(fcinfo); }
CLIENTELE_FUNCTION(clientele_spend_values_out) { return pg::state_out(fcinfo); }

CLIENTELE_FUNCTION(clientele_spend_accum_columns) {
  return accumulate(fcinfo, Spend::of_columns(fcinfo, 1));
}
CLIENTELE_FUNCTION(clientele_spend_accum_summary) {
  return accumulate(fcinfo, PG_ARGISNULL(1) ? Spend{} : Spend::of_summary(fcinfo, 1));
}
CLIENTELE_FUNCTION(clientele_spend_combine) { return pg::combined<SpendCounts>(fcinfo); }
CLIENTELE_FUNCTION(clientele_spend_final) {
  if (PG_ARGISNULL(0)) PG_RETURN_NULL();
  return pg::returned(fcinfo, guarded([&] {
                        return pg::with_state<SpendCounts>(
                            fcinfo, 0, [](const SpendCounts& counts) -> pg::Answer {
                              const pg::Progress progress("spend_fit");
                              const auto fitted = fitted_spend(counts);
                              if (!fitted) return {Datum{}, true};
                              return {pg::packed(*fitted), false};
                            });
                      }));
}

CLIENTELE_FUNCTION(clientele_expected_spend_columns) { return expected_of_columns(fcinfo, false); }
CLIENTELE_FUNCTION(clientele_expected_spend_columns_named) {
  return expected_of_columns(fcinfo, true);
}
CLIENTELE_FUNCTION(clientele_expected_spend_summary) {
  return expected(fcinfo, Spend::of_summary(fcinfo, 0), 1, false);
}
CLIENTELE_FUNCTION(clientele_expected_spend_summary_named) {
  return expected(fcinfo, Spend::of_summary(fcinfo, 0), 1, true);
}
CLIENTELE_FUNCTION(clientele_expected_spend_all) { return expected(fcinfo, Spend{}, 0, false); }
CLIENTELE_FUNCTION(clientele_expected_spend_all_named) {
  return expected(fcinfo, Spend{}, 0, true);
}
