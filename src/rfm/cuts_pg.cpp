// SPDX-License-Identifier: PostgreSQL
// The types rfm_cuts and rfm_cuts_def: their text form is JSON. The aggregate rfm_cuts and its
// state.
#include <algorithm>
#include <optional>

#include "base/length.hpp"
#include "pg/expanded.hpp"
#include "pg/json.hpp"
#include "pg/packed.hpp"
#include "rfm/values.hpp"
#include "rfm/values_pg.hpp"

namespace clientele {
namespace {

using pg::ByteView;
using pg::guarded;
using Keys = std::vector<RfmKey>;

constexpr char one_recency[] =
    "give only one of recency_cuts, recency_cuts_at and recency_cuts_number";

void set_recency(RfmCuts& cuts, Recency kind, const Keys& keys) {
  if (cuts.has[rfm_recency]) throw Error(sqlstate::invalid_parameter, one_recency);
  cuts.set(rfm_recency, keys);
  cuts.recency = kind;
}

void set_amounts(RfmCuts& cuts, RfmDimension dimension, const std::vector<double>& values) {
  Keys keys;
  for (const double v : values) keys.push_back(key_of_amount(dimension, v));
  cuts.set(dimension, keys);
}

void set_days(RfmCuts& cuts, const std::vector<double>& values) {
  Keys keys;
  for (const double v : values) keys.push_back(key_of_days(v));
  set_recency(cuts, Recency::number, keys);
}

CutMethod method_named(std::string_view name) {
  for (int i = 0; i < 4; ++i)
    if (name == cut_methods[i]) return static_cast<CutMethod>(i);
  throw Error(sqlstate::invalid_parameter, "unknown method \"" + std::string(name) + "\"",
              "The methods are quantile, fixed, mean and kmeans.");
}

RfmCuts cuts_of(const pg::JsonObject& json) {
  RfmCuts cuts;
  if (const auto lengths = json.lengths("recency_cuts")) {
    Keys keys;
    for (const auto& length : *lengths) {
      if (!length) throw Error(sqlstate::null_not_allowed, "recency_cuts must not contain null");
      keys.push_back(key_of_length(static_cast<int64_t>(*length)));
    }
    set_recency(cuts, Recency::interval, keys);
  }
  if (const auto times = json.texts("recency_cuts_at")) {
    Keys keys;
    for (const std::string& time : *times) {
      std::string_view rest = time;
      int64_t at = 0;
      if (!parse_iso(rest, at) || !rest.empty())
        throw Error(
            sqlstate::invalid_parameter,
            "\"" + time + "\" in recency_cuts_at is not a time such as 2026-01-02T03:04:05Z");
      keys.push_back(key_of_time(at));
    }
    set_recency(cuts, Recency::time, keys);
  }
  if (const auto days = json.numbers("recency_cuts_number")) set_days(cuts, *days);
  if (const auto values = json.numbers("frequency_cuts")) set_amounts(cuts, rfm_frequency, *values);
  if (const auto values = json.numbers("monetary_cuts")) set_amounts(cuts, rfm_monetary, *values);
  return cuts;
}

void write_cuts(pg::JsonWriter& json, const RfmCuts& cuts) {
  if (cuts.has[rfm_recency]) {
    const auto keys = cuts.cuts(rfm_recency);
    if (cuts.recency == Recency::time) {
      std::vector<std::string> times;
      for (const RfmKey key : keys) append_iso(times.emplace_back(), key);
      json.texts("recency_cuts_at", times);
    } else if (cuts.recency == Recency::interval) {
      std::vector<std::optional<uint64_t>> lengths;
      for (const RfmKey key : keys) lengths.emplace_back(static_cast<uint64_t>(-key));
      json.lengths("recency_cuts", lengths);
    } else {
      std::vector<double> days;
      for (const RfmKey key : keys) days.push_back(0.0 - double_of_key(key));
      json.numbers("recency_cuts_number", days);
    }
  }
  for (const auto& [d, name] :
       {std::pair(rfm_frequency, "frequency_cuts"), std::pair(rfm_monetary, "monetary_cuts")}) {
    if (!cuts.has[d]) continue;
    std::vector<double> values;
    for (const RfmKey key : cuts.cuts(d)) values.push_back(double_of_key(key));
    json.numbers(name, values);
  }
}

Datum cuts_from_json(std::string_view text) {
  return guarded([&] {
    const pg::JsonObject json(text, "rfm_cuts");
    json.allow_only({"method", "buckets", "recency_cuts", "recency_cuts_at", "recency_cuts_number",
                     "frequency_cuts", "monetary_cuts"});
    RfmCuts cuts = cuts_of(json);
    if (cuts.empty())
      throw Error(sqlstate::invalid_parameter, "a rfm_cuts needs the cuts of a dimension",
                  "Give recency_cuts, frequency_cuts, monetary_cuts or some of them.");
    if (const auto method = json.text("method")) cuts.method = method_named(*method);
    if (const auto buckets = json.integer("buckets"); buckets && *buckets != cuts.buckets)
      throw Error(sqlstate::invalid_parameter, std::to_string(*buckets) +
                                                   " buckets need one cut less, not " +
                                                   std::to_string(cuts.buckets - 1));
    return pg::packed(cuts);
  });
}

Datum definition_from_json(std::string_view text) {
  return guarded([&] {
    const pg::JsonObject json(text, "rfm_cuts_def");
    json.allow_only({"method", "buckets", "recency_cuts", "recency_cuts_at", "recency_cuts_number",
                     "frequency_cuts", "monetary_cuts"});
    RfmDefinition d;
    if (const auto method = json.text("method")) d.method = method_named(*method);
    const auto buckets = json.integer("buckets");
    if (buckets) check_buckets(*buckets);
    d.buckets = static_cast<int>(buckets.value_or(0));
    d.fixed = cuts_of(json);
    d.check();
    return pg::packed(d);
  });
}

template <class T>
Datum received(FunctionCallInfo fcinfo) {
  return pg::received(fcinfo, [](ByteView bytes) { return pg::packed(T::read(bytes)); });
}

struct Elements {
  Datum* value;
  bool* null;
  int count;
  bool given;
};

/// PostgreSQL regime.
Elements elements(FunctionCallInfo fcinfo, int n, Oid type, int16 size, bool by_value) {
  Elements e{nullptr, nullptr, 0, !PG_ARGISNULL(n)};
  if (e.given)
    deconstruct_array(PG_GETARG_ARRAYTYPE_P(n), type, size, by_value, TYPALIGN_DOUBLE, &e.value,
                      &e.null, &e.count);
  return e;
}

void without_nulls(const Elements& e, const char* name) {
  for (int i = 0; i < e.count; ++i)
    if (e.null[i])
      throw Error(
          sqlstate::null_not_allowed,
          std::string(name) + " must not contain NULL (element " + std::to_string(i + 1) + ")");
}

std::vector<double> doubles(const Elements& e, const char* name) {
  without_nulls(e, name);
  std::vector<double> values;
  for (int i = 0; i < e.count; ++i) values.push_back(DatumGetFloat8(e.value[i]));
  return values;
}

Datum accumulate(FunctionCallInfo fcinfo, Recency kind) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  constexpr int definition = 4;
  if (PG_ARGISNULL(definition) || (PG_ARGISNULL(1) && PG_ARGISNULL(2) && PG_ARGISNULL(3)))
    return pg::unchanged_state(fcinfo);
  const bool known = !PG_ARGISNULL(1);
  const RecencyArgument recency(known ? kind : Recency::time, known ? PG_GETARG_DATUM(1) : Datum{});
  const ByteView encoded = pg::detoast(PG_GETARG_DATUM(definition));
  return guarded([&] {
    auto* const state = pg::state_to_change<RfmValues>(fcinfo, context);
    RfmValues& values = state->value;
    values.define(encoded, kind);
    if (known) values.add(rfm_recency, recency.key());
    for (const RfmDimension d : {rfm_frequency, rfm_monetary})
      if (!PG_ARGISNULL(d + 1)) values.add(d, key_of_amount(d, PG_GETARG_FLOAT8(d + 1)));
    return state->datum();
  });
}

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_rfm_cuts_in) { return cuts_from_json(PG_GETARG_CSTRING(0)); }
CLIENTELE_FUNCTION(clientele_rfm_cuts_from_text) {
  return cuts_from_json(pg::text_view(PG_GETARG_DATUM(0)));
}
CLIENTELE_FUNCTION(clientele_rfm_cuts_recv) { return received<RfmCuts>(fcinfo); }
CLIENTELE_FUNCTION(clientele_rfm_cuts_out) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return guarded([&] {
    const RfmCuts cuts = RfmCuts::read(bytes);
    pg::JsonWriter json;
    json.text("method", cut_methods[static_cast<int>(cuts.method)]);
    json.integer("buckets", cuts.buckets);
    write_cuts(json, cuts);
    return pg::make_cstring(json.finish());
  });
}

CLIENTELE_FUNCTION(clientele_rfm_cuts_def_in) { return definition_from_json(PG_GETARG_CSTRING(0)); }
CLIENTELE_FUNCTION(clientele_rfm_cuts_def_from_text) {
  return definition_from_json(pg::text_view(PG_GETARG_DATUM(0)));
}
CLIENTELE_FUNCTION(clientele_rfm_cuts_def_recv) { return received<RfmDefinition>(fcinfo); }
CLIENTELE_FUNCTION(clientele_rfm_cuts_def_out) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return guarded([&] {
    const RfmDefinition d = RfmDefinition::read(bytes);
    pg::JsonWriter json;
    json.text("method", cut_methods[static_cast<int>(d.method)]);
    json.integer("buckets", d.buckets);
    write_cuts(json, d.fixed);
    return pg::make_cstring(json.finish());
  });
}

CLIENTELE_FUNCTION(clientele_rfm_cuts_def) {
  const bool named = !PG_ARGISNULL(1);
  const std::string_view method = named ? pg::text_view(PG_GETARG_DATUM(1)) : std::string_view();
  const Elements lengths = elements(fcinfo, 2, INTERVALOID, sizeof(Interval), false);
  const Elements times = elements(fcinfo, 3, TIMESTAMPTZOID, sizeof(TimestampTz), true);
  const Elements days = elements(fcinfo, 4, FLOAT8OID, sizeof(double), true);
  const Elements frequency = elements(fcinfo, 5, FLOAT8OID, sizeof(double), true);
  const Elements monetary = elements(fcinfo, 6, FLOAT8OID, sizeof(double), true);
  return guarded([&] {
    RfmDefinition d;
    // NULL is the same as leaving an option out.
    if (named) d.method = method_named(method);
    if (!PG_ARGISNULL(0)) check_buckets(PG_GETARG_INT32(0));
    d.buckets = PG_ARGISNULL(0) ? 0 : PG_GETARG_INT32(0);
    if (lengths.given) {
      without_nulls(lengths, "recency_cuts");
      Keys keys;
      for (int i = 0; i < lengths.count; ++i)
        keys.push_back(
            RecencyArgument::key_of_interval(*DatumGetIntervalP(lengths.value[i]), "recency_cuts"));
      set_recency(d.fixed, Recency::interval, keys);
    }
    if (times.given) {
      without_nulls(times, "recency_cuts_at");
      Keys keys;
      for (int i = 0; i < times.count; ++i)
        keys.push_back(key_of_time(DatumGetTimestampTz(times.value[i])));
      set_recency(d.fixed, Recency::time, keys);
    }
    if (days.given) set_days(d.fixed, doubles(days, "recency_cuts_number"));
    if (frequency.given) set_amounts(d.fixed, rfm_frequency, doubles(frequency, "frequency_cuts"));
    if (monetary.given) set_amounts(d.fixed, rfm_monetary, doubles(monetary, "monetary_cuts"));
    d.check();
    return pg::packed(d);
  });
}

CLIENTELE_FUNCTION(clientele_rfm_values_in) { return pg::state_in<RfmValues>(fcinfo); }
CLIENTELE_FUNCTION(clientele_rfm_values_recv) { return pg::state_receive<RfmValues>(fcinfo); }
CLIENTELE_FUNCTION(clientele_rfm_values_out) { return pg::state_out(fcinfo); }

CLIENTELE_FUNCTION(clientele_rfm_cuts_accum_time) { return accumulate(fcinfo, Recency::time); }
CLIENTELE_FUNCTION(clientele_rfm_cuts_accum_interval) {
  return accumulate(fcinfo, Recency::interval);
}
CLIENTELE_FUNCTION(clientele_rfm_cuts_accum_number) { return accumulate(fcinfo, Recency::number); }
CLIENTELE_FUNCTION(clientele_rfm_cuts_combine) { return pg::combined<RfmValues>(fcinfo); }

CLIENTELE_FUNCTION(clientele_rfm_cuts_final) {
  if (PG_ARGISNULL(0)) PG_RETURN_NULL();
  return guarded([&] {
    return pg::with_state<RfmValues>(fcinfo, 0, [&](const RfmValues& values) {
      const RfmCuts cuts = values.cuts();
      fcinfo->isnull = cuts.empty();
      return cuts.empty() ? Datum{} : pg::packed(cuts);
    });
  });
}
