// SPDX-License-Identifier: PostgreSQL
// When a job is due. Pure: the clocks of a time zone come in as a function.
#pragma once
#include <cstdint>
#include <string_view>
#include <variant>

#include "base/calendar.hpp"
#include "base/local_clock.hpp"
#include "jobs/schedule/cron.hpp"
#include "jobs/schedule/every.hpp"

namespace clientele {

/// The due times of a job, as a small value that is copied freely.
class Schedule {
 public:
  /// The due times in a span of time.
  struct Passed {
    Micros last;    // the latest of them; the begin of the span if there is none
    int64_t count;  // how many
  };

  /// A cron expression in a time zone. 22023 for what is not one; the message names the field.
  static Schedule cron(std::string_view expression, LocalClock::Look look, const void* zone);
  /// starting + k × every for k from 0 on: elapsed time, or the wall clock of the zone if there are
  /// months or days. 22023 if less than a second or partly negative, 22008 for an infinite start.
  static Schedule every(int32_t months, int32_t days, Micros micros, Micros starting,
                        LocalClock::Look look, const void* zone);

  /// The first due time after this instant; `never` if timestamptz has none. Any value will do.
  Micros next(Micros after) const;
  /// The due times in (after, until]. Takes milliseconds for decades, however many there are.
  Passed passed(Micros after, Micros until) const;

  /// Whether due times are a matter of elapsed time, so that clocks that are set back do not hold
  /// them up: every without days and months, and cron with an unrestricted hour.
  bool follows_clock() const;

 private:
  Schedule(LocalClock::Look look, const void* zone) : look_(look), zone_(zone) {}

  LocalClock::Look look_;
  const void* zone_;
  std::variant<Cron, Every> due_;
};

}  // namespace clientele
