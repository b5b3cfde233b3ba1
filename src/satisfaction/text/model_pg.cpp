// SPDX-License-Identifier: PostgreSQL
// The types text_def and text_model: their text forms are JSON objects.
#include "satisfaction/text/model_pg.hpp"

#include "pg/json.hpp"
#include "pg/packed.hpp"

namespace clientele {
namespace {

using pg::ByteView;
using pg::guarded;
using pg::JsonObject;
using pg::JsonWriter;

constexpr char kind[] = "n-gram regression";

[[noreturn]] void wrong(const std::string& why, const char* hint = "") {
  throw Error(sqlstate::invalid_parameter, why, hint);
}

Datum stored(TextDefinition d) {
  d.check();
  return pg::packed(d);
}

TextDefinition definition_of(const JsonObject& json) {
  json.allow_only({"min_n", "max_n", "buckets", "penalty", "least_customers"});
  TextDefinition d;
  d.min_n = json.integer("min_n").value_or(d.min_n);
  d.max_n = json.integer("max_n").value_or(d.max_n);
  d.buckets = json.integer("buckets").value_or(d.buckets);
  d.penalty = json.number("penalty").value_or(d.penalty);
  d.least_customers = json.integer("least_customers").value_or(d.least_customers);
  return d;
}

std::string text_of(const TextDefinition& d) {
  JsonWriter json;
  json.integer("min_n", d.min_n);
  json.integer("max_n", d.max_n);
  json.integer("buckets", d.buckets);
  json.number("penalty", d.penalty);
  json.integer("least_customers", d.least_customers);
  return json.finish();
}

std::string text_of(const TextDiagnostics& d) {
  JsonWriter json;
  json.integer("rows", static_cast<int64_t>(d.rows));
  json.integer("customers", static_cast<int64_t>(d.customers));
  json.integer("dropped", static_cast<int64_t>(d.dropped));
  json.number("log_likelihood", d.log_likelihood);
  json.number("null_log_likelihood", d.null_log_likelihood);
  json.integer("iterations", static_cast<int64_t>(d.iterations));
  json.number("gradient_norm", d.gradient_norm);
  json.boolean("converged", d.converged);
  return json.finish();
}

TextDiagnostics diagnostics_of(const JsonObject& json) {
  json.allow_only({"rows", "customers", "dropped", "log_likelihood", "null_log_likelihood",
                   "iterations", "gradient_norm", "converged"});
  TextDiagnostics d;
  const auto count = [&](const char* key) {
    return static_cast<uint64_t>(json.integer(key).value_or(0));
  };
  d.rows = count("rows");
  d.customers = count("customers");
  d.dropped = count("dropped");
  d.log_likelihood = json.number("log_likelihood").value_or(0);
  d.null_log_likelihood = json.number("null_log_likelihood").value_or(0);
  d.iterations = count("iterations");
  d.gradient_norm = json.number("gradient_norm").value_or(0);
  d.converged = json.boolean("converged").value_or(false);
  return d;
}

std::string text_of(const TextModel& m) {
  JsonWriter json;
  json.text("model", kind);
  json.object("definition", text_of(m.definition));
  std::vector<std::string> labels;
  for (const TextLabel& label : m.labels) {
    JsonWriter one;
    one.text("label", label.name);
    one.integer("rows", static_cast<int64_t>(label.rows));
    one.number("intercept", label.intercept);
    one.numbers("weights", label.weights);
    labels.push_back(one.finish());
  }
  json.objects("labels", labels);
  json.integers("kept", std::vector<int32_t>(m.buckets.begin(), m.buckets.end()));
  json.numbers("idf", m.idf);
  if (m.diagnostics) json.object("fit", text_of(*m.diagnostics));
  return json.finish();
}

TextModel model_of(const JsonObject& json) {
  json.allow_only({"model", "definition", "labels", "kept", "idf", "fit"});
  if (const auto model = json.text("model"); model && *model != kind)
    wrong("\"model\" in a text_model must be \"n-gram regression\", not \"" + *model + "\"");
  const auto definition = json.object("definition");
  const auto labels = json.objects("labels");
  const auto kept = json.integers("kept");
  const auto idf = json.numbers("idf");
  if (!definition || !labels || !kept || !idf)
    wrong("a text_model needs \"definition\", \"labels\", \"kept\" and \"idf\"",
          "The aggregate text_fit makes one.");
  TextModel m;
  m.definition = definition_of(*definition);
  for (const int64_t bucket : *kept) {
    if (bucket < 0 || bucket >= TextDefinition::most_buckets)
      wrong("a bucket in a text_model is out of range");
    m.buckets.push_back(static_cast<uint32_t>(bucket));
  }
  m.idf = *idf;
  for (const JsonObject& one : *labels) {
    one.allow_only({"label", "rows", "intercept", "weights"});
    const auto name = one.text("label");
    auto weights = one.numbers("weights");
    if (!name || !weights)
      wrong("each of the \"labels\" in a text_model needs a \"label\" and \"weights\"");
    TextLabel& label = m.labels.emplace_back();
    label.name = *name;
    label.rows = static_cast<uint64_t>(one.integer("rows").value_or(0));
    label.intercept = one.number("intercept").value_or(0);
    label.weights = std::move(*weights);
  }
  if (const auto fit = json.object("fit")) m.diagnostics = diagnostics_of(*fit);
  m.check();
  return m;
}

Datum definition_from_json(std::string_view text) {
  return guarded([&] { return stored(definition_of(JsonObject(text, "text_def"))); });
}
Datum model_from_json(std::string_view text) {
  return guarded([&] { return pg::packed(text_model_from_json(text)); });
}

}  // namespace

TextModel text_model_from_json(std::string_view text) {
  return model_of(JsonObject(text, "text_model"));
}

}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_text_def_in) { return definition_from_json(PG_GETARG_CSTRING(0)); }
CLIENTELE_FUNCTION(clientele_text_def_from_text) {
  return definition_from_json(pg::text_view(PG_GETARG_DATUM(0)));
}
CLIENTELE_FUNCTION(clientele_text_def_out) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return guarded([&] { return pg::make_cstring(text_of(TextDefinition::read(bytes))); });
}
CLIENTELE_FUNCTION(clientele_text_def_recv) {
  return pg::received(fcinfo, [](ByteView bytes) { return stored(TextDefinition::read(bytes)); });
}
CLIENTELE_FUNCTION(clientele_text_def) {
  return guarded([&] {
    // A NULL option has its default.
    TextDefinition d;
    if (!PG_ARGISNULL(0)) d.min_n = PG_GETARG_INT32(0);
    if (!PG_ARGISNULL(1)) d.max_n = PG_GETARG_INT32(1);
    if (!PG_ARGISNULL(2)) d.buckets = PG_GETARG_INT32(2);
    if (!PG_ARGISNULL(3)) d.penalty = PG_GETARG_FLOAT8(3);
    if (!PG_ARGISNULL(4)) d.least_customers = PG_GETARG_INT32(4);
    return stored(d);
  });
}

CLIENTELE_FUNCTION(clientele_text_model_in) { return model_from_json(PG_GETARG_CSTRING(0)); }
CLIENTELE_FUNCTION(clientele_text_model_from_text) {
  return model_from_json(pg::text_view(PG_GETARG_DATUM(0)));
}
CLIENTELE_FUNCTION(clientele_text_model_out) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return guarded([&] { return pg::make_cstring(text_of(TextModel::read(bytes))); });
}
CLIENTELE_FUNCTION(clientele_text_model_recv) {
  return pg::received(fcinfo, [](ByteView bytes) { return pg::packed(TextModel::read(bytes)); });
}
