// SPDX-License-Identifier: PostgreSQL
// The type churn_features_def: its text form is a JSON object; its stored form that of
// FeaturesDefinition.
#include "churn/features/features_definition_pg.hpp"

#include "pg/memory.hpp"
#include "pg/packed.hpp"

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

/// The last arguments of churn_features_def() and its result, because a stable function is called
/// for every row.
struct Kept {
  explicit Kept(std::pmr::memory_resource*) {}
  std::string arguments;
  Bytes result;
};

struct Argument {
  bool given;
  std::string_view text;
};

void append(std::string& key, bool given, const void* data, size_t size) {
  key += given ? '1' : '0';
  if (!given) return;
  key.append(reinterpret_cast<const char*>(&size), sizeof size);
  key.append(static_cast<const char*>(data), size);
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
  const bool has_period = !PG_ARGISNULL(0), has_gap = !PG_ARGISNULL(1);
  Interval period{}, gap{};
  if (has_period) period = *PG_GETARG_INTERVAL_P(0);
  if (has_gap) gap = *PG_GETARG_INTERVAL_P(1);
  Argument text[feature_roles + 1];
  for (int i = first_selector; i <= zone; ++i) {
    const bool given = !PG_ARGISNULL(i);
    text[i - first_selector] = {given,
                                given ? pg::text_view(PG_GETARG_DATUM(i)) : std::string_view()};
  }
  const pg_tz* const session = session_timezone;
  return guarded([&] {
    Kept& kept = pg::kept<Kept>(fcinfo);
    std::string arguments;
    append(arguments, has_period, &period, sizeof period);
    append(arguments, has_gap, &gap, sizeof gap);
    for (const Argument& a : text) append(arguments, a.given, a.text.data(), a.text.size());
    append(arguments, true, &session, sizeof session);
    if (kept.result.empty() || kept.arguments != arguments) {
      FeaturesDefinition d;
      if (has_period) d.period = static_cast<int64_t>(pg::fixed_length(period, "period"));
      if (has_gap) d.session_gap = static_cast<int64_t>(pg::fixed_length(gap, "session_gap"));
      for (int r = 0; r < feature_roles; ++r)
        if (text[r].given) d.selector[r] = text[r].text;
      const Argument& named = text[feature_roles];
      set_zone(d, named.given ? pg::time_zone_named(std::string(named.text))
                              : const_cast<pg_tz*>(session));
      d.check();
      kept.result.clear();
      d.write(kept.result);
      kept.arguments = std::move(arguments);
    }
    return pg::make_varlena(kept.result);
  });
}
