// SPDX-License-Identifier: PostgreSQL
// The type activity_def: its text form is a JSON object, its stored form that of
// ActivityDefinition.
#include "engagement/activity/definition.hpp"
#include "pg/json.hpp"
#include "pg/memory.hpp"
#include "pg/packed.hpp"

namespace clientele {
namespace {

using pg::ByteView;
using pg::guarded;

Datum stored(const ActivityDefinition& definition) {
  definition.check();
  return pg::packed(definition);
}

int32_t small(int64_t value, const char* name) {
  if (value < INT32_MIN || value > INT32_MAX)
    throw Error(sqlstate::out_of_range, std::string(name) + " of an activity_def must be integers");
  return static_cast<int32_t>(value);
}

/// As PostgreSQL writes it; empty stays empty.
std::string zone_name(const std::string& name) {
  return name.empty() ? name : pg_get_timezone_name(pg::time_zone_named(name));
}

// activity_def('purchase') is a cast to SQL, whatever functions there are: so it is understood.
Datum from_text(std::string_view text) {
  return guarded([&] {
    const size_t first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos || text[first] != '{') {
      ActivityDefinition d;
      d.selector = text;
      return stored(d);
    }
    const pg::JsonObject json(text, "activity_def");
    json.allow_only(
        {"selector", "period", "window_periods", "bins", "since", "until", "time_zone"});
    ActivityDefinition d;
    d.selector = json.text("selector").value_or(d.selector);
    if (const auto period = json.text("period")) d.period = parse_period(*period);
    d.window_periods =
        small(json.integer("window_periods").value_or(d.window_periods), "window_periods");
    for (const int64_t bound : json.integers("bins").value_or(std::vector<int64_t>()))
      d.bins.push_back(small(bound, "bins"));
    d.since = json.time("since");
    d.until = json.time("until");
    d.time_zone = zone_name(json.text("time_zone").value_or(""));
    return stored(d);
  });
}

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_activity_def_in) { return from_text(PG_GETARG_CSTRING(0)); }

CLIENTELE_FUNCTION(clientele_activity_def_from_text) {
  return from_text(pg::text_view(PG_GETARG_DATUM(0)));
}

CLIENTELE_FUNCTION(clientele_activity_def_out) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return guarded([&] {
    const ActivityDefinition d = ActivityDefinition::read(bytes);
    const ActivityDefinition usual;
    pg::JsonWriter json;
    if (d.selector != usual.selector) json.text("selector", d.selector);
    if (d.period != usual.period) json.text("period", period_name(d.period));
    if (d.window_periods != usual.window_periods) json.integer("window_periods", d.window_periods);
    if (!d.bins.empty()) json.integers("bins", d.bins);
    if (d.since) json.time("since", *d.since);
    if (d.until) json.time("until", *d.until);
    if (!d.time_zone.empty()) json.text("time_zone", d.time_zone);
    return pg::make_cstring(json.finish());
  });
}

CLIENTELE_FUNCTION(clientele_activity_def_recv) {
  return pg::received(fcinfo, [](ByteView bytes) {
    const auto d = ActivityDefinition::read(bytes);
    if (!d.time_zone.empty()) pg::require_zone_name(d.time_zone);
    return stored(d);
  });
}

CLIENTELE_FUNCTION(clientele_activity_def) {
  struct Text {
    bool given;
    std::string_view text;
  };
  const auto text = [&](int n) {
    return PG_ARGISNULL(n) ? Text{false, {}} : Text{true, pg::text_view(PG_GETARG_DATUM(n))};
  };
  const Text selector = text(0), period = text(1), zone = text(6);
  const bool has_window = !PG_ARGISNULL(2), has_bins = !PG_ARGISNULL(3);
  const int32_t window = has_window ? PG_GETARG_INT32(2) : 0;
  Datum* bounds = nullptr;
  bool* nulls = nullptr;
  int count = 0;
  if (has_bins)
    deconstruct_array(PG_GETARG_ARRAYTYPE_P(3), INT4OID, sizeof(int32), true, TYPALIGN_INT, &bounds,
                      &nulls, &count);
  const std::optional<Micros> since = pg::optional_time(fcinfo, 4, "since");
  const std::optional<Micros> until = pg::optional_time(fcinfo, 5, "until");
  return guarded([&] {
    ActivityDefinition d;
    if (selector.given) d.selector = selector.text;
    if (period.given) d.period = parse_period(period.text);
    if (has_window) d.window_periods = window;
    if (has_bins && count == 0)
      throw Error(sqlstate::invalid_parameter, "bins must not be empty",
                  "Without bins each number of events has a row of its own.");
    for (int i = 0; i < count; ++i) {
      if (nulls[i]) throw Error(sqlstate::null_not_allowed, "bins must not contain NULL");
      d.bins.push_back(DatumGetInt32(bounds[i]));
    }
    d.since = since;
    d.until = until;
    if (zone.given) d.time_zone = zone_name(std::string(zone.text));
    return stored(d);
  });
}
