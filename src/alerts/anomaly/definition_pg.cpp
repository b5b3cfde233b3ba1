// SPDX-License-Identifier: PostgreSQL
// The type anomaly_def: its text form is a JSON object, its stored form that of AnomalyDefinition.
#include "alerts/anomaly/definition.hpp"
#include "base/error.hpp"
#include "pg/json.hpp"
#include "pg/packed.hpp"

namespace clientele {
namespace {

using pg::ByteView;
using pg::guarded;

/// What is not said has one form: -0 is 0, and the usual memory is none.
Datum stored(AnomalyDefinition d) {
  for (double* n : {&d.min_volume, &d.min_change, &d.least_spread}) *n += 0.0;
  d.check();
  return pg::packed(d);
}

int32_t small(int64_t value, const char* name) {
  if (value < INT32_MIN || value > INT32_MAX)
    throw Error(sqlstate::out_of_range, std::string(name) + " of an anomaly_def must be integers");
  return static_cast<int32_t>(value);
}

std::array<double, 3> three(std::span<const double> values) {
  if (values.size() != 3)
    throw Error(sqlstate::invalid_parameter,
                "levels must be three numbers, not " + std::to_string(values.size()),
                "They are the |z| of attention, warning and critical, such as '{3,4,6}'.");
  return {values[0], values[1], values[2]};
}

/// As PostgreSQL writes it; empty stays empty.
std::string zone_name(const std::string& name) {
  return name.empty() ? name : pg_get_timezone_name(pg::time_zone_named(name));
}

// anomaly_def('ratio') is a cast to SQL, whatever functions there are: so it is understood.
Datum from_text(std::string_view text) {
  return guarded([&] {
    const size_t first = text.find_first_not_of(" \t\r\n");
    if (first != std::string_view::npos && text[first] != '{') {
      AnomalyDefinition d;
      d.measure = parse_anomaly_measure(text);
      return stored(d);
    }
    const pg::JsonObject json(text, "anomaly_def");
    json.allow_only({"measure", "grain", "season", "memory", "min_points", "spread", "scales",
                     "levels", "min_volume", "min_change", "direction", "time_zone", "record",
                     "calibrate", "least_spread"});
    AnomalyDefinition d;
    if (const auto word = json.text("measure")) d.measure = parse_anomaly_measure(*word);
    if (const auto word = json.text("direction")) d.direction = parse_anomaly_direction(*word);
    d.grain = json.length("grain").value_or(d.grain);
    d.season = json.length("season").value_or(d.season);
    d.memory = small(json.integer("memory").value_or(d.memory), "memory");
    d.least = small(json.integer("min_points").value_or(d.least), "min_points");
    d.spread = small(json.integer("spread").value_or(d.spread), "spread");
    d.record = small(json.integer("record").value_or(d.record), "record");
    d.calibrate = small(json.integer("calibrate").value_or(d.calibrate), "calibrate");
    if (const auto scales = json.integers("scales")) {
      d.scales.clear();
      for (const int64_t k : *scales) d.scales.push_back(small(k, "scales"));
    }
    if (const auto levels = json.numbers("levels")) d.levels = three(*levels);
    d.min_volume = json.number("min_volume").value_or(d.min_volume);
    d.min_change = json.number("min_change").value_or(d.min_change);
    d.least_spread = json.number("least_spread").value_or(d.least_spread);
    d.time_zone = zone_name(json.text("time_zone").value_or(""));
    return stored(d);
  });
}

struct Elements {
  Datum* values = nullptr;
  bool* nulls = nullptr;
  int count = 0;
};

template <class Take>
void each(const Elements& elements, const char* name, Take take) {
  for (int i = 0; i < elements.count; ++i) {
    if (elements.nulls[i])
      throw Error(sqlstate::null_not_allowed, std::string(name) + " must not contain NULL");
    take(elements.values[i]);
  }
}

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_anomaly_def_in) { return from_text(PG_GETARG_CSTRING(0)); }

CLIENTELE_FUNCTION(clientele_anomaly_def_from_text) {
  return from_text(pg::text_view(PG_GETARG_DATUM(0)));
}

CLIENTELE_FUNCTION(clientele_anomaly_def_out) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return guarded([&] {
    const auto d = AnomalyDefinition::read(bytes);
    const AnomalyDefinition usual;
    pg::JsonWriter json;
    if (d.measure != usual.measure) json.text("measure", anomaly_measure_name(d.measure));
    if (d.grain != usual.grain) json.length("grain", d.grain);
    if (d.season != usual.season) json.length("season", d.season);
    if (d.memory != usual.memory) json.integer("memory", d.memory);
    if (d.least != usual.least) json.integer("min_points", d.least);
    if (d.spread != usual.spread) json.integer("spread", d.spread);
    if (d.scales != usual.scales) json.integers("scales", d.scales);
    if (d.levels != usual.levels) json.numbers("levels", {d.levels.begin(), d.levels.end()});
    if (d.min_volume != usual.min_volume) json.number("min_volume", d.min_volume);
    if (d.min_change != usual.min_change) json.number("min_change", d.min_change);
    if (d.direction != usual.direction) json.text("direction", anomaly_direction_name(d.direction));
    if (!d.time_zone.empty()) json.text("time_zone", d.time_zone);
    if (d.record != usual.record) json.integer("record", d.record);
    if (d.calibrate != usual.calibrate) json.integer("calibrate", d.calibrate);
    if (d.least_spread != usual.least_spread) json.number("least_spread", d.least_spread);
    return pg::make_cstring(json.finish());
  });
}

CLIENTELE_FUNCTION(clientele_anomaly_def_recv) {
  return pg::received(fcinfo, [](ByteView bytes) {
    const auto d = AnomalyDefinition::read(bytes);
    if (!d.time_zone.empty()) pg::require_zone_name(d.time_zone);
    return stored(d);
  });
}

CLIENTELE_FUNCTION(clientele_anomaly_def) {
  enum {
    measure,
    grain,
    season,
    memory,
    min_points,
    spread,
    scales,
    levels,
    min_volume,
    min_change,
    direction,
    zone,
    record,
    calibrate,
    least_spread
  };
  struct Text {
    bool given;
    std::string_view text;
  };
  const auto text = [&](int n) {
    return PG_ARGISNULL(n) ? Text{false, {}} : Text{true, pg::text_view(PG_GETARG_DATUM(n))};
  };
  const auto array = [&](int n, Oid type, int length, bool by_value, char align) {
    Elements e;
    if (!PG_ARGISNULL(n))
      deconstruct_array(PG_GETARG_ARRAYTYPE_P(n), type, length, by_value, align, &e.values,
                        &e.nulls, &e.count);
    return e;
  };
  const auto length = [&](int n) -> const Interval* {
    return PG_ARGISNULL(n) ? nullptr : PG_GETARG_INTERVAL_P(n);
  };
  const Text measured = text(measure), directed = text(direction), time_zone = text(zone);
  const Interval *const grain_length = length(grain), *const season_length = length(season);
  const Elements all_scales = array(scales, INT4OID, sizeof(int32), true, TYPALIGN_INT);
  const Elements all_levels =
      array(levels, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE);
  return guarded([&] {
    AnomalyDefinition d;
    if (measured.given) d.measure = parse_anomaly_measure(measured.text);
    if (directed.given) d.direction = parse_anomaly_direction(directed.text);
    if (grain_length != nullptr) d.grain = pg::fixed_length(*grain_length, "grain");
    if (season_length != nullptr) d.season = pg::fixed_length(*season_length, "season");
    const auto integer = [&](int n, const char* name, int32_t& value) {
      if (PG_ARGISNULL(n)) return;
      value = PG_GETARG_INT32(n);
      if (n == memory && value < 1)
        throw Error(sqlstate::invalid_parameter,
                    std::string(name) + " must be at least 1, not " + std::to_string(value));
    };
    integer(memory, "memory", d.memory);
    integer(min_points, "min_points", d.least);
    integer(spread, "spread", d.spread);
    integer(record, "record", d.record);
    integer(calibrate, "calibrate", d.calibrate);
    if (!PG_ARGISNULL(scales)) {
      d.scales.clear();
      each(all_scales, "scales", [&](Datum k) { d.scales.push_back(DatumGetInt32(k)); });
    }
    if (!PG_ARGISNULL(levels)) {
      std::vector<double> values;
      each(all_levels, "levels", [&](Datum level) { values.push_back(DatumGetFloat8(level)); });
      d.levels = three(values);
    }
    const auto number = [&](int n, double& value) {
      if (!PG_ARGISNULL(n)) value = PG_GETARG_FLOAT8(n);
    };
    number(min_volume, d.min_volume);
    number(min_change, d.min_change);
    number(least_spread, d.least_spread);
    if (time_zone.given) d.time_zone = zone_name(std::string(time_zone.text));
    return stored(d);
  });
}
