// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "moment.hpp"

namespace demo {

/// An exact decimal: digits / 10^scale.
struct Decimal {
  __extension__ __int128 digits = 0;
  int scale = 0;
};

/// Reads a number as people and programs write it: -12.50, 1,234.5, ¥20, 3.5e2; with a decimal
/// comma 12,50 and 1.234,5. At most 18 digits.
inline std::optional<Decimal> parse_number(std::string_view text, bool decimal_comma = false) {
  std::string_view t = trim(text);
  const auto mark = [&t](std::string_view s) {
    if (!t.starts_with(s)) return false;
    t.remove_prefix(s.size());
    return true;
  };
  const auto currency = [&mark] {
    return mark("$") || mark("€") || mark("£") || mark("¥") || mark("￥") || mark("元");
  };
  const auto digit = [&t] { return !t.empty() && t[0] >= '0' && t[0] <= '9'; };
  bool negative = mark("-");
  if (!negative) mark("+");
  if (currency() && !negative) {
    mark(" ");
    negative = mark("-");
  }
  const char point = decimal_comma ? ',' : '.', group = decimal_comma ? '.' : ',';
  Decimal d;
  size_t seen = 0, since_group = 0, significant = 0;
  bool grouped = false, fraction = false;
  for (; !t.empty(); t.remove_prefix(1)) {
    if (digit()) {
      if (d.digits != 0 || t[0] != '0') ++significant;
      if (significant > 18) return {};
      d.digits = d.digits * 10 + (t[0] - '0');
      ++seen, ++since_group;
      if (fraction) ++d.scale;
      if (d.scale > 40) return {};
    } else if (t[0] == group && !fraction && seen > 0) {
      if (grouped ? since_group != 3 : since_group > 3) return {};
      grouped = true, since_group = 0;
    } else if (t[0] == point && !fraction) {
      if (grouped && since_group != 3) return {};
      fraction = true;
    } else {
      break;
    }
  }
  if (seen == 0 || (grouped && !fraction && since_group != 3)) return {};
  if (!t.empty() && (t[0] == 'e' || t[0] == 'E')) {
    t.remove_prefix(1);
    const bool down = mark("-");
    if (!down) mark("+");
    if (!digit()) return {};
    int exponent = 0;
    for (; digit(); t.remove_prefix(1))
      if ((exponent = exponent * 10 + (t[0] - '0')) > 40) return {};
    d.scale += down ? exponent : -exponent;
  }
  mark(" ");
  currency();
  if (!t.empty()) return {};
  if (negative) d.digits = -d.digits;
  return d;
}

/// In millionths, as journeys hold amounts: rounded half away from zero, which `rounded` tells.
/// Nothing if it is 10^12 or beyond.
inline std::optional<int64_t> to_millionths(Decimal d, bool& rounded) {
  constexpr int64_t limit = 1'000'000'000'000'000'000;
  if (d.digits == 0) return 0;
  for (; d.scale < 6; ++d.scale) {
    if (d.digits >= limit || d.digits <= -limit) return {};
    d.digits *= 10;
  }
  for (; d.scale > 6; --d.scale) {
    const auto last = static_cast<int>(d.digits % 10);
    d.digits /= 10;
    if (last == 0) continue;
    rounded = true;
    // Only the last digit to go decides; those below it went before it and cannot reach a half.
    if (d.scale == 7 && (last >= 5 || last <= -5)) d.digits += last > 0 ? 1 : -1;
  }
  if (d.digits >= limit || d.digits <= -limit) return {};
  return static_cast<int64_t>(d.digits);
}

/// The product, exact: two numbers of 18 digits at most.
inline Decimal multiply(const Decimal& a, const Decimal& b) {
  return {a.digits * b.digits, a.scale + b.scale};
}

/// How a value speaks for or against a decimal comma: 12,5 for it, 12.5 and 1,234.5 against.
inline int comma_vote(std::string_view text) {
  const bool comma = parse_number(text, true).has_value(), point = parse_number(text).has_value();
  return comma == point ? 0 : comma ? 1 : -1;
}

}  // namespace demo
