// SPDX-License-Identifier: PostgreSQL
// Whose objects the current role may rely on. What belongs to a role can run that role's code with
// the rights of whoever reads it, by a view, a policy or a default, say.
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

/// 42501 unless the current role trusts the owner of the schema clientele_data and of this table
/// there, and all who may make objects in the schema. PostgreSQL regime.
void require_trusted(Oid schema, Oid table);

/// 42501 unless the current role trusts all who may put a trigger on this table of the store.
/// PostgreSQL regime.
void require_trusted_writers(Oid table);

}  // namespace clientele::pg
