// SPDX-License-Identifier: PostgreSQL
// The settings of jobs.
#pragma once
#include "pg/postgres.hpp"

namespace clientele::jobs {

/// Registers clientele.databases and clientele.max_workers.
void define_jobs_settings();

/// How many runs may be at work at once, over all databases.
int max_workers();

/// Whether clientele.databases lets this database have a scheduler.
bool database_is_listed(const char* name);

}  // namespace clientele::jobs
