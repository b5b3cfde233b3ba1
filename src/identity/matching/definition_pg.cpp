// SPDX-License-Identifier: PostgreSQL
// The type match_def: its text form is a JSON object.
#include "identity/matching/definition_pg.hpp"

#include "pg/packed.hpp"

namespace clientele {
namespace {

using pg::ByteView;
using pg::guarded;

void set_block(MatchDefinition& d, const std::vector<std::string>& keys) {
  for (const std::string& key : keys) d.block.push_back(parse_block_key(key));
}

void set_compare(MatchDefinition& d, const std::vector<std::string>& columns) {
  for (const std::string& column : columns) d.compare.push_back(MatchColumn::parse(column));
}

Datum stored(const MatchDefinition& d) {
  d.check();
  return pg::packed(d);
}

Datum from_json(std::string_view text) {
  return guarded([&] {
    const pg::JsonObject json(text, "match_def");
    json.allow_only({"compare", "block", "random_pairs", "seed"});
    MatchDefinition d;
    set_compare(d, json.texts("compare").value_or(std::vector<std::string>()));
    read_match_options(json, d);
    return stored(d);
  });
}

}  // namespace

void read_match_options(const pg::JsonObject& json, MatchDefinition& d) {
  set_block(d, json.texts("block").value_or(std::vector<std::string>()));
  d.random_pairs = json.integer("random_pairs").value_or(d.random_pairs);
  d.seed = json.integer("seed").value_or(d.seed);
}

void write_match_options(pg::JsonWriter& json, const MatchDefinition& d) {
  std::vector<std::string> keys;
  for (const BlockKey& key : d.block) keys.push_back(block_key_text(key));
  json.texts("block", keys);
  json.integer("random_pairs", d.random_pairs);
  json.integer("seed", d.seed);
}

}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_match_def_in) { return from_json(PG_GETARG_CSTRING(0)); }
CLIENTELE_FUNCTION(clientele_match_def_from_text) {
  return from_json(pg::text_view(PG_GETARG_DATUM(0)));
}
CLIENTELE_FUNCTION(clientele_match_def_out) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return guarded([&] {
    const MatchDefinition d = MatchDefinition::read(bytes);
    std::vector<std::string> columns;
    for (const MatchColumn& column : d.compare) columns.push_back(column.text());
    pg::JsonWriter json;
    json.texts("compare", columns);
    write_match_options(json, d);
    return pg::make_cstring(json.finish());
  });
}
CLIENTELE_FUNCTION(clientele_match_def_recv) {
  return pg::received(fcinfo, [](ByteView bytes) { return stored(MatchDefinition::read(bytes)); });
}

CLIENTELE_FUNCTION(clientele_match_def) {
  const bool compared = !PG_ARGISNULL(0), blocked = !PG_ARGISNULL(1);
  return guarded([&] {
    // A NULL option has its default.
    MatchDefinition d;
    if (compared) set_compare(d, pg::text_elements(PG_GETARG_DATUM(0), "compare"));
    if (blocked) set_block(d, pg::text_elements(PG_GETARG_DATUM(1), "block"));
    if (!PG_ARGISNULL(2)) d.random_pairs = PG_GETARG_INT64(2);
    if (!PG_ARGISNULL(3)) d.seed = PG_GETARG_INT64(3);
    return stored(d);
  });
}

CLIENTELE_FUNCTION(clientele_match_columns) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return guarded([&] {
    const std::vector<std::string> names = MatchDefinition::read(bytes).columns();
    const std::vector<std::string_view> views(names.begin(), names.end());
    return pg::make_text_array(views);
  });
}
