// SPDX-License-Identifier: PostgreSQL
#include <cmath>
#include <string>

#include "base/error.hpp"
#include "pg/values.hpp"
#include "questions/change/change.hpp"

extern "C" {
#include "funcapi.h"
}

namespace clientele {
namespace {

using pg::guarded;

/// The numbers of an array; PostgreSQL regime.
struct Numbers {
  Datum* values;
  bool* nulls;
  int count;
};

Numbers numbers_of(Datum datum) {
  Numbers n;
  deconstruct_array(DatumGetArrayTypeP(datum), FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL,
                    TYPALIGN_DOUBLE, &n.values, &n.nulls, &n.count);
  return n;
}

ChangeSums sums_of(const Numbers& from, const char* name) {
  ChangeSums sums;
  bool good = from.count == static_cast<int>(sums.sums.size());
  for (int i = 0; good && i < from.count; ++i) {
    sums.sums[i] = from.nulls[i] ? NAN : DatumGetFloat8(from.values[i]);
    good = std::isfinite(sums.sums[i]);
  }
  if (!good)
    throw Error(sqlstate::invalid_parameter, std::string(name) + " must be " +
                                                 std::to_string(sums.sums.size()) +
                                                 " numbers that are not NULL, NaN or infinite");
  return sums;
}

ChangeKind kind_of(std::string_view word) {
  if (word == "rate") return ChangeKind::rate;
  if (word == "total") return ChangeKind::total;
  throw Error(sqlstate::invalid_parameter,
              "kind must be rate or total, not \"" + std::string(word) + "\"");
}

/// The effects, as the row that the function returns; PostgreSQL regime.
Datum row_of(FunctionCallInfo fcinfo, const std::optional<ChangeEffects>& effects) {
  TupleDesc form;
  if (get_call_result_type(fcinfo, nullptr, &form) != TYPEFUNC_COMPOSITE)
    ereport(ERROR, errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
            errmsg("the function must be called as one that returns a row"));
  Datum values[5] = {};
  bool nulls[5] = {true, true, true, true, true};
  const auto put = [&](int place, double value) {
    values[place] = Float8GetDatum(value);
    nulls[place] = false;
  };
  if (effects) {
    put(0, effects->mix), put(1, effects->rate), put(2, effects->contribution);
    if (effects->z) put(3, *effects->z), put(4, two_sided_p(*effects->z));
  }
  return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(form), values, nulls));
}

}  // namespace

CLIENTELE_FUNCTION(clientele_change_effects) {
  const std::string_view kind = pg::text_view(PG_GETARG_DATUM(0));
  Numbers given[4];
  for (int i = 0; i < 4; ++i) given[i] = numbers_of(PG_GETARG_DATUM(i + 1));
  std::optional<ChangeEffects> effects;
  guarded([&] {
    const ChangeKind which = kind_of(kind);
    const ChangeSums everyone = sums_of(given[0], "everyone"), before = sums_of(given[1], "before");
    const ChangeSums after = sums_of(given[2], "after"), both = sums_of(given[3], "both");
    effects = change_effects(which, everyone, before, after, both);
    return Datum{};
  });
  return row_of(fcinfo, effects);
}

CLIENTELE_FUNCTION(clientele_change_of_all) {
  const std::string_view kind = pg::text_view(PG_GETARG_DATUM(0));
  const Numbers given = numbers_of(PG_GETARG_DATUM(1));
  std::optional<ChangeEffects> effects;
  guarded([&] {
    effects = change_of_all(kind_of(kind), sums_of(given, "everyone"));
    return Datum{};
  });
  return row_of(fcinfo, effects);
}

}  // namespace clientele
