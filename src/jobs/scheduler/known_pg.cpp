// SPDX-License-Identifier: PostgreSQL
#include "jobs/scheduler/known_pg.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "jobs/schedule/schedule_pg.hpp"

namespace clientele::jobs {
namespace {

/// Of a view in place of the table it may be NULL.
State state_named(const char* state) {
  const std::string_view name = state == nullptr ? "" : state;
  constexpr std::array<std::pair<std::string_view, State>, 8> states = {
      {{"waiting", State::waiting},
       {"running", State::running},
       {"succeeded", State::succeeded},
       {"failed", State::failed},
       {"timed_out", State::timed_out},
       {"cancelled", State::cancelled},
       {"crashed", State::crashed},
       {"skipped", State::skipped}}};
  for (const auto& [known, state] : states)
    if (known == name) return state;
  throw Error(sqlstate::corrupted, "a run has the state " + std::string(name));
}

std::optional<Schedule> schedule_of(const StateRow& row) {
  if (row.schedule == nullptr && !row.has_every) return std::nullopt;
  const pg_tz* const zone = pg::call_pg([&] { return pg_tzset(row.time_zone); });
  if (zone == nullptr)
    throw Error(sqlstate::invalid_parameter,
                "time zone " + std::string(row.time_zone) + " does not exist any more");
  return row.schedule != nullptr ? cron_in(row.schedule, zone)
                                 : every_in(row.every, row.starting, zone);
}

void take_facts(KnownJob& known, const StateRow& row) {
  Job& job = known.job;
  job.last_due.reset();
  job.last_attempt.reset();
  job.active.reset();
  job.last_start.reset();
  job.last_success.reset();
  if (row.last_due_at != unknown_time) job.last_due = row.last_due_at;
  known.last_sqlstate = row.last_sqlstate == nullptr ? "" : row.last_sqlstate;
  if (row.last_run_id != 0)
    job.last_attempt = {row.last_run_id,  row.last_run_due_at,         row.last_ended_at,
                        row.last_attempt, state_named(row.last_state), known.last_sqlstate};
  if (row.active_run_id != 0)
    job.active = {row.active_run_id, row.active_waits ? State::waiting : State::running};
  known.active_due_at = row.active_due_at;
  known.active_pid = row.active_pid;
  known.active_process_start = row.active_process_start;
  if (row.last_started_id != 0) job.last_start = {row.last_started_id, row.last_started_at};
  if (row.last_success_id != 0) job.last_success = {row.last_success_id, row.last_success_at};
}

}  // namespace

bool KnownJobs::take(const StateRow& row) {
  KnownJob& known = jobs_[row.job_id];
  Job& job = known.job;
  known.name = row.name;
  known.owner = row.owner == nullptr ? "" : row.owner;
  known.owner_oid = row.owner == nullptr ? InvalidOid : row.owner_oid;
  known.owner_cluster = row.owner_cluster;
  known.after.assign(row.after, row.after + row.after_count);
  known.max_run_time = row.max_run_time;
  job.job_id = row.job_id;
  job.name = known.name;
  job.after = known.after;
  job.jitter = row.jitter;
  job.missed = row.skip_missed ? Missed::skip : Missed::once;
  job.max_retries = row.max_retries;
  job.retry_delay = row.retry_delay;
  job.retry_cap = row.retry_cap;
  job.paused = row.paused;
  job.since = row.since;
  job.not_before = row.starting > row.added_at ? row.starting : first_instant;
  take_facts(known, row);
  known.schedule.reset();
  job.schedule = nullptr;
  try {
    known.schedule = schedule_of(row);
  } catch (const Error&) {
    // Without a schedule and other jobs nothing falls due; a run that waits is not withdrawn.
    return false;
  }
  if (known.schedule) job.schedule = &*known.schedule;
  return true;
}

void KnownJobs::keep_only(const std::vector<int64_t>& ids) {
  std::erase_if(jobs_, [&](const auto& entry) {
    return !std::binary_search(ids.begin(), ids.end(), entry.first);
  });
}

KnownJob* KnownJobs::find(int64_t job_id) {
  const auto found = jobs_.find(job_id);
  return found == jobs_.end() ? nullptr : &found->second;
}

Decision KnownJobs::decide(Micros now) const {
  std::vector<Job> all;
  all.reserve(jobs_.size());
  for (const auto& [id, known] : jobs_) all.push_back(known.job);
  return jobs::decide(all, now);
}

}  // namespace clientele::jobs
