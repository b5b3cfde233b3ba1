// SPDX-License-Identifier: PostgreSQL
// The SQL type funnel_def: its constructor, text form (JSON) and binary form.
#include "funnel/steps/compiled_pg.hpp"
#include "funnel/steps/definition.hpp"
#include "pg/json.hpp"
#include "pg/memory.hpp"
#include "pg/packed.hpp"

namespace clientele {
namespace {

Datum packed(const FunnelDefinition& definition) {
  definition.check();
  if (!definition.time_zone.empty()) pg::time_zone_named(definition.time_zone);
  return pg::packed(definition);
}

FunnelDefinition from_json(std::string_view text) {
  const pg::JsonObject json(text, "funnel_def");
  json.allow_only({"steps", "within", "order_mode", "step_windows", "exclusions", "same_item",
                   "strictly_increasing", "natural_day", "time_zone"});
  FunnelDefinition d;
  d.steps = json.texts("steps").value_or(std::vector<std::string>{});
  d.within = json.length("within");
  static_cast<StepModes&>(d) = parse_modes(json.text("order_mode").value_or("ordered"));
  d.step_windows = json.lengths("step_windows").value_or(std::vector<std::optional<uint64_t>>{});
  d.exclusions = json.texts("exclusions").value_or(std::vector<std::string>{});
  d.same_item = json.boolean("same_item").value_or(false);
  d.strictly_increasing |= json.boolean("strictly_increasing").value_or(false);
  d.natural_day = json.boolean("natural_day").value_or(false);
  d.time_zone = json.text("time_zone").value_or("");
  return d;
}

std::string to_json(const FunnelDefinition& d) {
  pg::JsonWriter json;
  json.texts("steps", d.steps);
  if (d.within) json.length("within", *d.within);
  if (const std::string modes = d.names(); modes != "ordered") json.text("order_mode", modes);
  if (!d.step_windows.empty()) json.lengths("step_windows", d.step_windows);
  if (!d.exclusions.empty()) json.texts("exclusions", d.exclusions);
  if (d.same_item) json.boolean("same_item", true);
  if (d.strictly_increasing) json.boolean("strictly_increasing", true);
  if (d.natural_day) json.boolean("natural_day", true);
  if (!d.time_zone.empty()) json.text("time_zone", d.time_zone);
  return json.finish();
}

// funnel_def('{search,cart}') is a cast to SQL, whatever functions there are: so it is understood.
Datum from_text(std::string_view text) {
  if (const auto steps = pg::array_literal(text)) return packed(definition_of(*steps, nullptr));
  return packed(from_json(text));
}

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_funnel_def) {
  if (PG_ARGISNULL(0))
    ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("steps must not be NULL")));
  const Datum steps = PG_GETARG_DATUM(0);
  const Interval* within = PG_ARGISNULL(1) ? nullptr : PG_GETARG_INTERVAL_P(1);
  const std::string_view order = PG_ARGISNULL(2) ? "ordered" : pg::text_view(PG_GETARG_DATUM(2));
  struct Windows {
    Datum* value;
    bool* null;
    int count;
  } windows{nullptr, nullptr, 0};
  if (!PG_ARGISNULL(3))
    deconstruct_array(PG_GETARG_ARRAYTYPE_P(3), INTERVALOID, sizeof(Interval), false,
                      TYPALIGN_DOUBLE, &windows.value, &windows.null, &windows.count);
  const bool has_exclusions = !PG_ARGISNULL(4);
  const Datum exclusions = has_exclusions ? PG_GETARG_DATUM(4) : Datum{};
  const auto flag = [&](int n) { return !PG_ARGISNULL(n) && PG_GETARG_BOOL(n); };
  const bool same_item = flag(5), strictly_increasing = flag(6), natural_day = flag(7);
  const std::string_view zone = PG_ARGISNULL(8) ? "" : pg::text_view(PG_GETARG_DATUM(8));
  return pg::guarded([&] {
    FunnelDefinition d;
    d.steps = pg::text_elements(steps, "steps");
    if (within != nullptr) d.within = pg::fixed_length(*within, "within");
    static_cast<StepModes&>(d) = parse_modes(order);
    for (int i = 0; i < windows.count; ++i) {
      std::optional<uint64_t>& window = d.step_windows.emplace_back();
      if (!windows.null[i])
        window = pg::fixed_length(*DatumGetIntervalP(windows.value[i]), "each of step_windows");
    }
    if (has_exclusions) d.exclusions = pg::text_elements(exclusions, "exclusions");
    d.same_item = same_item;
    d.strictly_increasing |= strictly_increasing;
    d.natural_day = natural_day;
    d.time_zone = zone;
    return packed(d);
  });
}

CLIENTELE_FUNCTION(clientele_funnel_def_in) {
  const std::string_view text = PG_GETARG_CSTRING(0);
  return pg::guarded([&] { return from_text(text); });
}

CLIENTELE_FUNCTION(clientele_funnel_def_from_text) {
  const std::string_view text = pg::text_view(PG_GETARG_DATUM(0));
  return pg::guarded([&] { return from_text(text); });
}

CLIENTELE_FUNCTION(clientele_funnel_def_out) {
  const pg::ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return pg::guarded([&] { return pg::make_cstring(to_json(FunnelDefinition::read(bytes))); });
}

CLIENTELE_FUNCTION(clientele_funnel_def_recv) {
  return pg::received(fcinfo,
                      [](pg::ByteView bytes) { return packed(FunnelDefinition::read(bytes)); });
}
