// SPDX-License-Identifier: PostgreSQL
// The aggregate contract_fit, and predictions for customers under contract.
#include <cmath>

#include "pg/expanded.hpp"
#include "pg/memory.hpp"
#include "pg/progress.hpp"
#include "value/contracts/contract_values.hpp"
#include "value/fitted/fitted_pg.hpp"

namespace clientele {
namespace {

using pg::guarded;

struct Ready {
  explicit Ready(const Fitted& fitted) : parameters{fitted.parameters[0], fitted.parameters[1]} {}
  ContractParameters parameters;
};

double at_least(int32_t value, int32_t min, const char* name) {
  if (value < min)
    throw Error(sqlstate::invalid_parameter,
                std::string(name) + " must be " + std::to_string(min) + " or more, but is " +
                    std::to_string(value),
                min == 1 ? "The first period under contract is 1." : "");
  return value;
}

/// A period counts from 1.
double period_of(int32_t period) { return at_least(period, 1, "period"); }

/// Returns compute(parameters), or NULL if that is infinite. The model is argument `model`.
template <class Compute>
Datum predicted(FunctionCallInfo fcinfo, int model, bool named, Compute compute) {
  const pg::ByteView bytes = pg::detoast(PG_GETARG_DATUM(model));
  return pg::returned(fcinfo, guarded([&]() -> pg::Answer {
                        auto& kept = pg::kept<ModelArgument<Ready>>(fcinfo);
                        const Ready& ready = kept.given(bytes, named, "contract_model");
                        const double value = compute(ready.parameters);
                        return {Float8GetDatum(value), !std::isfinite(value)};
                      }));
}

Datum survival(FunctionCallInfo fcinfo, bool named) {
  const int32_t periods = PG_GETARG_INT32(1);
  return predicted(fcinfo, 0, named, [&](const ContractParameters& at) {
    return contract_survival(at, at_least(periods, 0, "periods"));
  });
}

Datum retention(FunctionCallInfo fcinfo, bool named) {
  const int32_t period = PG_GETARG_INT32(1);
  return predicted(fcinfo, 0, named, [&](const ContractParameters& at) {
    return contract_retention(at, period_of(period));
  });
}

Datum residual(FunctionCallInfo fcinfo, bool named) {
  const int32_t period = PG_GETARG_INT32(1);
  const double discount = PG_GETARG_FLOAT8(2);
  return predicted(fcinfo, 0, named, [&](const ContractParameters& at) {
    if (finite_argument(discount, "discount") < 0)
      throw Error(sqlstate::invalid_parameter, "discount must not be negative",
                  "0.1 is 10 % a period.");
    return contract_residual_lifetime(at, period_of(period), discount);
  });
}

Datum churn(FunctionCallInfo fcinfo, bool named) {
  const int32_t period = PG_GETARG_INT32(0);
  return predicted(fcinfo, 1, named, [&](const ContractParameters& at) {
    // 1 - retention, without losing the digits of a small probability.
    return at.alpha / (at.alpha + (at.beta + (period_of(period) - 1)));
  });
}

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_contract_values_in) { return pg::state_in<ContractCounts>(fcinfo); }
CLIENTELE_FUNCTION(clientele_contract_values_recv) {
  return pg::state_receive<ContractCounts>(fcinfo);
}
CLIENTELE_FUNCTION(clientele_contract_values_out) { return pg::state_out(fcinfo); }

CLIENTELE_FUNCTION(clientele_contract_accum) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  if (PG_ARGISNULL(1) || PG_ARGISNULL(2)) return pg::unchanged_state(fcinfo);
  const int32_t periods = PG_GETARG_INT32(1);
  const bool churned = PG_GETARG_BOOL(2);
  return guarded([&] {
    auto* const state = pg::state_to_change<ContractCounts>(fcinfo, context);
    state->value.add(periods, churned);
    return state->datum();
  });
}
CLIENTELE_FUNCTION(clientele_contract_combine) { return pg::combined<ContractCounts>(fcinfo); }
CLIENTELE_FUNCTION(clientele_contract_final) {
  if (PG_ARGISNULL(0)) PG_RETURN_NULL();
  return pg::returned(fcinfo, guarded([&] {
                        return pg::with_state<ContractCounts>(
                            fcinfo, 0, [](const ContractCounts& counts) -> pg::Answer {
                              const pg::Progress progress("contract_fit");
                              const auto fitted = fitted_contracts(counts);
                              if (!fitted) return {Datum{}, true};
                              return {pg::packed(*fitted), false};
                            });
                      }));
}

CLIENTELE_FUNCTION(clientele_contract_survival) { return survival(fcinfo, false); }
CLIENTELE_FUNCTION(clientele_contract_survival_named) { return survival(fcinfo, true); }
CLIENTELE_FUNCTION(clientele_contract_retention) { return retention(fcinfo, false); }
CLIENTELE_FUNCTION(clientele_contract_retention_named) { return retention(fcinfo, true); }
CLIENTELE_FUNCTION(clientele_contract_residual) { return residual(fcinfo, false); }
CLIENTELE_FUNCTION(clientele_contract_residual_named) { return residual(fcinfo, true); }
CLIENTELE_FUNCTION(clientele_contract_churn_prob) { return churn(fcinfo, false); }
CLIENTELE_FUNCTION(clientele_contract_churn_prob_named) { return churn(fcinfo, true); }
