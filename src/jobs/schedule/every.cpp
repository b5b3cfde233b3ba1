// SPDX-License-Identifier: PostgreSQL
#include "jobs/schedule/every.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/poll.hpp"
#include "jobs/schedule/stretches.hpp"

namespace clientele {
namespace {

/// Local times from here on are of no instant.
constexpr Micros end_of_walls = end_of_time + 2 * day;

int64_t days_in_month(int64_t year, int64_t month) {
  for (const int64_t last : {31, 30, 29})
    if (is_date(year, month, last)) return last;
  return 28;
}

/// The latest local time that the clocks have shown up to this instant.
Micros furthest(LocalClock::Look look, const void* zone, Micros at) {
  const Stretches stretch(look, zone, at);
  return std::max(stretch.reached() - 1, stretch.local(at));
}

/// The first instant at which the clocks show this local time, or have jumped over it.
Micros first_shown(LocalClock::Look look, const void* zone, Micros local) {
  Stretches stretch(look, zone, local - 2 * day);
  while (stretch.local_end() <= local) {
    if (stretch.is_last()) return never;
    stretch.forward();
  }
  return std::max(stretch.instant(local), stretch.begin());
}

}  // namespace

Every Every::checked(int32_t months, int32_t days, Micros micros, Micros starting) {
  // As PostgreSQL 17 and later write an infinite interval.
  if (months == INT32_MAX && days == INT32_MAX && micros == INT64_MAX)
    throw Error(sqlstate::invalid_parameter, "every must be finite");
  if (months < 0 || days < 0 || micros < 0)
    throw Error(sqlstate::invalid_parameter, "every must not be negative, nor have negative parts",
                "For example, write '23 hours' in place of '1 day -1 hour'.");
  if (months == 0 && days == 0 && micros < second)
    throw Error(sqlstate::invalid_parameter, "every must be at least 1 second");
  if (starting < first_instant || starting >= end_of_time)
    throw Error(sqlstate::time_out_of_range, "starting must be finite");
  Every made;
  made.months_ = months;
  made.days_ = days;
  made.micros_ = micros;
  made.starting_ = starting;
  return made;
}

/// The local times of a grid that goes by the wall clock. They are at least a day apart.
class Every::Calendar {
 public:
  Calendar(const Every& every, LocalClock::Look look, const void* zone)
      : every_(every), look_(look), zone_(zone) {
    const Micros local = every.starting_ + look(zone, every.starting_).offset;
    days_ = local / day - (local % day < 0);
    time_ = local - days_ * day;
    date_ = date_after(days_);
  }

  /// The local time of number k; end_of_walls if it is not before that.
  Micros local(int64_t k) const {
    const __int128 month =
        date_.year * 12 + (date_.month - 1) + static_cast<__int128>(every_.months_) * k;
    if (month > 300'000 * 12) return end_of_walls;
    const auto m = static_cast<int64_t>(month);
    const int64_t year = m / 12 - (m % 12 < 0), of_year = m - year * 12 + 1;
    const int64_t days =
        days_to_date(year, of_year, std::min<int64_t>(date_.day, days_in_month(year, of_year)));
    const __int128 at = (days + static_cast<__int128>(every_.days_) * k) * day + time_ +
                        static_cast<__int128>(every_.micros_) * k;
    return at < end_of_walls ? static_cast<Micros>(at) : end_of_walls;
  }

  /// How many of the numbers have come by this instant.
  int64_t come(Micros at) const {
    if (at < every_.starting_) return 0;
    return first_later(furthest(look_, zone_, at));
  }

  /// The due time of number k.
  Micros due(int64_t k) const {
    const Micros wall = local(k);
    if (wall >= end_of_walls) return never;
    const Micros at = std::max(first_shown(look_, zone_, wall), every_.starting_);
    return at < end_of_time ? at : never;
  }

  /// Two times that fall into one gap, or one at its end, are one run.
  int64_t doubled(Micros after, Micros until) const {
    int64_t n = 0;
    for (Stretches stretch(look_, zone_, after + 1); stretch.begin() <= until; stretch.forward()) {
      if (stretch.begin() > after && stretch.local_begin() - stretch.reached() >= day &&
          stretch.begin() > every_.starting_) {
        const int64_t here =
            first_later(stretch.local_begin()) - first_later(stretch.reached() - 1);
        n += std::max<int64_t>(here - 1, 0);
      }
      if (stretch.is_last()) break;
      poll();
    }
    return n;
  }

 private:
  /// The first number whose local time is later than this.
  int64_t first_later(Micros wall) const {
    int64_t low = 0, high = 1;
    while (local(high) <= wall) high *= 2;
    if (local(low) > wall) return low;
    while (high - low > 1) {
      const int64_t middle = low + (high - low) / 2;
      (local(middle) <= wall ? low : high) = middle;
    }
    return high;
  }

  const Every& every_;
  LocalClock::Look look_;
  const void* zone_;
  int64_t days_;
  Micros time_;
  Date date_;
};

Micros Every::next(Micros after, LocalClock::Look look, const void* zone) const {
  if (after < starting_) return starting_;
  if (has_calendar()) {
    const Calendar calendar(*this, look, zone);
    return calendar.due(calendar.come(after));
  }
  const uint64_t into = elapsed(starting_, after) % static_cast<uint64_t>(micros_);
  const uint64_t wait = static_cast<uint64_t>(micros_) - into;
  return wait < elapsed(after, end_of_time) ? after + static_cast<Micros>(wait) : never;
}

void Every::passed(Micros after, Micros until, LocalClock::Look look, const void* zone,
                   Micros& last, int64_t& count) const {
  if (until < starting_) return;
  if (has_calendar()) {
    const Calendar calendar(*this, look, zone);
    const int64_t come = calendar.come(until);
    count = come - calendar.come(after);
    if (count == 0) return;
    count -= calendar.doubled(after, until);
    last = calendar.due(come - 1);
    return;
  }
  const auto step = static_cast<uint64_t>(micros_);
  const uint64_t come = elapsed(starting_, until) / step;
  count = static_cast<int64_t>(come + 1);
  if (after >= starting_) count -= static_cast<int64_t>(elapsed(starting_, after) / step + 1);
  if (count > 0) last = starting_ + static_cast<Micros>(come * step);
}

}  // namespace clientele
