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
/// Settings of the process, whatever those of the database and of the superuser are. After
/// connecting.
void fix_settings();

/// What a transaction of the scheduler may take, in milliseconds, whatever the owner of the tables
/// has put on them.
inline constexpr int longest_work = 10000;

/// A transaction that acts as `role`. An error in it leaves it to abort_work().
void begin_work(Oid role, int longest = longest_work);
void end_work();
void abort_work();

/// Takes the jobs that have changed since the last call; `all` says that any may have.
int take_changed(int64_t (&jobs)[max_changed], bool& all);
/// Lets scheduler_state() say an error that does not end the process. Until all is
/// well again it is logged once, and of several one a minute.
void note_error(const char* message);
/// A look is over. Lets scheduler_waits_for() say these limits, and scheduler_state() that all is
/// well, if it is.
void note_look(bool well, bool waits_for_slot, bool waits_for_process);
/// Ends the process if a statement needs the database, and takes settings that have changed.
void leave_if_asked();
/// Whether clientele.databases still has the database.
bool is_listed();

/// Ends the process; the launcher learns why.
[[noreturn]] void leave_database(SchedulerState outcome);

}  // namespace clientele::jobs
