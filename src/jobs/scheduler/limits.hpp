// SPDX-License-Identifier: PostgreSQL
#pragma once
#include "base/calendar.hpp"

namespace clientele {

/// How long a run may take to begin, and to leave after its query was cancelled.
inline constexpr Micros longest_begin = minute;
inline constexpr Micros until_terminated = 5 * second;

/// A run at work, by a clock that nobody sets; 0 is not yet.
struct RunClock {
  Micros taken_at;    // it got its slot
  Micros started_at;  // it was recorded as running
  Micros limit;       // max_run_time
  Micros cancelled_at;
  Micros terminated_at;
};

enum class LimitAction { none, give_up, cancel, terminate };

struct LimitStep {
  LimitAction action;
  Micros look_again;
};

/// What is to be done about a run now, and when to look again at the latest.
constexpr LimitStep step_limit(const RunClock& run, Micros now) {
  if (run.terminated_at != 0)  // it may have been too early for the signal to be seen
    return now >= run.terminated_at + until_terminated
               ? LimitStep{LimitAction::terminate, now + until_terminated}
               : LimitStep{LimitAction::none, run.terminated_at + until_terminated};
  if (run.started_at == 0)
    return now >= run.taken_at + longest_begin
               ? LimitStep{LimitAction::give_up, now + until_terminated}
               : LimitStep{LimitAction::none, run.taken_at + longest_begin};
  if (run.cancelled_at != 0)
    return now >= run.cancelled_at + until_terminated
               ? LimitStep{LimitAction::terminate, now + until_terminated}
               : LimitStep{LimitAction::none, run.cancelled_at + until_terminated};
  const Micros left = run.limit - (now - run.started_at);
  return left <= 0
             ? LimitStep{LimitAction::cancel, now + until_terminated}
             : LimitStep{LimitAction::none, left > end_of_time - now ? end_of_time : now + left};
}

}  // namespace clientele
