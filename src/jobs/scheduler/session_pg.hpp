// SPDX-License-Identifier: PostgreSQL
// The scheduler as a process of one database: its entry in shared memory, and its transactions.
#pragma once
#include "jobs/shared/shared_pg.hpp"

namespace clientele::jobs {

/// Makes this process the scheduler of a database, before it connects. False if it has another, or
/// if a statement needs the database for itself. An error that ends the process is kept in the
/// entry.
bool enter_database(Oid database);
/// The entry of this process.
Database& own_database();
/// Ends the process; the launcher learns why.
[[noreturn]] void leave_database(SchedulerState outcome);

}  // namespace clientele::jobs
