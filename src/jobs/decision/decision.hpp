// SPDX-License-Identifier: PostgreSQL
// Given the jobs, what is stored of their runs, and the time: which runs are queued now, and when
// to look again. Pure. It depends on stored facts only: a scheduler that ends before it has written
// decides the same again, and one that has written finds nothing left to do.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/calendar.hpp"

namespace clientele {
class Schedule;
}

namespace clientele::jobs {

enum class Kind { schedule, retry, manual };
enum class State { waiting, running, succeeded, failed, timed_out, cancelled, crashed, skipped };
enum class Missed { once, skip };

/// A due time that is less late than this is not missed. A scheduler looks at least this often.
inline constexpr Micros grace = minute;
/// Clocks that were set back by less hold up the jobs whose hours are fixed, until they have caught
/// up; if they were set back by more, all jobs go by the new time. How far shows in the due times
/// of all jobs.
inline constexpr Micros small_jump = 3 * hour;

/// A job, and the facts of its runs. "Newest" is always by run_id, because clocks can be set back.
/// clientele.job_states() delivers them:
///   not_before                      starting, added_at
///   last_due                        last_due_at
///   last_attempt                    last_run_id, last_run_due_at, last_ended_at, last_attempt,
///                                   last_state, last_sqlstate; of runs that were skipped none
///   active                          active_run_id, active_state
///   last_start, last_success        last_started_run_id, last_started_at; last_success_run_id,
///   …_at
struct Job {
  /// What happened to a run, and when.
  struct Event {
    int64_t run_id;
    Micros at;
  };
  struct Attempt {
    int64_t run_id;
    Micros due_at;
    Micros ended_at;
    int32_t attempt;  // 1 for the run of the schedule, k + 1 for retry k
    State state;
    std::string_view sqlstate;  // empty if none was recorded
  };
  struct Active {
    int64_t run_id;
    State state;  // waiting or running
  };

  int64_t job_id = 0;
  std::string_view name{};
  const Schedule* schedule = nullptr;  // nullptr: after other jobs
  std::span<const int64_t> after{};
  Micros jitter = 0;  // months count 30 days
  Missed missed = Missed::once;
  int32_t max_retries = 0;
  Micros retry_delay = 0, retry_cap = 0;
  bool paused = false;
  /// Nothing falls due at or before it: when the job was added or resumed, or its times changed.
  Micros since = first_instant;
  /// jobs.starting if that is later than added_at: nothing falls due before it.
  Micros not_before = first_instant;

  /// due_at of the newest run of kind schedule, whatever its state (skipped ones, too).
  std::optional<Micros> last_due{};
  /// The newest run of kind schedule or retry that has ended and was not skipped.
  std::optional<Attempt> last_attempt{};
  /// The run that waits or runs, of any kind.
  std::optional<Active> active{};
  /// The newest run that was started, of any kind: its started_at.
  std::optional<Event> last_start{};
  /// The newest run that succeeded, of any kind: its ended_at.
  std::optional<Event> last_success{};
};

struct Decision {
  struct Queue {
    int64_t job_id;
    Kind kind;
    Micros due_at;
    int64_t missed;  // how many due times were missed that this run stands for
    int32_t attempt;
  };
  /// A row of kind schedule and state skipped. One with `missed` 0 says that clocks were set back
  /// and the job goes by the new time from due_at on; writing it also sets jobs.since to due_at if
  /// that is later: SET since = least(since, due_at).
  struct Skip {
    int64_t job_id;
    Micros due_at;
    int64_t missed;
  };

  std::vector<int64_t> withdraw;  // runs that wait while their job is paused: they become skipped
  std::vector<Skip> skip;         // to be written before what is queued
  std::vector<Queue> queue;
  /// When to look again if nothing happens before that: later than now, at most a minute. To look
  /// when a run ends or the jobs change is up to the caller.
  Micros wake;
};

/// Jobs in any order; those that others follow must be among them, paused ones, too.
Decision decide(std::span<const Job> jobs, Micros now);

/// How long the start of a due time is put off: by a hash of name and time, less than the jitter,
/// and never up to the next due time.
Micros start_delay(const Job& job, Micros due);

/// When the last attempt is tried again; nothing if it is not.
std::optional<Micros> retry_time(const Job& job);

/// A run that waits.
struct Waiting {
  int64_t run_id;
  Micros due_at;
  std::string_view name;
};
/// Which of the waiting runs get the free slots: by due time and name.
std::vector<int64_t> starts(std::span<const Waiting> waiting, size_t free_slots);

/// A worker process. All times are of one monotonic clock.
struct Worker {
  Micros launched;                       // when it got its slot
  std::optional<Micros> began{};         // when its run was recorded as running
  std::optional<Micros> max_run_time{};  // none: no limit
  std::optional<Micros> cancelled_at{};  // when it was cancelled because of the limit
  bool terminated = false;
  bool ended = false;  // its command has; the worker records that, which has no limit
};
enum class Order {
  none,
  give_up,    // it has not begun: the run fails, "did not start"
  cancel,     // the run has reached its maximum run time
  terminate,  // it did not heed that
};
struct Verdict {
  Order order;
  Micros look_again;  // by the same clock, if nothing happens before; the largest value: never
};
inline constexpr Micros time_to_begin = 60 * second;
inline constexpr Micros time_to_heed = 5 * second;
Verdict watch(const Worker& worker, Micros now);

}  // namespace clientele::jobs
