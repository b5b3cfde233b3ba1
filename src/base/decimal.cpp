// SPDX-License-Identifier: PostgreSQL
#include "base/decimal.hpp"

#include <charconv>

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
  char digits[40];  // from the back
  char* const end = digits + sizeof digits;
  char* p = end;
  const bool negative = millionths < 0;
  uint64_t left = negative ? -static_cast<uint64_t>(millionths) : static_cast<uint64_t>(millionths);
  int decimals = 6;
  for (; decimals > 0 && left % 10 == 0; --decimals) left /= 10;
  for (int written = 0; left != 0 || written <= decimals; left /= 10) {
    if (written == decimals && written != 0) *--p = '.';
    *--p = static_cast<char>('0' + left % 10);
    ++written;
  }
  if (negative) *--p = '-';
  out.append(p, end);
}

double amount_as_double(int64_t millionths) {
  constexpr int64_t exact = int64_t{1} << 53;
  if (-exact <= millionths && millionths <= exact) return static_cast<double>(millionths) / 1e6;
  // Dividing would round a second time.
  char text[32];
  char* const end = std::to_chars(text, text + 24, millionths).ptr;
  end[0] = 'e', end[1] = '-', end[2] = '6';
  double value = 0;
  std::from_chars(text, end + 3, value);
  return value;
}

}  // namespace clientele
