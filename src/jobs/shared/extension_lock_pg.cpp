// SPDX-License-Identifier: PostgreSQL
#include "jobs/shared/extension_lock_pg.hpp"

#include <type_traits>

#include "pg/postgres.hpp"

extern "C" {
#include "catalog/pg_extension.h"
#include "commands/extension.h"
#include "storage/lock.h"
#include "utils/inval.h"
}

namespace clientele::jobs {
namespace {

// Locks of a session that are not advisory end with a transaction that fails, and outlive the
// process. No other code uses this tag: the functions for advisory locks have 1 and 2 in its last
// field.
constexpr uint16 kind_of_advisory = 3;

Oid locked = InvalidOid;

LOCKTAG tag_of(Oid extension) {
  LOCKTAG tag;
  SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, ExtensionRelationId, extension, kind_of_advisory);
  return tag;
}

/// Some versions of PostgreSQL also ask whether a stronger lock will do.
template <class LockHeld>
bool is_held(LockHeld lock_held, const LOCKTAG& tag) {
  if constexpr (std::is_invocable_v<LockHeld, const LOCKTAG*, LOCKMODE>)
    return lock_held(&tag, AccessShareLock);
  else
    return lock_held(&tag, AccessShareLock, false);
}

}  // namespace

void lock_extension() {
  const Oid extension = get_extension_oid("clientele", false);
  const LOCKTAG tag = tag_of(extension);
  if (is_held(LockHeldByMe, tag)) return;
  LockAcquire(&tag, AccessShareLock, true, false);
  locked = extension;
  // The process that had it locked alone may have dropped it.
  AcceptInvalidationMessages();
  if (get_extension_oid("clientele", false) != extension)
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("extension clientele has been created again")));
}

void unlock_extension() {
  if (!OidIsValid(locked)) return;
  const LOCKTAG tag = tag_of(locked);
  if (is_held(LockHeldByMe, tag)) LockRelease(&tag, AccessShareLock, true);
  locked = InvalidOid;
}

void lock_extension_alone() {
  const Oid extension = get_extension_oid("clientele", true);
  if (!OidIsValid(extension)) return;
  const LOCKTAG tag = tag_of(extension);
  LockAcquire(&tag, AccessExclusiveLock, false, false);
}

}  // namespace clientele::jobs
