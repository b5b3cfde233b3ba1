// SPDX-License-Identifier: PostgreSQL
// The type lifecycle_def: its text form is a JSON object, its stored form that of
// LifecycleDefinition.
#include "lifecycle/definition.hpp"
#include "pg/json.hpp"
#include "pg/memory.hpp"
#include "pg/packed.hpp"

namespace clientele {
namespace {

using pg::ByteView;
using pg::guarded;

Datum stored(const LifecycleDefinition& definition) {
  definition.check();
  return pg::packed(definition);
}

/// As PostgreSQL writes it; empty stays empty.
std::string zone_name(const std::string& name) {
  return name.empty() ? name : pg_get_timezone_name(pg::time_zone_named(name));
}

/// One element for each stage.
void check_count(const LifecycleDefinition& d, size_t count, const char* name) {
  if (count != d.stages.size())
    throw Error(sqlstate::invalid_parameter,
                std::string(name) + " must have one element for each of the " +
                    std::to_string(d.stages.size()) + " stages, not " + std::to_string(count),
                "NULL as an element means the usual: 1 event, and no limit.");
}

// lifecycle_def('{visitor=*,buyer=purchase}') is a cast to SQL: so it is understood.
Datum from_text(std::string_view text) {
  return guarded([&] {
    if (const auto stages = pg::array_literal(text)) {
      LifecycleDefinition d;
      d.set_stages(pg::text_elements(*stages, "stages"));
      return stored(d);
    }
    const pg::JsonObject json(text, "lifecycle_def");
    json.allow_only({"stages", "at_least", "within", "silence", "days", "period", "since", "until",
                     "time_zone"});
    LifecycleDefinition d;
    d.set_stages(json.texts("stages").value_or(std::vector<std::string>()));
    if (const auto at_least = json.integers("at_least")) {
      check_count(d, at_least->size(), "at_least");
      for (size_t i = 0; i < d.stages.size(); ++i) {
        const int64_t n = (*at_least)[i];
        if (n < 1 || n > INT32_MAX)
          throw Error(
              sqlstate::invalid_parameter,
              "at_least of a lifecycle_def must be from 1 to 2147483647, not " + std::to_string(n));
        d.stages[i].at_least = static_cast<int32_t>(n);
      }
    }
    if (const auto within = json.lengths("within")) {
      check_count(d, within->size(), "within");
      for (size_t i = 0; i < d.stages.size(); ++i) d.stages[i].within = (*within)[i];
    }
    if (const auto silence = json.lengths("silence")) {
      check_count(d, silence->size(), "silence");
      for (size_t i = 0; i < d.stages.size(); ++i) d.stages[i].silence = (*silence)[i];
    }
    d.days = json.boolean("days").value_or(false);
    if (const auto period = json.text("period")) d.period = parse_period(*period);
    d.since = json.time("since");
    d.until = json.time("until");
    d.time_zone = zone_name(json.text("time_zone").value_or(""));
    return stored(d);
  });
}

std::string to_json(const LifecycleDefinition& d) {
  std::vector<std::string> texts;
  std::vector<int32_t> at_least;
  std::vector<std::optional<uint64_t>> within, silence;
  bool counts = false, windows = false, silences = false;
  for (const Stage& stage : d.stages) {
    texts.push_back(stage.text);
    at_least.push_back(stage.at_least);
    within.push_back(stage.within);
    silence.push_back(stage.silence);
    counts |= stage.at_least != 1;
    windows |= stage.within.has_value();
    silences |= stage.silence.has_value();
  }
  const LifecycleDefinition usual;
  pg::JsonWriter json;
  json.texts("stages", texts);
  if (counts) json.integers("at_least", at_least);
  if (windows) json.lengths("within", within);
  if (silences) json.lengths("silence", silence);
  if (d.days) json.boolean("days", true);
  if (d.period != usual.period) json.text("period", period_name(d.period));
  if (d.since) json.time("since", *d.since);
  if (d.until) json.time("until", *d.until);
  if (!d.time_zone.empty()) json.text("time_zone", d.time_zone);
  return json.finish();
}

/// The elements of an array; none if it is NULL.
struct Elements {
  bool given = false;
  Datum* values = nullptr;
  bool* nulls = nullptr;
  int count = 0;

  Elements(FunctionCallInfo fcinfo, int n, Oid type) : given(!PG_ARGISNULL(n)) {
    if (!given) return;
    const bool integers = type == INT4OID;
    deconstruct_array(PG_GETARG_ARRAYTYPE_P(n), type, integers ? sizeof(int32) : sizeof(Interval),
                      integers, integers ? TYPALIGN_INT : TYPALIGN_DOUBLE, &values, &nulls, &count);
  }

  /// Calls take(stage, datum) for each element that is not NULL. C++ regime.
  template <class Take>
  void each(LifecycleDefinition& d, const char* name, Take take) const {
    if (!given) return;
    check_count(d, static_cast<size_t>(count), name);
    for (int i = 0; i < count; ++i)
      if (!nulls[i]) take(d.stages[static_cast<size_t>(i)], values[i]);
  }
};

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_lifecycle_def_in) { return from_text(PG_GETARG_CSTRING(0)); }

CLIENTELE_FUNCTION(clientele_lifecycle_def_from_text) {
  return from_text(pg::text_view(PG_GETARG_DATUM(0)));
}

CLIENTELE_FUNCTION(clientele_lifecycle_def_out) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return guarded([&] { return pg::make_cstring(to_json(LifecycleDefinition::read(bytes))); });
}

CLIENTELE_FUNCTION(clientele_lifecycle_def_recv) {
  return pg::received(fcinfo, [](ByteView bytes) {
    const auto d = LifecycleDefinition::read(bytes);
    if (!d.time_zone.empty()) pg::require_zone_name(d.time_zone);
    return stored(d);
  });
}

CLIENTELE_FUNCTION(clientele_lifecycle_def) {
  if (PG_ARGISNULL(0))
    ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("stages must not be NULL")));
  const Datum stages = PG_GETARG_DATUM(0);
  const Elements at_least(fcinfo, 1, INT4OID), within(fcinfo, 2, INTERVALOID),
      silence(fcinfo, 3, INTERVALOID);
  const bool days = !PG_ARGISNULL(4) && PG_GETARG_BOOL(4);
  const std::string_view period = PG_ARGISNULL(5) ? "month" : pg::text_view(PG_GETARG_DATUM(5));
  const std::optional<Micros> since = pg::optional_time(fcinfo, 6, "since");
  const std::optional<Micros> until = pg::optional_time(fcinfo, 7, "until");
  const std::string_view zone = PG_ARGISNULL(8) ? "" : pg::text_view(PG_GETARG_DATUM(8));
  return guarded([&] {
    LifecycleDefinition d;
    d.set_stages(pg::text_elements(stages, "stages"));
    at_least.each(d, "at_least", [](Stage& stage, Datum n) { stage.at_least = DatumGetInt32(n); });
    within.each(d, "within", [](Stage& stage, Datum length) {
      stage.within = pg::fixed_length(*DatumGetIntervalP(length), "each of within");
    });
    silence.each(d, "silence", [](Stage& stage, Datum length) {
      stage.silence = pg::fixed_length(*DatumGetIntervalP(length), "each of silence");
    });
    d.days = days;
    d.period = parse_period(period);
    d.since = since;
    d.until = until;
    d.time_zone = zone_name(std::string(zone));
    return stored(d);
  });
}
