// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <string_view>

#include "base/local_clock.hpp"

namespace clientele {

enum class PeriodUnit : uint8_t { hour, day, week, month, quarter, year };

/// Error 22023 for another word.
PeriodUnit parse_period(std::string_view word);
const char* period_name(PeriodUnit unit);

/// The calendar periods of a time zone. An instant belongs to the period of its local date, and a
/// period begins at the first instant that has its first date. A date that the zone left out is a
/// period of no length. Weeks begin on Monday.
class Periods {
 public:
  Periods(PeriodUnit unit, LocalClock::Look look, const void* zone)
      : unit_(unit), clock_(look, zone) {}

  PeriodUnit unit() const { return unit_; }

  /// Consecutive periods have consecutive numbers. Quick for times of the period found last.
  int64_t number(Micros at) {
    if (!same(at)) find(at);
    return number_;
  }
  /// Whether an instant is known to lie in the period that number() found last.
  bool same(Micros at) const { return at >= begin_ && at < end_; }
  /// Some instants for which that holds: from `begin` to before `end`.
  void stretch(Micros& begin, Micros& end) const { begin = begin_, end = end_; }

  /// The first instant of a period; those beyond the range of a timestamptz begin at its ends.
  Micros begin(int64_t number);
  Micros end(int64_t number) { return begin(number + 1); }

  /// Whether between the two instants clocks are set back over midnight, so that numbers descend.
  /// Quick after the first call.
  bool turns_back(Micros from, Micros to);

  /// What the local clock shows as minutes, seconds and fractions is taken off. If clocks change by
  /// a part of an hour, it differs from the beginning of the period of that number.
  Micros clock_hour(Micros at);

 private:
  void find(Micros at);
  Micros begin_of_hour(int64_t number);

  PeriodUnit unit_;
  LocalClock clock_;
  int64_t number_ = 0;
  Micros begin_ = 0, end_ = 0;  // of a stretch in this period and between two changes of the clock
  std::vector<Micros> turns_;   // ascending: clocks are set back over midnight
  Micros turns_until_ = first_instant;  // all before that are known
};

}  // namespace clientele
