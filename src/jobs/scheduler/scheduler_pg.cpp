// SPDX-License-Identifier: PostgreSQL
#include "jobs/scheduler/scheduler_pg.hpp"

#include <algorithm>

#include "jobs/scheduler/backoff.hpp"
#include "jobs/shared/owner_pg.hpp"
#include "jobs/shared/slots_pg.hpp"

extern "C" {
#include "access/xact.h"
}

namespace clientele::jobs {
namespace {

using pg::call_pg;

// After an error the jobs wait no longer than this once its cause has gone.
constexpr Micros longest_pause = 10 * second;
// A run whose process could not be started, or ended without a word, is tried again.
constexpr Micros between_tries = second;
// What is done job by job, each of which may wait for a lock, goes on in the next look after that.
constexpr Micros longest_apart = second;
constexpr Micros until_first_prune = 10 * minute;
constexpr Micros between_prunes = hour;
constexpr Micros quiet = 5 * second;
constexpr int longest_prune = 60000;  // milliseconds

const char* end_state(const Gone& gone, const KnownJob& known) {
  if (gone.outcome[0] != '\0') return gone.outcome;
  if (gone.given_up || known.waits()) return "failed";
  return gone.timed_out ? "timed_out" : "crashed";
}

const char* end_message(const Gone& gone) {
  if (gone.outcome[0] != '\0') return gone.message;
  if (gone.given_up) return "the run did not start: its process had not begun within a minute";
  if (gone.message[0] != '\0') return gone.message;
  return gone.timed_out ? "the process was ended because of max_run_time"
                        : "the process ended before the command";
}

}  // namespace

template <class Work>
bool Scheduler::try_to(Work work) {
  // A transaction leaves a context that lasts as long as the process.
  MemoryContextSwitchTo(context_);
  std::string message;
  try {
    work();
    MemoryContextSwitchTo(context_);
    return true;
  } catch (const pg::PgError& error) {
    if (error.data()->message != nullptr) message = error.data()->message;
  } catch (const std::exception& error) {
    message = error.what();
  }
  call_pg([] { abort_work(); });
  MemoryContextSwitchTo(context_);
  failed_ = true;
  call_pg([&] { note_error(message.c_str()); });
  return false;
}

template <class Work>
bool Scheduler::attempt(Work work, int longest) {
  return try_to([&] {
    call_pg([&] {
      begin_work(owner_, longest);
      work();
      end_work();
    });
  });
}

void Scheduler::begin() {
  call_pg([] { free_slots_left(MyDatabaseId); });
  workers_.adopt();
  next_prune_ = monotonic_now() + until_first_prune;
}

void Scheduler::take_changes() {
  int64_t jobs[max_changed];
  int count = 0;
  bool all = false;
  call_pg([&] { count = take_changed(jobs, all); });
  changed_.insert(changed_.end(), jobs, jobs + count);
  for (const Gone& gone : gone_) changed_.push_back(gone.job_id);
  all_changed_ = all_changed_ || all || monotonic_now() - last_read_ >= minute;
}

/// Whether there are jobs that run here.
bool Scheduler::find_jobs() {
  Found found = Found::jobs;
  if (!try_to([&] { call_pg([&] { found = find_store(owner_); }); })) return false;
  if (found == Found::jobs) return true;
  // What runs is watched to its end, even if nothing more begins.
  if (workers_.size() == 0)
    call_pg([&] {
      leave_database(found == Found::copy     ? SchedulerState::copy
                     : found == Found::paused ? SchedulerState::paused
                                              : SchedulerState::nothing);
    });
  known_.keep_only({});
  return false;
}

void Scheduler::take(const StateRow* rows, int count, bool all) {
  std::vector<int64_t> seen;
  for (int i = 0; i < count; ++i) {
    const int64_t id = rows[i].job_id;
    seen.push_back(id);
    if (known_.take(rows[i]))
      broken_.erase(id);
    else if (broken_.insert(id).second)
      call_pg([&] {
        ereport(LOG, (errmsg("job \"%s\" never falls due, as its schedule cannot be read",
                             rows[i].name)));
      });
    if (workers_.set_limit(id, rows[i].max_run_time)) look_at(monotonic_now());
  }
  if (all)
    known_.keep_only(seen);
  else
    for (const int64_t id : changed_)
      if (std::find(seen.begin(), seen.end(), id) == seen.end()) known_.forget(id);
  fresh_.insert(fresh_.end(), seen.begin(), seen.end());
}

/// Reads what has changed.
bool Scheduler::read() {
  const bool all = all_changed_;
  if (!all && changed_.empty()) return true;
  if (all && !find_jobs()) return false;
  all_changed_ = true;  // unless all goes well
  // The rows live as long as the transaction.
  const bool done = try_to([&] {
    int count = 0;
    const StateRow* rows = call_pg([&] {
      begin_work(owner_);
      return read_states(all ? nullptr : changed_.data(), static_cast<int>(changed_.size()), count);
    });
    take(rows, count, all);
    call_pg([] { end_work(); });
  });
  if (!done) return false;
  all_changed_ = false;
  changed_.clear();
  if (all) last_read_ = monotonic_now();
  if (known_.empty() && workers_.size() == 0)
    call_pg([] { leave_database(SchedulerState::nothing); });
  return true;
}

/// Records how a run ended, if its process has not. False if that has to be tried again.
bool Scheduler::settle(const Gone& gone) {
  KnownJob* const known = known_.find(gone.job_id);
  if (known == nullptr || !known->job.active || known->job.active->run_id != gone.run_id)
    return true;
  const Micros now = monotonic_now();
  const bool silent = gone.message[0] == '\0' && gone.outcome[0] == '\0' && !gone.given_up;
  if (known->waits() && silent && now - known->first_try < time_to_begin) {
    known->next_try = now + between_tries;
    return true;
  }
  Gone end = gone;
  end.given_up = gone.given_up || (known->waits() && silent);
  const char* const state = end_state(end, *known);
  const char* const message = end_message(end);
  const int64_t rows = end.outcome[0] == '\0' ? -1 : end.rows;
  bool free = true;
  if (!attempt([&] { free = end_run(end.run_id, state, end.sqlstate, message, rows); }))
    return false;
  if (free)
    changed_.push_back(gone.job_id);
  else
    look_at(now + between_tries);
  return free;
}

void Scheduler::settle_gone() {
  const Micros until = monotonic_now() + longest_apart;
  std::erase_if(gone_, [&](const Gone& gone) {
    if (monotonic_now() < until) return settle(gone);
    look_at(until);
    return false;
  });
}

/// Runs whose process has gone without a slot: manual ones, and those of an earlier start of the
/// server.
void Scheduler::bury_dead() {
  std::vector<int64_t> dead;
  for (const int64_t id : fresh_) {
    const KnownJob* const known = known_.find(id);
    if (known == nullptr || !known->job.active || known->waits()) continue;
    const int64_t run_id = known->job.active->run_id;
    const auto same = [&](const Gone& gone) { return gone.run_id == run_id; };
    if (workers_.has(run_id) || std::any_of(gone_.begin(), gone_.end(), same)) continue;
    if (!call_pg([&] { return process_lives(known->active_pid, known->active_process_start); }))
      dead.push_back(id);
  }
  fresh_.clear();
  for (const int64_t id : dead)
    if (attempt([&] { crash_dead_runs(id); })) changed_.push_back(id);
}

/// Queues what is due.
void Scheduler::decide() {
  const Micros now = GetCurrentTimestamp();
  const Decision decision = known_.decide(now);
  look_at(monotonic_now() + std::max<Micros>(decision.wake - now, 0));
  write(decision);
}

/// Writes what is due first, and then withdraws what waits although its job is paused. An error of
/// one job is not a reason for the others to wait.
void Scheduler::write(const Decision& decision) {
  const std::vector<Writing> queue = what_to_queue(decision);
  const std::vector<Writing> withdraw = what_to_withdraw(decision, known_);
  const bool failed = failed_;
  const bool held_up_too = monotonic_now() >= held_up_until_;
  for (const auto* all : {&queue, &withdraw}) {
    std::vector<const Writing*> held_up, others;
    for (const Writing& w : *all) (held_up_.contains(w.job_id) ? held_up : others).push_back(&w);
    if (!write_together(others)) write_apart(others);
    if (held_up_too) write_apart(held_up);
  }
  failed_ = failed;
  std::erase_if(held_up_, [&](const auto& job) {
    const auto same = [&](const Writing& w) { return w.job_id == job.first; };
    return std::ranges::none_of(queue, same) && std::ranges::none_of(withdraw, same);
  });
  if (held_up_.empty()) {
    held_up_rounds_ = 0;
    return;
  }
  if (held_up_too)
    held_up_until_ = monotonic_now() + std::min(longest_pause, wait_after(++held_up_rounds_));
  look_at(held_up_until_);
}

/// In one transaction.
bool Scheduler::write_together(const std::vector<const Writing*>& all) {
  if (all.empty()) return true;
  bool all_written = true;
  const auto work = [&] {
    for (const Writing* w : all) all_written = write_one(*w) && all_written;
  };
  if (!attempt(work)) return false;
  for (const Writing* w : all) changed_.push_back(w->job_id);
  if (!all_written) look_at(monotonic_now() + between_tries);
  return true;
}

/// One by one, those that have waited longest first. The jobs that fail are held up.
void Scheduler::write_apart(std::vector<const Writing*> all) {
  const Micros until = monotonic_now() + longest_apart;
  std::ranges::stable_sort(all, {}, [&](const Writing* w) {
    const auto found = held_up_.find(w->job_id);
    return found == held_up_.end() ? 0 : found->second;
  });
  for (const Writing* w : all) {
    if (monotonic_now() >= until) return look_at(until);
    if (write_together({w}))
      held_up_.erase(w->job_id);
    else
      held_up_[w->job_id] = monotonic_now();
  }
}

/// Starts a run that waits. False if there is no room for further ones, either.
bool Scheduler::start(KnownJob& known) {
  const int64_t run_id = known.job.active->run_id;
  const Micros now = monotonic_now();
  if (known.tried_run_id != run_id) known.first_try = now;
  known.tried_run_id = run_id;
  OwnerCheck owner = {};
  char message[512];
  call_pg([&] {
    StartTransactionCommand();
    owner = check_owner(known.owner.c_str(), known.owner_oid, known.owner_cluster, owner_);
    if (owner.sqlstate != nullptr) strlcpy(message, owner.message, sizeof message);
    CommitTransactionCommand();
  });
  if (owner.sqlstate != nullptr) {
    bool free = true;
    if (attempt([&] { free = end_run(run_id, "failed", owner.sqlstate, message); }) && free)
      changed_.push_back(known.job.job_id);
    else
      look_at(known.next_try = monotonic_now() + between_tries);
    return true;
  }
  switch (workers_.start(owner.role, owner_, run_id, known.job.job_id, known.name.c_str(),
                         known.max_run_time)) {
    case Workers::Start::started:
      return true;
    case Workers::Start::no_slot:
      waits_for_slot_ = true;
      return false;
    case Workers::Start::no_process:
      waits_for_process_ = true;
      look_at(now + between_tries);
      return false;
  }
  return false;
}

void Scheduler::start_waiting() {
  if (own_database().pauses > 0) return;
  const Micros now = monotonic_now();
  std::vector<Waiting> waiting;
  std::map<int64_t, KnownJob*> jobs;
  for (auto& [id, known] : known_.all()) {
    if (!known.waits() || workers_.has(known.job.active->run_id)) continue;
    if (known.next_try > now) {
      look_at(known.next_try);
      continue;
    }
    waiting.push_back({known.job.active->run_id, known.active_due_at, known.name});
    jobs[known.job.active->run_id] = &known;
  }
  waits_for_slot_ = waits_for_process_ = false;
  for (const int64_t run_id : starts(waiting, waiting.size())) {
    if (monotonic_now() - now >= longest_apart) return look_at(monotonic_now());
    if (!start(*jobs[run_id])) return;
  }
}

void Scheduler::prune() {
  const Micros now = monotonic_now();
  // It takes a second for half a million runs, which no run should wait for.
  if (now < next_prune_ || (look_again_ < now + quiet && now < next_prune_ + between_prunes))
    return;
  next_prune_ = now + between_prunes;
  attempt([] { prune_runs(); }, longest_prune);
}

Micros Scheduler::look() {
  look_again_ = monotonic_now() + minute;
  failed_ = false;
  const std::vector<Gone> gone = workers_.look(look_again_);
  gone_.insert(gone_.end(), gone.begin(), gone.end());
  take_changes();
  if (read()) {
    settle_gone();
    bury_dead();
    if (is_listed() && read()) {
      decide();
      // What could not be queued must not hold up what waits.
      if (read()) start_waiting();
    }
  }
  // Nothing more begins, but what runs is watched to its end.
  if (!is_listed() && workers_.size() == 0 && gone_.empty())
    call_pg([] { leave_database(SchedulerState::unknown); });
  prune();
  if (!changed_.empty() && !failed_) look_at(monotonic_now());
  if (failed_) {
    all_changed_ = true;
    look_at(monotonic_now() + std::min(longest_pause, wait_after(++failures_)));
  } else {
    failures_ = 0;
    const bool well = held_up_.empty();
    call_pg([&] { note_look(well, waits_for_slot_, waits_for_process_); });
  }
  return look_again_;
}

}  // namespace clientele::jobs
