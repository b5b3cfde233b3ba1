// SPDX-License-Identifier: PostgreSQL
#include "sources/cleaning/amount.hpp"

#include <algorithm>
#include <vector>

#include "base/error.hpp"
#include "sources/cleaning/ascii.hpp"
#include "sources/cleaning/reasons.hpp"

namespace clientele {
namespace {

constexpr int digits_before = 12, digits_after = 6;

bool is_digit(char32_t c) { return c >= '0' && c <= '9'; }
bool is_mark(char32_t c) { return c == '.' || c == ','; }
bool is_apostrophe(char32_t c) { return c == '\'' || c == U'’'; }

/// What stands beside the number: signs, and at most one symbol or code.
struct Beside {
  int signs = 0;
  bool negative = false;
  int symbols = 0;
  std::u32string symbol;
};

void take_sign(Beside& beside, char32_t c) {
  ++beside.signs;
  beside.negative = c == '-' || c == U'−';
}

bool is_sign(char32_t c) { return c == '+' || c == '-' || c == U'−'; }

/// Takes signs and a symbol from `text`, which has no digits. Blanks may stand beside a symbol
/// only. A sign that only a blank parts from the digits is refused.
bool take_beside(std::u32string_view text, Beside& beside, bool before) {
  bool blank = false;
  for (size_t i = 0; i < text.size();) {
    if (text[i] == ' ') {
      blank = true;
      ++i;
    } else if (is_sign(text[i])) {
      take_sign(beside, text[i++]);
    } else {
      const size_t from = i;
      while (i < text.size() && text[i] != ' ' && !is_sign(text[i])) ++i;
      ++beside.symbols;
      beside.symbol = std::u32string(text.substr(from, i - from));
    }
  }
  if (!blank || text.empty()) return true;
  const auto last = before ? text.find_last_not_of(U' ') : text.find_first_not_of(U' ');
  const bool touches = before ? text.back() != ' ' : text.front() != ' ';
  return touches || last == std::u32string_view::npos || !is_sign(text[last]);
}

/// The digits of a whole number, in groups or not. Groups are of three, or of two before the last
/// three.
bool take_whole(std::u32string_view text, char32_t group, std::string& digits) {
  std::vector<size_t> sizes{0};
  char32_t used = 0;
  for (const char32_t c : text) {
    if (is_digit(c)) {
      digits += static_cast<char>(c);
      ++sizes.back();
      continue;
    }
    const char32_t kind = is_apostrophe(c) ? U'\'' : c;
    if (kind != group && kind != ' ' && kind != '\'') return false;
    if (used != 0 && used != kind) return false;
    used = kind;
    sizes.push_back(0);
  }
  if (used == 0) return true;
  if (digits.front() == '0' || sizes.back() != 3) return false;
  const size_t inner = sizes.size() > 2 ? sizes[1] : 3;
  if (inner != 3 && inner != 2) return false;
  for (size_t i = 1; i + 1 < sizes.size(); ++i)
    if (sizes[i] != inner) return false;
  return sizes[0] >= 1 && sizes[0] <= inner;
}

/// Where the decimal mark is: npos for none. False if that is a question.
bool find_decimal(std::u32string_view text, DecimalMark mark, size_t& at, char32_t& group) {
  const auto count = [&](char32_t c) { return std::count(text.begin(), text.end(), c); };
  at = std::u32string_view::npos;
  if (mark != DecimalMark::automatic) {
    const char32_t decimal = mark == DecimalMark::point ? U'.' : U',';
    group = mark == DecimalMark::point ? U',' : U'.';
    at = text.find(decimal);
    return count(decimal) < 2;
  }
  const size_t last = text.find_last_of(U".,");
  if (last == std::u32string_view::npos) return true;
  const char32_t one = text[last], other = one == '.' ? U',' : U'.';
  group = other;
  if (count(other) > 0) {
    at = last;
    return count(one) == 1;
  }
  if (count(one) > 1) {
    group = one;
    return true;
  }
  at = last;
  // Exactly three digits after it and one to three before it, which do not begin with 0, may be
  // either.
  const bool plain =
      std::all_of(text.begin(), text.begin() + static_cast<ptrdiff_t>(last), is_digit);
  return !(plain && text.size() - last == 4 && last >= 1 && last <= 3 && text[0] != '0');
}

/// digits × 10^exponent in millionths, or the reason.
CleanedAmount value_of(std::string digits, int exponent, bool negative) {
  digits.erase(0, digits.find_first_not_of('0'));
  while (!digits.empty() && digits.back() == '0') {
    digits.pop_back();
    ++exponent;
  }
  if (digits.empty()) return {};
  if (static_cast<int>(digits.size()) + exponent > digits_before || exponent < -digits_after)
    return {0, reason::amount_out_of_range};
  int64_t value = 0;
  for (const char c : digits) value = value * 10 + (c - '0');
  for (int i = -digits_after; i < exponent; ++i) value *= 10;
  return {negative ? -value : value};
}

CleanedAmount number_of(std::u32string_view text, DecimalMark mark, bool negative) {
  constexpr CleanedAmount bad{0, reason::bad_amount};
  int exponent = 0;
  const size_t e = text.find_first_of(U"eE");
  if (e != std::u32string_view::npos) {
    std::u32string_view power = text.substr(e + 1);
    const bool minus = !power.empty() && power.front() == '-';
    if (!power.empty() && (minus || power.front() == '+')) power.remove_prefix(1);
    if (mark != DecimalMark::point || power.empty() || power.size() > 3 ||
        !std::all_of(power.begin(), power.end(), is_digit))
      return bad;
    for (const char32_t c : power) exponent = exponent * 10 + static_cast<int>(c - '0');
    if (minus) exponent = -exponent;
    text = text.substr(0, e);
    if (!std::all_of(text.begin(), text.end(), [](char32_t c) { return is_digit(c) || c == '.'; }))
      return bad;
  }
  size_t at = 0;
  char32_t group = 0;
  if (!find_decimal(text, mark, at, group)) return bad;
  std::string digits;
  const std::u32string_view whole = text.substr(0, at);
  if (!whole.empty() && (!is_digit(whole.front()) || !take_whole(whole, group, digits))) return bad;
  if (at != std::u32string_view::npos) {
    for (const char32_t c : text.substr(at + 1)) {
      if (!is_digit(c)) return bad;
      digits += static_cast<char>(c);
      --exponent;
    }
  }
  if (digits.empty()) return bad;
  return value_of(std::move(digits), exponent, negative);
}

bool is_no_number(const std::u32string& text) {
  std::u32string word = folded(text);
  if (!word.empty() && is_sign(word.front())) word.erase(0, 1);
  return word == U"nan" || word == U"inf" || word == U"infinity";
}

}  // namespace

DecimalMark decimal_mark_named(std::string_view name) {
  if (name == ".") return DecimalMark::point;
  if (name == ",") return DecimalMark::comma;
  if (name == "auto") return DecimalMark::automatic;
  throw Error(sqlstate::invalid_parameter,
              "decimal must be '.', ',' or auto, not \"" + std::string(name) + "\"");
}

CleanedAmount clean_amount(std::string_view value, DecimalMark mark, const Currency& currency,
                           const StandIns& stand_ins) {
  constexpr CleanedAmount bad{0, reason::bad_amount};
  if (value.size() > longest_input) return {0, reason::too_long};
  if (ascii::Plain number;
      number.read(value) && absent(number.text(), stand_ins, true) == nullptr) {
    if (const auto known = ascii::amount(number.text(), mark)) return *known;
  }
  const std::u32string plain = plain_text(value);
  if (absent(plain, stand_ins, true) != nullptr) return {0, reason::blank};
  if (is_no_number(plain)) return {0, reason::amount_out_of_range};
  std::u32string_view text = plain;
  Beside beside;
  if (text.size() > 2 && text.front() == '(' && text.back() == ')') {
    take_sign(beside, U'-');
    text = text.substr(1, text.size() - 2);
    if (is_white_space(text.front()) || is_white_space(text.back())) return bad;
  }
  const auto is_first = [](char32_t c) { return is_digit(c) || is_mark(c); };
  const size_t first =
      static_cast<size_t>(std::find_if(text.begin(), text.end(), is_first) - text.begin());
  if (first == text.size()) return bad;
  size_t last = text.size();
  while (!is_first(text[last - 1])) --last;
  if (!take_beside(text.substr(0, first), beside, true) ||
      !take_beside(text.substr(last), beside, false) || beside.signs > 1 || beside.symbols > 1)
    return bad;
  const CleanedAmount amount = number_of(text.substr(first, last - first), mark, beside.negative);
  if (beside.symbols == 0 || amount.reason == reason::bad_amount) return amount;
  const std::optional<bool> fits = stands_for(beside.symbol, currency);
  if (!fits) return bad;
  if (amount.reason == nullptr && !*fits && !currency.empty()) return {0, reason::bad_currency};
  return amount;
}

}  // namespace clientele
