// SPDX-License-Identifier: PostgreSQL
#pragma once

namespace clientele::jobs {

/// Lets statements that need a database for themselves have it, and wakes the launcher or the
/// scheduler after those that change what there is to schedule. Called by _PG_init while
/// shared_preload_libraries are loaded.
void install_jobs_hooks();

}  // namespace clientele::jobs
