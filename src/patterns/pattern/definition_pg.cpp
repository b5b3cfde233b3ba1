// SPDX-License-Identifier: PostgreSQL
// The type pattern: its text form is the pattern itself, or a JSON object if there are options.
#include "patterns/pattern/definition.hpp"
#include "pg/json.hpp"
#include "pg/memory.hpp"
#include "pg/packed.hpp"

namespace clientele {
namespace {

using pg::ByteView;
using pg::guarded;

/// No pattern begins with a brace.
bool is_json(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\n\v\f\r");
  return begin != std::string_view::npos && text[begin] == '{';
}

PatternDefinition from_text(std::string_view text) {
  PatternDefinition d;
  if (!is_json(text)) {
    d.text = text;
    return d;
  }
  const pg::JsonObject json(text, "pattern");
  json.allow_only({"pattern", "within", "session_gap"});
  d.text = json.text("pattern").value_or("");
  d.within = json.length("within");
  d.session_gap = json.length("session_gap");
  return d;
}

Datum stored(const PatternDefinition& definition) {
  definition.check();
  return pg::packed(definition);
}

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_pattern_in) {
  const std::string_view text = PG_GETARG_CSTRING(0);
  return guarded([&] { return stored(from_text(text)); });
}

CLIENTELE_FUNCTION(clientele_pattern_from_text) {
  const std::string_view text = pg::text_view(PG_GETARG_DATUM(0));
  return guarded([&] { return stored(from_text(text)); });
}

CLIENTELE_FUNCTION(clientele_pattern_out) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return guarded([&] {
    const PatternDefinition d = PatternDefinition::read(bytes);
    if (!d.within && !d.session_gap) return pg::make_cstring(d.text);
    pg::JsonWriter json;
    json.text("pattern", d.text);
    if (d.within) json.length("within", *d.within);
    if (d.session_gap) json.length("session_gap", *d.session_gap);
    return pg::make_cstring(json.finish());
  });
}

CLIENTELE_FUNCTION(clientele_pattern_recv) {
  return pg::received(fcinfo,
                      [](ByteView bytes) { return stored(PatternDefinition::read(bytes)); });
}

CLIENTELE_FUNCTION(clientele_pattern) {
  if (PG_ARGISNULL(0))
    ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("pattern must not be NULL")));
  const std::string_view text = pg::text_view(PG_GETARG_DATUM(0));
  const Interval* within = PG_ARGISNULL(1) ? nullptr : PG_GETARG_INTERVAL_P(1);
  const Interval* session_gap = PG_ARGISNULL(2) ? nullptr : PG_GETARG_INTERVAL_P(2);
  return guarded([&] {
    PatternDefinition d = from_text(text);
    if (within != nullptr) d.within = pg::fixed_length(*within, "within");
    if (session_gap != nullptr) d.session_gap = pg::fixed_length(*session_gap, "session_gap");
    return stored(d);
  });
}
