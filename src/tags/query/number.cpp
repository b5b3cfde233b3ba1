// SPDX-License-Identifier: PostgreSQL
#include "tags/query/number.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace clientele::tags {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Whether digits spell a tiny number, if they spell one that is out of the range of a double.
bool is_tiny(std::string_view digits) {
  int64_t power = 0;  // of the first digit that is not 0, within the range of what memory holds
  bool found = false, fraction = false;
  size_t i = 0;
  for (; i < digits.size() && (is_digit(digits[i]) || digits[i] == '.'); ++i) {
    if (digits[i] == '.') {
      fraction = true;
      continue;
    }
    if (!found && digits[i] != '0') found = true;
    if (found != fraction) power += found ? 1 : -1;
  }
  if (!found) return true;
  if (i == digits.size()) return power < 0;
  ++i;  // the e
  const bool negative = digits[i] == '-';
  if (negative || digits[i] == '+') ++i;
  int64_t exponent = 0;
  for (; i < digits.size(); ++i)
    exponent = std::min<int64_t>(exponent * 10 + (digits[i] - '0'), int64_t{1} << 40);
  return power + (negative ? -exponent : exponent) < 0;
}

}  // namespace

std::optional<double> number_of(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  // Neither a second sign nor inf and nan, which from_chars would take.
  if (text.empty() || !(is_digit(text.front()) || text.front() == '.')) return std::nullopt;
  const char* const last = text.data() + text.size();
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (end != last || error == std::errc::invalid_argument) return std::nullopt;
  if (error == std::errc::result_out_of_range) {
    if (!is_tiny(text)) return std::nullopt;
    value = 0;
  }
  if (!std::isfinite(value)) return std::nullopt;
  return negative && value != 0 ? -value : value;
}

}  // namespace clientele::tags
