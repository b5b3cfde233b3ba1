// SPDX-License-Identifier: PostgreSQL
#pragma once
#include "pg/boundary.hpp"

namespace clientele::pg {

/// Whether the database has a store with this table. C++ regime.
inline bool store_has(const char* table) {
  return call_pg([&] {
    const Oid schema = get_namespace_oid("clientele_data", true);
    return OidIsValid(schema) && OidIsValid(get_relname_relid(table, schema));
  });
}

}  // namespace clientele::pg
