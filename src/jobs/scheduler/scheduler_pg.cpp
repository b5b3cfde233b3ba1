// SPDX-License-Identifier: PostgreSQL
#include "jobs/scheduler/scheduler_pg.hpp"

#include <algorithm>
#include <cstring>

#include "jobs/scheduler/backoff.hpp"
#include "jobs/scheduler/owner_pg.hpp"
#include "jobs/scheduler/session_pg.hpp"
#include "jobs/scheduler/store_pg.hpp"
#include "jobs/shared/slots_pg.hpp"

extern "C" {
#include "access/xact.h"
}

namespace clientele::jobs {
namespace {

using pg::call_pg;

// An error must not keep the jobs waiting for longer than this once its cause has gone.
constexpr Micros longest_pause = 10 * second;
constexpr Micros between_prunes = hour;
// A worker that has ended without a word, or for which there was no process, is tried again.
constexpr Micros between_attempts = second;

const char* end_state(const Gone& gone, bool waits) {
  if (gone.given_up || waits) return "failed";
  return gone.timed_out ? "timed_out" : "crashed";
}

const char* end_message(const Gone& gone) {
  if (gone.given_up) return "the run did not start: its process had not begun within a minute";
  if (gone.message[0] != '\0') return gone.message;
  return gone.timed_out ? "the process was ended because of max_run_time"
                        : "the process ended before the command";
}

}  // namespace

template <class Work>
bool Scheduler::attempt(Work work) {
  try {
    call_pg([&] {
      begin_work(owner_);
      work();
      end_work();
    });
    return true;
  } catch (const pg::PgError& error) {
    const std::string message = error.data()->message == nullptr ? "" : error.data()->message;
    call_pg([] { abort_work(); });
    note_failure(message);
    return false;
  }
}

void Scheduler::note_failure(const std::string& message) {
  failed_ = true;
  if (message == logged_) return;
  logged_ = message;
  call_pg([&] { note_error(message.c_str()); });
}

void Scheduler::take_changes() {
  int64_t changed[max_changed];
  int count = 0;
  bool all = false;
  call_pg([&] { count = take_changed(changed, all); });
  changed_.insert(changed_.end(), changed, changed + count);
  for (const Gone& gone : gone_) changed_.push_back(gone.job_id);
  all_changed_ = all_changed_ || all || monotonic_now() - last_read_ >= minute;
}

/// Reads what has changed.
bool Scheduler::read() {
  if (!all_changed_ && changed_.empty()) return true;
  if (all_changed_) {
    Found found = Found::jobs;
    // Also where there was nothing, somebody may read.
    const bool looked = attempt_alone([&] { found = find_store(owner_); });
    if (!looked) return false;
    if (found != Found::jobs && workers_.size() == 0)
      call_pg([&] {
        leave_database(found == Found::copy ? SchedulerState::copy : SchedulerState::nothing);
      });
  }
  StateRow* rows = nullptr;
  int count = 0;
  (void)rows;
  (void)count;
  return true;
}

}  // namespace clientele::jobs
