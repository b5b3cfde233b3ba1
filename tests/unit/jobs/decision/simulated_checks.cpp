// SPDX-License-Identifier: PostgreSQL
// What must hold of each decision in a simulated world.
#include <algorithm>

#include "unit/jobs/decision/decided.hpp"
#include "unit/jobs/decision/simulated.hpp"

namespace clientele::testing {

using namespace jobs;

void World::look() {
  ++counts.decisions;
  const Decision decision = decide(facts(), now());
  if (decision.wake <= now() || decision.wake > now() + minute)
    error_ = "it wakes at " + iso(decision.wake);
  for (auto& [id, job] : jobs_) check_job(job, decision);
  const bool anything =
      !decision.queue.empty() || !decision.skip.empty() || !decision.withdraw.empty();
  if (anything && trouble_.crashes && random_.one_in(50)) {
    // The scheduler ends when it has written a part of it.
    write(decision, random_.below(decision.queue.size() + decision.skip.size() + 1));
    down_until_ = elapsed_ + static_cast<Micros>(random_.below(2 * minute));
    return;
  }
  write(decision, SIZE_MAX);
  if (anything) {
    const Decision again = decide(facts(), now());
    if (!again.queue.empty() || !again.skip.empty() || !again.withdraw.empty())
      error_ = iso(now()) + ": decided again: " + decided(again) + ", before: " + decided(decision);
  }
  quiet_until_ = never;
  for (auto& [id, job] : jobs_) check_nothing_forgotten(job, decision.wake);
  wake_ = elapsed_ + (decision.wake - now());
  // Of a long time in which nothing happens some minutes are enough.
  if (decision.wake == now() + minute && !random_.one_in(3)) {
    const Micros quiet = std::min({quiet_until_ - now(), next_trouble_ - elapsed_, 10 * day});
    if (quiet > minute) wake_ = elapsed_ + static_cast<Micros>(random_.below(quiet));
  }
  start_runs();
}

/// Which rows there may be at all.
void World::check_job(Simulated& job, const Decision& decision) {
  const Job& stored = job.stored.job;
  const StoredRun* run = job.facts.active ? job.stored.active() : nullptr;
  const bool withdrawn = run != nullptr && std::ranges::count(decision.withdraw, run->run_id) != 0;
  if (withdrawn != (stored.paused && run != nullptr && run->state == State::waiting))
    wrong(job, "a run is withdrawn, or is not");
  int64_t notes = 0, skips = 0, queued = 0;
  const auto mine = [&](const auto& row) { return row.job_id == stored.job_id; };
  for (const auto& skip : decision.skip)
    if (mine(skip)) ++(skip.missed == 0 ? notes : skips);
  queued = std::ranges::count_if(decision.queue, mine);
  if (skips > 1 || notes > 1 || queued > 1) wrong(job, "there are several rows");
  if (stored.paused && (skips != 0 || notes != 0 || queued != 0)) wrong(job, "it is paused");
  if (run != nullptr && (skips != 0 || queued != 0)) wrong(job, "it waits or runs");
  if (skips != 0 && stored.missed != Missed::skip) wrong(job, "nothing is to be skipped");
  if (stored.paused) return;
  const Micros base = base_of(job);
  const bool follows = !job.stored.schedule || job.stored.schedule->follows_clock();
  Micros latest = base;
  for (const auto& [id, other] : jobs_)
    if (!other.stored.job.paused) latest = std::max(latest, base_of(other));
  const Micros step = job.stored.schedule ? job.stored.schedule->next(base) - base : minute;
  const bool set_back = base - now() >= std::min(step, minute);
  if ((notes != 0) != (set_back && (follows || latest - now() >= 3 * hour)))
    wrong(job, "it goes by the new time, or does not");
}

Micros World::base_of(const Simulated& job) {
  const StoredRun* last = job.stored.schedule ? job.stored.newest_due() : nullptr;
  return std::max(job.stored.job.since, last != nullptr ? last->due_at : INT64_MIN);
}

/// Counts the due times up to this one, one by one.
void World::check_row(Simulated& job, Micros due, int64_t missed, bool queued) {
  const bool timed = job.stored.schedule.has_value();
  const bool late =
      timed || due <= now() ? now() - due - start_delay(job.facts, due) >= minute : false;
  if (queued && !job.dues.insert(due).second) wrong(job, iso(due) + " is run twice");
  if (queued && (timed || due <= now()) && due + start_delay(job.facts, due) > now())
    wrong(job, iso(due) + " starts too early");
  if (queued && late && job.stored.job.missed == Missed::skip)
    wrong(job, iso(due) + " is not skipped");
  if (!timed) {
    ++counts.followed;
    if (missed != (late || !queued ? 1 : 0)) wrong(job, "due times of others are miscounted");
    if (!trouble_.clocks && !should_follow(job)) wrong(job, "it follows too early");
    return;
  }
  int64_t count = 0;
  while (job.accounted < due) {
    job.accounted = job.stored.schedule->next(job.accounted);
    if (now() - job.accounted - start_delay(job.facts, job.accounted) >= minute)
      ++count;
    else if (job.accounted < due)
      ++counts.joined;
  }
  if (job.accounted != due) wrong(job, iso(due) + " is not a due time");
  if (count != missed)
    wrong(job, std::to_string(count) + " due times, and " + std::to_string(missed) + " missed");
}

void World::check_retry(Simulated& job, const Decision::Queue& queue) {
  ++counts.retries;
  const StoredRun* last = job.stored.newest_attempt();
  if (last == nullptr || last->due_at != queue.due_at || last->attempt + 1 != queue.attempt)
    return void(wrong(job, "there is nothing to retry"));
  if (last->attempt > job.stored.job.max_retries) wrong(job, "it is retried too often");
  if (last->state == State::succeeded || last->state == State::cancelled)
    wrong(job, "what did not fail is retried");
  if (job.stored.newest_due()->due_at > last->due_at) wrong(job, "a due time has taken its place");
  if (last->sqlstate == "42P01") wrong(job, "what fails again is retried");
  if (!job.retried.insert(last->run_id).second) wrong(job, "an attempt is retried twice");
  const double backoff =
      std::min<double>(job.stored.job.retry_cap,
                       job.stored.job.retry_delay * static_cast<double>(1 << (last->attempt - 1)));
  if (*last->ended_at - now() < 3 * hour && now() < *last->ended_at + 0.9 * backoff - 1)
    wrong(job, "it is retried too early");
}

/// Whether it has not started since all of the others last succeeded.
bool World::should_follow(const Simulated& job) const {
  for (const int64_t id : job.stored.after) {
    const Simulated& other = jobs_.at(id);
    if (other.succeeded <= std::max(job.started, job.resumed)) return false;
  }
  return true;
}

/// A job that neither waits nor runs has nothing to do now, and nothing before the scheduler wakes.
void World::check_nothing_forgotten(Simulated& job, Micros wake) {
  if (job.stored.job.paused ||
      (job.changed ? job.stored.active() != nullptr : job.facts.active.has_value()))
    return;
  if (job.stored.schedule) {
    const Micros due = job.stored.schedule->next(job.accounted);
    const Micros start = due + start_delay(job.facts, due);
    if (start <= now()) wrong(job, iso(due) + " is forgotten");
    if (start < wake) wrong(job, iso(due) + " is slept through");
    quiet_until_ = std::min(quiet_until_, start);
    if (due <= now()) return;  // it takes the place of a retry
  } else if (!trouble_.clocks && job.stored.job.jitter == 0 && should_follow(job)) {
    Micros due = 0;
    for (const int64_t id : job.stored.after)
      due = std::max(due, *jobs_.at(id).stored.newest_success()->ended_at);
    if (due >= job.stored.job.not_before && job.facts.last_due != due)
      wrong(job, "it is forgotten after others");
  }
  if (!job.stored.schedule && job.stored.job.jitter != 0) quiet_until_ = now();
  const std::optional<Micros> retry = retry_time(job.facts);
  if (retry) quiet_until_ = std::min(quiet_until_, *retry);
  if (!retry || *retry <= job.stored.job.since || !job.stored.schedule) return;
  if (job.stored.newest_due()->due_at > job.stored.newest_attempt()->due_at) return;
  if (*retry <= now()) wrong(job, "a retry is forgotten");
  if (*retry < wake && *job.stored.newest_attempt()->ended_at < now() + 3 * hour)
    wrong(job, "a retry is slept through");
}

}  // namespace clientele::testing
