// SPDX-License-Identifier: PostgreSQL
// The type churn_def: its text form is a JSON object.
#include "churn/model/definition_pg.hpp"

#include <charconv>

#include "pg/packed.hpp"

namespace clientele {

ChurnDefinition churn_options(const pg::JsonObject& json) {
  ChurnDefinition d;
  d.penalty = json.number("penalty").value_or(d.penalty);
  if (const auto weight = json.text("class_weight")) d.set_class_weight(*weight);
  d.calibrate = json.boolean("calibrate");
  return d;
}

void write_churn_options(pg::JsonWriter& json, const ChurnDefinition& d) {
  json.number("penalty", d.penalty);
  if (d.class_weight == ClassWeight::number) {
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits, d.churned_weight).ptr;
    json.text("class_weight", {digits, end});
  } else {
    json.text("class_weight", d.class_weight == ClassWeight::balanced ? "balanced" : "none");
  }
  if (d.calibrate) json.boolean("calibrate", *d.calibrate);
}

void check_features_def(const std::vector<uint8_t>& stored) {
  if (!stored.empty()) pg::require_zone_name(FeaturesDefinition::read(stored).time_zone);
}

namespace {

using pg::ByteView;
using pg::guarded;

Datum stored(ChurnDefinition d) {
  d.penalty += 0.0;  // one zero
  d.check();
  return pg::packed(d);
}

Datum from_json(std::string_view text) {
  return guarded([&] {
    const pg::JsonObject json(text, "churn_def");
    json.allow_only({"penalty", "class_weight", "calibrate", "names", "features"});
    ChurnDefinition d = churn_options(json);
    d.names = json.texts("names").value_or(d.names);
    d.features_def = nested_features(json, "features");
    return stored(d);
  });
}

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_churn_def_in) { return from_json(PG_GETARG_CSTRING(0)); }
CLIENTELE_FUNCTION(clientele_churn_def_from_text) {
  return from_json(pg::text_view(PG_GETARG_DATUM(0)));
}
CLIENTELE_FUNCTION(clientele_churn_def_out) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return guarded([&] {
    const ChurnDefinition d = ChurnDefinition::read(bytes);
    pg::JsonWriter json;
    write_churn_options(json, d);
    if (!d.names.empty()) json.texts("names", d.names);
    write_nested_features(json, "features", d.features_def);
    return pg::make_cstring(json.finish());
  });
}
CLIENTELE_FUNCTION(clientele_churn_def_recv) {
  return pg::received(fcinfo, [](ByteView bytes) {
    const ChurnDefinition d = ChurnDefinition::read(bytes);
    check_features_def(d.features_def);
    return stored(d);
  });
}

CLIENTELE_FUNCTION(clientele_churn_def) {
  const bool weighted = !PG_ARGISNULL(1), named = !PG_ARGISNULL(3), drawn = !PG_ARGISNULL(4);
  const std::string_view weight = weighted ? pg::text_view(PG_GETARG_DATUM(1)) : std::string_view();
  const ByteView features = drawn ? pg::detoast(PG_GETARG_DATUM(4)) : ByteView();
  return guarded([&] {
    // A NULL option has its default.
    ChurnDefinition d;
    if (!PG_ARGISNULL(0)) d.penalty = PG_GETARG_FLOAT8(0);
    if (weighted) d.set_class_weight(weight);
    if (!PG_ARGISNULL(2)) d.calibrate = PG_GETARG_BOOL(2);
    if (named) d.names = pg::text_elements(PG_GETARG_DATUM(3), "names");
    d.features_def.assign(features.begin(), features.end());
    return stored(d);
  });
}
