// SPDX-License-Identifier: PostgreSQL
// The type purchase_def: its text form is a JSON object, or a day alone; its stored form that of
// PurchaseDefinition.
#include "value/purchases/purchase_definition_pg.hpp"

#include "pg/clock.hpp"
#include "pg/json.hpp"
#include "pg/memory.hpp"
#include "pg/packed.hpp"
#include "pg/remembered.hpp"

namespace clientele {
namespace {

using pg::ByteView;
using pg::guarded;

/// Sets the name of the zone as PostgreSQL writes it.
void set_zone(PurchaseDefinition& definition, pg_tz* zone) {
  definition.time_zone = pg_get_timezone_name(zone);
}

Datum stored(const PurchaseDefinition& definition) {
  definition.check();
  return pg::packed(definition);
}

PurchaseDefinition from_json(std::string_view text) {
  const pg::JsonObject json(text, "purchase_def");
  json.allow_only({"until", "merge", "unit", "holdout_until", "purchase", "time_zone"});
  PurchaseDefinition d;
  const auto until = json.text("until");
  if (!until)
    throw Error(sqlstate::invalid_parameter, "a purchase_def needs \"until\"",
                "Such as {\"until\": \"2026-03-31\"}.");
  const auto zone = json.text("time_zone");
  set_zone(d, zone ? pg::time_zone_named(*zone) : session_timezone);
  if (const auto merge = json.length("merge")) d.set_merge(*merge);
  if (const auto unit = json.length("unit")) d.set_unit(*unit);
  d.until = d.period_from_text("until", *until);
  if (const auto holdout = json.text("holdout_until"))
    d.holdout_until = d.period_from_text("holdout_until", *holdout);
  d.purchase = json.text("purchase").value_or(d.purchase);
  return d;
}

// purchase_def('2026-03-31') is always a cast in SQL, so a day alone is a text form.
Datum from_text(std::string_view text) {
  return guarded([&] {
    std::string_view trimmed = text;
    while (trimmed.starts_with(' ')) trimmed.remove_prefix(1);
    while (trimmed.ends_with(' ')) trimmed.remove_suffix(1);
    if (trimmed.empty() || trimmed[0] < '0' || trimmed[0] > '9') return stored(from_json(text));
    PurchaseDefinition d;
    set_zone(d, session_timezone);
    d.until = d.period_from_text("until", trimmed);
    return stored(d);
  });
}

/// The arguments of purchase_def().
struct Arguments {
  TimestampTz until;
  const Interval *merge, *unit;
  const TimestampTz* holdout;
  std::optional<std::string_view> purchase, zone;
  pg_tz* session;  // if no zone is given
};

Bytes bytes_of(const Arguments& given) {
  PurchaseDefinition d;
  pg_tz* const zone = given.zone ? pg::time_zone_named(std::string(*given.zone)) : given.session;
  set_zone(d, zone);
  if (given.merge != nullptr) d.set_merge(pg::fixed_length(*given.merge, "merge"));
  if (given.unit != nullptr) d.set_unit(pg::fixed_length(*given.unit, "unit"));
  LocalClock clock = pg::clock_in(zone);
  const auto period = [&](const char* name, TimestampTz at) {
    if (TIMESTAMP_NOT_FINITE(at))
      throw Error(sqlstate::time_out_of_range, std::string(name) + " must be finite");
    return d.period_of(clock.local(at));
  };
  d.until = period("until", given.until);
  if (given.holdout != nullptr) d.holdout_until = period("holdout_until", *given.holdout);
  if (given.purchase) d.purchase = *given.purchase;
  d.check();
  Bytes bytes;
  d.write(bytes);
  d.size_limit.check(bytes.size());
  return bytes;
}

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_purchase_def_in) { return from_text(PG_GETARG_CSTRING(0)); }

CLIENTELE_FUNCTION(clientele_purchase_def_from_text) {
  return from_text(pg::text_view(PG_GETARG_DATUM(0)));
}

CLIENTELE_FUNCTION(clientele_purchase_def_out) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return guarded([&] {
    const PurchaseDefinition d = PurchaseDefinition::read(bytes);
    const PurchaseDefinition usual;
    pg::JsonWriter json;
    json.text("until", d.period_text(d.until));
    if (d.merge != usual.merge) json.length("merge", d.merge == 1 ? 0 : d.merge);
    if (d.unit != usual.unit) json.length("unit", d.unit);
    if (d.holdout_until) json.text("holdout_until", d.period_text(*d.holdout_until));
    if (d.purchase != usual.purchase) json.text("purchase", d.purchase);
    json.text("time_zone", d.time_zone);
    return pg::make_cstring(json.finish());
  });
}

CLIENTELE_FUNCTION(clientele_purchase_def_recv) {
  return pg::received(fcinfo, [](ByteView bytes) {
    const auto d = PurchaseDefinition::read(bytes);
    pg::require_zone_name(d.time_zone);
    return stored(d);
  });
}

CLIENTELE_FUNCTION(clientele_purchase_def) {
  if (PG_ARGISNULL(0))
    ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("until must not be NULL"),
                    errhint("It is the last day of which all purchases are known, such as "
                            "until => '2026-03-31'.")));
  const auto interval = [&](int n) { return PG_ARGISNULL(n) ? nullptr : PG_GETARG_INTERVAL_P(n); };
  const auto text = [&](int n) -> std::optional<std::string_view> {
    if (PG_ARGISNULL(n)) return {};
    return pg::text_view(PG_GETARG_DATUM(n));
  };
  const TimestampTz holdout = PG_ARGISNULL(3) ? 0 : PG_GETARG_TIMESTAMPTZ(3);
  const Arguments given{PG_GETARG_TIMESTAMPTZ(0),
                        interval(1),
                        interval(2),
                        PG_ARGISNULL(3) ? nullptr : &holdout,
                        text(4),
                        text(5),
                        PG_ARGISNULL(5) ? session_timezone : nullptr};
  return guarded([&] {
    // As a stable function it is called for every row.
    const ByteView key[] = {
        pg::plain_bytes(given.until),           pg::plain_bytes_or_null(given.merge),
        pg::plain_bytes_or_null(given.unit),    pg::plain_bytes_or_null(given.holdout),
        pg::text_bytes_or_null(given.purchase), pg::text_bytes_or_null(given.zone),
        pg::plain_bytes(given.session)};
    return pg::make_varlena(
        pg::kept<pg::Remembered<Bytes>>(fcinfo).get(key, [&] { return bytes_of(given); }));
  });
}
