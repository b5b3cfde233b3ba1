// SPDX-License-Identifier: PostgreSQL
#include "attribution/credits/wide_amount.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace clientele {
namespace {

constexpr size_t max_digits = 18, decimals = 12;

[[noreturn]] void refuse(std::string_view text, const char* why) {
  throw Error(sqlstate::out_of_range,
              std::string(why) + ", which " + std::string(text.substr(0, 40)) + " is not");
}

}  // namespace

__int128 parse_wide_amount(std::string_view text) {
  const bool negative = text.starts_with('-');
  const std::string_view digits = text.substr(negative);
  const size_t point = std::min(digits.find('.'), digits.size());
  const std::string_view whole = digits.substr(0, point);
  std::string part(point < digits.size() ? digits.substr(point + 1) : std::string_view());
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (whole.empty() || !std::ranges::all_of(whole, is_digit) ||
      !std::ranges::all_of(part, is_digit))
    refuse(text, "the value of a path must be a number");
  if (whole.size() > max_digits) refuse(text, "the value of a path must be below 10^18");
  const bool up = part.size() > decimals && part[decimals] >= '5';
  part.resize(decimals, '0');
  __int128 value = 0;
  for (const std::string_view run : {whole, std::string_view(part)})
    for (const char c : run) value = value * 10 + (c - '0');
  value += up;
  return negative ? -value : value;
}

std::string wide_amount_text(__int128 value) {
  auto rest = static_cast<unsigned __int128>(value < 0 ? -value : value);
  std::string backwards;
  for (size_t i = 0; i <= decimals || rest != 0; ++i, rest /= 10) {
    const char digit = static_cast<char>('0' + static_cast<int>(rest % 10));
    if (i == decimals && !backwards.empty()) backwards += '.';
    if (i >= decimals || digit != '0' || !backwards.empty()) backwards += digit;
  }
  if (value < 0) backwards += '-';
  return {backwards.rbegin(), backwards.rend()};
}

}  // namespace clientele
