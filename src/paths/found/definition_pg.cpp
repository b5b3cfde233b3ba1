// SPDX-License-Identifier: PostgreSQL
// The type path_def: its text form is a JSON object, its stored form that of PathDefinition.
#include "paths/found/definition.hpp"
#include "pg/json.hpp"
#include "pg/memory.hpp"
#include "pg/packed.hpp"

namespace clientele {
namespace {

using pg::ByteView;
using pg::guarded;

Datum stored(const PathDefinition& definition) {
  definition.check();
  return pg::packed(definition);
}

Datum from_json(std::string_view text) {
  return guarded([&] {
    const pg::JsonObject json(text, "path_def");
    json.allow_only({"session_gap", "start_at", "end_at", "collapse", "reverse", "max_length",
                     "by_step", "min_weight", "times", "keep", "groups", "ends", "top", "rest"});
    PathDefinition d;
    d.session_gap = json.length("session_gap");
    d.start_at = json.text("start_at");
    d.end_at = json.text("end_at");
    d.collapse = json.boolean("collapse").value_or(d.collapse);
    d.reverse = json.boolean("reverse").value_or(d.reverse);
    d.max_length = json.integer("max_length");
    d.by_step = json.boolean("by_step").value_or(d.by_step);
    d.min_weight = json.integer("min_weight").value_or(d.min_weight);
    d.times = json.boolean("times").value_or(d.times);
    d.keep = json.text("keep");
    d.groups = json.texts("groups").value_or(d.groups);
    d.ends = json.boolean("ends").value_or(d.ends);
    d.top = json.integer("top");
    d.rest = json.text("rest").value_or(d.rest);
    return stored(d);
  });
}

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_path_def_in) { return from_json(PG_GETARG_CSTRING(0)); }

CLIENTELE_FUNCTION(clientele_path_def_from_text) {
  return from_json(pg::text_view(PG_GETARG_DATUM(0)));
}

CLIENTELE_FUNCTION(clientele_path_def_out) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return guarded([&] {
    const PathDefinition d = PathDefinition::read(bytes);
    const PathDefinition usual;
    pg::JsonWriter json;
    if (d.session_gap) json.length("session_gap", *d.session_gap);
    if (d.start_at) json.text("start_at", *d.start_at);
    if (d.end_at) json.text("end_at", *d.end_at);
    if (d.collapse != usual.collapse) json.boolean("collapse", d.collapse);
    if (d.reverse != usual.reverse) json.boolean("reverse", d.reverse);
    if (d.max_length) json.integer("max_length", *d.max_length);
    if (d.by_step != usual.by_step) json.boolean("by_step", d.by_step);
    if (d.min_weight != usual.min_weight) json.integer("min_weight", d.min_weight);
    if (d.times != usual.times) json.boolean("times", d.times);
    if (d.keep) json.text("keep", *d.keep);
    if (!d.groups.empty()) json.texts("groups", d.groups);
    if (d.ends != usual.ends) json.boolean("ends", d.ends);
    if (d.top) json.integer("top", *d.top);
    if (d.rest != usual.rest) json.text("rest", d.rest);
    return pg::make_cstring(json.finish());
  });
}

CLIENTELE_FUNCTION(clientele_path_def_recv) {
  return pg::received(fcinfo, [](ByteView bytes) { return stored(PathDefinition::read(bytes)); });
}

CLIENTELE_FUNCTION(clientele_path_def) {
  const Interval* gap = PG_ARGISNULL(0) ? nullptr : PG_GETARG_INTERVAL_P(0);
  // The SQL of the first release has no options after `times`.
  const auto given = [&](int n) { return n < PG_NARGS() && !PG_ARGISNULL(n); };
  std::string_view start_at, end_at, keep, rest;
  const auto text = [&](int n, std::string_view& to) {
    if (given(n)) to = pg::text_view(PG_GETARG_DATUM(n));
  };
  text(1, start_at), text(2, end_at), text(9, keep), text(13, rest);
  return guarded([&] {
    PathDefinition d;
    if (gap != nullptr) d.session_gap = pg::fixed_length(*gap, "session_gap");
    if (given(1)) d.start_at = start_at;
    if (given(2)) d.end_at = end_at;
    // NULL is the same as leaving an option out.
    if (!PG_ARGISNULL(3)) d.collapse = PG_GETARG_BOOL(3);
    if (!PG_ARGISNULL(4)) d.reverse = PG_GETARG_BOOL(4);
    if (!PG_ARGISNULL(5)) d.max_length = PG_GETARG_INT32(5);
    if (!PG_ARGISNULL(6)) d.by_step = PG_GETARG_BOOL(6);
    if (!PG_ARGISNULL(7)) d.min_weight = PG_GETARG_INT64(7);
    if (!PG_ARGISNULL(8)) d.times = PG_GETARG_BOOL(8);
    if (given(9)) d.keep = keep;
    if (given(10)) d.groups = pg::text_elements(PG_GETARG_DATUM(10), "groups");
    if (given(11)) d.ends = PG_GETARG_BOOL(11);
    if (given(12)) d.top = PG_GETARG_INT32(12);
    if (given(13)) d.rest = rest;
    return stored(d);
  });
}
