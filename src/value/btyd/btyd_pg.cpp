// SPDX-License-Identifier: PostgreSQL
// Predictions by buy-till-you-die models. Each comes in four forms: of plain columns or of a
// purchase_summary, by a model or by a stored model's name.
#include "pg/memory.hpp"
#include "pg/packed.hpp"
#include "value/btyd/btyd_fit.hpp"
#include "value/fitted/fitted_pg.hpp"
#include "value/btyd/predict.hpp"
#include "value/spend/spend.hpp"
#include "value/purchases/arguments_pg.hpp"

namespace clientele {
namespace {

using pg::Answer;
using pg::guarded;

constexpr char model_type[] = "btyd_model";

/// A model ready for predictions.
struct Ready {
  explicit Ready(const Fitted& fitted) : kind(fitted.kind), family(family_of(fitted.kind)) {
    if (!fitted.purchase_effects.empty())
      throw Error(sqlstate::invalid_parameter,
                  "the model has covariates, but those of the customer are not given",
                  "Use btyd_model_for(model, covariates) as the model.");
    std::copy(fitted.parameters.begin(), fitted.parameters.end(), parameters);
  }
  ModelKind kind;
  const BtydFamily& family;
  double parameters[btyd_parameters];
};

/// The same for spend.
struct ReadySpend {
  explicit ReadySpend(const Fitted& fitted)
      : parameters{fitted.parameters[0], fitted.parameters[1], fitted.parameters[2]} {}
  SpendParameters parameters;
};

struct Kept {
  explicit Kept(std::pmr::memory_resource* memory) : model(memory), spend(memory) {}
  ModelArgument<Ready> model;
  ModelArgument<ReadySpend> spend;
};

Answer number(double value) { return {Float8GetDatum(value), false}; }
constexpr Answer none{Datum{}, true};

/// The forms of a prediction.
struct Form {
  bool summary;  // of a purchase_summary, not of plain columns
  bool named;    // by the name of a stored model, not by a model
};
constexpr Form columns{false, false}, columns_named{false, true};
constexpr Form summary{true, false}, summary_named{true, true};

/// What a prediction is given.
struct Customer {
  const Ready& model;
  History history;
  FunctionCallInfo fcinfo;
  int next;  // the first argument after the model

  double raw(int i) const { return DatumGetFloat8(fcinfo->args[next + i].value); }
};

double checked_horizon(ModelKind kind, double horizon, bool may_be_infinite = false) {
  if (may_be_infinite && std::isinf(horizon) && horizon > 0) return horizon;
  if (!std::isfinite(horizon) || horizon > 1e12)
    throw Error(sqlstate::out_of_range, "horizon must be finite and at most 1e12");
  if (horizon < 0) throw Error(sqlstate::invalid_parameter, "horizon must not be negative");
  if (kind == ModelKind::bg_bb && horizon > 1e6)
    throw Error(sqlstate::invalid_parameter, "BG/BB takes at most 1000000 opportunities");
  return horizon;
}

double checked_discount(double discount) {
  if (!std::isfinite(discount))
    throw Error(sqlstate::out_of_range, "discount must be a finite number");
  if (discount < 0 || discount > 1e6)
    throw Error(sqlstate::invalid_parameter, "discount must be between 0 and 1000000",
                "It is a rate for one unit of time: 0.002 takes 0.2 % off for each week.");
  return discount;
}

void must_end(double horizon, double discount) {
  if (std::isinf(horizon) && !(discount >= 1e-12))
    throw Error(sqlstate::invalid_parameter,
                "an infinite horizon needs a discount of at least 1e-12",
                "Without a discount the expected number of purchases may be infinite.");
}

double discounted(const Customer& c, double horizon, double discount) {
  horizon = checked_horizon(c.model.kind, horizon, true);
  discount = checked_discount(discount);
  must_end(horizon, discount);
  return discounted_purchases(c.model.family, c.model.parameters, c.history, horizon, discount);
}

/// Plain columns are arguments 0 to 2, a summary is argument 0; the model follows, then what
/// `compute` takes.
template <class Compute>
Datum predict(FunctionCallInfo fcinfo, Form form, Compute compute) {
  const int model = form.summary ? 1 : 3;
  History h;
  if (form.summary) {
    const SummaryFields fields = summary_fields(fcinfo, 0);
    if (fields.null) PG_RETURN_NULL();
    h = fields.history;
  } else {
    h = {PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1), PG_GETARG_FLOAT8(2)};
  }
  const pg::ByteView source = pg::detoast(PG_GETARG_DATUM(model));
  return pg::returned(fcinfo, guarded([&] {
                        const Ready& ready =
                            pg::kept<Kept>(fcinfo).model.given(source, form.named, model_type);
                        check_history(ready.kind, h);
                        return compute(Customer{ready, h, fcinfo, model + 1});
                      }));
}

Answer churn_prob(const Customer& c) {
  return number(1 - c.model.family.alive(c.model.parameters, c.history));
}

Answer expected_purchases(const Customer& c) {
  const double horizon = checked_horizon(c.model.kind, c.raw(0));
  return number(c.model.family.expected(c.model.parameters, c.history, horizon));
}

Answer repurchase_prob(const Customer& c) {
  const double horizon = checked_horizon(c.model.kind, c.raw(0), true);
  const auto& [kind, family, parameters] = c.model;
  const double silent = std::isinf(horizon) ? family.silent_for_ever(parameters, c.history)
                                            : family.silent(parameters, c.history, horizon);
  return number(std::clamp(1 - silent, 0.0, 1.0));
}

Answer purchase_time(const Customer& c) {
  const double p = c.raw(0);
  if (!(p > 0 && p < 1))
    throw Error(sqlstate::invalid_parameter, "probability must be between 0 and 1, exclusive");
  const auto time = time_to_purchase(c.model.family, c.model.parameters, c.history, p);
  return time ? number(*time) : none;
}

Answer residual(const Customer& c) { return number(discounted(c, c.raw(1), c.raw(0))); }

/// Arguments: x, t_x, age, monetary or a summary, a btyd_model, a spend_model, horizon, discount.
Datum customer_value(FunctionCallInfo fcinfo, Form form) {
  const int model = form.summary ? 1 : 4;
  for (int i = 0; i < model + 4; ++i)
    if (PG_ARGISNULL(i) && (form.summary || i != 3)) PG_RETURN_NULL();
  History h;
  double monetary = unknown;
  if (form.summary) {
    const SummaryFields fields = summary_fields(fcinfo, 0);
    if (fields.null) PG_RETURN_NULL();
    h = fields.history;
    if (fields.has_monetary) monetary = fields.monetary;
  } else {
    h = {PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1), PG_GETARG_FLOAT8(2)};
    if (!PG_ARGISNULL(3)) monetary = PG_GETARG_FLOAT8(3);
  }
  const bool has_monetary = !(form.summary ? std::isnan(monetary) : PG_ARGISNULL(3));
  const pg::ByteView source = pg::detoast(PG_GETARG_DATUM(model));
  const pg::ByteView spend_source = pg::detoast(PG_GETARG_DATUM(model + 1));
  const double horizon = PG_GETARG_FLOAT8(model + 2), discount = PG_GETARG_FLOAT8(model + 3);
  return pg::returned(
      fcinfo, guarded([&] {
        Kept& kept = pg::kept<Kept>(fcinfo);
        const Ready& ready = kept.model.given(source, form.named, model_type);
        const ReadySpend& spend = kept.spend.given(spend_source, form.named, "spend_model");
        check_history(ready.kind, h);
        if (has_monetary) finite_argument(monetary, "monetary");
        const bool says = has_monetary && has_known_spend(h.x, monetary);
        const auto mean = expected_spend(spend.parameters, says ? h.x : 0, says ? monetary : 0);
        if (!mean) return none;
        const double value =
            discounted(Customer{ready, h, fcinfo, model + 1}, horizon, discount) * *mean;
        return number(finite_argument(value, "the value of the customer"));
      }));
}

/// For a new customer. Arguments: model, then what `compute` takes.
template <class Compute>
Datum predict_new(FunctionCallInfo fcinfo, bool named, Compute compute) {
  const pg::ByteView source = pg::detoast(PG_GETARG_DATUM(0));
  return pg::returned(fcinfo, guarded([&] {
                        const Ready& ready =
                            pg::kept<Kept>(fcinfo).model.given(source, named, model_type);
                        return compute(Customer{ready, History{}, fcinfo, 1});
                      }));
}

Answer expected_of_new(const Customer& c) {
  const double horizon = checked_horizon(c.model.kind, c.raw(0));
  return number(c.model.family.expected_new(c.model.parameters, horizon));
}

Answer count_probability(const Customer& c) {
  const double horizon = checked_horizon(c.model.kind, c.raw(0));
  const int32_t n = DatumGetInt32(c.fcinfo->args[c.next + 1].value);
  return number(c.model.family.count_probability(c.model.parameters, horizon, n));
}

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_btyd_churn_prob_columns) {
  return predict(fcinfo, columns, churn_prob);
}
CLIENTELE_FUNCTION(clientele_btyd_churn_prob_columns_named) {
  return predict(fcinfo, columns_named, churn_prob);
}
CLIENTELE_FUNCTION(clientele_btyd_churn_prob_summary) {
  return predict(fcinfo, summary, churn_prob);
}
CLIENTELE_FUNCTION(clientele_btyd_churn_prob_summary_named) {
  return predict(fcinfo, summary_named, churn_prob);
}

CLIENTELE_FUNCTION(clientele_expected_purchases_columns) {
  return predict(fcinfo, columns, expected_purchases);
}
CLIENTELE_FUNCTION(clientele_expected_purchases_columns_named) {
  return predict(fcinfo, columns_named, expected_purchases);
}
CLIENTELE_FUNCTION(clientele_expected_purchases_summary) {
  return predict(fcinfo, summary, expected_purchases);
}
CLIENTELE_FUNCTION(clientele_expected_purchases_summary_named) {
  return predict(fcinfo, summary_named, expected_purchases);
}

CLIENTELE_FUNCTION(clientele_repurchase_prob_columns) {
  return predict(fcinfo, columns, repurchase_prob);
}
CLIENTELE_FUNCTION(clientele_repurchase_prob_columns_named) {
  return predict(fcinfo, columns_named, repurchase_prob);
}
CLIENTELE_FUNCTION(clientele_repurchase_prob_summary) {
  return predict(fcinfo, summary, repurchase_prob);
}
CLIENTELE_FUNCTION(clientele_repurchase_prob_summary_named) {
  return predict(fcinfo, summary_named, repurchase_prob);
}

CLIENTELE_FUNCTION(clientele_time_to_purchase_columns) {
  return predict(fcinfo, columns, purchase_time);
}
CLIENTELE_FUNCTION(clientele_time_to_purchase_columns_named) {
  return predict(fcinfo, columns_named, purchase_time);
}
CLIENTELE_FUNCTION(clientele_time_to_purchase_summary) {
  return predict(fcinfo, summary, purchase_time);
}
CLIENTELE_FUNCTION(clientele_time_to_purchase_summary_named) {
  return predict(fcinfo, summary_named, purchase_time);
}

CLIENTELE_FUNCTION(clientele_discounted_purchases_columns) {
  return predict(fcinfo, columns, residual);
}
CLIENTELE_FUNCTION(clientele_discounted_purchases_columns_named) {
  return predict(fcinfo, columns_named, residual);
}
CLIENTELE_FUNCTION(clientele_discounted_purchases_summary) {
  return predict(fcinfo, summary, residual);
}
CLIENTELE_FUNCTION(clientele_discounted_purchases_summary_named) {
  return predict(fcinfo, summary_named, residual);
}

CLIENTELE_FUNCTION(clientele_customer_value_columns) { return customer_value(fcinfo, columns); }
CLIENTELE_FUNCTION(clientele_customer_value_columns_named) {
  return customer_value(fcinfo, columns_named);
}
CLIENTELE_FUNCTION(clientele_customer_value_summary) { return customer_value(fcinfo, summary); }
CLIENTELE_FUNCTION(clientele_customer_value_summary_named) {
  return customer_value(fcinfo, summary_named);
}

CLIENTELE_FUNCTION(clientele_expected_purchases_new) {
  return predict_new(fcinfo, false, expected_of_new);
}
CLIENTELE_FUNCTION(clientele_expected_purchases_new_named) {
  return predict_new(fcinfo, true, expected_of_new);
}
CLIENTELE_FUNCTION(clientele_purchase_count_prob) {
  return predict_new(fcinfo, false, count_probability);
}
CLIENTELE_FUNCTION(clientele_purchase_count_prob_named) {
  return predict_new(fcinfo, true, count_probability);
}

// The model as it is for customers with these covariates.
CLIENTELE_FUNCTION(clientele_btyd_model_for) {
  const pg::ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  const CovariateArgument argument(PG_GETARG_DATUM(1));
  return guarded([&] {
    Fitted fitted = Fitted::read(bytes);
    const size_t width = fitted.purchase_effects.size();
    if (width != static_cast<size_t>(argument.count))
      throw Error(sqlstate::invalid_parameter, "the model has " + std::to_string(width) +
                                                   " covariates, not " +
                                                   std::to_string(argument.count));
    std::vector<double> covariates;
    argument.read(covariates);
    if (width > 0)
      apply_covariates(family_of(fitted.kind), fitted.purchase_effects, fitted.dropout_effects,
                       covariates, fitted.parameters.data());
    for (double& p : fitted.parameters) {
      if (std::isnan(p))
        throw Error(sqlstate::out_of_range, "the covariates are too large for the model");
      p = std::clamp(p, 1e-30, 1e30);
    }
    fitted.purchase_effects.clear();
    fitted.dropout_effects.clear();
    fitted.found.reset();
    return pg::packed(fitted);
  });
}
