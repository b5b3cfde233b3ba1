// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <deque>
#include <string>

#include "jobs/decision/decision.hpp"
#include "unit/jobs/schedule/zone.hpp"

namespace clientele::testing {

/// A row of job_runs.
struct StoredRun {
  int64_t run_id;
  jobs::Kind kind;
  Micros due_at;
  int64_t missed = 0;
  int32_t attempt = 1;
  jobs::State state = jobs::State::succeeded;
  std::optional<Micros> started_at{}, ended_at{};
  std::string sqlstate{};
};

inline bool is_active(jobs::State state) {
  return state == jobs::State::waiting || state == jobs::State::running;
}

/// A row of jobs with its runs, and the facts that follow from them.
struct StoredJob {
  std::string name;
  std::optional<Schedule> schedule{};
  std::vector<int64_t> after{};
  jobs::Job job{};               // what is set by add_job
  std::deque<StoredRun> runs{};  // the newest last

  template <typename Fits>
  const StoredRun* newest(Fits fits) const {
    for (auto run = runs.rbegin(); run != runs.rend(); ++run)
      if (fits(*run)) return &*run;
    return nullptr;
  }
  const StoredRun* newest_due() const {
    return newest([](const StoredRun& run) { return run.kind == jobs::Kind::schedule; });
  }
  const StoredRun* newest_attempt() const {
    return newest([](const StoredRun& run) {
      return run.kind != jobs::Kind::manual && run.state != jobs::State::skipped &&
             !is_active(run.state);
    });
  }
  const StoredRun* active() const {
    return newest([](const StoredRun& run) { return is_active(run.state); });
  }
  const StoredRun* newest_start() const {
    return newest([](const StoredRun& run) { return run.started_at.has_value(); });
  }
  const StoredRun* newest_success() const {
    return newest([](const StoredRun& run) { return run.state == jobs::State::succeeded; });
  }

  /// It refers to this object.
  jobs::Job facts() const {
    jobs::Job facts = job;
    facts.name = name;
    facts.schedule = schedule ? &*schedule : nullptr;
    facts.after = after;
    if (const StoredRun* run = newest_due()) facts.last_due = run->due_at;
    if (const StoredRun* run = newest_attempt())
      facts.last_attempt = {run->run_id,  run->due_at, *run->ended_at,
                            run->attempt, run->state,  run->sqlstate};
    if (const StoredRun* run = active()) facts.active = {run->run_id, run->state};
    if (const StoredRun* run = newest_start()) facts.last_start = {run->run_id, *run->started_at};
    if (const StoredRun* run = newest_success()) facts.last_success = {run->run_id, *run->ended_at};
    return facts;
  }
};

}  // namespace clientele::testing
