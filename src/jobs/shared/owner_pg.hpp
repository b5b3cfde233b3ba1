// SPDX-License-Identifier: PostgreSQL
#pragma once
#include "pg/postgres.hpp"

namespace clientele::jobs {

/// Whether a job may run as its owner.
struct OwnerCheck {
  Oid role;
  const char* sqlstate;  // nullptr: it may
  const char* message;
};

/// The owner of the plain table clientele_data.jobs; InvalidOid if there is none. A view or a
/// foreign table in its place does not count. PostgreSQL regime.
Oid jobs_owner();

/// What add_job() has checked may be true no more. PostgreSQL regime, in a transaction.
OwnerCheck check_owner(const char* name, Oid id, int64_t cluster, Oid store_owner);

}  // namespace clientele::jobs
