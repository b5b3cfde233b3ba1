// SPDX-License-Identifier: PostgreSQL
// The SQL type retention_def: its constructor, text form (JSON) and binary form.
#include "retention/table/definition.hpp"

#include "pg/json.hpp"
#include "pg/packed.hpp"

namespace clientele {
namespace {

using pg::ByteView;
using pg::guarded;

/// PostgreSQL takes a name in capital or small letters; stored is the one that it prints.
void set_zone(RetentionDefinition& d, const std::string& name) {
  d.time_zone = pg_get_timezone_name(pg::time_zone_named(name));
}

Datum packed(const RetentionDefinition& d) {
  d.check();
  return pg::packed(d);
}

int32_t fits(int64_t number, const char* key) {
  if (number < INT32_MIN || number > INT32_MAX)
    throw Error(sqlstate::invalid_parameter,
                "\"" + std::string(key) + "\" in a retention_def is out of range");
  return static_cast<int32_t>(number);
}

// retention_def('visit') is a cast to SQL, whatever functions there are: so it is understood.
Datum from_text(std::string_view text) {
  pg::JsonObject::size_limit.check(text.size());
  if (const size_t first = text.find_first_not_of(" \t\n\r");
      first != std::string_view::npos && text[first] != '{') {
    RetentionDefinition d;
    d.start_at = text;
    return packed(d);
  }
  const pg::JsonObject json(text, "retention_def");
  json.allow_only({"start_at", "return_at", "period", "windows", "cohort_by", "mode", "up_to",
                   "brackets", "min_count", "since", "until", "amounts", "time_zone"});
  RetentionDefinition d;
  d.start_at = json.text("start_at").value_or(d.start_at);
  d.return_at = json.text("return_at");
  d.period = parse_period(json.text("period").value_or("day"));
  d.windows = parse_windows(json.text("windows").value_or("calendar"));
  d.cohort_by = parse_cohort_by(json.text("cohort_by").value_or("first"));
  d.mode = parse_retention_mode(json.text("mode").value_or("on"));
  std::optional<std::vector<int32_t>> brackets;
  if (const auto given = json.integers("brackets")) {
    brackets.emplace();
    for (const int64_t n : *given) brackets->push_back(fits(n, "brackets"));
  }
  d.set_up_to(json.integer("up_to"), std::move(brackets));
  d.min_count = fits(json.integer("min_count").value_or(1), "min_count");
  d.since = json.time("since");
  d.until = json.time("until");
  d.amounts = json.boolean("amounts").value_or(false);
  if (const auto zone = json.text("time_zone")) set_zone(d, *zone);
  return packed(d);
}

std::string to_json(const RetentionDefinition& d) {
  const RetentionDefinition usual;
  pg::JsonWriter json;
  if (d.start_at != usual.start_at) json.text("start_at", d.start_at);
  if (d.return_at) json.text("return_at", *d.return_at);
  if (d.period != usual.period) json.text("period", period_name(d.period));
  if (d.windows != usual.windows) json.text("windows", windows_name(d.windows));
  if (d.cohort_by != usual.cohort_by) json.text("cohort_by", cohort_by_name(d.cohort_by));
  if (d.mode != usual.mode) json.text("mode", mode_name(d.mode));
  if (!d.brackets.empty())
    json.integers("brackets", d.brackets);
  else if (d.up_to != usual.up_to)
    json.integer("up_to", d.up_to);
  if (d.min_count != usual.min_count) json.integer("min_count", d.min_count);
  if (d.since) json.time("since", *d.since);
  if (d.until) json.time("until", *d.until);
  if (d.amounts) json.boolean("amounts", true);
  if (!d.time_zone.empty()) json.text("time_zone", d.time_zone);
  return json.finish();
}

/// The elements of an integer[] argument.
struct Integers {
  const int32* value;
  int count;
  bool given;
};

Integers integers(FunctionCallInfo fcinfo, int n, const char* name) {
  if (PG_ARGISNULL(n)) return {nullptr, 0, false};
  ArrayType* const array = PG_GETARG_ARRAYTYPE_P(n);
  if (ARR_NDIM(array) > 1)
    ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
                    errmsg("%s must be a one-dimensional array", name)));
  if (array_contains_nulls(array))
    ereport(ERROR,
            (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not contain NULL", name)));
  return {reinterpret_cast<const int32*>(ARR_DATA_PTR(array)),
          ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)), true};
}

}  // namespace

}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_retention_def) {
  const auto text = [&](int n, std::string_view usual) {
    return PG_ARGISNULL(n) ? usual : pg::text_view(PG_GETARG_DATUM(n));
  };
  const std::string_view start_at = text(0, "*"), return_at = text(1, ""), period = text(2, "day"),
                         windows = text(3, "calendar"), cohort_by = text(4, "first"),
                         mode = text(5, "on"), zone = text(12, "");
  const bool returns = !PG_ARGISNULL(1), zoned = !PG_ARGISNULL(12);
  const std::optional<int64_t> up_to =
      PG_ARGISNULL(6) ? std::nullopt : std::optional<int64_t>(PG_GETARG_INT32(6));
  const Integers brackets = integers(fcinfo, 7, "brackets");
  const int32 min_count = PG_ARGISNULL(8) ? 1 : PG_GETARG_INT32(8);
  const std::optional<Micros> since = pg::optional_time(fcinfo, 9, "since");
  const std::optional<Micros> until = pg::optional_time(fcinfo, 10, "until");
  const bool amounts = !PG_ARGISNULL(11) && PG_GETARG_BOOL(11);
  return guarded([&] {
    RetentionDefinition d;
    d.start_at = start_at;
    if (returns) d.return_at = return_at;
    d.period = parse_period(period);
    d.windows = parse_windows(windows);
    d.cohort_by = parse_cohort_by(cohort_by);
    d.mode = parse_retention_mode(mode);
    std::optional<std::vector<int32_t>> bounds;
    if (brackets.given) bounds.emplace(brackets.value, brackets.value + brackets.count);
    d.set_up_to(up_to, std::move(bounds));
    d.min_count = min_count;
    d.since = since;
    d.until = until;
    d.amounts = amounts;
    if (zoned) set_zone(d, std::string(zone));
    return packed(d);
  });
}

CLIENTELE_FUNCTION(clientele_retention_def_in) {
  const std::string_view text = PG_GETARG_CSTRING(0);
  return guarded([&] { return from_text(text); });
}

CLIENTELE_FUNCTION(clientele_retention_def_from_text) {
  const std::string_view text = pg::text_view(PG_GETARG_DATUM(0));
  return guarded([&] { return from_text(text); });
}

CLIENTELE_FUNCTION(clientele_retention_def_out) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return guarded([&] { return pg::make_cstring(to_json(RetentionDefinition::read(bytes))); });
}

CLIENTELE_FUNCTION(clientele_retention_def_recv) {
  return pg::received(fcinfo, [](ByteView bytes) {
    const RetentionDefinition d = RetentionDefinition::read(bytes);
    if (!d.time_zone.empty()) pg::require_zone_name(d.time_zone);
    return packed(d);
  });
}
