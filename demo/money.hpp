// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "text.hpp"

/// Reads the ways in which people and programs write amounts.
namespace demo {

/// An exact decimal: digits / 10^scale.
struct Decimal {
  __extension__ __int128 digits = 0;
  int scale = 0;
};

/// The signs and codes of currencies, longer ones before their beginnings.
inline constexpr auto currencies = std::to_array<std::string_view>(
    {"人民币", "HK$", "NT$", "CA$",  "AU$", "US$", "MX$", "NZ$", "RMB", "R$",  "S$",  "A$",  "C$",
     "$",      "€",   "£",   "¥",    "￥",  "元",  "円",  "圆",  "圓",  "원",  "₩",   "₹",   "₽",
     "₺",      "₫",   "₪",   "₴",    "฿",   "₱",   "₦",   "zł",  "Kč",  "Ft",  "лв",  "lei", "руб.",
     "руб",    "грн", "CHF", "SFr.", "Fr.", "EUR", "USD", "GBP", "CNY", "CNH", "JPY", "KRW", "HKD",
     "TWD",    "NT",  "MOP", "SGD",  "AUD", "CAD", "NZD", "INR", "Rs.", "Rs",  "SEK", "NOK", "DKK",
     "ISK",    "PLN", "CZK", "HUF",  "RON", "BGN", "RUB", "UAH", "TRY", "TL",  "ILS", "ZAR", "BRL",
     "MXN",    "ARS", "CLP", "COP",  "PEN", "THB", "MYR", "RM",  "IDR", "Rp",  "PHP", "VND", "AED",
     "SAR",    "EGP", "NGN", "kr.",  "kr",  "R"});

/// Takes an amount apart: its sign, its currency and its figures. Text must be folded.
class AmountText {
 public:
  explicit AmountText(std::string_view text) : t_(trim(text)) {
    if (t_.size() > 1 && t_.front() == '(' && t_.back() == ')') {
      negative_ = signed_ = true;
      t_ = trim(t_.substr(1, t_.size() - 2));
    }
    for (int i = 0; i < 2; ++i) take_sign(), take_currency();
    if (t_.size() > 2 && lower(t_[t_.size() - 1]) == 'r' &&
        (is_digit(t_[t_.size() - 3]) || t_[t_.size() - 3] == ' ')) {
      const char side = lower(t_[t_.size() - 2]);
      if (side == 'c' || side == 'd') {
        negative_ ^= side == 'd', sided_ = true;
        t_ = trim(t_.substr(0, t_.size() - 2));
      }
    }
    take_currency_after();
    // 12,- and 12/- are whole amounts.
    for (const std::string_view none : {",--", ",-", ".-", "/-", ":-"})
      if (t_.size() > none.size() && t_.ends_with(none)) {
        t_.remove_suffix(none.size());
        break;
      }
    if (!signed_ && t_.size() > 1 && (t_.back() == '-' || t_.back() == '+')) {
      negative_ ^= t_.back() == '-';
      t_.remove_suffix(1);
      take_currency_after();
    }
  }

  std::string_view figures() const { return t_; }
  bool negative() const { return negative_; }
  bool sided() const { return sided_; }
  std::string_view currency() const { return currency_; }

 private:
  void take_sign() {
    if (t_.empty() || signed_ || (t_.front() != '-' && t_.front() != '+')) return;
    negative_ = t_.front() == '-', signed_ = true;
    t_ = trim(t_.substr(1));
  }

  void take_currency() {
    if (t_.empty() || is_digit(t_.front()) || !currency_.empty()) return;
    for (const std::string_view c : currencies) {
      if (!t_.starts_with(c)) continue;
      // A code does not begin a word.
      if (is_letter(c.back()) && t_.size() > c.size() && is_letter(t_[c.size()])) continue;
      currency_ = c, t_ = trim(t_.substr(c.size()));
      return;
    }
  }

  void take_currency_after() {
    t_ = trim(t_);
    if (t_.empty() || is_digit(t_.back()) || !currency_.empty()) return;
    for (const std::string_view c : currencies) {
      if (!t_.ends_with(c)) continue;
      if (is_letter(c.front()) && t_.size() > c.size() && is_letter(t_[t_.size() - c.size() - 1]))
        continue;
      currency_ = c, t_ = trim(t_.substr(0, t_.size() - c.size()));
      return;
    }
  }

  std::string_view t_, currency_;
  bool negative_ = false, signed_ = false, sided_ = false;
};

/// Groups of three figures, or of three and before them twos as in India: 1,23,456.
class Groups {
 public:
  bool separate(char separator, size_t figures) {
    if (separator_ == 0)
      separator_ = separator, first_ = figures;
    else if (separator != separator_)
      return false;
    else
      (figures == 3 ? threes_ : figures == 2 ? twos_ : others_) += 1;
    return figures > 0;
  }
  bool used() const { return separator_ != 0; }
  bool ends_well(size_t figures) const {
    if (!used()) return true;
    return figures == 3 && first_ <= 3 && others_ == 0 &&
           (twos_ == 0 || (threes_ == 0 && first_ <= 2));
  }

 private:
  char separator_ = 0;
  size_t first_ = 0, threes_ = 0, twos_ = 0, others_ = 0;
};

/// The figures alone: 1,234.5, 1 234.5 and 1'234.5, with a decimal comma 1.234,5; 3.5e2. At most 18
/// digits that count.
inline std::optional<Decimal> parse_figures(std::string_view t, bool decimal_comma) {
  const char point = decimal_comma ? ',' : '.', group = decimal_comma ? '.' : ',';
  Decimal d;
  Groups groups;
  size_t seen = 0, since_group = 0, significant = 0, i = 0;
  bool fraction = false;
  for (; i < t.size(); ++i) {
    if (is_digit(t[i])) {
      if (d.digits != 0 || t[i] != '0') ++significant;
      if (significant > 18) return {};
      d.digits = d.digits * 10 + (t[i] - '0');
      ++seen, ++since_group;
      if (fraction && ++d.scale > 40) return {};
    } else if (t[i] == point && !fraction) {
      if (!groups.ends_well(since_group)) return {};
      fraction = true;
    } else if ((t[i] == group || t[i] == ' ' || t[i] == '\'') && !fraction) {
      if (!groups.used() && seen == 1 && t[0] == '0') return {};  // 0.500 is half of one
      if (!groups.separate(t[i], since_group)) return {};
      since_group = 0;
    } else {
      break;
    }
  }
  if (seen == 0 || (!fraction && !groups.ends_well(since_group))) return {};
  if (i < t.size() && (t[i] == 'e' || t[i] == 'E')) {
    const bool down = ++i < t.size() && t[i] == '-';
    if (i < t.size() && (t[i] == '-' || t[i] == '+')) ++i;
    if (i == t.size()) return {};
    int exponent = 0;
    for (; i < t.size() && is_digit(t[i]); ++i)
      if ((exponent = exponent * 10 + (t[i] - '0')) > 40) return {};
    d.scale += down ? exponent : -exponent;
  }
  if (i < t.size()) return {};
  return d;
}

/// Reads a number as people and programs write it: -12.50, (12.50), 12.50-, ¥20, 20 kr, 3.5e2.
inline std::optional<Decimal> parse_number(std::string_view text, bool decimal_comma = false) {
  const auto plain = [](char c) { return is_digit(c) || c == '.'; };
  if (!text.empty() && std::all_of(text.begin(), text.end(), plain))
    return parse_figures(text, decimal_comma);
  if (text.size() > 60) return {};
  std::string scratch;
  text = fold(text, scratch);
  if (std::none_of(text.begin(), text.end(), is_digit)) return {};
  const AmountText amount(text);
  auto d = parse_figures(amount.figures(), decimal_comma);
  if (d && amount.negative()) d->digits = -d->digits;
  return d;
}

/// In millionths, as journeys hold amounts: rounded half away from zero; `rounded` says whether it
/// was. Nothing if it is 10^12 or beyond.
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

/// What the numbers of a column say about their decimal sign.
struct DecimalVotes {
  size_t comma = 0, point = 0;          // only that reading is a number: 12,5 and 12.5
  size_t one_comma = 0, one_point = 0;  // 1,234 and 1.234: a thousand or a bit more than one

  void see(std::string_view text) {
    if (text.find_first_of(".,") == text.npos) return;
    const auto as_comma = parse_number(text, true), as_point = parse_number(text, false);
    if (as_comma.has_value() != as_point.has_value())
      ++(as_comma ? comma : point);
    else if (as_comma)
      ++(text.find(',') != text.npos ? one_comma : one_point);
  }
  void add(const DecimalVotes& o) {
    comma += o.comma, point += o.point, one_comma += o.one_comma, one_point += o.one_point;
  }
};

}  // namespace demo
