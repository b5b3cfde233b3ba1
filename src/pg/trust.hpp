// SPDX-License-Identifier: PostgreSQL
// Which roles' objects the current role may use. An object of a role can run that role's code with
// the rights of the role that reads it, by a view, a policy or a default, say.
#pragma once
#include "pg/postgres.hpp"

namespace clientele::pg {

/// Registers clientele.trusted_owners.
void define_trust_settings();

/// Whether the current role trusts `owner`: a superuser, the role itself, a role that may become it
/// by SET ROLE and so has its rights already, a role of clientele.trusted_owners, and, if the
/// current role is not a superuser, the database's owner and roles that it is a member of.
/// PostgreSQL regime.
bool trusts(Oid owner);

/// Whether `role` can do all that `other` can, as a member that may SET ROLE to it or a superuser.
/// PostgreSQL regime.
bool may_become(Oid role, Oid other);

/// InvalidOid if there is no such schema or table. PostgreSQL regime.
Oid schema_owner(Oid schema);
Oid table_owner(Oid table);

/// 42501 unless the current role trusts `owner`, of an object that errors call `kind` and `name`.
/// PostgreSQL regime.
void require_trusted_owner(const char* kind, const char* name, Oid owner);

/// 42501 unless the current role trusts all roles that may make objects in a schema, or a trigger
/// on a table. PostgreSQL regime.
void require_trusted_creators(Oid schema, const char* name);
void require_trusted_trigger_makers(Oid table, const char* name);

}  // namespace clientele::pg
