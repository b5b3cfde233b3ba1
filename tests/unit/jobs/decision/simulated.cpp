// SPDX-License-Identifier: PostgreSQL
#include "unit/jobs/decision/simulated.hpp"

#include <algorithm>

namespace clientele::testing {

using namespace jobs;

World::World(uint64_t seed, size_t jobs, Trouble trouble, std::vector<Schedule> schedules)
    : random_(seed), trouble_(trouble), schedules_(std::move(schedules)) {
  offset_ = instant("2026-01-01T00:00:00Z") + static_cast<Micros>(random_.below(365 * day));
  slots_ = trouble.slow ? 1 + random_.below(2) : 1 + random_.below(jobs + 1);
  for (int64_t id = 1; id <= static_cast<int64_t>(jobs); ++id) {
    Simulated& job = jobs_[id];
    job.stored.name = "job " + std::to_string(random_.below(1000));
    if (id > 2 && random_.one_in(4)) {
      for (int64_t other = 1; other < id; ++other)
        if (random_.one_in(2) || other == 1) job.stored.after.push_back(other);
    } else {
      job.stored.schedule = schedules_[random_.below(schedules_.size())];
    }
    Job& made = job.stored.job;
    made.job_id = id;
    made.jitter = random_.one_in(3) ? static_cast<Micros>(random_.below(2 * hour)) : 0;
    made.missed = random_.one_in(2) ? Missed::skip : Missed::once;
    made.max_retries = static_cast<int32_t>(random_.below(5));
    made.retry_delay = static_cast<Micros>(1 + random_.below(10 * minute));
    made.retry_cap = static_cast<Micros>(1 + random_.below(2 * hour));
    if (random_.one_in(8)) made.not_before = now() + static_cast<Micros>(random_.below(2 * day));
    restart_times(job);
  }
}

/// As when the job is added or resumed, or its schedule is altered.
void World::restart_times(Simulated& job) {
  job.stored.job.since = now();
  job.accounted = std::max(now(), job.stored.job.not_before - 1);
  // Times before clocks were set back count until the job goes by the new time.
  if (const StoredRun* run = job.stored.newest_due())
    job.accounted = std::max(job.accounted, run->due_at);
  job.resumed = elapsed_;
  job.changed = true;
}

bool World::wrong(const Simulated& job, const std::string& what) {
  if (error_.empty())
    error_ = iso(now()) + ", job " + std::to_string(job.stored.job.job_id) + ": " + what;
  return false;
}

StoredRun* World::active(Simulated& job) { return const_cast<StoredRun*>(job.stored.active()); }

const std::vector<Job>& World::facts() {
  facts_.clear();
  for (auto& [id, job] : jobs_) {
    if (job.changed) job.facts = job.stored.facts(), job.changed = false;
    facts_.push_back(job.facts);
  }
  return facts_;
}

/// What is pruned is what nothing depends on.
void World::add_run(Simulated& job, StoredRun run) {
  run.run_id = next_run_++;
  job.stored.runs.push_back(run);
  job.changed = true;
  if (job.stored.runs.size() < 40) return;
  const int64_t kept[] = {job.stored.newest_due() ? job.stored.newest_due()->run_id : 0,
                          job.stored.newest_attempt() ? job.stored.newest_attempt()->run_id : 0,
                          job.stored.newest_start() ? job.stored.newest_start()->run_id : 0,
                          job.stored.newest_success() ? job.stored.newest_success()->run_id : 0};
  std::erase_if(job.stored.runs, [&](const StoredRun& old) {
    return !is_active(old.state) && old.run_id < next_run_ - 20 &&
           std::ranges::count(kept, old.run_id) == 0;
  });
}

/// The first `most` of the things to write; a scheduler may end before the others.
void World::write(const Decision& decision, size_t most) {
  for (const int64_t run_id : decision.withdraw)
    for (auto& [id, job] : jobs_)
      if (StoredRun* run = active(job); run != nullptr && run->run_id == run_id && most > 0) {
        --most;
        run->state = State::skipped, run->ended_at = now();
        job.changed = true;
      }
  for (const auto& skip : decision.skip) {
    if (most-- == 0) return;
    Simulated& job = jobs_.at(skip.job_id);
    Job& stored = job.stored.job;
    if (skip.missed == 0) {
      ++counts.noted;
      job.dues.clear();
      job.accounted = std::max(now(), stored.not_before - 1);
    } else {
      counts.skipped += skip.missed;
      check_row(job, skip.due_at, skip.missed, false);
    }
    stored.since = std::min(stored.since, skip.due_at);
    add_run(job, {0, Kind::schedule, skip.due_at, skip.missed, 1, State::skipped, {}, now()});
  }
  for (const auto& queue : decision.queue) {
    if (most-- == 0) return;
    Simulated& job = jobs_.at(queue.job_id);
    if (active(job) != nullptr) wrong(job, "it is queued although it waits or runs");
    if (queue.kind == Kind::retry)
      check_retry(job, queue);
    else
      check_row(job, queue.due_at, queue.missed, true);
    counts.missed += queue.missed;
    add_run(job,
            {0, queue.kind, queue.due_at, queue.missed, queue.attempt, State::waiting, {}, {}});
  }
}

void World::start_runs() {
  std::vector<Waiting> waiting;
  size_t free = slots_;
  std::map<int64_t, Simulated*> of;
  for (auto& [id, job] : jobs_) {
    const StoredRun* run = job.facts.active ? job.stored.active() : nullptr;
    if (run == nullptr) continue;
    if (run->state == State::running && run->kind != Kind::manual) free -= free > 0;
    if (run->state != State::waiting) continue;
    waiting.push_back({run->run_id, run->due_at, job.stored.name});
    of[run->run_id] = &job;
  }
  if (waiting.empty()) return;
  const std::vector<int64_t> ids = starts(waiting, free);
  if (ids.size() != std::min(free, waiting.size())) error_ = "not all free slots are used";
  for (const int64_t id : ids) {
    Simulated& job = *of.at(id);
    StoredRun& run = *active(job);
    job.changed = true;
    if (random_.one_in(50)) {
      end_run(job, State::failed, "");  // it did not start
      continue;
    }
    ++counts.started;
    run.state = State::running, run.started_at = now(), job.started = elapsed_;
    const bool slow = random_.one_in(trouble_.slow ? 3 : 30);
    job.run_ends = elapsed_ + 1 + static_cast<Micros>(random_.below(slow ? 5 * hour : minute));
  }
}

void World::end_run(Simulated& job, State state, const char* sqlstate) {
  StoredRun& run = *active(job);
  run.state = state, run.ended_at = now(), run.sqlstate = sqlstate;
  job.run_ends = never, job.changed = true;
  if (state == State::succeeded) job.succeeded = elapsed_;
}

void World::end_runs() {
  for (auto& [id, job] : jobs_) {
    if (job.run_ends > elapsed_) continue;
    const uint64_t fate = random_.below(20);
    if (fate < 12)
      end_run(job, State::succeeded, "");
    else if (fate < 16)
      end_run(job, State::failed, fate == 12 ? "42P01" : "40001");
    else
      end_run(job,
              fate == 16   ? State::cancelled
              : fate == 17 ? State::crashed
                           : State::timed_out,
              fate == 17 ? "" : "57014");
  }
}

/// The server starts again: what ran has no process.
void World::come_back() {
  down_until_ = -1;
  if (!server_down_) return;
  server_down_ = false;
  for (auto& [id, job] : jobs_)
    if (StoredRun* run = active(job); run != nullptr && run->state == State::running)
      end_run(job, State::crashed, "");
}

void World::happen() {
  const Micros mean = trouble_.slow ? 2 * day : 5 * hour;
  next_trouble_ = elapsed_ + 1 + static_cast<Micros>(random_.below(2 * mean));
  Simulated& job = jobs_.at(1 + static_cast<int64_t>(random_.below(jobs_.size())));
  const uint64_t what = random_.below(6);
  if (what == 0 && active(job) == nullptr && !server_down_) {
    add_run(job, {0, Kind::manual, now(), 0, 1, State::running, now(), {}});
    job.started = elapsed_;
    job.run_ends = elapsed_ + 1 + static_cast<Micros>(random_.below(20 * minute));
  } else if (what == 1) {
    slots_ = random_.below(jobs_.size() + 1);
  } else if (what == 2 && trouble_.pauses) {
    job.stored.job.paused = !job.stored.job.paused;
    restart_times(job);
  } else if (what == 3 && trouble_.pauses && job.stored.schedule) {
    job.stored.schedule = schedules_[random_.below(schedules_.size())];
    restart_times(job);
  } else if (what == 4 && trouble_.crashes && down_until_ == -1) {
    ++counts.crashes;
    server_down_ = random_.one_in(2);
    const Micros longest[] = {second, minute, 3 * hour, 20 * day};
    down_until_ = elapsed_ + static_cast<Micros>(random_.below(longest[random_.below(4)]));
    if (server_down_)
      for (auto& [id, other] : jobs_)
        if (other.run_ends != never) other.run_ends = never;
  } else if (what == 5 && trouble_.clocks) {
    ++counts.jumps;
    const Micros steps[] = {50 * millisecond, 40 * second, hour, 3 * hour, 30 * hour, 365 * day};
    const Micros step = steps[random_.below(6)] - (random_.one_in(2) ? 0 : millisecond);
    offset_ += random_.one_in(2) ? step : -step;
    // Far from where time began and where schedules of a zone are known to end, it is set right.
    if (offset_ < 20 * 365 * day || offset_ > 35 * 365 * day) offset_ = 26 * 365 * day;
  }
}

std::string World::live(Micros span) {
  const Micros until = elapsed_ + span;
  next_trouble_ = elapsed_ + static_cast<Micros>(random_.below(day));
  while (elapsed_ < until && error_.empty()) {
    Micros next = std::min(next_trouble_, down_until_ == -1 ? wake_ : down_until_);
    for (const auto& [id, job] : jobs_) next = std::min(next, job.run_ends);
    elapsed_ = std::max(elapsed_, next);
    if (elapsed_ >= next_trouble_) happen();
    end_runs();
    if (down_until_ != -1 && elapsed_ >= down_until_) come_back();
    if (down_until_ == -1) look();
  }
  return error_;
}

}  // namespace clientele::testing
