// SPDX-License-Identifier: PostgreSQL
// The argument VARIADIC boolean[] of the aggregates over raw rows.
#pragma once
#include "base/conditions.hpp"
#include "pg/postgres.hpp"

namespace clientele::pg {

/// The conditions in argument `n`. PostgreSQL regime; 22004 for a NULL array, with the name of the
/// aggregate. They are good as long as the argument is.
inline Conditions conditions_argument(FunctionCallInfo fcinfo, int n, const char* aggregate) {
  if (PG_ARGISNULL(n))
    ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
                    errmsg("%s needs its conditions: they must not be a NULL array", aggregate)));
  ArrayType* const array = PG_GETARG_ARRAYTYPE_P(n);
  return {reinterpret_cast<const uint8_t*>(ARR_DATA_PTR(array)),
          reinterpret_cast<const uint8_t*>(ARR_NULLBITMAP(array)),
          static_cast<size_t>(ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)))};
}

}  // namespace clientele::pg
