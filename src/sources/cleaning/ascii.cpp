// SPDX-License-Identifier: PostgreSQL
#include "sources/cleaning/ascii.hpp"

#include <algorithm>

namespace clientele::ascii {
namespace {

constexpr size_t most_digits = 12;

/// The number of the digits at `from`; false if one of them is not a digit.
template <size_t digits>
bool take(std::string_view text, size_t from, int& value) {
  if (from + digits > text.size()) return false;
  value = 0;
  for (size_t i = from; i < from + digits; ++i) {
    if (!is_digit(text[i])) return false;
    value = value * 10 + (text[i] - '0');
  }
  return true;
}

bool mark_at(std::string_view text, size_t at, char mark) {
  return at < text.size() && text[at] == mark;
}

/// To microseconds, half up.
bool take_fraction(std::string_view text, size_t& at, Micros& micros) {
  const size_t first = at;
  Micros unit = 100'000;
  for (; at < text.size() && is_digit(text[at]); ++at) {
    micros += (text[at] - '0') * unit;
    if (unit == 0 && at == first + 6 && text[at] >= '5') ++micros;
    unit /= 10;
  }
  return at > first;
}

/// Z, +08, +0800 or +08:00, and nothing after it.
bool take_offset(std::string_view text, Micros& offset) {
  if (text == "Z") return true;
  int hours = 0, minutes = 0;
  if (text.size() < 3 || (text[0] != '+' && text[0] != '-') || !take<2>(text, 1, hours))
    return false;
  if (text.size() > 3) {
    const size_t at = text[3] == ':' ? 4 : 3;
    if (!take<2>(text, at, minutes) || text.size() != at + 2) return false;
  }
  if (hours > 15 || minutes > 59) return false;
  offset = (hours * hour + minutes * minute) * (text[0] == '-' ? -1 : 1);
  return true;
}

std::optional<Written> since_1970(std::string_view text, TimeUnit unit) {
  Micros factor = 0;
  if (text.size() == 10 && (unit == TimeUnit::none || unit == TimeUnit::s)) factor = second;
  if (text.size() == 13 && (unit == TimeUnit::none || unit == TimeUnit::ms)) factor = millisecond;
  if (text.size() == 16 && (unit == TimeUnit::none || unit == TimeUnit::us)) factor = 1;
  if (factor == 0) return std::nullopt;
  int64_t value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + (c - '0');
  }
  constexpr Micros epoch_1970 = -10957 * day;
  return Written{epoch_1970 + value * factor};
}

}  // namespace

bool Plain::read(std::string_view value) {
  uint8_t classes = 0;
  for (const char c : value) classes |= class_at(c);
  classes_ = classes;
  if ((classes & beyond) != 0 || !enabled) return false;
  if ((classes & dropped) != 0) {
    room_.clear();
    std::copy_if(value.begin(), value.end(), std::back_inserter(room_),
                 [](char c) { return class_at(c) != dropped; });
    value = room_;
  }
  text_ = has(blank | white) ? trimmed(value) : value;
  return true;
}

std::string lowered(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower(c);
  return out;
}

std::string one_blank(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool white_before = false;
  for (const char c : text) {
    const bool white_now = is_white(c);
    if (!white_now)
      out += c;
    else if (!white_before)
      out += ' ';
    white_before = white_now;
  }
  return out;
}

std::optional<CleanedAmount> amount(std::string_view text, DecimalMark mark) {
  const bool negative = !text.empty() && text.front() == '-';
  if (negative) text.remove_prefix(1);
  int64_t value = 0;
  size_t i = 0;
  for (; i < text.size() && is_digit(text[i]); ++i) {
    if (i == most_digits) return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  if (i == 0) return std::nullopt;
  size_t decimals = 0;
  if (i < text.size()) {
    if (mark != DecimalMark::point || text[i] != '.') return std::nullopt;
    for (++i; i < text.size(); ++i, ++decimals) {
      if (!is_digit(text[i]) || decimals == 6) return std::nullopt;
      value = value * 10 + (text[i] - '0');
    }
  }
  for (; decimals < 6; ++decimals) value *= 10;
  return CleanedAmount{negative ? -value : value};
}

std::optional<Written> time(std::string_view text, TimeUnit unit) {
  if (text.size() < 10 || !is_digit(text[0])) return std::nullopt;
  if (text[4] != '-') return since_1970(text, unit);
  int year = 0, month = 0, of_month = 0;
  if (!take<4>(text, 0, year) || !take<2>(text, 5, month) || text[7] != '-' ||
      !take<2>(text, 8, of_month) || year == 0 || !is_date(year, month, of_month))
    return std::nullopt;
  Written out{days_to_date(year, month, of_month) * day, true};
  if (text.size() == 10) return out;
  int h = 0, m = 0, s = 0;
  size_t at = 16;
  if ((text[10] != ' ' && text[10] != 'T') || !take<2>(text, 11, h) || !mark_at(text, 13, ':') ||
      !take<2>(text, 14, m))
    return std::nullopt;
  Micros fraction = 0;
  if (mark_at(text, 16, ':')) {
    if (!take<2>(text, 17, s)) return std::nullopt;
    at = 19;
    if (mark_at(text, 19, '.') && !take_fraction(text, ++at, fraction)) return std::nullopt;
  }
  // What these leave out has rules of its own: 24:00, leap seconds, names of zones.
  if (h > 23 || m > 59 || s > 59) return std::nullopt;
  out.at += h * hour + m * minute + s * second + fraction;
  if (at == text.size()) return out;
  if (text[at] == ' ') ++at;
  Micros offset = 0;
  if (!take_offset(text.substr(at), offset)) return std::nullopt;
  out.at -= offset;
  out.local = false;
  return out;
}

}  // namespace clientele::ascii
