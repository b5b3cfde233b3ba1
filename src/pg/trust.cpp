// SPDX-License-Identifier: PostgreSQL
#include "pg/trust.hpp"

#include <cstdlib>
#include <cstring>

#include "pg/catalog.hpp"

namespace clientele::pg {
namespace {

// Where the list of trusted roles comes from. What a role sets counts for that role only, so that
// a caller's setting has no effect in the SECURITY DEFINER functions that it calls.
enum class Word { none, administrator, database, login, role };

struct Setting {
  Word word;
  Oid said_by;  // of Word::role
  char names[FLEXIBLE_ARRAY_MEMBER];
};

char* trusted_owners = nullptr;
const Setting* setting = nullptr;

// What a check hook hands to its assign hook, freed by PostgreSQL.
void* hook_memory(Size bytes) {
#if PG_VERSION_NUM >= 160000
  return guc_malloc(LOG, bytes);
#else
  return std::malloc(bytes);
#endif
}

Word word_of(GucSource source) {
  if (source <= PGC_S_DYNAMIC_DEFAULT) return Word::none;
  if (source <= PGC_S_GLOBAL) return Word::administrator;
  if (source == PGC_S_DATABASE) return Word::database;
  if (source <= PGC_S_CLIENT) return Word::login;
  return Word::role;
}

bool check_trusted_owners(char** value, void** extra, GucSource source) {
  char* const copy = pstrdup(*value);
  List* names = NIL;
  const bool valid = SplitIdentifierString(copy, ',', &names);
  list_free(names);
  pfree(copy);
  if (!valid) {
    GUC_check_errdetail("It must be a list of names of roles, with commas between them.");
    return false;
  }
  const Size length = std::strlen(*value);
  auto* const kept = static_cast<Setting*>(hook_memory(offsetof(Setting, names) + length + 1));
  if (kept == nullptr) return false;
  kept->word = word_of(source);
  kept->said_by = kept->word == Word::role ? GetUserId() : InvalidOid;
  std::memcpy(kept->names, *value, length + 1);
  *extra = kept;
  return true;
}

void assign_trusted_owners(const char*, void* extra) {
  setting = static_cast<const Setting*>(extra);
}

bool listed(Oid owner, Oid user) {
  if (setting == nullptr || setting->names[0] == '\0') return false;
  switch (setting->word) {
    case Word::none:
      return false;
    case Word::administrator:
      break;
    case Word::database:  // its owner is below a superuser
      if (superuser_arg(user)) return false;
      break;
    case Word::login:
      if (!may_become(GetAuthenticatedUserId(), user)) return false;
      break;
    case Word::role:
      if (!may_become(setting->said_by, user)) return false;
      break;
  }
  List* names = NIL;
  bool found = false;
  if (SplitIdentifierString(pstrdup(setting->names), ',', &names)) {
    ListCell* cell;
    foreach (cell, names)
      found = found || get_role_oid(static_cast<const char*>(lfirst(cell)), true) == owner;
  }
  return found;
}

Oid database_owner() {
  return of_catalog_row<Form_pg_database>(DATABASEOID, MyDatabaseId, InvalidOid,
                                          [](auto row) { return row->datdba; });
}

/// A privilege of which a grantee can put code where others run it.
struct Privilege {
  int cache;
  AttrNumber acl_attribute;
  const char* object;
  const char* name;
  AclMode mode;
};

/// The first role that has the privilege on this object and is not trusted, PUBLIC included.
bool untrusted_grantee(const Privilege& p, Oid object, Oid& grantee) {
  const HeapTuple tuple = SearchSysCache1(p.cache, ObjectIdGetDatum(object));
  if (!HeapTupleIsValid(tuple)) return false;
  bool null = false;
  const Datum list = SysCacheGetAttr(p.cache, tuple, p.acl_attribute, &null);
  bool found = false;
  if (!null) {
    const Acl* const acl = DatumGetAclP(list);
    const AclItem* const items = ACL_DAT(acl);
    for (int i = 0; i < ACL_NUM(acl) && !found; ++i) {
      grantee = items[i].ai_grantee;
      found = (ACLITEM_GET_PRIVS(items[i]) & p.mode) != 0 && !trusts(grantee);
    }
  }
  ReleaseSysCache(tuple);
  return found;
}

const char* role_name(Oid role) {
  if (!OidIsValid(role)) return "PUBLIC";
  const char* const name = GetUserNameFromId(role, true);
  return name == nullptr ? "" : quote_identifier(name);
}

void require_trusted_grantees(const Privilege& p, Oid object, const char* name) {
  Oid grantee = InvalidOid;
  if (!untrusted_grantee(p, object, grantee)) return;
  ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                  errmsg("%s has the privilege %s on %s %s, and role %s does not trust it",
                         role_name(grantee), p.name, p.object, name, role_name(GetUserId())),
                  errdetail("A role that has it can put code there that runs with your rights."),
                  OidIsValid(grantee)
                      ? errhint("REVOKE %s ON %s %s FROM %s, or name the role in "
                                "clientele.trusted_owners.",
                                p.name, p.object, name, role_name(grantee))
                      : errhint("REVOKE %s ON %s %s FROM PUBLIC.", p.name, p.object, name)));
}

}  // namespace

void define_trust_settings() {
  DefineCustomStringVariable(
      "clientele.trusted_owners", "Roles whose objects you use with your own rights.",
      "A list of names with commas between them. Superusers, roles that you "
      "are a member of, and the owner of the database need not be in it, "
      "unless you are a superuser.",
      &trusted_owners, "", PGC_USERSET, 0, check_trusted_owners, assign_trusted_owners, nullptr);
}

bool may_become(Oid role, Oid other) {
#if PG_VERSION_NUM >= 160000
  return member_can_set_role(role, other);
#else
  return is_member_of_role(role, other);
#endif
}

bool trusts(Oid owner) {
  // The database's owner is the only member of this role.
  if (owner == ROLE_PG_DATABASE_OWNER) owner = database_owner();
  if (!OidIsValid(owner)) return false;
  const Oid user = GetUserId();
  if (owner == user || superuser_arg(owner) || may_become(owner, user)) return true;
  if (!superuser_arg(user) && (owner == database_owner() || is_member_of_role_nosuper(user, owner)))
    return true;
  return listed(owner, user);
}

Oid schema_owner(Oid schema) {
  return of_catalog_row<Form_pg_namespace>(NAMESPACEOID, schema, InvalidOid,
                                           [](auto row) { return row->nspowner; });
}

Oid table_owner(Oid table) {
  return of_catalog_row<Form_pg_class>(RELOID, table, InvalidOid,
                                       [](auto row) { return row->relowner; });
}

void require_trusted_owner(const char* kind, const char* name, Oid owner) {
  if (trusts(owner)) return;
  const char* const role = GetUserNameFromId(owner, true);
  const char* const shown = role == nullptr ? "" : quote_identifier(role);
  ereport(ERROR,
          (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
           errmsg("%s %s belongs to role %s, which role %s does not trust", kind, name, shown,
                  quote_identifier(GetUserNameFromId(GetUserId(), false))),
           errdetail("An object of a role may run that role's code with the rights of the role "
                     "that uses it."),
           errhint("SET ROLE %s to work with its rights, or name it in clientele.trusted_owners.",
                   shown)));
}

void require_trusted_creators(Oid schema, const char* name) {
  require_trusted_grantees({NAMESPACEOID, Anum_pg_namespace_nspacl, "SCHEMA", "CREATE", ACL_CREATE},
                           schema, name);
}

void require_trusted_trigger_makers(Oid table, const char* name) {
  require_trusted_grantees({RELOID, Anum_pg_class_relacl, "TABLE", "TRIGGER", ACL_TRIGGER}, table,
                           name);
}

}  // namespace clientele::pg

CLIENTELE_FUNCTION(clientele_trusts) { PG_RETURN_BOOL(clientele::pg::trusts(PG_GETARG_OID(0))); }
