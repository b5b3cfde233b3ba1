// SPDX-License-Identifier: PostgreSQL
#include "base/decimal.hpp"

#include <cstdio>
#include <cstdlib>

namespace clientele {

const char* parse_amount(std::string_view& text, int64_t& millionths) {
  std::string_view t = text;
  const bool negative = !t.empty() && t.front() == '-';
  if (negative) t.remove_prefix(1);
  const auto is_digit = [&] { return !t.empty() && t.front() >= '0' && t.front() <= '9'; };
  if (!is_digit()) return "an amount must be a finite decimal number";
  int64_t value = 0;
  for (; is_digit(); t.remove_prefix(1)) {
    value = value * 10 + (t.front() - '0');
    if (value >= 1'000'000'000'000) return "an amount must be below 10^12";
  }
  int64_t scale = 1'000'000;
  value *= scale;
  if (!t.empty() && t.front() == '.') {
    t.remove_prefix(1);
    for (; is_digit(); t.remove_prefix(1)) {
      scale /= 10;
      if (scale == 0 && t.front() != '0') return "an amount may have at most 6 decimals";
      value += scale * (t.front() - '0');
    }
  }
  millionths = negative ? -value : value;
  text = t;
  return nullptr;
}

void append_amount(std::string& out, int64_t millionths) {
  if (millionths < 0) out += '-';
  const int64_t magnitude = std::llabs(millionths);
  out += std::to_string(magnitude / 1'000'000);
  const auto fraction = static_cast<int>(magnitude % 1'000'000);
  if (fraction == 0) return;
  char digits[16];
  int n = std::snprintf(digits, sizeof digits, ".%06d", fraction);
  while (digits[n - 1] == '0') --n;
  out.append(digits, n);
}

}  // namespace clientele
