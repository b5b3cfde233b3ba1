// SPDX-License-Identifier: PostgreSQL
#include "base/length.hpp"

#include <cstdio>

#include "base/calendar.hpp"

namespace clientele {
namespace {

struct Unit {
  std::string_view name;
  int64_t micros;
};
constexpr Unit units[] = {
    {"us", 1},         {"microsecond", 1}, {"ms", millisecond}, {"millisecond", millisecond},
    {"s", second},     {"sec", second},    {"second", second},  {"m", minute},
    {"min", minute},   {"minute", minute}, {"h", hour},         {"hr", hour},
    {"hour", hour},    {"d", day},         {"day", day},        {"w", 7 * day},
    {"week", 7 * day},
};

constexpr int64_t decimals = 1'000'000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

void skip_blanks(std::string_view& t) {
  while (!t.empty() && (t.front() == ' ' || t.front() == '\t')) t.remove_prefix(1);
}

// Up to 18 digits.
bool whole_number(std::string_view& t, int64_t& value) {
  size_t n = 0;
  for (value = 0; n < t.size() && is_digit(t[n]); ++n) {
    if (n == 18) return false;
    value = value * 10 + (t[n] - '0');
  }
  t.remove_prefix(n);
  return n > 0;
}

// What follows the point, in millionths.
bool fraction(std::string_view& t, int64_t& millionths) {
  millionths = 0;
  if (t.empty() || t.front() != '.') return true;
  t.remove_prefix(1);
  size_t n = 0;
  for (int64_t digit = decimals; n < t.size() && is_digit(t[n]); ++n) {
    digit /= 10;
    if (digit == 0) return false;
    millionths += digit * (t[n] - '0');
  }
  t.remove_prefix(n);
  return n > 0;
}

bool add(uint64_t& total, int64_t count, int64_t micros) {
  int64_t product = 0, sum = 0;
  if (__builtin_mul_overflow(count, micros, &product) ||
      __builtin_add_overflow(static_cast<int64_t>(total), product, &sum))
    return false;
  total = static_cast<uint64_t>(sum);
  return true;
}

// Behind the hours: minutes and seconds.
bool clock_rest(std::string_view& t, int64_t hours, uint64_t& total) {
  int64_t minutes = 0, seconds = 0, millionths = 0;
  const auto sixty = [&](int64_t& value) {
    t.remove_prefix(1);
    return t.size() >= 2 && is_digit(t[1]) && whole_number(t, value) && value < 60;
  };
  if (!sixty(minutes)) return false;
  if (!t.empty() && t.front() == ':' && !(sixty(seconds) && fraction(t, millionths))) return false;
  return add(total, hours, hour) && add(total, minutes, minute) && add(total, seconds, second) &&
         add(total, millionths, 1);
}

bool unit_rest(std::string_view& t, int64_t count, int64_t millionths, uint64_t& total) {
  skip_blanks(t);
  size_t n = 0;
  while (n < t.size() && t[n] >= 'a' && t[n] <= 'z') ++n;
  std::string_view name = t.substr(0, n);
  t.remove_prefix(n);
  for (int plural = 0; plural < 2; ++plural) {
    for (const Unit& unit : units) {
      if (unit.name != name || (plural == 1 && name.size() < 2)) continue;
      const __int128 part = static_cast<__int128>(millionths) * unit.micros;
      return part % decimals == 0 && add(total, count, unit.micros) &&
             add(total, static_cast<int64_t>(part / decimals), 1);
    }
    if (!name.ends_with('s')) return false;
    name.remove_suffix(1);
  }
  return false;
}

}  // namespace

std::string length_to_text(uint64_t micros) {
  char buffer[64];
  const uint64_t seconds = micros / second;
  int n = std::snprintf(buffer, sizeof buffer, "%02llu:%02d:%02d",
                        static_cast<unsigned long long>(seconds / 3600),
                        static_cast<int>(seconds / 60 % 60), static_cast<int>(seconds % 60));
  std::string text(buffer, n);
  if (const auto rest = static_cast<int>(micros % second); rest != 0) {
    n = std::snprintf(buffer, sizeof buffer, ".%06d", rest);
    while (buffer[n - 1] == '0') --n;
    text.append(buffer, n);
  }
  return text;
}

std::optional<uint64_t> length_from_text(std::string_view t) {
  uint64_t total = 0;
  skip_blanks(t);
  if (t.empty()) return std::nullopt;
  for (; !t.empty(); skip_blanks(t)) {
    int64_t count = 0, millionths = 0;
    if (!whole_number(t, count)) return std::nullopt;
    const bool read = !t.empty() && t.front() == ':'
                          ? clock_rest(t, count, total)
                          : fraction(t, millionths) && unit_rest(t, count, millionths, total);
    if (!read) return std::nullopt;
  }
  return total;
}

}  // namespace clientele
