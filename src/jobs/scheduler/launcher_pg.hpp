// SPDX-License-Identifier: PostgreSQL
#pragma once
#include "base/calendar.hpp"
#include "jobs/shared/shared_pg.hpp"

namespace clientele::jobs {

/// Lets the postmaster start the launcher. Called by _PG_init while shared_preload_libraries are
/// loaded.
void register_launcher();

/// Fills in what all processes of ours have in common. `type` is what pg_stat_activity shows,
/// `entry` the function that the library exports.
BackgroundWorker new_worker(const char* type, const char* entry);

/// What the main function of a process does first.
void begin_process();
/// Reads the configuration again after a SIGHUP.
void reload_if_asked();
/// Sleeps until the latch is set, for at most `at_most` microseconds.
void sleep_on_latch(Micros at_most);

}  // namespace clientele::jobs
