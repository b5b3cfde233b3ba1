// SPDX-License-Identifier: PostgreSQL
#pragma once
#include "pg/postgres.hpp"

extern "C" {
#include "utils/syscache.h"
}

namespace clientele::pg {

/// What `read(row)` returns of the row of a catalog that has this OID, `otherwise` if there is
/// none. `cache` looks up by OID, and Form is the type of its rows. PostgreSQL regime.
template <class Form, class Value, class Read>
Value of_catalog_row(int cache, Oid id, Value otherwise, Read read) {
  const HeapTuple tuple = SearchSysCache1(cache, ObjectIdGetDatum(id));
  if (!HeapTupleIsValid(tuple)) return otherwise;
  const Value value = read(reinterpret_cast<Form>(GETSTRUCT(tuple)));
  ReleaseSysCache(tuple);
  return value;
}

}  // namespace clientele::pg
