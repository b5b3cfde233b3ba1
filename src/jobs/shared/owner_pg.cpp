// SPDX-License-Identifier: PostgreSQL
#include "jobs/shared/owner_pg.hpp"

#include "pg/catalog.hpp"
#include "pg/trust.hpp"

extern "C" {
#include "access/xlog.h"
#include "commands/dbcommands.h"
}

namespace clientele::jobs {
namespace {

constexpr char invalid_authorization[] = "28000";
constexpr char insufficient_privilege[] = "42501";

bool may_log_in(Oid role) {
  return pg::of_catalog_row<Form_pg_authid>(AUTHOID, role, false,
                                            [](auto row) { return row->rolcanlogin; });
}

bool may_connect(Oid role) {
#if PG_VERSION_NUM >= 160000
  return object_aclcheck(DatabaseRelationId, MyDatabaseId, role, ACL_CONNECT) == ACLCHECK_OK;
#else
  return pg_database_aclcheck(MyDatabaseId, role, ACL_CONNECT) == ACLCHECK_OK;
#endif
}

}  // namespace

Oid jobs_owner() {
  const Oid schema = get_namespace_oid("clientele_data", true);
  const Oid table = OidIsValid(schema) ? get_relname_relid("jobs", schema) : InvalidOid;
  if (!OidIsValid(table) || get_rel_relkind(table) != RELKIND_RELATION) return InvalidOid;
  return pg::table_owner(table);
}

OwnerCheck check_owner(const char* name, Oid id, int64_t cluster, Oid store_owner) {
  if (name == nullptr || !OidIsValid(id) || cluster == 0)
    return {InvalidOid, invalid_authorization, "its owner is not known"};
  const char* const shown = quote_identifier(name);
  const bool here = cluster == static_cast<int64_t>(GetSystemIdentifier());
  const Oid named = get_role_oid(name, true);
  const char* const now = here ? GetUserNameFromId(id, true) : nullptr;
  const Oid role = now != nullptr ? id : here ? InvalidOid : named;
  const auto refused = [&](const char* sqlstate, const char* message) {
    return OwnerCheck{role, sqlstate, message};
  };
  if (now != nullptr && named != id)
    return refused(invalid_authorization,
                   psprintf("its owner, role %s, is now called %s", shown, quote_identifier(now)));
  if (!OidIsValid(named))
    return refused(invalid_authorization, psprintf("its owner, role %s, does not exist", shown));
  if (named != role)
    return refused(
        invalid_authorization,
        psprintf("its owner, role %s, does not exist: the role of this name is another one",
                 shown));
  if (!may_log_in(role))
    return refused(invalid_authorization, psprintf("its owner, role %s, may not log in", shown));
  if (!may_connect(role))
    return refused(insufficient_privilege,
                   psprintf("its owner, role %s, may not connect to database %s", shown,
                            quote_identifier(get_database_name(MyDatabaseId))));
  if (!pg::may_become(store_owner, role))
    return refused(insufficient_privilege,
                   psprintf("role %s, which owns the store, may not act as its owner, role %s",
                            quote_identifier(GetUserNameFromId(store_owner, false)), shown));
  return {role, nullptr, nullptr};
}

}  // namespace clientele::jobs

using namespace clientele;

CLIENTELE_FUNCTION(clientele_job_owner_problem) {
  const jobs::OwnerCheck owner =
      jobs::check_owner(PG_ARGISNULL(0) ? nullptr : NameStr(*PG_GETARG_NAME(0)),
                        PG_ARGISNULL(1) ? InvalidOid : PG_GETARG_OID(1),
                        PG_ARGISNULL(2) ? 0 : PG_GETARG_INT64(2), jobs::jobs_owner());
  if (owner.sqlstate == nullptr) PG_RETURN_NULL();
  PG_RETURN_TEXT_P(cstring_to_text(owner.message));
}
