// SPDX-License-Identifier: PostgreSQL
#include "jobs/decision/decision.hpp"

#include <algorithm>
#include <utility>

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

/// Whether `base` is of a time before clocks were set back, and the job goes by the new one.
/// Smaller steps are waited for: they would only run again what has just run.
bool goes_by_new_time(const Job& job, Micros base, bool far, Micros now) {
  if (base <= now) return false;
  Micros step = grace;
  if (job.schedule != nullptr && job.schedule->next(base) < plus(base, grace))
    step = job.schedule->next(base) - base;
  return apart(now, base, step) &&
         (far || job.schedule == nullptr || job.schedule->follows_clock());
}

/// Of the due times after `from` and up to `last`, those that can no longer start without being
/// late.
Schedule::Passed missed_ones(const Job& job, Micros from, Micros last, Micros now) {
  const Micros until = std::min(last, now - grace);
  if (until <= from) return {from, 0};
  Schedule::Passed missed = job.schedule->passed(from, until);
  // Starts are put off, but in their order.
  if (missed.count == 0 || apart(plus(missed.last, start_delay(job, missed.last)), now, grace))
    return missed;
  return {job.schedule->passed(from, missed.last - 1).last, missed.count - 1};
}

/// Queues a run at the last of the due times that can start, or skips those that were missed. Those
/// between are less than a minute late: the run at the last does for them, too.
void take(const Job& job, Micros due, Schedule::Passed missed, Plan& plan) {
  if (job.missed == Missed::once) {
    plan.queue = {job.job_id, Kind::schedule, due, missed.count, 1};
    return;
  }
  if (missed.count > 0) plan.skip = {job.job_id, missed.last, missed.count};
  if (missed.count == 0 || missed.last < due) plan.queue = {job.job_id, Kind::schedule, due, 0, 1};
}

void plan_timed(const Job& job, Micros now, Plan& plan) {
  const Schedule& schedule = *job.schedule;
  const Micros from = std::max(dealt_with(job), job.not_before - 1);
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
    take(job, due, missed_ones(job, from, due, now), plan);
  }
  if (next != never) plan.next = std::min(plan.next, plus(next, start_delay(job, next)));
}

/// Whether the other job's run ended after this one last started. A time that lies ahead was taken
/// before clocks were set back; then the order in which the runs were queued has to do.
bool ended_since(const Job::Event& success, const Job& job, Micros now) {
  if (success.at <= job.since) return false;
  if (!job.last_start) return true;
  return apart(now, std::max(success.at, job.last_start->at), grace)
             ? success.run_id > job.last_start->run_id
             : success.at > job.last_start->at;
}

void plan_after(const Job& job, const Lookup& lookup, Micros now, Plan& plan) {
  Micros due = first_instant;
  for (const int64_t id : job.after) {
    const Job* other = lookup.find(id);
    if (other == nullptr || !other->last_success || !ended_since(*other->last_success, job, now))
      return;
    due = std::max(due, other->last_success->at);
  }
  // A run that never started has dealt with it, too.
  if (job.after.empty() || due < job.not_before || job.last_due == due) return;
  const Micros start = due > now ? now : plus(due, start_delay(job, due));
  if (start > now)
    plan.pending = due, plan.next = start;
  else
    take(job, due, {due, apart(start, now, grace) ? 1 : 0}, plan);
}

void plan_retry(const Job& job, Micros now, Plan& plan) {
  std::optional<Micros> at = retry_time(job);
  if (!at || plan.queue || plan.skip || job.last_due > job.last_attempt->due_at) return;
  if (apart(now, job.last_attempt->ended_at, small_jump)) at = now;
  if (*at <= job.since || plan.pending <= *at) return;
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
  // How far clocks were set back shows in the due times of all jobs.
  Micros latest = first_instant;
  for (const Job& job : jobs)
    if (!job.paused) latest = std::max(latest, dealt_with(job));
  const bool far = apart(now, latest, small_jump);

  Decision decision;
  decision.wake = plus(now, grace);
  std::vector<std::pair<Micros, Decision::Skip>> set_back;
  for (const Job& stored : jobs) {
    if (stored.paused) {
      if (stored.active && stored.active->state == State::waiting)
        decision.withdraw.push_back(stored.active->run_id);
      continue;
    }
    Job job = stored;
    if (const Micros base = dealt_with(job); goes_by_new_time(job, base, far, now)) {
      set_back.push_back({base, {job.job_id, now, 0}});
      // What follows is as if the row were there.
      job.last_due = now;
      job.since = std::min(job.since, now);
    }
    if (job.active) continue;
    Plan plan;
    if (job.schedule != nullptr)
      plan_timed(job, now, plan);
    else
      plan_after(job, lookup, now, plan);
    plan_retry(job, now, plan);
    if (plan.skip) decision.skip.push_back(*plan.skip);
    if (plan.queue)
      decision.queue.push_back(*plan.queue);
    else
      decision.wake = std::min(decision.wake, plan.next);
  }
  // The latest is written last: as long as it is not, the others are decided alike.
  std::ranges::stable_sort(set_back, {}, [](const auto& row) { return row.first; });
  decision.skip.insert(decision.skip.begin(), set_back.size(), {});
  std::ranges::transform(set_back, decision.skip.begin(),
                         [](const auto& row) { return row.second; });
  return decision;
}

}  // namespace clientele::jobs
