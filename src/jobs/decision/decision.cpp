// SPDX-License-Identifier: PostgreSQL
#include "jobs/decision/decision.hpp"

#include <algorithm>

#include "jobs/decision/instants.hpp"
#include "jobs/decision/lookup.hpp"
#include "jobs/schedule/schedule.hpp"

namespace clientele::jobs {
namespace {

/// What one job gets.
struct Plan {
  std::optional<Decision::Skip> skip;
  std::optional<Decision::Queue> queue;
  Micros pending = never;  // a due time that has come, whose start is put off
  Micros next = never;     // when there is something to do
};

/// Up to when due times have been dealt with.
Micros dealt_with(const Job& job) {
  return job.schedule != nullptr ? std::max(job.since, job.last_due.value_or(job.since))
                                 : job.since;
}

/// Whether `base` is of a time before clocks were set back, and the job goes by the new one. Steps
/// of less than `grace` are waited for: they would only run again what has just run.
bool goes_by_new_time(const Job& job, Micros base, Micros now) {
  if (!apart(now, base, grace)) return false;
  return job.schedule == nullptr || job.schedule->follows_clock() || apart(now, base, small_jump);
}

/// The latest of `count` due times after `from`, and those before it that were missed.
void take(const Job& job, Micros from, Micros due, int64_t count, Micros now, Plan& plan) {
  const bool late = apart(plus(due, start_delay(job, due)), now, grace);
  if (job.missed == Missed::once) {
    plan.queue = {job.job_id, Kind::schedule, due, late ? count : count - 1, 1};
  } else if (late) {
    plan.skip = {job.job_id, due, count};
  } else {
    if (count > 1) plan.skip = {job.job_id, job.schedule->passed(from, due - 1).last, count - 1};
    plan.queue = {job.job_id, Kind::schedule, due, 0, 1};
  }
}

void plan_timed(const Job& job, Micros base, Micros now, Plan& plan) {
  const Schedule& schedule = *job.schedule;
  const Micros from = std::max(base, job.not_before - 1);
  Micros next = schedule.next(from);
  if (next <= now) {
    auto [due, count] = schedule.passed(from, now);
    const Micros start = plus(due, start_delay(job, due));
    next = schedule.next(due);
    if (start > now) {
      plan.pending = due;
      plan.next = start;
      if (--count == 0) return;
      due = schedule.passed(from, due - 1).last;
    }
    take(job, from, due, count, now, plan);
  }
  if (next != never) plan.next = std::min(plan.next, plus(next, start_delay(job, next)));
}

/// Whether the other job's run ended after this one last started. A time that lies ahead was taken
/// before clocks were set back; then the order in which the runs were queued has to do.
bool ended_since(const Job::Event& success, const Job& job, Micros base, Micros now) {
  if (success.at <= base) return false;
  if (!job.last_start) return true;
  return apart(now, std::max(success.at, job.last_start->at), grace)
             ? success.run_id > job.last_start->run_id
             : success.at > job.last_start->at;
}

void plan_after(const Job& job, const Lookup& lookup, Micros base, Micros now, Plan& plan) {
  Micros due = first_instant;
  for (const int64_t id : job.after) {
    const Job* other = lookup.find(id);
    if (other == nullptr || !other->last_success ||
        !ended_since(*other->last_success, job, base, now))
      return;
    due = std::max(due, other->last_success->at);
  }
  // A run that never started has dealt with it, too.
  if (job.after.empty() || due < job.not_before || job.last_due == due) return;
  const Micros start = due > now ? now : plus(due, start_delay(job, due));
  if (start > now)
    plan.pending = due, plan.next = start;
  else
    take(job, due - 1, due, 1, now, plan);
}

void plan_retry(const Job& job, Micros since, Micros now, Plan& plan) {
  std::optional<Micros> at = retry_time(job);
  if (!at || plan.queue) return;
  if (apart(now, job.last_attempt->ended_at, small_jump)) at = now;
  if (*at <= since || plan.pending <= *at) return;
  if (*at > now) {
    plan.next = std::min(plan.next, *at);
    return;
  }
  const Job::Attempt& last = *job.last_attempt;
  plan.queue = {job.job_id, Kind::retry, last.due_at, 0, last.attempt + 1};
}

}  // namespace

Decision decide(std::span<const Job> jobs, Micros now) {
  const Lookup lookup(jobs);
  Decision decision;
  decision.wake = plus(now, grace);
  for (const Job& job : jobs) {
    if (job.paused) {
      if (job.active && job.active->state == State::waiting)
        decision.withdraw.push_back(job.active->run_id);
      continue;
    }
    Micros base = dealt_with(job);
    if (goes_by_new_time(job, base, now)) {
      base = now;
      decision.skip.push_back({job.job_id, now, 0});
    }
    if (job.active) continue;
    Plan plan;
    if (job.schedule != nullptr)
      plan_timed(job, base, now, plan);
    else
      plan_after(job, lookup, base, now, plan);
    plan_retry(job, std::min(job.since, base), now, plan);
    if (plan.skip) decision.skip.push_back(*plan.skip);
    if (plan.queue)
      decision.queue.push_back(*plan.queue);
    else
      decision.wake = std::min(decision.wake, plan.next);
  }
  return decision;
}

}  // namespace clientele::jobs
