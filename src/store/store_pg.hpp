// SPDX-License-Identifier: PostgreSQL
#pragma once
#include "base/error.hpp"
#include "pg/boundary.hpp"
#include "pg/trust.hpp"

namespace clientele::pg {

/// 42501 unless the current role trusts the owner of the schema clientele_data and of this table
/// there, and all roles that may make objects in the schema. PostgreSQL regime.
void require_trusted(Oid schema, Oid table);

/// The table of the store that has this name, InvalidOid if the database has none. C++ regime;
/// 42501 if the current role does not trust its owner.
inline Oid store_table(const char* table) {
  return call_pg([&] {
    const Oid schema = get_namespace_oid("clientele_data", true);
    const Oid relation = OidIsValid(schema) ? get_relname_relid(table, schema) : InvalidOid;
    if (OidIsValid(relation)) require_trusted(schema, relation);
    return relation;
  });
}

/// Whether the current role may read this table of the store. PostgreSQL regime.
bool may_read(Oid table);

/// Whether the database has a store with this table; C++ regime, errors as store_table().
inline bool store_has(const char* table) { return OidIsValid(store_table(table)); }

inline constexpr char upgrade_hint[] =
    "CALL clientele.upgrade_store(), as the owner of the store, brings it up to date.";

/// For a question that needs a table which the database does not have: 42P01 with `message` and
/// `hint` if it has no store, otherwise the store lacks the table. C++ regime.
[[noreturn]] inline void throw_missing(const char* table, const char* message, const char* hint) {
  if (!store_has("stored_journeys")) throw Error(sqlstate::undefined_table, message, hint);
  throw Error(sqlstate::undefined_table,
              std::string("the store has no table clientele_data.") + table, upgrade_hint);
}

}  // namespace clientele::pg
