// SPDX-License-Identifier: PostgreSQL
// The type match_model: its text form is a JSON object.
#include "identity/matching/definition_pg.hpp"
#include "identity/matching/model.hpp"
#include "pg/packed.hpp"
#include "models/stored_model_pg.hpp"

namespace clientele {
namespace {

using pg::ByteView;
using pg::guarded;
using pg::JsonObject;
using pg::JsonWriter;

constexpr char kind[] = "Fellegi-Sunter";

[[noreturn]] void wrong(const std::string& why, const char* hint = "") {
  throw Error(sqlstate::invalid_parameter, why, hint);
}

uint64_t count_of(const JsonObject& json, const char* key) {
  return static_cast<uint64_t>(json.integer(key).value_or(0));
}

std::string text_of(const MatchFit& fit) {
  JsonWriter json;
  json.integer("rows", static_cast<int64_t>(fit.rows));
  json.integer("candidates", static_cast<int64_t>(fit.candidates));
  json.integer("patterns", static_cast<int64_t>(fit.patterns));
  json.integer("left_out", static_cast<int64_t>(fit.left_out));
  json.integer("rounds", static_cast<int64_t>(fit.rounds));
  json.boolean("converged", fit.converged);
  return json.finish();
}

MatchFit fit_of(const JsonObject& json) {
  json.allow_only({"rows", "candidates", "patterns", "left_out", "rounds", "converged"});
  MatchFit fit;
  fit.rows = count_of(json, "rows");
  fit.candidates = count_of(json, "candidates");
  fit.patterns = count_of(json, "patterns");
  fit.left_out = count_of(json, "left_out");
  fit.rounds = count_of(json, "rounds");
  fit.converged = json.boolean("converged").value_or(false);
  return fit;
}

std::string text_of(const MatchModel& model) {
  JsonWriter json;
  json.text("model", kind);
  json.number("lambda", model.lambda);
  std::vector<std::string> columns;
  for (size_t i = 0; i < model.columns.size(); ++i) {
    JsonWriter column;
    column.text("column", model.definition.compare[i].name);
    column.text("kind", name_of(model.definition.compare[i].kind));
    column.numbers("m", model.columns[i].m);
    column.numbers("u", model.columns[i].u);
    columns.push_back(column.finish());
  }
  json.objects("columns", columns);
  write_match_options(json, model.definition);
  if (model.fit) json.object("fit", text_of(*model.fit));
  return json.finish();
}

void read_column(const JsonObject& json, MatchModel& model) {
  json.allow_only({"column", "kind", "m", "u"});
  const auto name = json.text("column"), kind = json.text("kind");
  if (!name || !kind)
    wrong("each of the \"columns\" in a match_model needs a \"column\" and a \"kind\"");
  model.definition.compare.push_back(MatchColumn::parse(*name + ":" + *kind));
  const std::vector<double> none;
  model.columns.push_back({json.numbers("m").value_or(none), json.numbers("u").value_or(none)});
}

MatchModel model_of(const JsonObject& json) {
  json.allow_only({"model", "lambda", "columns", "block", "random_pairs", "seed", "fit"});
  if (const auto model = json.text("model"); model && *model != kind)
    wrong("\"model\" in a match_model must be \"Fellegi-Sunter\", not \"" + *model + "\"");
  MatchModel model;
  const auto lambda = json.number("lambda");
  const auto columns = json.objects("columns");
  if (!lambda || !columns)
    wrong("a match_model needs \"lambda\" and \"columns\"",
          "The function match_fit makes a model of this type.");
  model.lambda = *lambda;
  for (const JsonObject& column : *columns) read_column(column, model);
  read_match_options(json, model.definition);
  if (const auto fit = json.object("fit")) model.fit = fit_of(*fit);
  model.check();
  return model;
}

Datum from_json(std::string_view text) {
  return guarded([&] { return pg::packed(model_of(JsonObject(text, "match_model"))); });
}

/// A row of match_weights; plain data except the names.
struct WeightRow {
  const MatchColumn* column;  // none: lambda
  const char* level;
  double m, u, weight;
};

void put(const pg::RowSink& sink, const WeightRow& row) {
  Datum values[6] = {};
  bool nulls[6] = {};
  if (row.column == nullptr) {
    nulls[0] = nulls[1] = nulls[2] = true;
  } else {
    values[0] = pg::make_text(row.column->name);
    values[1] = pg::make_text(name_of(row.column->kind));
    values[2] = pg::make_text(row.level);
  }
  values[3] = Float8GetDatum(row.m);
  values[4] = Float8GetDatum(row.u);
  values[5] = Float8GetDatum(row.weight);
  pg::call_pg([&] { sink.put(values, nulls); });
}

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_match_model_in) { return from_json(PG_GETARG_CSTRING(0)); }
CLIENTELE_FUNCTION(clientele_match_model_from_text) {
  return from_json(pg::text_view(PG_GETARG_DATUM(0)));
}
CLIENTELE_FUNCTION(clientele_match_model_out) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return guarded([&] { return pg::make_cstring(text_of(MatchModel::read(bytes))); });
}
CLIENTELE_FUNCTION(clientele_match_model_recv) {
  return pg::received(fcinfo, [](ByteView bytes) { return pg::packed(MatchModel::read(bytes)); });
}

CLIENTELE_FUNCTION(clientele_match_model_def) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return guarded([&] { return pg::packed(MatchModel::read(bytes).definition); });
}

CLIENTELE_FUNCTION(clientele_stored_match_model) {
  const std::string_view text = pg::text_view(PG_GETARG_DATUM(0));
  return guarded([&] {
    const std::string json = pg::model_text(text, "match_model");
    return pg::packed(model_of(JsonObject(json, "match_model")));
  });
}

CLIENTELE_FUNCTION(clientele_match_weights) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  const pg::RowSink sink(fcinfo);
  return guarded([&]() -> Datum {
    const MatchModel model = MatchModel::read(bytes);
    put(sink, {nullptr, nullptr, model.lambda, 1 - model.lambda, model.prior_weight()});
    for (size_t i = 0; i < model.columns.size(); ++i) {
      const MatchColumn& column = model.definition.compare[i];
      for (size_t level = 0; level < levels_of(column.kind); ++level)
        put(sink, {&column, level_name(column.kind, level), model.columns[i].m[level],
                   model.columns[i].u[level], model.weight(i, level)});
    }
    return {};
  });
}
