// SPDX-License-Identifier: PostgreSQL
// The type purchase_def: its text form is a JSON object, or a day alone; its stored form that of
// PurchaseDefinition.
#include "value/purchases/purchase_definition_pg.hpp"

#include "pg/clock.hpp"
#include "pg/json.hpp"
#include "pg/memory.hpp"
#include "pg/packed.hpp"

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

struct Text {
  bool given = false;
  std::string_view text;
};

/// The arguments of purchase_def(). Its result is kept, because a stable function is called for
/// every row.
struct Arguments {
  TimestampTz until = 0;
  bool has_merge = false, has_unit = false, has_holdout = false;
  Interval merge{}, unit{};
  TimestampTz holdout = 0;
  Text purchase, zone;
  const pg_tz* session = nullptr;

  bool same(const Arguments& other) const {
    const auto equal = [](bool has_a, const Interval& a, bool has_b, const Interval& b) {
      return has_a == has_b &&
             (!has_a || (a.time == b.time && a.day == b.day && a.month == b.month));
    };
    const auto alike = [](const Text& a, const Text& b) {
      return a.given == b.given && a.text == b.text;
    };
    return until == other.until && equal(has_merge, merge, other.has_merge, other.merge) &&
           equal(has_unit, unit, other.has_unit, other.unit) && has_holdout == other.has_holdout &&
           holdout == other.holdout && alike(purchase, other.purchase) && alike(zone, other.zone) &&
           session == other.session;
  }
};

class KeptResult {
 public:
  explicit KeptResult(std::pmr::memory_resource*) {}

  Datum get(const Arguments& now) {
    if (bytes_.empty() || !arguments_.same(now)) make(now);
    return pg::make_varlena(bytes_);
  }

 private:
  void make(const Arguments& now) {
    bytes_.clear();
    PurchaseDefinition d;
    pg_tz* const zone = now.zone.given ? pg::time_zone_named(std::string(now.zone.text))
                                       : const_cast<pg_tz*>(now.session);
    set_zone(d, zone);
    if (now.has_merge) d.set_merge(pg::fixed_length(now.merge, "merge"));
    if (now.has_unit) d.set_unit(pg::fixed_length(now.unit, "unit"));
    LocalClock clock = pg::clock_in(zone);
    const auto period = [&](const char* name, TimestampTz at) {
      if (TIMESTAMP_NOT_FINITE(at))
        throw Error(sqlstate::time_out_of_range, std::string(name) + " must be finite");
      return d.period_of(clock.local(at));
    };
    d.until = period("until", now.until);
    if (now.has_holdout) d.holdout_until = period("holdout_until", now.holdout);
    if (now.purchase.given) d.purchase = now.purchase.text;
    d.check();
    Bytes bytes;
    d.write(bytes);
    d.size_limit.check(bytes.size());
    arguments_ = now;
    const auto keep = [](Text& view, std::string& in) {
      in = view.text;
      view.text = in;
    };
    keep(arguments_.purchase, purchase_);
    keep(arguments_.zone, zone_);
    bytes_ = std::move(bytes);
  }

  Arguments arguments_;
  std::string purchase_, zone_;
  Bytes bytes_;
};

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
  Arguments now;
  now.until = PG_GETARG_TIMESTAMPTZ(0);
  now.has_merge = !PG_ARGISNULL(1);
  if (now.has_merge) now.merge = *PG_GETARG_INTERVAL_P(1);
  now.has_unit = !PG_ARGISNULL(2);
  if (now.has_unit) now.unit = *PG_GETARG_INTERVAL_P(2);
  now.has_holdout = !PG_ARGISNULL(3);
  if (now.has_holdout) now.holdout = PG_GETARG_TIMESTAMPTZ(3);
  if (!PG_ARGISNULL(4)) now.purchase = {true, pg::text_view(PG_GETARG_DATUM(4))};
  if (!PG_ARGISNULL(5))
    now.zone = {true, pg::text_view(PG_GETARG_DATUM(5))};
  else
    now.session = session_timezone;
  return guarded([&] { return pg::kept<KeptResult>(fcinfo).get(now); });
}
