// SPDX-License-Identifier: PostgreSQL
#include "jobs/scheduler/owner_pg.hpp"

#include "pg/trust.hpp"

extern "C" {
#include "access/xlog.h"
}

namespace clientele::jobs {
namespace {

constexpr char invalid_authorization[] = "28000";
constexpr char insufficient_privilege[] = "42501";

bool may_log_in(Oid role) {
  const HeapTuple tuple = SearchSysCache1(AUTHOID, ObjectIdGetDatum(role));
  if (!HeapTupleIsValid(tuple)) return false;
  const bool may = reinterpret_cast<Form_pg_authid>(GETSTRUCT(tuple))->rolcanlogin;
  ReleaseSysCache(tuple);
  return may;
}

bool may_connect(Oid role) {
#if PG_VERSION_NUM >= 160000
  return object_aclcheck(DatabaseRelationId, MyDatabaseId, role, ACL_CONNECT) == ACLCHECK_OK;
#else
  return pg_database_aclcheck(MyDatabaseId, role, ACL_CONNECT) == ACLCHECK_OK;
#endif
}

}  // namespace

OwnerCheck check_owner(const char* name, Oid id, int64_t cluster, Oid store_owner) {
  const Oid role = get_role_oid(name, true);
  const char* const shown = quote_identifier(name);
  if (!OidIsValid(role))
    return {role, invalid_authorization,
            psprintf("role %s, the owner of the job, does not exist", shown)};
  if (cluster == static_cast<int64_t>(GetSystemIdentifier()) && role != id)
    return {role, invalid_authorization,
            psprintf("role %s is not the role that added the job, but another one of that name",
                     shown)};
  if (!may_log_in(role))
    return {role, invalid_authorization,
            psprintf("role %s, the owner of the job, is not permitted to log in", shown)};
  if (!may_connect(role))
    return {
        role, insufficient_privilege,
        psprintf("role %s, the owner of the job, has no privilege CONNECT on the database", shown)};
  if (!pg::may_become(store_owner, role))
    return {
        role, insufficient_privilege,
        psprintf("role %s, the owner of the store, may not SET ROLE to %s, the owner of the job",
                 quote_identifier(GetUserNameFromId(store_owner, false)), shown)};
  return {role, nullptr, nullptr};
}

}  // namespace clientele::jobs
