// SPDX-License-Identifier: PostgreSQL
#pragma once
#include "pg/postgres.hpp"

namespace clientele::jobs {

/// Whether a job may run as its owner.
struct OwnerCheck {
  Oid role;              // the one that was checked; InvalidOid if there is none
  const char* sqlstate;  // nullptr: it may
  const char* message;
};

/// The owner of the plain table clientele_data.jobs; InvalidOid if there is none. A view or a
/// foreign table in its place does not count. PostgreSQL regime.
Oid jobs_owner();

/// What add_job() has checked may be true no more, and the owner of the store may have written what
/// it likes. So the columns are read once, and nothing runs as another role than the one that this
/// returns. nullptr and 0 stand for NULL, with which no job runs. PostgreSQL regime, in a
/// transaction.
OwnerCheck check_owner(const char* name, Oid id, int64_t cluster, Oid store_owner);

}  // namespace clientele::jobs
