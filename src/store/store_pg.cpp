// SPDX-License-Identifier: PostgreSQL
// The rights and the trust that the store needs, and the locks that its functions take. Only
// PostgreSQL's regime.
#include <string_view>

#include "pg/values.hpp"
#include "store/store_pg.hpp"

extern "C" {
#include "access/relation.h"
#include "catalog/dependency.h"
#include "catalog/pg_inherits.h"
#include "commands/sequence.h"
#include "storage/lmgr.h"
}

namespace clientele {
namespace {

struct Privilege {
  AclMode mode;
  const char* does;
};

Privilege privilege_named(std::string_view name) {
  if (name == "SELECT") return {ACL_SELECT, "read"};
  if (name == "INSERT") return {ACL_SELECT | ACL_INSERT, "read it and add to"};
  if (name == "UPDATE") return {ACL_SELECT | ACL_UPDATE, "read and change"};
  if (name == "DELETE") return {ACL_SELECT | ACL_DELETE, "read it and delete from"};
  ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                  errmsg("privilege must be SELECT, INSERT, UPDATE or DELETE, not \"%s\"",
                         pnstrdup(name.data(), name.size()))));
}

bool may(Oid table, AclMode mode) {
  return pg_class_aclmask(table, GetUserId(), mode, ACLMASK_ALL) == mode;
}

bool may_use(Oid schema) {
#if PG_VERSION_NUM >= 160000
  return object_aclcheck(NamespaceRelationId, schema, GetUserId(), ACL_USAGE) == ACLCHECK_OK;
#else
  return pg_namespace_aclcheck(schema, GetUserId(), ACL_USAGE) == ACLCHECK_OK;
#endif
}

[[noreturn]] void report_missing(Oid schema, const char* name) {
  if (OidIsValid(schema) && OidIsValid(get_relname_relid("stored_journeys", schema)))
    ereport(
        ERROR,
        (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("the store has no table clientele_data.%s", name),
         errdetail("An older version of clientele created the store, or the table was dropped."),
         errhint(pg::upgrade_hint)));
  ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("this database has no clientele store"),
                  errdetail("Table clientele_data.%s does not exist.", name),
                  errhint("CALL clientele.create_store() makes one.")));
}

/// A table of the store whose owner and writers the current role trusts.
Oid trusted_table(Oid schema, const char* name) {
  const Oid table = OidIsValid(schema) ? get_relname_relid(name, schema) : InvalidOid;
  if (!OidIsValid(table)) report_missing(schema, name);
  pg::require_trusted(schema, table);
  return table;
}

Oid owner_of(Oid relation) {
  const Oid owner = pg::table_owner(relation);
  if (!OidIsValid(owner))
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
                    errmsg("relation with OID %u does not exist", relation)));
  return owner;
}

/// The sequence behind an identity column.
Oid identity_sequence(Oid table, const char* name) {
  const AttrNumber column = get_attnum(table, name);
  if (column == InvalidAttrNumber)
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("an older version of clientele created this store"),
                    errhint(pg::upgrade_hint)));
#if PG_VERSION_NUM >= 170000
  const Relation opened = relation_open(table, AccessShareLock);
  const Oid sequence = getIdentitySequence(opened, column, false);
  relation_close(opened, NoLock);
  return sequence;
#else
  return getIdentitySequence(table, column, false);
#endif
}

/// What errors call a table of the store.
const char* table_name(Oid table) {
  const char* const name = get_rel_name(table);
  return name == nullptr ? "" : psprintf("clientele_data.%s", quote_identifier(name));
}

/// A column that the store has since its tables were changed. It stands for all tables whose names
/// begin with `tables`.
struct Change {
  std::string_view tables;
  const char* table;
  const char* column;
};
constexpr Change changes_in_0_2[] = {{"load_runs", "load_runs", "times_read_as"},
                                     {"load_runs", "load_runs", "dropped"},
                                     {"rejects", "rejects", "resolved_by"},
                                     {"customers", "customers", "owner_id"},
                                     {"identities", "identities", "identity_id"},
                                     {"journey_changes", "stored_journeys", "home_id"},
                                     {"tag", "tags", "max_age"}};

/// Refuses tables that an older version created, and that mean something else to the SQL of this
/// one.
void require_present(Oid schema, const char* name) {
  for (const Change& change : changes_in_0_2) {
    if (!std::string_view(name).starts_with(change.tables)) continue;
    const Oid changed = get_relname_relid(change.table, schema);
    if (OidIsValid(changed) && get_attnum(changed, change.column) == InvalidAttrNumber)
      ereport(ERROR,
              (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
               errmsg("an older version of clientele created this store"),
               errdetail("Table clientele_data.%s has no column %s.", change.table, change.column),
               errhint(pg::upgrade_hint)));
  }
}

void require_store(FunctionCallInfo fcinfo, bool present) {
  const char* const name =
      PG_ARGISNULL(0) ? "stored_journeys" : text_to_cstring(PG_GETARG_TEXT_PP(0));
  const Privilege privilege =
      privilege_named(PG_ARGISNULL(1) ? "SELECT" : pg::text_view(PG_GETARG_DATUM(1)));
  const Oid schema = get_namespace_oid("clientele_data", true);
  const Oid table = trusted_table(schema, name);
  if (present) require_present(schema, name);
  if (!may_use(schema) || !may(table, privilege.mode))
    ereport(
        ERROR,
        (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
         errmsg("permission denied for table clientele_data.%s", name),
         errdetail("Role %s may not %s it.",
                   quote_identifier(GetUserNameFromId(GetUserId(), false)), privilege.does),
         std::string_view(name).starts_with("model")
             ? errhint("Its owner can GRANT it; a model itself can be given in place of its name.")
         : std::string_view(name).starts_with("job")
             ? errhint(
                   "CALL clientele.grant_jobs() by the owner of the store lets a role have jobs.")
         : std::string_view(name) == "settings"
             ? errhint("The owner of the store may.")
             : errhint("Over rows of any table, window_funnel(), sessionize() and journey_path() "
                       "answer without a dictionary.")));
  if (privilege.mode != ACL_SELECT) pg::require_trusted_trigger_makers(table, table_name(table));
}

}  // namespace

namespace pg {

void require_trusted(Oid schema, Oid table) {
  require_trusted_owner("schema", "clientele_data", schema_owner(schema));
  require_trusted_owner("table", table_name(table), table_owner(table));
  require_trusted_creators(schema, "clientele_data");
  const Oid views = get_namespace_oid("clientele_bi", true);
  if (OidIsValid(views)) require_trusted_owner("schema", "clientele_bi", schema_owner(views));
}

bool may_read(Oid table) { return may_use(get_rel_namespace(table)) && may(table, ACL_SELECT); }

}  // namespace pg

}  // namespace clientele

using namespace clientele;

/// What upgrade_store() calls, and the SQL of 0.1.0 until ALTER EXTENSION UPDATE is run.
CLIENTELE_FUNCTION(clientele_require_store) {
  require_store(fcinfo, false);
  PG_RETURN_VOID();
}

CLIENTELE_FUNCTION(clientele_require_store_0_2) {
  require_store(fcinfo, true);
  PG_RETURN_VOID();
}

CLIENTELE_FUNCTION(clientele_lock_dictionaries) {
  const Oid schema = get_namespace_oid("clientele_data", true);
  const Oid types = trusted_table(schema, "event_types");
  bool writer = may(types, ACL_INSERT);
  for (const char* other : {"items", "identities"})
    writer = writer || may(trusted_table(schema, other), ACL_INSERT);
  if (!writer)
    ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                    errmsg("permission denied to lock the dictionaries of the store"),
                    errdetail("Role %s may add to none of them.",
                              quote_identifier(GetUserNameFromId(GetUserId(), false)))));
  // No statement takes this lock: a table as such is locked in another way, and its sub-object 1
  // is never locked.
  LockDatabaseObject(RelationRelationId, types, 1, ExclusiveLock);
  PG_RETURN_VOID();
}

CLIENTELE_FUNCTION(clientele_lock_partition) {
  const bool alone = PG_GETARG_BOOL(0);
  const Oid schema = get_namespace_oid("clientele_data", true);
  const Oid journeys = trusted_table(schema, "stored_journeys");
  const Oid identities = trusted_table(schema, "identities");
  bool writer = false;
  for (const AclMode mode : {ACL_INSERT, ACL_UPDATE, ACL_DELETE})
    writer = writer || may(alone ? identities : journeys, mode);
  if (!writer)
    ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                    errmsg("permission denied to lock the customers of the store"),
                    errdetail("Role %s may not write to table %s.",
                              quote_identifier(GetUserNameFromId(GetUserId(), false)),
                              table_name(alone ? identities : journeys))));
  LockDatabaseObject(RelationRelationId, identities, 1, alone ? ExclusiveLock : ShareLock);
  PG_RETURN_VOID();
}

CLIENTELE_FUNCTION(clientele_new_identity_id) {
  struct Checked {
    Oid role;
    Oid sequence;
  };
  auto* checked = static_cast<Checked*>(fcinfo->flinfo->fn_extra);
  // Other roles may call by the same FmgrInfo, and the table may have been made again.
  if (checked == nullptr || checked->role != GetUserId() ||
      get_rel_relkind(checked->sequence) != RELKIND_SEQUENCE) {
    const Oid schema = get_namespace_oid("clientele_data", true);
    const Oid table = trusted_table(schema, "identities");
    if (!may(table, ACL_INSERT)) aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, table_name(table));
    if (checked == nullptr)
      checked = static_cast<Checked*>(MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, sizeof(Checked)));
    *checked = {GetUserId(), identity_sequence(table, "identity_id")};
    fcinfo->flinfo->fn_extra = checked;
  }
  PG_RETURN_INT64(nextval_internal(checked->sequence, false));
}

CLIENTELE_FUNCTION(clientele_lock_source) {
  const Oid source = PG_GETARG_OID(0);
  owner_of(source);
  if (!may(source, ACL_SELECT) &&
      pg_attribute_aclcheck_all(source, GetUserId(), ACL_SELECT, ACLMASK_ANY) != ACLCHECK_OK)
    aclcheck_error(ACLCHECK_NO_PRIV, get_relkind_objtype(get_rel_relkind(source)),
                   get_rel_name(source));
  LockRelationOid(source, AccessShareLock);
  const bool trusted = pg::trusts(owner_of(source));
  const char kind = get_rel_relkind(source);
  if (!trusted && (kind == RELKIND_RELATION || kind == RELKIND_PARTITIONED_TABLE)) {
    // Keeps indexes, statistics and children as they are until they have been read.
    LockRelationOid(source, ShareUpdateExclusiveLock);
    find_all_inheritors(source, ShareUpdateExclusiveLock, nullptr);
    owner_of(source);
  }
  PG_RETURN_BOOL(trusted);
}
