// SPDX-License-Identifier: PostgreSQL
#include <algorithm>
#include <cstdio>

#include "reports/pictures/numbers.hpp"

namespace clientele::pictures {
namespace {

/// Reads exactly this many digits.
bool digits(std::string_view& text, size_t count, int& value) {
  if (text.size() < count) return false;
  value = 0;
  for (size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return true;
}

bool letter(std::string_view& text, std::string_view any) {
  if (text.empty() || any.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

int64_t day_of(Micros at) { return (at >= 0 ? at : at - (day - 1)) / day; }

constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::string clock_of(Micros at) {
  const auto minutes = static_cast<int>((at - day_of(at) * day) / minute);
  char text[8];
  std::snprintf(text, sizeof text, "%02d:%02d", minutes / 60 % 24, minutes % 60);
  return text;
}

/// Every step-th unit of the calendar.
struct Step {
  enum Kind { hours, days, months, years } kind;
  int size;
  Micros least;  // how long it is at least
};
constexpr Step steps[] = {{Step::hours, 1, hour},
                          {Step::hours, 3, 3 * hour},
                          {Step::hours, 6, 6 * hour},
                          {Step::hours, 12, 12 * hour},
                          {Step::days, 1, day},
                          {Step::days, 2, 2 * day},
                          {Step::days, 7, 7 * day},
                          {Step::days, 14, 14 * day},
                          {Step::months, 1, 28 * day},
                          {Step::months, 2, 59 * day},
                          {Step::months, 3, 90 * day},
                          {Step::months, 6, 181 * day},
                          {Step::years, 1, 365 * day},
                          {Step::years, 2, 730 * day},
                          {Step::years, 5, 1826 * day},
                          {Step::years, 10, 3652 * day},
                          {Step::years, 50, 18262 * day},
                          {Step::years, 100, 36524 * day},
                          {Step::years, 1000, 365242 * day}};

TimeTick tick_of(Micros at, const Step& step, Language language) {
  const Date date = date_after(day_of(at));
  const bool chinese = language == Language::chinese;
  const std::string year = std::to_string(date.year) + (chinese ? "年" : "");
  if (step.kind == Step::years) return {at, year, ""};
  const std::string month = chinese ? std::to_string(date.month) + "月" : months[date.month - 1];
  if (step.kind == Step::months) return {at, month, year};
  if (step.kind == Step::hours && at % day != 0) return {at, clock_of(at), year};
  return {at, month + (chinese ? "" : " ") + std::to_string(date.day) + (chinese ? "日" : ""),
          year};
}

/// The first beginning of a step at or after `from`.
Micros begin_of(Micros from, const Step& step) {
  if (step.kind == Step::hours || step.kind == Step::days) {
    // Days are counted from a Monday, 2000-01-03.
    const Micros length = step.least, origin = step.kind == Step::days ? 2 * day : 0;
    const Micros past = from - origin;
    const Micros rest = (past % length + length) % length;
    return rest == 0 ? from : from + (length - rest);
  }
  const Date date = date_after(day_of(from));
  int64_t year = date.year, month = date.month - 1;
  if (step.kind == Step::years) {
    year = (year + step.size - 1) / step.size * step.size;
    month = 0;
    if (days_to_date(year, 1, 1) * day < from) year += step.size;
  } else {
    month = month / step.size * step.size;
    while (days_to_date(year, month + 1, 1) * day < from) {
      month += step.size;
      year += month / 12;
      month %= 12;
    }
  }
  return days_to_date(year, month + 1, 1) * day;
}

Micros after(Micros at, const Step& step) {
  if (step.kind == Step::hours || step.kind == Step::days) return at + step.least;
  const Date date = date_after(day_of(at));
  int64_t month = date.month - 1 + (step.kind == Step::months ? step.size : 0);
  const int64_t year = date.year + (step.kind == Step::years ? step.size : month / 12);
  month %= 12;
  return days_to_date(year, month + 1, 1) * day;
}

}  // namespace

std::optional<Micros> civil_time(std::string_view text) {
  int y = 0, m = 0, d = 0, h = 0, min = 0;
  if (!digits(text, 4, y) || !letter(text, "-") || !digits(text, 2, m) || !letter(text, "-") ||
      !digits(text, 2, d) || !is_date(y, m, d))
    return std::nullopt;
  Micros at = days_to_date(y, m, d) * day;
  if (text.empty()) return at;
  if (!letter(text, "T ") || !digits(text, 2, h) || !letter(text, ":") || !digits(text, 2, min) ||
      h > 24 || min > 59 || text.ends_with("BC"))
    return std::nullopt;
  at += h * hour + min * minute;
  return at;
}

DateUnit date_unit(const std::vector<Micros>& times) {
  DateUnit unit = DateUnit::year;
  for (const Micros at : times) {
    if (at % day != 0) return DateUnit::minute;
    const Date date = date_after(day_of(at));
    if (date.day != 1)
      unit = DateUnit::day;
    else if (date.month != 1 && unit == DateUnit::year)
      unit = DateUnit::month;
  }
  return times.size() < 2 && unit == DateUnit::year ? DateUnit::day : unit;
}

std::string date_text(Micros at, DateUnit unit) {
  const Date date = date_after(day_of(at));
  char text[40];
  const auto year = static_cast<int>(date.year);
  if (unit == DateUnit::year)
    std::snprintf(text, sizeof text, "%04d", year);
  else if (unit == DateUnit::month)
    std::snprintf(text, sizeof text, "%04d-%02u", year, date.month);
  else
    std::snprintf(text, sizeof text, "%04d-%02u-%02u", year, date.month, date.day);
  return unit == DateUnit::minute ? std::string(text) + " " + clock_of(at) : text;
}

std::vector<TimeTick> time_ticks(Micros from, Micros to, int most, Language language) {
  std::vector<TimeTick> out;
  const Step* step = steps;
  while (step + 1 < std::end(steps) && (to - from) / step->least + 1 > most) ++step;
  std::string year;
  for (Micros at = begin_of(from, *step); at <= to && out.size() < 100; at = after(at, *step)) {
    out.push_back(tick_of(at, *step, language));
    // Only where it changes.
    std::string now = out.back().year;
    if (now == year)
      out.back().year.clear();
    else
      year = std::move(now);
  }
  return out;
}

}  // namespace clientele::pictures
