// SPDX-License-Identifier: PostgreSQL
// The type points_def: its text form is a JSON object, its stored form that of PointsDefinition.
#include "base/decimal.hpp"
#include "pg/json.hpp"
#include "pg/memory.hpp"
#include "pg/packed.hpp"
#include "points/ledger/definition.hpp"

namespace clientele {
namespace {

using pg::ByteView;
using pg::guarded;

Datum stored(const PointsDefinition& definition) {
  definition.check();
  return pg::packed(definition);
}

int64_t decimal(const std::string& text, const char* key) {
  std::string_view rest = text;
  int64_t millionths = 0;
  if (parse_amount(rest, millionths) != nullptr || !rest.empty())
    throw Error(sqlstate::invalid_parameter,
                "\"" + std::string(key) +
                    "\" in a points_def must be a text with a decimal of at most 6 decimals",
                "Such as \"0.1\".");
  return millionths;
}

std::string decimal_text(int64_t millionths) {
  std::string text;
  append_amount(text, millionths);
  return text;
}

bool owes(std::string_view shortfall) {
  if (shortfall != "owe" && shortfall != "forgive")
    throw Error(sqlstate::invalid_parameter, "shortfall must be owe or forgive, not \"" +
                                                 std::string(shortfall.substr(0, 100)) + "\"");
  return shortfall == "owe";
}

Datum from_json(std::string_view text) {
  return guarded([&] {
    const pg::JsonObject json(text, "points_def");
    json.allow_only({"rate", "purchases", "returns", "pending", "validity", "shortfall", "tiers",
                     "look_back", "keeps"});
    PointsDefinition d;
    if (const auto rate = json.text("rate")) d.rate = decimal(*rate, "rate");
    d.purchases = json.text("purchases").value_or(d.purchases);
    d.returns = json.text("returns");
    d.pending = json.length("pending").value_or(d.pending);
    d.validity = json.length("validity");
    if (const auto shortfall = json.text("shortfall")) d.owe = owes(*shortfall);
    d.look_back = json.length("look_back").value_or(d.look_back);
    d.keeps = json.length("keeps").value_or(d.keeps);
    if (const auto tiers = json.objects("tiers")) {
      d.tiers.clear();
      for (const pg::JsonObject& tier : *tiers) {
        tier.allow_only({"tier", "points", "multiplier"});
        PointsTier t;
        t.name = tier.text("tier").value_or("");
        t.least = tier.integer("points").value_or(0);
        if (const auto m = tier.text("multiplier")) t.multiplier = decimal(*m, "multiplier");
        d.tiers.push_back(std::move(t));
      }
    }
    return stored(d);
  });
}

/// The elements of a one-dimensional array, none of them NULL. C++ regime.
struct Elements {
  Datum* value = nullptr;
  int count = 0;

  Elements(Datum array, const char* name, Oid type, int length, bool by_value, char align) {
    bool* null = nullptr;
    pg::call_pg([&] {
      ArrayType* a = DatumGetArrayTypeP(array);
      if (ARR_NDIM(a) > 1)
        ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
                        errmsg("%s must be a one-dimensional array", name)));
      deconstruct_array(a, type, length, by_value, align, &value, &null, &count);
    });
    for (int i = 0; i < count; ++i)
      if (null[i])
        throw Error(
            sqlstate::null_not_allowed,
            std::string(name) + " must not contain NULL (element " + std::to_string(i + 1) + ")");
  }
};

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_points_def_in) { return from_json(PG_GETARG_CSTRING(0)); }

CLIENTELE_FUNCTION(clientele_points_def_from_text) {
  return from_json(pg::text_view(PG_GETARG_DATUM(0)));
}

CLIENTELE_FUNCTION(clientele_points_def_out) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return guarded([&] {
    const PointsDefinition d = PointsDefinition::read(bytes);
    const PointsDefinition usual;
    pg::JsonWriter json;
    if (d.rate != usual.rate) json.text("rate", decimal_text(d.rate));
    if (d.purchases != usual.purchases) json.text("purchases", d.purchases);
    if (d.returns) json.text("returns", *d.returns);
    if (d.pending != usual.pending) json.length("pending", d.pending);
    if (d.validity) json.length("validity", *d.validity);
    if (!d.owe) json.text("shortfall", "forgive");
    std::vector<std::string> tiers;
    for (const PointsTier& t : d.tiers) {
      pg::JsonWriter tier;
      tier.text("tier", t.name);
      tier.integer("points", t.least);
      tier.text("multiplier", decimal_text(t.multiplier));
      tiers.push_back(tier.finish());
    }
    json.objects("tiers", tiers);
    if (d.look_back != usual.look_back) json.length("look_back", d.look_back);
    if (d.keeps != usual.keeps) json.length("keeps", d.keeps);
    return pg::make_cstring(json.finish());
  });
}

CLIENTELE_FUNCTION(clientele_points_def_recv) {
  return pg::received(fcinfo, [](ByteView bytes) { return stored(PointsDefinition::read(bytes)); });
}

// Arguments: rate, purchases, returns, pending, validity, shortfall, tiers, tier_points,
// multipliers, look_back, keeps.
CLIENTELE_FUNCTION(clientele_points_def) {
  const auto given = [&](int n) { return !PG_ARGISNULL(n); };
  std::string_view purchases, returns, shortfall;
  if (given(1)) purchases = pg::text_view(PG_GETARG_DATUM(1));
  if (given(2)) returns = pg::text_view(PG_GETARG_DATUM(2));
  if (given(5)) shortfall = pg::text_view(PG_GETARG_DATUM(5));
  return guarded([&] {
    PointsDefinition d;
    const auto length = [&](int n, const char* name, uint64_t& to) {
      if (given(n)) to = pg::fixed_length(*PG_GETARG_INTERVAL_P(n), name);
    };
    if (given(0))
      d.rate = pg::amount_of(PG_GETARG_DATUM(0), "It is in points for each unit of money.");
    if (given(1)) d.purchases = purchases;
    if (given(2)) d.returns = returns;
    length(3, "pending", d.pending);
    if (given(4)) d.validity = pg::fixed_length(*PG_GETARG_INTERVAL_P(4), "validity");
    if (given(5)) d.owe = owes(shortfall);
    if (given(6) || given(7) || given(8)) {
      d.tiers.clear();
      const std::vector<std::string> names =
          given(6) ? pg::text_elements(PG_GETARG_DATUM(6), "tiers") : std::vector<std::string>();
      std::optional<Elements> least, multipliers;
      if (given(7))
        least.emplace(PG_GETARG_DATUM(7), "tier_points", INT8OID, 8, FLOAT8PASSBYVAL,
                      TYPALIGN_DOUBLE);
      if (given(8))
        multipliers.emplace(PG_GETARG_DATUM(8), "multipliers", NUMERICOID, -1, false, TYPALIGN_INT);
      const auto count = static_cast<int>(names.size());
      if (!least || least->count != count || (multipliers && multipliers->count != count))
        throw Error(sqlstate::invalid_parameter,
                    "tiers, tier_points and multipliers must have the same number of elements");
      for (int i = 0; i < count; ++i) {
        PointsTier t;
        t.name = names[static_cast<size_t>(i)];
        t.least = DatumGetInt64(least->value[i]);
        if (multipliers)
          t.multiplier = pg::amount_of(multipliers->value[i], "It is a multiplier of the rate.");
        d.tiers.push_back(std::move(t));
      }
    }
    length(9, "look_back", d.look_back);
    length(10, "keeps", d.keeps);
    return stored(d);
  });
}
