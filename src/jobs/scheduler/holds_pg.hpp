// SPDX-License-Identifier: PostgreSQL
#pragma once
#include "jobs/shared/shared_pg.hpp"

namespace clientele::jobs {

/// Asks the scheduler of this database to leave, waits until it has gone, at most 5 seconds, and
/// keeps it away until this transaction has ended. PostgreSQL regime.
void hold_database(Oid database);

/// Lets no other run of this database begin until this transaction has ended. PostgreSQL regime.
void pause_database();
/// Waits until no other process of this database has a run in progress. PostgreSQL regime.
void wait_for_runs();

}  // namespace clientele::jobs
