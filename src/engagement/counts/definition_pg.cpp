// SPDX-License-Identifier: PostgreSQL
// The type counts_def: its text form is a JSON object, its stored form that of CountsDefinition.
#include "engagement/counts/definition.hpp"
#include "pg/json.hpp"
#include "pg/memory.hpp"
#include "pg/packed.hpp"

namespace clientele {
namespace {

using pg::ByteView;
using pg::guarded;

Datum stored(const CountsDefinition& definition) {
  definition.check();
  return pg::packed(definition);
}

/// As PostgreSQL writes it; empty stays empty.
std::string zone_name(const std::string& name) {
  return name.empty() ? name : pg_get_timezone_name(pg::time_zone_named(name));
}

// counts_def('purchase') is a cast to SQL, whatever functions there are: so it is understood.
Datum from_text(std::string_view text) {
  return guarded([&] {
    const size_t first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos || text[first] != '{') {
      CountsDefinition d;
      d.selector = text;
      return stored(d);
    }
    const pg::JsonObject json(text, "counts_def");
    json.allow_only({"selector", "period", "by", "since", "until", "session_gap", "time_zone"});
    CountsDefinition d;
    d.selector = json.text("selector").value_or(d.selector);
    if (const auto period = json.text("period")) d.period = parse_count_period(*period);
    if (const auto by = json.texts("by")) d.by = CountedBy::parse(*by);
    d.since = json.time("since");
    d.until = json.time("until");
    d.session_gap = json.length("session_gap").value_or(d.session_gap);
    d.time_zone = zone_name(json.text("time_zone").value_or(""));
    return stored(d);
  });
}

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_counts_def_in) { return from_text(PG_GETARG_CSTRING(0)); }

CLIENTELE_FUNCTION(clientele_counts_def_from_text) {
  return from_text(pg::text_view(PG_GETARG_DATUM(0)));
}

CLIENTELE_FUNCTION(clientele_counts_def_out) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return guarded([&] {
    const CountsDefinition d = CountsDefinition::read(bytes);
    const CountsDefinition usual;
    pg::JsonWriter json;
    if (d.selector != usual.selector) json.text("selector", d.selector);
    if (d.period != usual.period) json.text("period", count_period_name(d.period));
    if (const std::vector<std::string> by = d.by.words(); !by.empty()) json.texts("by", by);
    if (d.since) json.time("since", *d.since);
    if (d.until) json.time("until", *d.until);
    if (d.session_gap != usual.session_gap) json.length("session_gap", d.session_gap);
    if (!d.time_zone.empty()) json.text("time_zone", d.time_zone);
    return pg::make_cstring(json.finish());
  });
}

CLIENTELE_FUNCTION(clientele_counts_def_recv) {
  return pg::received(fcinfo, [](ByteView bytes) {
    const auto d = CountsDefinition::read(bytes);
    if (!d.time_zone.empty()) pg::require_zone_name(d.time_zone);
    return stored(d);
  });
}

CLIENTELE_FUNCTION(clientele_counts_def) {
  struct Text {
    bool given;
    std::string_view text;
  };
  const auto text = [&](int n) {
    return PG_ARGISNULL(n) ? Text{false, {}} : Text{true, pg::text_view(PG_GETARG_DATUM(n))};
  };
  const Text selector = text(0), period = text(1), zone = text(6);
  const bool has_by = !PG_ARGISNULL(2);
  const Datum by = has_by ? PG_GETARG_DATUM(2) : Datum{};
  const std::optional<Micros> since = pg::optional_time(fcinfo, 3, "since");
  const std::optional<Micros> until = pg::optional_time(fcinfo, 4, "until");
  const Interval* const gap = PG_ARGISNULL(5) ? nullptr : PG_GETARG_INTERVAL_P(5);
  return guarded([&] {
    CountsDefinition d;
    if (selector.given) d.selector = selector.text;
    if (period.given) d.period = parse_count_period(period.text);
    if (has_by) d.by = CountedBy::parse(pg::text_elements(by, "by"));
    d.since = since;
    d.until = until;
    if (gap != nullptr) d.session_gap = pg::fixed_length(*gap, "session_gap");
    if (zone.given) d.time_zone = zone_name(std::string(zone.text));
    return stored(d);
  });
}
