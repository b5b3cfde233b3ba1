// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>

#include "base/local_clock.hpp"

namespace clientele {

/// Later than every instant: there is no due time.
inline constexpr Micros never = INT64_MAX;

/// A grid: starting + k × every for k from 0 on. Without months and days it is elapsed time,
/// otherwise the wall clock of a zone. No due time is before `starting`.
class Every {
 public:
  /// 22023 if it is less than a second or partly negative, 22008 for an infinite start.
  static Every checked(int32_t months, int32_t days, Micros micros, Micros starting);

  bool has_calendar() const { return months_ != 0 || days_ != 0; }

  /// As those of Schedule, for instants that timestamptz has; after < until.
  Micros next(Micros after, LocalClock::Look look, const void* zone) const;
  void passed(Micros after, Micros until, LocalClock::Look look, const void* zone, Micros& last,
              int64_t& count) const;

 private:
  class Calendar;

  int32_t months_, days_;
  Micros micros_, starting_;
};

}  // namespace clientele
