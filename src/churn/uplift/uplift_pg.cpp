// SPDX-License-Identifier: PostgreSQL
// The types uplift_def and uplift_model, and predictions.
#include "churn/model/cells_pg.hpp"
#include "churn/model/model_pg.hpp"
#include "churn/uplift/uplift.hpp"
#include "models/stored_model_pg.hpp"
#include "pg/json.hpp"
#include "pg/packed.hpp"
#include "pg/remembered.hpp"

namespace clientele {
namespace {

using pg::ByteView;
using pg::guarded;
using pg::JsonObject;
using pg::JsonWriter;

constexpr char two_models[] = "uplift by two models", one_class[] = "uplift by class";

[[noreturn]] void wrong(const std::string& why, const char* hint = "") {
  throw Error(sqlstate::invalid_parameter, why, hint);
}

// The definition

Datum stored(UpliftDefinition d) {
  d.churn.penalty += 0.0;  // one zero
  d.check();
  return pg::packed(d);
}

Datum definition_from_json(std::string_view text) {
  return guarded([&] {
    const JsonObject json(text, "uplift_def");
    json.allow_only({"method", "penalty", "calibrate", "names"});
    UpliftDefinition d;
    if (const auto method = json.text("method")) d.set_method(*method);
    d.churn.penalty = json.number("penalty").value_or(d.churn.penalty);
    d.churn.calibrate = json.boolean("calibrate");
    d.churn.names = json.texts("names").value_or(d.churn.names);
    return stored(d);
  });
}

// The model

std::string text_of(const UpliftModel& m) {
  JsonWriter json;
  json.text("model", m.second ? two_models : one_class);
  json.object(m.second ? "treated" : "class", churn_model_text(m.first));
  if (m.second) json.object("control", churn_model_text(*m.second));
  if (m.fit) {
    JsonWriter fit;
    fit.integer("rows", static_cast<int64_t>(m.fit->treated + m.fit->control));
    fit.integer("treated", static_cast<int64_t>(m.fit->treated));
    fit.integer("control", static_cast<int64_t>(m.fit->control));
    fit.integer("treated_outcomes", static_cast<int64_t>(m.fit->treated_outcomes));
    fit.integer("control_outcomes", static_cast<int64_t>(m.fit->control_outcomes));
    json.object("fit", fit.finish());
  }
  return json.finish();
}

UpliftModel model_from_json(std::string_view text) {
  const JsonObject json(text, "uplift_model");
  UpliftModel m;
  const auto model = json.text("model");
  if (model == two_models) {
    json.allow_only({"model", "treated", "control", "fit"});
    const auto treated = json.object("treated", "churn_model"),
               control = json.object("control", "churn_model");
    if (!treated || !control)
      wrong("an uplift_model by two models needs \"treated\" and \"control\"");
    m.first = churn_model_of(*treated);
    m.second = churn_model_of(*control);
  } else if (model == one_class) {
    json.allow_only({"model", "class", "fit"});
    m.method = UpliftMethod::one_class;
    const auto one = json.object("class", "churn_model");
    if (!one) wrong("an uplift_model by class needs a \"class\"");
    m.first = churn_model_of(*one);
  } else {
    wrong("\"model\" in an uplift_model must be \"uplift by two models\" or \"uplift by class\"");
  }
  if (const auto fit = json.object("fit")) {
    fit->allow_only({"rows", "treated", "control", "treated_outcomes", "control_outcomes"});
    const auto count = [&](const char* key) {
      return static_cast<uint64_t>(fit->integer(key).value_or(0));
    };
    m.fit = {count("treated"), count("control"), count("treated_outcomes"),
             count("control_outcomes")};
    if (const auto rows = fit->integer("rows");
        rows && static_cast<uint64_t>(*rows) != m.fit->treated + m.fit->control)
      wrong("rows in an uplift_model must be treated + control");
  }
  m.check();
  return m;
}

/// Kept from row to row: the model last used.
class KeptUplift {
 public:
  explicit KeptUplift(std::pmr::memory_resource* memory)
      : first(memory), second(memory), named_(memory) {}

  /// As KeptModel::of.
  const UpliftModel& of(Datum datum, bool named) {
    if (named) {
      const ByteView text = pg::call_pg([&] { return pg::detoast(datum); });
      return named_.get(
          text, [&] { return model_from_json(pg::model_text(pg::as_text(text), "uplift_model")); });
    }
    const auto* const raw = reinterpret_cast<const uint8_t*>(DatumGetPointer(datum));
    const bool flat = VARATT_IS_EXTERNAL(raw) && !VARATT_IS_EXTERNAL_ONDISK(raw);
    ByteView bytes(raw, VARSIZE_ANY(raw));
    if (flat) bytes = pg::call_pg([&] { return pg::detoast(datum); });
    return packed_.get(
        bytes, [&] { return UpliftModel::read(pg::call_pg([&] { return pg::detoast(datum); })); });
  }

  CellRow first, second;  // the features of a customer, as the models have them

 private:
  pg::Remembered<UpliftModel> packed_;
  Resolved<UpliftModel> named_;
};

Datum array_uplift(FunctionCallInfo fcinfo, bool named) {
  const NumberRow row = number_row(PG_GETARG_DATUM(0));
  return guarded([&] {
    const UpliftModel& m = pg::kept<KeptUplift>(fcinfo).of(PG_GETARG_DATUM(1), named);
    const auto odds = [&](const ChurnModel& model) {
      return model.log_odds({row.value, row.size}, row.missing);
    };
    return Float8GetDatum(m.uplift(odds(m.first), m.second ? odds(*m.second) : 0));
  });
}

Datum object_uplift(FunctionCallInfo fcinfo, bool named) {
  const JsonbContainer* const object = feature_object(PG_GETARG_DATUM(0));
  return guarded([&] {
    auto& kept = pg::kept<KeptUplift>(fcinfo);
    const UpliftModel& m = kept.of(PG_GETARG_DATUM(1), named);
    const auto odds = [&](const ChurnModel& model, CellRow& row) {
      row.read(object, model);
      return churn_log_odds(model, row.cells());
    };
    return Float8GetDatum(
        m.uplift(odds(m.first, kept.first), m.second ? odds(*m.second, kept.second) : 0));
  });
}

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_uplift_def_in) { return definition_from_json(PG_GETARG_CSTRING(0)); }
CLIENTELE_FUNCTION(clientele_uplift_def_from_text) {
  return definition_from_json(pg::text_view(PG_GETARG_DATUM(0)));
}
CLIENTELE_FUNCTION(clientele_uplift_def_out) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return guarded([&] {
    const UpliftDefinition d = UpliftDefinition::read(bytes);
    JsonWriter json;
    json.text("method", d.method_name());
    json.number("penalty", d.churn.penalty);
    if (d.churn.calibrate) json.boolean("calibrate", *d.churn.calibrate);
    if (!d.churn.names.empty()) json.texts("names", d.churn.names);
    return pg::make_cstring(json.finish());
  });
}
CLIENTELE_FUNCTION(clientele_uplift_def_recv) {
  return pg::received(fcinfo, [](ByteView bytes) { return stored(UpliftDefinition::read(bytes)); });
}
CLIENTELE_FUNCTION(clientele_uplift_def) {
  const bool chosen = !PG_ARGISNULL(0), named = !PG_ARGISNULL(3);
  const std::string_view method = chosen ? pg::text_view(PG_GETARG_DATUM(0)) : std::string_view();
  return guarded([&] {
    // A NULL option has its default.
    UpliftDefinition d;
    if (chosen) d.set_method(method);
    if (!PG_ARGISNULL(1)) d.churn.penalty = PG_GETARG_FLOAT8(1);
    if (!PG_ARGISNULL(2)) d.churn.calibrate = PG_GETARG_BOOL(2);
    if (named) d.churn.names = pg::text_elements(PG_GETARG_DATUM(3), "names");
    return stored(d);
  });
}

CLIENTELE_FUNCTION(clientele_uplift_model_in) {
  const char* const text = PG_GETARG_CSTRING(0);
  return guarded([&] { return pg::packed(model_from_json(text)); });
}
CLIENTELE_FUNCTION(clientele_uplift_model_from_text) {
  const std::string_view text = pg::text_view(PG_GETARG_DATUM(0));
  return guarded([&] { return pg::packed(model_from_json(text)); });
}
CLIENTELE_FUNCTION(clientele_uplift_model_out) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return guarded([&] { return pg::make_cstring(text_of(UpliftModel::read(bytes))); });
}
CLIENTELE_FUNCTION(clientele_uplift_model_recv) {
  return pg::received(fcinfo, [](ByteView bytes) { return pg::packed(UpliftModel::read(bytes)); });
}

CLIENTELE_FUNCTION(clientele_uplift_array) { return array_uplift(fcinfo, false); }
CLIENTELE_FUNCTION(clientele_uplift_array_named) { return array_uplift(fcinfo, true); }
CLIENTELE_FUNCTION(clientele_uplift_jsonb) { return object_uplift(fcinfo, false); }
CLIENTELE_FUNCTION(clientele_uplift_jsonb_named) { return object_uplift(fcinfo, true); }
