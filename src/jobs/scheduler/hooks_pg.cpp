// SPDX-License-Identifier: PostgreSQL
#include "jobs/scheduler/hooks_pg.hpp"

#include <string_view>

#include "jobs/scheduler/holds_pg.hpp"
#include "jobs/shared/extension_lock_pg.hpp"
#include "pg/catalog.hpp"

extern "C" {
#include "catalog/objectaccess.h"
#include "catalog/pg_extension.h"
#include "commands/dbcommands.h"
#include "commands/defrem.h"
#include "commands/extension.h"
#include "nodes/parsenodes.h"
#include "nodes/value.h"
#include "tcop/utility.h"
}

namespace clientele::jobs {
namespace {

ProcessUtility_hook_type next_utility = nullptr;
object_access_hook_type next_access = nullptr;

bool owns_database(Oid database) {
#if PG_VERSION_NUM >= 160000
  return object_ownercheck(DatabaseRelationId, database, GetUserId());
#else
  return pg_database_ownercheck(database, GetUserId());
#endif
}

bool may_create_databases() {
  if (superuser()) return true;
  return pg::of_catalog_row<Form_pg_authid>(AUTHOID, GetUserId(), false,
                                            [](auto row) { return row->rolcreatedb; });
}

bool is_template(Oid database) {
  return pg::of_catalog_row<Form_pg_database>(DATABASEOID, database, false,
                                              [](auto row) { return row->datistemplate; });
}

/// The option of CREATE or ALTER DATABASE that has this name.
const DefElem* option(const List* options, std::string_view name) {
  ListCell* cell;
  foreach (cell, options) {
    auto* const element = lfirst_node(DefElem, cell);
    if (name == element->defname) return element;
  }
  return nullptr;
}

/// The database that a statement needs for itself, if the role may run this statement; otherwise
/// InvalidOid. What is refused anyway must not disturb the schedule.
Oid database_needed(const Node* statement) {
  const char* name = nullptr;
  bool copied = false;
  switch (nodeTag(statement)) {
    case T_DropdbStmt:
      name = reinterpret_cast<const DropdbStmt*>(statement)->dbname;
      break;
    case T_RenameStmt: {
      const auto* const rename = reinterpret_cast<const RenameStmt*>(statement);
      if (rename->renameType == OBJECT_DATABASE) name = rename->subname;
      break;
    }
    case T_AlterDatabaseStmt: {
      const auto* const alter = reinterpret_cast<const AlterDatabaseStmt*>(statement);
      if (option(alter->options, "tablespace") != nullptr) name = alter->dbname;
      break;
    }
    case T_CreatedbStmt: {
      const DefElem* const source =
          option(reinterpret_cast<const CreatedbStmt*>(statement)->options, "template");
      name = source == nullptr || source->arg == nullptr
                 ? "template1"
                 : defGetString(const_cast<DefElem*>(source));
      copied = true;
      break;
    }
    default:
      break;
  }
  const Oid database = name == nullptr ? InvalidOid : get_database_oid(name, true);
  if (!OidIsValid(database)) return InvalidOid;
  const bool may =
      copied ? may_create_databases() && (is_template(database) || owns_database(database))
             : owns_database(database);
  return may ? database : InvalidOid;
}

/// Whether there may be other databases to schedule after this statement.
bool changes_databases(const Node* statement) {
  switch (nodeTag(statement)) {
    case T_CreatedbStmt:
    case T_DropdbStmt:
    case T_AlterDatabaseStmt:
      return true;
    case T_RenameStmt:
      return reinterpret_cast<const RenameStmt*>(statement)->renameType == OBJECT_DATABASE;
    default:
      return false;
  }
}

bool owns_extension() {
  const Oid extension = get_extension_oid("clientele", true);
#if PG_VERSION_NUM >= 160000
  return OidIsValid(extension) && object_ownercheck(ExtensionRelationId, extension, GetUserId());
#else
  return OidIsValid(extension) && pg_extension_ownercheck(extension, GetUserId());
#endif
}

/// Whether a statement drops this extension, of the role that may.
bool drops_extension(const Node* statement) {
  if (nodeTag(statement) != T_DropStmt) return false;
  const auto* const drop = reinterpret_cast<const DropStmt*>(statement);
  if (drop->removeType != OBJECT_EXTENSION && drop->removeType != OBJECT_SCHEMA) return false;
  ListCell* cell;
  foreach (cell, drop->objects)
    if (std::string_view(strVal(lfirst(cell))) == "clientele") return owns_extension();
  return false;
}

/// Whether there may be jobs now whose trigger has said nothing: those of a prepared transaction,
/// and those of a dump, which makes or enables the trigger after the rows.
bool brings_jobs(const Node* statement) {
  if (nodeTag(statement) == T_TransactionStmt)
    return reinterpret_cast<const TransactionStmt*>(statement)->kind == TRANS_STMT_COMMIT_PREPARED;
  const RangeVar* table = nullptr;
  if (nodeTag(statement) == T_CreateTrigStmt)
    table = reinterpret_cast<const CreateTrigStmt*>(statement)->relation;
  else if (nodeTag(statement) == T_AlterTableStmt)
    table = reinterpret_cast<const AlterTableStmt*>(statement)->relation;
  return table != nullptr && table->schemaname != nullptr &&
         std::string_view(table->schemaname) == "clientele_data" &&
         std::string_view(table->relname) == "jobs";
}

void utility(PlannedStmt* planned, const char* query, bool read_only_tree,
             ProcessUtilityContext context, ParamListInfo parameters, QueryEnvironment* environment,
             DestReceiver* receiver, QueryCompletion* completion) {
  if (changes_databases(planned->utilityStmt)) {
    const Oid database = database_needed(planned->utilityStmt);
    if (OidIsValid(database)) hold_database(database);
    wake_launcher_at_commit();
  } else if (brings_jobs(planned->utilityStmt)) {
    wake_at_commit(0);
  } else if (drops_extension(planned->utilityStmt)) {
    pause_database();
    // A worker gives the lock back before it records how its run has ended.
    lock_extension_alone();
    wait_for_runs();
  }
  (next_utility != nullptr ? next_utility : standard_ProcessUtility)(
      planned, query, read_only_tree, context, parameters, environment, receiver, completion);
}

/// Whether what is dropped ends the schedule of this database.
bool ends_schedule(Oid catalog, Oid object) {
  if (catalog == ExtensionRelationId) return object == get_extension_oid("clientele", true);
  if (catalog != RelationRelationId) return false;
  const char* const name = get_rel_name(object);
  return name != nullptr && std::string_view(name) == "jobs" &&
         get_rel_namespace(object) == get_namespace_oid("clientele_data", true);
}

void access(ObjectAccessType type, Oid catalog, Oid object, int part, void* argument) {
  if (next_access != nullptr) next_access(type, catalog, object, part, argument);
  if (type == OAT_DROP && part == 0 && ends_schedule(catalog, object)) wake_at_commit(0);
}

}  // namespace

void install_jobs_hooks() {
  next_utility = ProcessUtility_hook;
  ProcessUtility_hook = utility;
  next_access = object_access_hook;
  object_access_hook = access;
}

}  // namespace clientele::jobs
