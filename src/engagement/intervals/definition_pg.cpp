// SPDX-License-Identifier: PostgreSQL
// The type interval_def: its text form is a JSON object, its stored form that of
// IntervalDefinition.
#include "engagement/intervals/definition.hpp"
#include "pg/json.hpp"
#include "pg/memory.hpp"
#include "pg/packed.hpp"

namespace clientele {
namespace {

using pg::ByteView;
using pg::guarded;

Datum stored(const IntervalDefinition& definition) {
  definition.check();
  return pg::packed(definition);
}

Datum from_json(std::string_view text) {
  return guarded([&] {
    const pg::JsonObject json(text, "interval_def");
    json.allow_only({"from_event", "to_event", "pick", "within", "since", "until"});
    IntervalDefinition d;
    d.from_event = json.text("from_event").value_or("");
    d.to_event = json.text("to_event").value_or("");
    if (const auto pick = json.text("pick")) d.pick = parse_pick(*pick);
    d.within = json.length("within");
    d.since = json.time("since");
    d.until = json.time("until");
    return stored(d);
  });
}

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_interval_def_in) { return from_json(PG_GETARG_CSTRING(0)); }

CLIENTELE_FUNCTION(clientele_interval_def_from_text) {
  return from_json(pg::text_view(PG_GETARG_DATUM(0)));
}

CLIENTELE_FUNCTION(clientele_interval_def_out) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return guarded([&] {
    const IntervalDefinition d = IntervalDefinition::read(bytes);
    pg::JsonWriter json;
    json.text("from_event", d.from_event);
    json.text("to_event", d.to_event);
    if (d.pick != IntervalPick::last) json.text("pick", pick_name(d.pick));
    if (d.within) json.length("within", *d.within);
    if (d.since) json.time("since", *d.since);
    if (d.until) json.time("until", *d.until);
    return pg::make_cstring(json.finish());
  });
}

CLIENTELE_FUNCTION(clientele_interval_def_recv) {
  return pg::received(fcinfo,
                      [](ByteView bytes) { return stored(IntervalDefinition::read(bytes)); });
}

CLIENTELE_FUNCTION(clientele_interval_def) {
  for (int n = 0; n < 2; ++n)
    if (PG_ARGISNULL(n))
      ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
                      errmsg("%s must not be NULL", n == 0 ? "from_event" : "to_event")));
  const std::string_view from = pg::text_view(PG_GETARG_DATUM(0));
  const std::string_view to = pg::text_view(PG_GETARG_DATUM(1));
  const bool has_pick = !PG_ARGISNULL(2);
  const std::string_view pick = has_pick ? pg::text_view(PG_GETARG_DATUM(2)) : "";
  const Interval* within = PG_ARGISNULL(3) ? nullptr : PG_GETARG_INTERVAL_P(3);
  const std::optional<Micros> since = pg::optional_time(fcinfo, 4, "since");
  const std::optional<Micros> until = pg::optional_time(fcinfo, 5, "until");
  return guarded([&] {
    IntervalDefinition d;
    d.from_event = from;
    d.to_event = to;
    if (has_pick) d.pick = parse_pick(pick);
    if (within != nullptr) d.within = pg::fixed_length(*within, "within");
    d.since = since;
    d.until = until;
    return stored(d);
  });
}
