// SPDX-License-Identifier: PostgreSQL
// The type attribution_def: its constructor, text form (JSON) and binary form.
#include "attribution/touches/definition.hpp"
#include "pg/json.hpp"
#include "pg/memory.hpp"
#include "pg/packed.hpp"

namespace clientele {
namespace {

constexpr const char* no_lookback = "none";

Datum stored(const AttributionDefinition& definition) {
  definition.check();
  return pg::packed(definition);
}

bool by_event(std::string_view by) {
  if (by != "channel" && by != "event")
    throw Error(sqlstate::invalid_parameter,
                "by must be channel or event, not \"" + std::string(by) + "\"");
  return by == "event";
}

std::array<double, 3> three_weights(std::span<const double> weights) {
  if (weights.size() != 3)
    throw Error(sqlstate::invalid_parameter,
                "weights must be those of the first, the middle and the last touches, not " +
                    std::to_string(weights.size()) + " numbers");
  // Adding 0 makes a negative zero positive, so that equal weights have equal bytes.
  return {weights[0] + 0.0, weights[1] + 0.0, weights[2] + 0.0};
}

std::vector<CreditModel> models_of(const std::vector<std::string>& words) {
  std::vector<CreditModel> models;
  for (const std::string& word : words) models.push_back(parse_model(word));
  return models;
}

// A text that is not JSON is the selector of the conversions: attribution_def('purchase') is a
// cast.
Datum from_text(std::string_view text) {
  const size_t start = text.find_first_not_of(" \t\n\v\f\r");
  if (start != std::string_view::npos && text[start] != '{') {
    AttributionDefinition d;
    d.conversion = text;
    return stored(d);
  }
  const pg::JsonObject json(text, "attribution_def");
  json.allow_only({"conversion", "touches", "by", "groups", "direct", "lookback", "after_previous",
                   "half_life", "weights", "collapse", "nulls", "since", "until", "models"});
  AttributionDefinition d;
  d.conversion = json.text("conversion").value_or("");
  d.touches = json.text("touches").value_or(d.touches);
  d.by_event = by_event(json.text("by").value_or("channel"));
  d.groups = json.texts("groups").value_or(d.groups);
  d.direct = json.texts("direct").value_or(d.direct);
  if (json.text("lookback") == no_lookback)
    d.lookback.reset();
  else if (const auto lookback = json.length("lookback"))
    d.lookback = lookback;
  d.after_previous = json.boolean("after_previous").value_or(d.after_previous);
  d.half_life = json.length("half_life").value_or(d.half_life);
  if (const auto weights = json.numbers("weights")) d.weights = three_weights(*weights);
  d.collapse = json.boolean("collapse").value_or(d.collapse);
  d.nulls = json.boolean("nulls").value_or(d.nulls);
  d.since = json.time("since");
  d.until = json.time("until");
  if (const auto models = json.texts("models")) d.models = models_of(*models);
  return stored(d);
}

std::string to_json(const AttributionDefinition& d) {
  const AttributionDefinition usual;
  pg::JsonWriter json;
  json.text("conversion", d.conversion);
  if (d.touches != usual.touches) json.text("touches", d.touches);
  if (d.by_event) json.text("by", "event");
  if (!d.groups.empty()) json.texts("groups", d.groups);
  if (!d.direct.empty()) json.texts("direct", d.direct);
  if (!d.lookback) json.text("lookback", no_lookback);
  if (d.lookback && d.lookback != usual.lookback) json.length("lookback", *d.lookback);
  if (d.after_previous) json.boolean("after_previous", true);
  if (d.half_life != usual.half_life) json.length("half_life", d.half_life);
  if (d.weights != usual.weights) json.numbers("weights", {d.weights.begin(), d.weights.end()});
  if (d.collapse) json.boolean("collapse", true);
  if (!d.nulls) json.boolean("nulls", false);
  if (d.since) json.time("since", *d.since);
  if (d.until) json.time("until", *d.until);
  if (!d.models.empty()) {
    std::vector<std::string> models;
    for (const CreditModel model : d.models) models.emplace_back(model_name(model));
    json.texts("models", models);
  }
  return json.finish();
}

struct Elements {
  Datum* value = nullptr;
  bool* null = nullptr;
  int count = 0;
};

std::vector<double> numbers_of(const Elements& elements) {
  std::vector<double> numbers;
  for (int i = 0; i < elements.count; ++i) {
    if (elements.null[i]) throw Error(sqlstate::null_not_allowed, "weights must not contain NULL");
    numbers.push_back(DatumGetFloat8(elements.value[i]));
  }
  return numbers;
}

}  // namespace
}  // namespace clientele

using namespace clientele;
using clientele::pg::ByteView;
using clientele::pg::guarded;

CLIENTELE_FUNCTION(clientele_attribution_def_in) {
  return guarded([&] { return from_text(PG_GETARG_CSTRING(0)); });
}

CLIENTELE_FUNCTION(clientele_attribution_def_from_text) {
  const std::string_view text = pg::text_view(PG_GETARG_DATUM(0));
  return guarded([&] { return from_text(text); });
}

CLIENTELE_FUNCTION(clientele_attribution_def_out) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return guarded([&] { return pg::make_cstring(to_json(AttributionDefinition::read(bytes))); });
}

CLIENTELE_FUNCTION(clientele_attribution_def_recv) {
  return pg::received(fcinfo,
                      [](ByteView bytes) { return stored(AttributionDefinition::read(bytes)); });
}

// NULL is the same as leaving an option out, except for lookback, where it means no limit.
CLIENTELE_FUNCTION(clientele_attribution_def) {
  if (PG_ARGISNULL(0))
    ereport(ERROR,
            (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("conversion must not be NULL")));
  struct Text {
    bool given;
    std::string_view text;
  };
  const auto text = [&](int n) {
    return PG_ARGISNULL(n) ? Text{false, {}} : Text{true, pg::text_view(PG_GETARG_DATUM(n))};
  };
  const Text conversion = text(0), touches = text(1), by = text(2);
  const auto array = [&](int n) { return PG_ARGISNULL(n) ? Datum{} : PG_GETARG_DATUM(n); };
  const Datum groups = array(3), direct = array(4), models = array(13);
  const auto length = [&](int n) { return PG_ARGISNULL(n) ? nullptr : PG_GETARG_INTERVAL_P(n); };
  const Interval* const lookback = length(5);
  const Interval* const half_life = length(7);
  Elements weights;
  if (!PG_ARGISNULL(8))
    deconstruct_array(PG_GETARG_ARRAYTYPE_P(8), FLOAT8OID, sizeof(double), true, TYPALIGN_DOUBLE,
                      &weights.value, &weights.null, &weights.count);
  const std::optional<Micros> since = pg::optional_time(fcinfo, 11, "since");
  const std::optional<Micros> until = pg::optional_time(fcinfo, 12, "until");
  return guarded([&] {
    AttributionDefinition d;
    d.conversion = conversion.text;
    if (touches.given) d.touches = touches.text;
    if (by.given) d.by_event = by_event(by.text);
    if (!PG_ARGISNULL(3)) d.groups = pg::text_elements(groups, "groups");
    if (!PG_ARGISNULL(4)) d.direct = pg::text_elements(direct, "direct");
    d.lookback.reset();
    if (lookback != nullptr) d.lookback = pg::fixed_length(*lookback, "lookback");
    if (!PG_ARGISNULL(6)) d.after_previous = PG_GETARG_BOOL(6);
    if (half_life != nullptr) d.half_life = pg::fixed_length(*half_life, "half_life");
    if (!PG_ARGISNULL(8)) d.weights = three_weights(numbers_of(weights));
    if (!PG_ARGISNULL(9)) d.collapse = PG_GETARG_BOOL(9);
    if (!PG_ARGISNULL(10)) d.nulls = PG_GETARG_BOOL(10);
    d.since = since;
    d.until = until;
    if (!PG_ARGISNULL(13)) d.models = models_of(pg::text_elements(models, "models"));
    return stored(d);
  });
}
