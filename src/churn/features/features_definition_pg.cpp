// SPDX-License-Identifier: PostgreSQL
// The type churn_features_def: its text form is a JSON object; its stored form that of
// FeaturesDefinition.
#include "churn/features/features_definition_pg.hpp"

#include <algorithm>

#include "pg/memory.hpp"
#include "pg/packed.hpp"
#include "pg/remembered.hpp"

namespace clientele {

using pg::ByteView;
using pg::guarded;

void set_zone(FeaturesDefinition& definition, pg_tz* zone) {
  definition.time_zone = pg_get_timezone_name(zone);
}

FeaturesDefinition features_from_json(const pg::JsonObject& json) {
  json.allow_only({"period", "session_gap", "purchase", "return", "complaint", "promotion",
                   "answer", "passive", "time_zone"});
  FeaturesDefinition d;
  if (const auto period = json.length("period")) d.period = static_cast<int64_t>(*period);
  if (const auto gap = json.length("session_gap")) d.session_gap = static_cast<int64_t>(*gap);
  for (int r = 0; r < feature_roles; ++r) d.selector[r] = json.text(feature_role_names[r]);
  if (const auto zone = json.text("time_zone")) set_zone(d, pg::time_zone_named(*zone));
  return d;
}

std::string features_to_json(const FeaturesDefinition& d) {
  const FeaturesDefinition usual;
  pg::JsonWriter json;
  if (d.period != usual.period) json.length("period", static_cast<uint64_t>(d.period));
  if (d.session_gap != usual.session_gap)
    json.length("session_gap", static_cast<uint64_t>(d.session_gap));
  for (int r = 0; r < feature_roles; ++r)
    if (d.selector[r]) json.text(feature_role_names[r], *d.selector[r]);
  json.text("time_zone", d.time_zone);
  return json.finish();
}

std::vector<uint8_t> nested_features(const pg::JsonObject& json, const char* key) {
  const auto nested = json.object(key, "churn_features_def");
  if (!nested) return {};
  const FeaturesDefinition d = features_from_json(*nested);
  d.check();
  Bytes stored;
  d.write(stored);
  return {stored.begin(), stored.end()};
}

void write_nested_features(pg::JsonWriter& json, const char* key,
                           const std::vector<uint8_t>& stored) {
  if (!stored.empty()) json.object(key, features_to_json(FeaturesDefinition::read(stored)));
}

namespace {

Datum stored(const FeaturesDefinition& definition) {
  definition.check();
  return pg::packed(definition);
}

Datum from_json(std::string_view text) {
  return guarded([&] {
    FeaturesDefinition d = features_from_json(pg::JsonObject(text, "churn_features_def"));
    if (d.time_zone.empty()) set_zone(d, session_timezone);
    return stored(d);
  });
}

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_churn_features_def_in) { return from_json(PG_GETARG_CSTRING(0)); }
CLIENTELE_FUNCTION(clientele_churn_features_def_from_text) {
  return from_json(pg::text_view(PG_GETARG_DATUM(0)));
}

CLIENTELE_FUNCTION(clientele_churn_features_def_out) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return guarded(
      [&] { return pg::make_cstring(features_to_json(FeaturesDefinition::read(bytes))); });
}

CLIENTELE_FUNCTION(clientele_churn_features_def_recv) {
  return pg::received(fcinfo, [](ByteView bytes) {
    const auto d = FeaturesDefinition::read(bytes);
    pg::require_zone_name(d.time_zone);
    return stored(d);
  });
}

CLIENTELE_FUNCTION(clientele_churn_features_def) {
  constexpr int first_selector = 2, zone = first_selector + feature_roles;
  const Interval* const period = PG_ARGISNULL(0) ? nullptr : PG_GETARG_INTERVAL_P(0);
  const Interval* const gap = PG_ARGISNULL(1) ? nullptr : PG_GETARG_INTERVAL_P(1);
  // The selectors and the time zone; what is NULL has no pointer.
  ByteView text[feature_roles + 1];
  for (int i = first_selector; i <= zone; ++i)
    if (!PG_ARGISNULL(i)) text[i - first_selector] = pg::detoast(PG_GETARG_DATUM(i));
  pg_tz* const session = session_timezone;
  return guarded([&] {
    // As a stable function it is called for every row.
    ByteView key[std::size(text) + 3] = {pg::plain_bytes_or_null(period),
                                         pg::plain_bytes_or_null(gap), pg::plain_bytes(session)};
    std::ranges::copy(text, key + 3);
    return pg::make_varlena(pg::kept<pg::Remembered<Bytes>>(fcinfo).get(key, [&] {
      FeaturesDefinition d;
      if (period != nullptr) d.period = static_cast<int64_t>(pg::fixed_length(*period, "period"));
      if (gap != nullptr)
        d.session_gap = static_cast<int64_t>(pg::fixed_length(*gap, "session_gap"));
      for (int r = 0; r < feature_roles; ++r)
        if (text[r].data() != nullptr) d.selector[r] = pg::as_text(text[r]);
      const ByteView named = text[feature_roles];
      set_zone(d, named.data() == nullptr ? session
                                          : pg::time_zone_named(std::string(pg::as_text(named))));
      d.check();
      Bytes bytes;
      d.write(bytes);
      return bytes;
    }));
  });
}
