// SPDX-License-Identifier: PostgreSQL
#include "base/calendar.hpp"

#include <charconv>

namespace clientele {
namespace {

constexpr int64_t epoch_days = 10957;  // from 1970-01-01 to 2000-01-01

// Howard Hinnant (2013), "chrono-Compatible Low-Level Date Algorithms": days_from_civil.
int64_t days_from_civil(int64_t y, unsigned m, unsigned d) {
  y -= m <= 2;
  const int64_t era = (y >= 0 ? y : y - 399) / 400;
  const auto yoe = static_cast<unsigned>(y - era * 400);
  const unsigned doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
  const unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  return era * 146097 + static_cast<int64_t>(doe) - 719468;
}

// The same source: civil_from_days.
Date civil_from_days(int64_t z) {
  z += 719468;
  const int64_t era = (z >= 0 ? z : z - 146096) / 146097;
  const auto doe = static_cast<unsigned>(z - era * 146097);
  const unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const unsigned mp = (5 * doy + 2) / 153;
  const unsigned month = mp < 10 ? mp + 3 : mp - 9;
  return {static_cast<int64_t>(yoe) + era * 400 + (month <= 2), month,
          doy - (153 * mp + 2) / 5 + 1};
}

bool digits(std::string_view& text, size_t least, size_t most, int64_t& value) {
  size_t n = 0;
  while (n < text.size() && n < most && text[n] >= '0' && text[n] <= '9') ++n;
  if (n < least) return false;
  std::from_chars(text.data(), text.data() + n, value);
  text.remove_prefix(n);
  return true;
}

bool mark(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

/// Writes the last `n` digits of a number, zeros in front.
char* put_digits(char* p, unsigned value, int n) {
  for (int i = n; i-- > 0; value /= 10) p[i] = static_cast<char>('0' + value % 10);
  return p + n;
}

}  // namespace

bool is_date(int64_t year, int64_t month, int64_t day) {
  if (month < 1 || month > 12 || day < 1 || day > 31) return false;
  const Date back = civil_from_days(
      days_from_civil(year, static_cast<unsigned>(month), static_cast<unsigned>(day)));
  return back.month == month && back.day == day;  // not 31 April
}

int64_t days_to_date(int64_t year, int64_t month, int64_t day) {
  return days_from_civil(year, static_cast<unsigned>(month), static_cast<unsigned>(day)) -
         epoch_days;
}

Date date_after(int64_t days) { return civil_from_days(days + epoch_days); }

void append_iso(std::string& out, Micros at) {
  int64_t days = at / day;
  Micros rest = at % day;
  if (rest < 0) rest += day, --days;
  const Date c = date_after(days);
  const auto year = static_cast<unsigned>(c.year < 0 ? -c.year : c.year);
  const auto secs = static_cast<unsigned>(rest / second);
  char buffer[40];
  char* p = buffer;
  if (c.year < 0) *p++ = '-';
  if (c.year > 9999) *p++ = '+';
  p = put_digits(p, year, year > 99999 ? 6 : year > 9999 ? 5 : 4);
  *p++ = '-';
  p = put_digits(p, c.month, 2);
  *p++ = '-';
  p = put_digits(p, c.day, 2);
  *p++ = 'T';
  p = put_digits(p, secs / 3600, 2);
  *p++ = ':';
  p = put_digits(p, secs / 60 % 60, 2);
  *p++ = ':';
  p = put_digits(p, secs % 60, 2);
  if (const auto fraction = static_cast<unsigned>(rest % second); fraction != 0) {
    *p++ = '.';
    p = put_digits(p, fraction, 6);
    while (p[-1] == '0') --p;
  }
  *p++ = 'Z';
  out.append(buffer, p);
}

bool parse_iso(std::string_view& text, Micros& at) {
  std::string_view t = text;
  const bool negative = mark(t, '-');
  if (!negative) mark(t, '+');
  int64_t y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0, fraction = 0, offset = 0;
  if (!digits(t, 4, 6, y) || !mark(t, '-') || !digits(t, 2, 2, mo) || !mark(t, '-') ||
      !digits(t, 2, 2, d) || !(mark(t, 'T') || mark(t, ' ')) || !digits(t, 2, 2, h) ||
      !mark(t, ':') || !digits(t, 2, 2, mi) || !mark(t, ':') || !digits(t, 2, 2, s))
    return false;
  if (mark(t, '.')) {
    const size_t before = t.size();
    if (!digits(t, 1, 6, fraction)) return false;
    for (size_t n = before - t.size(); n < 6; ++n) fraction *= 10;
  }
  if (!mark(t, 'Z')) {
    const int sign = !t.empty() && t.front() == '-' ? -1 : 1;
    int64_t oh, om = 0, os = 0;
    if (!(mark(t, '+') || mark(t, '-')) || !digits(t, 2, 2, oh)) return false;
    if (mark(t, ':') && !digits(t, 2, 2, om)) return false;
    if (mark(t, ':') && !digits(t, 2, 2, os)) return false;
    if (oh > 15 || om > 59 || os > 59) return false;
    offset = sign * (oh * hour + om * minute + os * second);
  }
  if (negative) y = -y;
  if (y < -4713 || y > 294276 || !is_date(y, mo, d) || h > 23 || mi > 59 || s > 59) return false;
  const Micros value =
      days_to_date(y, mo, d) * day + h * hour + mi * minute + s * second + fraction - offset;
  if (value < first_instant || value >= end_of_time) return false;
  at = value;
  text = t;
  return true;
}

}  // namespace clientele
