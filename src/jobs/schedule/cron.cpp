// SPDX-License-Identifier: PostgreSQL
#include "jobs/schedule/cron.hpp"

#include <bit>

namespace clientele {
namespace {

constexpr int64_t minutes_a_day = 1440;
constexpr int64_t days_in_400_years = 146097;  // a multiple of 7
constexpr uint32_t all_days = 0xFFFFFFFE, all_week = 0x7F;

int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0); }
int64_t ceil_div(int64_t a, int64_t b) { return a / b + (a % b > 0); }

/// The bits below bit n.
uint64_t below(int64_t n) { return n >= 64 ? ~uint64_t{0} : (uint64_t{1} << n) - 1; }

/// A month, and the days from 2000-01-01 to its first day and to that of the next.
struct Month {
  explicit Month(int64_t days) {
    const Date date = date_after(days);
    year = date.year;
    month = date.month;
    set_ends();
  }
  void forward() {
    if (++month > 12) month = 1, ++year;
    set_ends();
  }
  void back() {
    if (--month < 1) month = 12, --year;
    set_ends();
  }
  int64_t length() const { return end - begin; }

  int64_t year, begin, end;
  unsigned month;

 private:
  void set_ends() {
    begin = days_to_date(year, month, 1);
    end = month == 12 ? days_to_date(year + 1, 1, 1) : days_to_date(year, month + 1, 1);
  }
};

uint32_t allowed_days(const Cron& cron, const Month& m) {
  if ((cron.months >> m.month & 1) == 0) return 0;
  const auto length = m.length();
  const auto in_month = static_cast<uint32_t>(below(length + 1) & ~uint64_t{1});
  const uint32_t by_day = cron.days | (cron.last_day ? 1U << length : 0);
  // 2000-01-01 was a Saturday. Bit 0 of `turned` is the day of week of the first.
  const auto first = static_cast<unsigned>(((m.begin + 6) % 7 + 7) % 7);
  const uint64_t turned = (cron.week >> first | cron.week << (7 - first)) & all_week;
  const auto by_week = static_cast<uint32_t>(
      (turned | turned << 7 | turned << 14 | turned << 21 | turned << 28) << 1);
  if (cron.days == all_days) return by_week & in_month;
  if (cron.week == all_week) return by_day & in_month;
  return (by_day | by_week) & in_month;
}

/// The minute of the day that is allowed and not before / before `minute`, -1 if none.
int64_t time_from(const Cron& cron, int64_t minute) {
  int64_t hour = minute / 60;
  if ((cron.hours >> hour & 1) != 0) {
    const uint64_t rest = cron.minutes & ~below(minute % 60);
    if (rest != 0) return hour * 60 + std::countr_zero(rest);
  }
  const uint64_t hours = cron.hours & ~below(hour + 1);
  if (hours == 0) return -1;
  return std::countr_zero(hours) * int64_t{60} + std::countr_zero(cron.minutes);
}

int64_t time_before(const Cron& cron, int64_t minute) {
  const int64_t hour = minute / 60;
  if ((cron.hours >> hour & 1) != 0) {
    const uint64_t rest = cron.minutes & below(minute % 60);
    if (rest != 0) return hour * 60 + std::bit_width(rest) - 1;
  }
  const uint64_t hours = cron.hours & below(hour);
  if (hours == 0) return -1;
  return (static_cast<int64_t>(std::bit_width(hours)) - 1) * 60 + std::bit_width(cron.minutes) - 1;
}

}  // namespace

uint32_t Cron::days_of(int64_t year, unsigned month) const {
  return allowed_days(*this, Month(days_to_date(year, month, 1)));
}

std::optional<Micros> Cron::first(Micros begin, Micros end) const {
  const int64_t from = ceil_div(begin, minute);
  const int64_t day_number = floor_div(from, minutes_a_day), end_day = ceil_div(end, day);
  const int64_t time = from - day_number * minutes_a_day;
  for (Month m(day_number); m.begin < end_day; m.forward()) {
    uint32_t days = allowed_days(*this, m);
    if (day_number > m.begin) days &= static_cast<uint32_t>(~below(day_number - m.begin + 1));
    for (; days != 0; days &= days - 1) {
      const int64_t at = m.begin + std::countr_zero(days) - 1;
      if (at >= end_day) return std::nullopt;
      const int64_t minute_of_day = time_from(*this, at == day_number ? time : 0);
      if (minute_of_day < 0) continue;
      const Micros found = (at * minutes_a_day + minute_of_day) * minute;
      if (found < end) return found;
      return std::nullopt;
    }
  }
  return std::nullopt;
}

Micros Cron::last_before(Micros end) const {
  const int64_t from = ceil_div(end, minute);  // the first minute that is not before the end
  const int64_t day_number = floor_div(from, minutes_a_day);
  const int64_t time = from - day_number * minutes_a_day;
  for (Month m(day_number);; m.back()) {
    uint32_t days = allowed_days(*this, m);
    if (day_number < m.end) days &= static_cast<uint32_t>(below(day_number - m.begin + 2));
    while (days != 0) {
      const int bit = std::bit_width(days) - 1;
      days ^= 1U << bit;
      const int64_t at = m.begin + bit - 1;
      const int64_t minute_of_day = time_before(*this, at == day_number ? time : minutes_a_day);
      if (minute_of_day >= 0) return (at * minutes_a_day + minute_of_day) * minute;
    }
  }
}

int64_t Cron::days_between(int64_t first, int64_t end) const {
  int64_t n = 0;
  for (Month m(first); m.begin < end; m.forward()) {
    uint32_t days = allowed_days(*this, m);
    if (first > m.begin) days &= static_cast<uint32_t>(~below(first - m.begin + 1));
    if (end < m.end) days &= static_cast<uint32_t>(below(end - m.begin + 1));
    n += std::popcount(days);
  }
  return n;
}

int64_t Cron::count(Micros begin, Micros end) const {
  if (begin >= end) return 0;
  const auto split = [](Micros at) {
    const int64_t from = ceil_div(at, minute), days = floor_div(from, minutes_a_day);
    return std::pair(days, from - days * minutes_a_day);
  };
  // How many times of a day are before this minute, if it is an allowed one.
  const auto times_before = [this](int64_t days, int64_t time) -> int64_t {
    if (time == 0 || days_between(days, days + 1) == 0) return 0;
    const int64_t hour = time / 60;
    const int64_t whole = std::popcount(hours & below(hour)) * std::popcount(minutes);
    return whole + (hours >> hour & 1 ? std::popcount(minutes & below(time % 60)) : 0);
  };
  const auto [first_day, first_time] = split(begin);
  const auto [last_day_number, last_time] = split(end);
  const int64_t span = last_day_number - first_day;
  int64_t whole = days_between(first_day, first_day + span % days_in_400_years);
  if (const int64_t rounds = span / days_in_400_years; rounds > 0)
    whole += rounds * days_between(0, days_in_400_years);
  return whole * std::popcount(hours) * std::popcount(minutes) +
         times_before(last_day_number, last_time) - times_before(first_day, first_time);
}

}  // namespace clientele
