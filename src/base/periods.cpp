// SPDX-License-Identifier: PostgreSQL
#include "base/periods.hpp"

#include <algorithm>
#include <string>

#include "base/error.hpp"
#include "base/poll.hpp"

namespace clientele {
namespace {

constexpr const char* names[] = {"hour", "day", "week", "month", "quarter", "year"};

// PostgreSQL takes offsets of up to a week in the description of a zone.
constexpr Micros more_than_any_offset = 8 * day;
constexpr int64_t first_day = first_instant / day - 8, last_day = end_of_time / day;
constexpr int64_t first_monday = 2;  // 2000-01-03

int64_t divided(int64_t a, int64_t b) { return a / b - (a % b < 0); }
int64_t remainder(int64_t a, int64_t b) { return a - divided(a, b) * b; }

/// The number of the period that has a date, counted in days from 2000-01-01.
int64_t number_of_date(PeriodUnit unit, int64_t date) {
  if (unit == PeriodUnit::day) return date;
  if (unit == PeriodUnit::week) return divided(date - first_monday, 7);
  const Date d = date_after(date);
  if (unit == PeriodUnit::month) return d.year * 12 + d.month - 1;
  if (unit == PeriodUnit::quarter) return d.year * 4 + (d.month - 1) / 3;
  return d.year;
}

int64_t first_of_months(int64_t number) {
  return days_to_date(divided(number, 12), remainder(number, 12) + 1, 1);
}

/// The inverse: its first date. `number` is of a period within reach of a timestamptz.
int64_t first_date(PeriodUnit unit, int64_t number) {
  if (unit == PeriodUnit::day) return number;
  if (unit == PeriodUnit::week) return number * 7 + first_monday;
  return first_of_months(unit == PeriodUnit::month     ? number
                         : unit == PeriodUnit::quarter ? number * 3
                                                       : number * 12);
}

}  // namespace

PeriodUnit parse_period(std::string_view word) {
  for (size_t i = 0; i < std::size(names); ++i)
    if (word == names[i]) return static_cast<PeriodUnit>(i);
  throw Error(sqlstate::invalid_parameter, "period \"" + std::string(word) + "\" is not known",
              "It is hour, day, week, month, quarter or year.");
}

const char* period_name(PeriodUnit unit) { return names[static_cast<size_t>(unit)]; }

Micros Periods::clock_hour(Micros at) { return at - remainder(clock_.local(at), hour); }

void Periods::find(Micros at) {
  const Micros local = clock_.local(at), offset = local - at;
  Micros begin, end;
  if (unit_ == PeriodUnit::hour) {
    begin = at - remainder(local, hour);
    end = begin + hour;
    number_ = divided(begin, hour);
  } else {
    number_ = number_of_date(unit_, divided(local, day));
    begin = first_date(unit_, number_) * day - offset;
    const int64_t next = std::min(first_date(unit_, number_ + 1), last_day);
    end = next * day - offset;
  }
  // Where clocks are set back over midnight, a date comes again after the next one has begun.
  begin_ = std::max(begin, clock_.steady_from());
  end_ = std::max(std::min(end, clock_.steady_until()), at + 1);
}

Micros Periods::begin(int64_t number) {
  if (unit_ == PeriodUnit::hour) return begin_of_hour(number);
  if (number <= number_of_date(unit_, first_day)) return first_instant;
  if (number > number_of_date(unit_, last_day)) return end_of_time;
  const int64_t date = first_date(unit_, number);
  if (date <= first_day) return first_instant;
  if (date >= last_day) return end_of_time;
  // The first instant at which the clock shows this midnight or, after a change, more.
  const Micros midnight = date * day;
  for (Micros at = midnight - more_than_any_offset;; at = clock_.steady_until()) {
    const Micros offset = clock_.local(at) - at;
    const Micros found = std::max(at, midnight - offset);
    if (found < clock_.steady_until()) return std::clamp(found, first_instant, end_of_time);
  }
}

bool Periods::turns_back(Micros from, Micros to) {
  while (turns_until_ < to) {
    poll();
    const int64_t before = divided(clock_.local(turns_until_ - 1), day);
    if (divided(clock_.local(turns_until_), day) < before) turns_.push_back(turns_until_);
    turns_until_ = clock_.steady_until();
  }
  const auto turn = std::upper_bound(turns_.begin(), turns_.end(), from);
  return turn != turns_.end() && *turn < to;
}

Micros Periods::begin_of_hour(int64_t number) {
  if (number < first_instant / hour) return first_instant;
  if (number >= end_of_time / hour) return end_of_time;
  const Micros whole = number * hour;
  for (Micros at = whole;; at = clock_.steady_until()) {
    const Micros found = std::max(at, whole + remainder(at - clock_.local(at), hour));
    if (found < clock_.steady_until()) return found;
  }
}

}  // namespace clientele
