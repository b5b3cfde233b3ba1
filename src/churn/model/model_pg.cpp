// SPDX-License-Identifier: PostgreSQL
// The type churn_model: its text form is a JSON object.
#include "churn/model/model_pg.hpp"

#include "churn/model/definition_pg.hpp"
#include "pg/packed.hpp"
#include "models/stored_model_pg.hpp"

namespace clientele {
namespace {

using pg::ByteView;
using pg::guarded;
using pg::JsonObject;
using pg::JsonWriter;

constexpr char kind[] = "logistic regression";

[[noreturn]] void wrong(const std::string& why, const char* hint = "") {
  throw Error(sqlstate::invalid_parameter, why, hint);
}

// Unknown numbers are left out, so that a model written by hand is returned as it was written.
void write_term(JsonWriter& json, const ChurnTerm& term) {
  if (term.mean != 0 || term.sd != 0) {
    json.number("mean", term.mean);
    json.number("sd", term.sd);
  }
  json.number("coefficient", term.coefficient);
  if (term.standard_error) json.number("standard_error", *term.standard_error);
  if (term.redundant) json.boolean("redundant", true);
}

ChurnTerm term_of(const JsonObject& json) {
  ChurnTerm term;
  term.mean = json.number("mean").value_or(0);
  term.sd = json.number("sd").value_or(0);
  term.redundant = json.boolean("redundant").value_or(false);
  const auto coefficient = json.number("coefficient");
  if (!coefficient && !term.redundant)
    wrong("each feature of a churn_model needs a \"coefficient\", or \"levels\" that have one");
  term.coefficient = coefficient.value_or(0);
  term.standard_error = json.number("standard_error");
  return term;
}

std::string text_of(const ChurnFeature& f) {
  JsonWriter json;
  json.text("name", f.name);
  if (f.category) {
    if (f.reference) json.text("reference", *f.reference);
    std::vector<std::string> levels;
    for (const ChurnLevel& level : f.levels) {
      JsonWriter one;
      one.text("level", level.name);
      write_term(one, level.term);
      levels.push_back(one.finish());
    }
    json.objects("levels", levels);
  } else {
    write_term(json, f.value);
  }
  if (f.missing) {
    JsonWriter missing;
    write_term(missing, *f.missing);
    json.object("missing", missing.finish());
  }
  return json.finish();
}

ChurnFeature feature_of(const JsonObject& json) {
  ChurnFeature f;
  const auto name = json.text("name");
  if (!name) wrong("each feature of a churn_model needs a \"name\"");
  f.name = *name;
  if (const auto levels = json.objects("levels")) {
    json.allow_only({"name", "reference", "levels", "missing"});
    f.category = true;
    f.reference = json.text("reference");
    for (const JsonObject& one : *levels) {
      one.allow_only({"level", "mean", "sd", "coefficient", "standard_error", "redundant"});
      const auto level = one.text("level");
      if (!level) wrong("each of the \"levels\" in a churn_model needs a \"level\"");
      f.levels.push_back({*level, term_of(one)});
    }
  } else {
    json.allow_only(
        {"name", "mean", "sd", "coefficient", "standard_error", "redundant", "missing"});
    f.value = term_of(json);
  }
  if (const auto missing = json.object("missing")) {
    missing->allow_only({"mean", "sd", "coefficient", "standard_error", "redundant"});
    f.missing = term_of(*missing);
  }
  return f;
}

std::string text_of(const ChurnDiagnostics& d) {
  JsonWriter json;
  json.integer("rows", static_cast<int64_t>(d.rows));
  json.integer("churned", static_cast<int64_t>(d.churned));
  json.integer("columns", static_cast<int64_t>(d.columns));
  json.number("log_likelihood", d.log_likelihood);
  json.number("null_log_likelihood", d.null_log_likelihood);
  json.integer("iterations", static_cast<int64_t>(d.iterations));
  json.number("gradient_norm", d.gradient_norm);
  json.boolean("converged", d.converged);
  if (d.out_of_fold) {
    JsonWriter out;
    out.number("auc", d.out_of_fold->auc);
    out.number("log_loss", d.out_of_fold->log_loss);
    json.object("out_of_fold", out.finish());
  }
  return json.finish();
}

ChurnDiagnostics diagnostics_of(const JsonObject& json) {
  json.allow_only({"rows", "churned", "columns", "log_likelihood", "null_log_likelihood",
                   "iterations", "gradient_norm", "converged", "out_of_fold"});
  ChurnDiagnostics d;
  const auto count = [&](const char* key) {
    return static_cast<uint64_t>(json.integer(key).value_or(0));
  };
  d.rows = count("rows");
  d.churned = count("churned");
  d.columns = count("columns");
  d.log_likelihood = json.number("log_likelihood").value_or(0);
  d.null_log_likelihood = json.number("null_log_likelihood").value_or(0);
  d.iterations = count("iterations");
  d.gradient_norm = json.number("gradient_norm").value_or(0);
  d.converged = json.boolean("converged").value_or(false);
  if (const auto out = json.object("out_of_fold")) {
    out->allow_only({"auc", "log_loss"});
    d.out_of_fold = {out->number("auc").value_or(0), out->number("log_loss").value_or(0)};
  }
  return d;
}

std::string text_of(const ChurnModel& m) {
  JsonWriter json;
  json.text("model", kind);
  json.number("intercept", m.intercept);
  if (m.intercept_error) json.number("intercept_standard_error", *m.intercept_error);
  std::vector<std::string> features;
  for (const ChurnFeature& f : m.features) features.push_back(text_of(f));
  json.objects("features", features);
  if (m.calibration) {
    JsonWriter calibration;
    calibration.number("slope", m.calibration->slope);
    calibration.number("intercept", m.calibration->intercept);
    json.object("calibration", calibration.finish());
  }
  if (m.definition) {
    JsonWriter definition;
    write_churn_options(definition, *m.definition);
    json.object("definition", definition.finish());
  }
  if (m.diagnostics) json.object("fit", text_of(*m.diagnostics));
  write_nested_features(json, "features_def", m.features_def);
  return json.finish();
}

ChurnModel model_of(const JsonObject& json) {
  json.allow_only({"model", "intercept", "intercept_standard_error", "features", "calibration",
                   "definition", "fit", "features_def"});
  if (const auto model = json.text("model"); model && *model != kind)
    wrong("\"model\" in a churn_model must be \"logistic regression\", not \"" + *model + "\"");
  ChurnModel m;
  const auto features = json.objects("features");
  if (!features)
    wrong("a churn_model needs \"features\"",
          "Such as {\"intercept\": -1, \"features\": [{\"name\": \"months\", "
          "\"coefficient\": -0.05}]}.");
  for (const JsonObject& f : *features) m.features.push_back(feature_of(f));
  m.intercept = json.number("intercept").value_or(0);
  m.intercept_error = json.number("intercept_standard_error");
  if (const auto calibration = json.object("calibration")) {
    calibration->allow_only({"slope", "intercept"});
    m.calibration = {calibration->number("slope").value_or(1),
                     calibration->number("intercept").value_or(0)};
  }
  if (const auto definition = json.object("definition")) {
    definition->allow_only({"penalty", "class_weight", "calibrate"});
    m.definition = churn_options(*definition);
  }
  if (const auto fit = json.object("fit")) m.diagnostics = diagnostics_of(*fit);
  m.features_def = nested_features(json, "features_def");
  m.check();
  return m;
}

Datum from_json(std::string_view text) {
  return guarded([&] { return pg::packed(churn_model_from_json(text)); });
}

KeptModel::Ready ready(ChurnModel model) {
  KeptModel::Ready result{std::move(model), {}};
  if (!result.model.features_def.empty()) result.places = result.model.places();
  return result;
}

}  // namespace

ChurnModel churn_model_of(const JsonObject& json) { return model_of(json); }
std::string churn_model_text(const ChurnModel& model) { return text_of(model); }

ChurnModel churn_model_from_json(std::string_view text) {
  return model_of(JsonObject(text, "churn_model"));
}

const KeptModel::Ready& KeptModel::of(Datum datum, bool named) {
  if (named) {
    const ByteView text = pg::call_pg([&] { return pg::detoast(datum); });
    return named_.get(text, [&] {
      return ready(churn_model_from_json(pg::model_text(pg::as_text(text), "churn_model")));
    });
  }
  const auto* const raw = reinterpret_cast<const uint8_t*>(DatumGetPointer(datum));
  // The name of a value on disk stands for the value, and saves fetching it; a pointer into memory
  // does not.
  const bool flat = VARATT_IS_EXTERNAL(raw) && !VARATT_IS_EXTERNAL_ONDISK(raw);
  ByteView bytes(raw, VARSIZE_ANY(raw));
  if (flat) bytes = pg::call_pg([&] { return pg::detoast(datum); });
  return packed_.get(bytes, [&] {
    return ready(ChurnModel::read(pg::call_pg([&] { return pg::detoast(datum); })));
  });
}

}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_churn_model_in) { return from_json(PG_GETARG_CSTRING(0)); }
CLIENTELE_FUNCTION(clientele_churn_model_from_text) {
  return from_json(pg::text_view(PG_GETARG_DATUM(0)));
}
CLIENTELE_FUNCTION(clientele_churn_model_out) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return guarded([&] { return pg::make_cstring(text_of(ChurnModel::read(bytes))); });
}
CLIENTELE_FUNCTION(clientele_churn_model_recv) {
  return pg::received(fcinfo, [](ByteView bytes) {
    const ChurnModel m = ChurnModel::read(bytes);
    check_features_def(m.features_def);
    return pg::packed(m);
  });
}
