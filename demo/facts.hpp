// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>

#include "money.hpp"
#include "text.hpp"
#include "time_style.hpp"

namespace demo {

/// What a sample says about one column.
struct ColumnFacts {
  std::string name;
  size_t filled = 0;  // what says that there is nothing does not count
  size_t numbers = 0, whole = 0, figures = 0, mails = 0, phones = 0, uuids = 0, mixed = 0;
  size_t sided = 0;                // amounts with CR or DR
  std::string no_number, no_time;  // examples of values that are none
  std::set<std::string, std::less<>> currencies;
  DecimalVotes decimals;
  TimeFacts times;
  std::unordered_set<std::string> values;

  void see(std::string_view raw) {
    const std::string_view text = clean(raw);
    if (text.empty()) return;
    ++filled;
    values.emplace(text.substr(0, 2000));
    if (text.size() > 200) return;
    see_number(text);
    const size_t before = times.moments() + times.serial;
    times.see(text);
    if (no_time.empty() && times.moments() + times.serial == before) no_time = text;
    see_identity(text);
  }

  bool mostly(size_t n) const { return filled > 0 && n * 10 >= filled * 8; }
  size_t distinct() const { return values.size(); }
  bool repeats() const { return distinct() < filled || filled < 3; }
  /// Amounts and the like, which identify no person.
  bool is_money() const {
    return mostly(numbers) && (numbers - whole > 0 || currencies.size() > 0);
  }
  size_t readable_times() const {
    return times.spelt + std::max({times.calendar, times.epoch, times.serial});
  }
  bool holds_times() const { return mostly(readable_times()); }
  bool holds_spelt_times() const { return mostly(times.spelt); }
  /// Times as they are usually written, no days counted since 1900.
  bool holds_only_times() const { return mostly(times.moments()); }
  bool holds_clocks() const { return mostly(times.clocks); }

 private:
  void see_number(std::string_view text) {
    if (std::all_of(text.begin(), text.end(), is_digit)) {
      ++figures;
      if (text.size() <= 18) ++numbers, ++whole;
      return;
    }
    const size_t mark = text.find_first_of(".,");
    const bool marks = mark != text.npos;
    // 1234567.1772600000 is a visitor of Google Analytics.
    if (marks && mark >= 6 && text.size() - mark >= 10 && only_figures(text)) return;
    const auto number = parse_number(text);
    if (!number && (!marks || !parse_number(text, true))) {
      if (no_number.empty()) no_number = text;
      return;
    }
    ++numbers;
    decimals.see(text);
    // 17850.0 is the number of a customer that a program took for an amount.
    const bool zero = text.ends_with(".0");
    if ((!marks && text.find_first_of("eE") == text.npos) || zero) ++whole;
    if (is_digit(text.front()) && is_digit(text.back())) return;
    std::string scratch;
    const AmountText amount(fold(text, scratch));
    if (!amount.currency().empty()) currencies.emplace(amount.currency());
    sided += amount.sided();
  }

  void see_identity(std::string_view text) {
    const size_t at = text.find('@');
    mails +=
        at != text.npos && at > 0 && text.find('.', at) != text.npos && text.find(' ') == text.npos;
    const bool plus = text[0] == '+';
    const bool digits = std::all_of(text.begin() + plus, text.end(), is_digit);
    phones += digits && (plus ? text.size() > 9 && text.size() < 17
                              : text.size() == 11 && text[0] == '1' && text[1] >= '3');
    uuids += text.size() == 36 && text[8] == '-' && text[13] == '-' && text[18] == '-' &&
             text[23] == '-';
    mixed += std::any_of(text.begin(), text.end(), is_digit) &&
             std::any_of(text.begin(), text.end(), is_letter);
  }
};

}  // namespace demo
