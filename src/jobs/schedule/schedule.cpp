// SPDX-License-Identifier: PostgreSQL
#include "jobs/schedule/schedule.hpp"

#include <algorithm>

#include "base/poll.hpp"
#include "jobs/schedule/stretches.hpp"

namespace clientele {
namespace {

/// The due times of a cron expression that fall into one stretch between changes of the clocks.
/// `until` is not before the stretch.
struct Part {
  Part(const Cron& cron, const Stretches& stretch, Micros after, Micros until) {
    const Micros from = std::max(after + 1, stretch.begin());
    begin = stretch.local(from);
    end = std::min(stretch.local(until) + 1, stretch.local_end());
    if (cron.every_hour()) return;
    if (from == stretch.begin()) {
      gap = cron.first(stretch.reached(), begin).has_value();
      if (gap) ++begin;  // a time at the end of the gap is the same run
    }
    begin = std::max(begin, stretch.reached());
  }

  bool gap = false;   // due at the begin of the stretch, for the sake of times in a gap
  Micros begin, end;  // local times, of which those that the expression allows are due
};

}  // namespace

Schedule Schedule::cron(std::string_view expression, LocalClock::Look look, const void* zone) {
  Schedule made(look, zone);
  made.due_ = parse_cron(expression);
  return made;
}

Schedule Schedule::every(int32_t months, int32_t days, Micros micros, Micros starting,
                         LocalClock::Look look, const void* zone) {
  Schedule made(look, zone);
  made.due_ = Every::checked(months, days, micros, starting);
  return made;
}

bool Schedule::follows_clock() const {
  if (const Cron* const cron = std::get_if<Cron>(&due_)) return cron->every_hour();
  return !std::get<Every>(due_).has_calendar();
}

Micros Schedule::next(Micros after) const {
  after = std::max(after, first_instant - 1);
  if (after >= end_of_time - 1) return never;
  if (const Every* const every = std::get_if<Every>(&due_)) return every->next(after, look_, zone_);
  const Cron& cron = std::get<Cron>(due_);
  for (Stretches stretch(look_, zone_, after + 1);; stretch.forward()) {
    const Part part(cron, stretch, after, end_of_time - 1);
    if (part.gap) return stretch.begin();
    if (const auto found = cron.first(part.begin, part.end)) return stretch.instant(*found);
    if (stretch.is_last()) return never;
    poll();
  }
}

Schedule::Passed Schedule::passed(Micros after, Micros until) const {
  Passed passed{after, 0};
  after = std::max(after, first_instant - 1);
  until = std::min(until, end_of_time - 1);
  if (until <= after) return passed;
  if (const Every* const every = std::get_if<Every>(&due_)) {
    every->passed(after, until, look_, zone_, passed.last, passed.count);
    return passed;
  }
  const Cron& cron = std::get<Cron>(due_);
  for (Stretches stretch(look_, zone_, after + 1); stretch.begin() <= until; stretch.forward()) {
    const Part part(cron, stretch, after, until);
    if (part.gap) {
      ++passed.count;
      passed.last = stretch.begin();
    }
    if (const int64_t n = cron.count(part.begin, part.end); n > 0) {
      passed.count += n;
      passed.last = stretch.instant(cron.last_before(part.end));
    }
    if (stretch.is_last()) break;
    poll();
  }
  return passed;
}

}  // namespace clientele
