// SPDX-License-Identifier: PostgreSQL
// Input and output of fitted models.
#include "value/fitted/fitted_pg.hpp"

#include <algorithm>

#include "pg/json.hpp"
#include "pg/packed.hpp"
#include "models/stored_model_pg.hpp"

namespace clientele {
namespace {

using pg::ByteView;
using pg::guarded;

std::vector<std::string_view> keys_of(std::span<const std::string_view> names) {
  return {names.begin(), names.end()};
}

std::string object_of(std::span<const std::string_view> names, const double* values) {
  pg::JsonWriter json;
  for (size_t i = 0; i < names.size(); ++i) json.number(names[i], values[i]);
  return json.finish();
}

/// A number may be null, which means unknown.
std::vector<double> numbers_of(const pg::JsonObject& json,
                               std::span<const std::string_view> names) {
  json.allow_only(keys_of(names));
  std::vector<double> values;
  for (const std::string_view name : names)
    values.push_back(json.number(std::string(name).c_str()).value_or(unknown));
  return values;
}

uint64_t count_of(const pg::JsonObject& json, const char* key) {
  const int64_t n = json.integer(key).value_or(0);
  if (n < 0) throw Error(sqlstate::invalid_parameter, "\"" + std::string(key) + "\" is negative");
  return static_cast<uint64_t>(n);
}

void append(std::vector<double>& to, const std::optional<std::vector<double>>& more, size_t n) {
  for (size_t i = 0; i < n; ++i)
    to.push_back(more && i < more->size() && (*more)[i] >= 0 ? (*more)[i] : unknown);
}

Diagnostics diagnostics_of(const pg::JsonObject& json, const Fitted& fitted) {
  const auto& names = info(fitted.kind).names;
  const size_t effects = fitted.purchase_effects.size();
  Diagnostics d;
  if (const auto errors = json.object("standard_errors"))
    d.errors = numbers_of(*errors, names);
  else
    d.errors.assign(names.size(), unknown);
  append(d.errors, json.numbers("purchase_effect_errors"), effects);
  append(d.errors, json.numbers("dropout_effect_errors"), effects);
  d.customers = count_of(json, "customers");
  d.groups = count_of(json, "groups");
  d.log_likelihood = json.number("log_likelihood").value_or(0);
  d.simpler = json.number("log_likelihood_without_dropout").value_or(unknown);
  d.correlation = json.number("correlation").value_or(unknown);
  d.grid = json.number("grid").value_or(0);
  d.gradient_norm = json.number("gradient_norm").value_or(0);
  d.iterations =
      static_cast<uint32_t>(std::min<uint64_t>(count_of(json, "iterations"), UINT32_MAX));
  d.converged = json.boolean("converged").value_or(false);
  if (const auto bounds = json.texts("at_bound"))
    for (const std::string& name : *bounds) {
      const auto at = std::find(names.begin(), names.end(), name);
      if (at == names.end())
        throw Error(sqlstate::invalid_parameter, "unknown parameter " + name + " in \"at_bound\"");
      d.at_bound |= uint64_t{1} << (at - names.begin());
    }
  if (const auto remark = json.text("remark")) {
    size_t i = 1;
    while (i < remarks && remark_name(static_cast<Remark>(i)) != *remark) ++i;
    if (i == remarks) throw Error(sqlstate::invalid_parameter, "unknown remark " + *remark);
    d.remark = static_cast<Remark>(i);
  }
  return d;
}

void write_diagnostics(pg::JsonWriter& json, const Fitted& fitted) {
  const Diagnostics& d = *fitted.found;
  const auto& names = info(fitted.kind).names;
  json.object("standard_errors", object_of(names, d.errors.data()));
  if (const size_t n = fitted.purchase_effects.size(); n > 0) {
    const auto from = d.errors.begin() + static_cast<std::ptrdiff_t>(names.size());
    const auto middle = from + static_cast<std::ptrdiff_t>(n);
    // These JSON arrays have no null: -1 means unknown.
    const auto written = [](auto begin, auto end) {
      std::vector<double> list(begin, end);
      for (double& v : list)
        if (std::isnan(v)) v = -1;
      return list;
    };
    json.numbers("purchase_effect_errors", written(from, middle));
    json.numbers("dropout_effect_errors", written(middle, d.errors.end()));
  }
  json.number("log_likelihood", d.log_likelihood);
  if (!std::isnan(d.simpler)) json.number("log_likelihood_without_dropout", d.simpler);
  if (!std::isnan(d.correlation)) json.number("correlation", d.correlation);
  json.integer("customers", static_cast<int64_t>(d.customers));
  json.integer("groups", static_cast<int64_t>(d.groups));
  if (d.grid > 0) json.number("grid", d.grid);
  json.boolean("converged", d.converged);
  json.integer("iterations", d.iterations);
  json.number("gradient_norm", d.gradient_norm);
  if (d.at_bound != 0) {
    std::vector<std::string> bounds;
    for (size_t i = 0; i < names.size(); ++i)
      if (d.at_bound >> i & 1) bounds.emplace_back(names[i]);
    json.texts("at_bound", bounds);
  }
  if (d.remark != Remark::none) json.text("remark", remark_name(d.remark));
}

Datum from_json(std::string_view text, const char* type) {
  return guarded([&] { return pg::packed(fitted_from_json(text, type)); });
}

Datum received(FunctionCallInfo fcinfo, std::string_view type) {
  return pg::received(fcinfo, [&](ByteView bytes) {
    const Fitted fitted = Fitted::read(bytes);
    if (info(fitted.kind).type != type)
      throw Error(sqlstate::invalid_binary, "this is a " + std::string(info(fitted.kind).type) +
                                                ", not a " + std::string(type));
    return pg::packed(fitted);
  });
}

}  // namespace

Fitted fitted_from_json(std::string_view text, const char* type) {
  const pg::JsonObject json(text, type);
  json.allow_only({"model", "parameters", "purchase_effects", "dropout_effects", "standard_errors",
                   "purchase_effect_errors", "dropout_effect_errors", "log_likelihood",
                   "log_likelihood_without_dropout", "correlation", "customers", "groups", "grid",
                   "converged", "iterations", "gradient_norm", "at_bound", "remark"});
  const auto name = json.text("model");
  if (!name)
    throw Error(sqlstate::invalid_parameter, std::string("a ") + type + " needs a \"model\"",
                "Such as {\"model\": \"…\", \"parameters\": {…}}.");
  Fitted fitted;
  fitted.kind = model_kind_named(*name, type);
  const auto& names = info(fitted.kind).names;
  const auto parameters = json.object("parameters");
  if (!parameters)
    throw Error(sqlstate::invalid_parameter, std::string("a ") + type + " needs \"parameters\"");
  fitted.parameters = numbers_of(*parameters, names);
  for (size_t i = 0; i < names.size(); ++i)
    if (std::isnan(fitted.parameters[i]))
      throw Error(sqlstate::invalid_parameter, "parameter " + std::string(names[i]) + " of " +
                                                   std::string(info(fitted.kind).name) +
                                                   " is missing");
  fitted.purchase_effects = json.numbers("purchase_effects").value_or(std::vector<double>());
  fitted.dropout_effects = json.numbers("dropout_effects").value_or(std::vector<double>());
  fitted.check();
  if (json.boolean("converged")) fitted.found = diagnostics_of(json, fitted);
  return fitted;
}

std::string fitted_to_json(const Fitted& fitted) {
  pg::JsonWriter json;
  json.text("model", info(fitted.kind).name);
  json.object("parameters", object_of(info(fitted.kind).names, fitted.parameters.data()));
  if (!fitted.purchase_effects.empty()) {
    json.numbers("purchase_effects", fitted.purchase_effects);
    json.numbers("dropout_effects", fitted.dropout_effects);
  }
  if (fitted.found) write_diagnostics(json, fitted);
  return json.finish();
}

Fitted fitted_named(std::string_view text, const char* type) {
  return fitted_from_json(pg::model_text(text, type), type);
}

double finite_argument(double value, const char* name) {
  if (!std::isfinite(value))
    throw Error(sqlstate::out_of_range, std::string(name) + " must be a finite number");
  return value;
}

}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_btyd_model_in) {
  return from_json(PG_GETARG_CSTRING(0), "btyd_model");
}
CLIENTELE_FUNCTION(clientele_btyd_model_from_text) {
  return from_json(pg::text_view(PG_GETARG_DATUM(0)), "btyd_model");
}
CLIENTELE_FUNCTION(clientele_btyd_model_recv) { return received(fcinfo, "btyd_model"); }

CLIENTELE_FUNCTION(clientele_spend_model_in) {
  return from_json(PG_GETARG_CSTRING(0), "spend_model");
}
CLIENTELE_FUNCTION(clientele_spend_model_from_text) {
  return from_json(pg::text_view(PG_GETARG_DATUM(0)), "spend_model");
}
CLIENTELE_FUNCTION(clientele_spend_model_recv) { return received(fcinfo, "spend_model"); }

CLIENTELE_FUNCTION(clientele_contract_model_in) {
  return from_json(PG_GETARG_CSTRING(0), "contract_model");
}
CLIENTELE_FUNCTION(clientele_contract_model_from_text) {
  return from_json(pg::text_view(PG_GETARG_DATUM(0)), "contract_model");
}
CLIENTELE_FUNCTION(clientele_contract_model_recv) { return received(fcinfo, "contract_model"); }

CLIENTELE_FUNCTION(clientele_fitted_out) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return guarded([&] { return pg::make_cstring(fitted_to_json(Fitted::read(bytes))); });
}
