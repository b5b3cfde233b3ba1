// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "date_words.hpp"
#include "text.hpp"

/// Reads the ways in which people and programs write instants.
namespace demo {

/// In which order a date of three numbers has them, as far as the numbers leave it open.
enum class DayOrder { unknown, day_first, month_first, year_first };
inline constexpr std::array<const char*, 4> order_names{"not known", "day, month, year",
                                                        "month, day, year", "year, month, day"};
inline constexpr std::array<DayOrder, 3> day_orders{DayOrder::day_first, DayOrder::month_first,
                                                    DayOrder::year_first};

enum class Form { year_first, numbers, month_name, chinese };
inline constexpr std::array<const char*, 4> form_names{"the year first", "three numbers",
                                                       "the month's name", "年, 月 and 日"};

/// The years from 1 to 9999, as in ISO 8601.
inline constexpr int64_t first_moment = -62'135'596'800'000'000,
                         end_of_moments = 253'402'300'800'000'000;
inline constexpr int64_t a_day = 86'400'000'000;

struct Moment {
  int64_t unix_micros = 0;
  Form form = Form::year_first;
  bool zoned = false;   // the text says at which offset from UTC
  bool open = false;    // three numbers of which none must be the year, or else the day
  bool clock = false;   // it has a time of day
  bool dotted = false;  // dots between the numbers
  bool twelve = false;  // with AM or PM
};

/// Midnight of a day, nothing if there is no such day.
inline std::optional<int64_t> midnight(int64_t year, int64_t month, int64_t day) {
  const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(year)},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok() || year < 1 || year > 9999) return {};
  return std::chrono::sys_days{date}.time_since_epoch().count() * a_day;
}

class MomentParser {
 public:
  MomentParser(std::string_view folded, DayOrder order) : t_(folded), order_(order) {}

  std::optional<Moment> parse() {
    if (t_.size() < 6 || t_.size() > 120 || t_[0] == '-') return {};
    dated_ = true;
    if (!read_date() || (!t_.empty() && !read_rest())) return {};
    const auto day = midnight(year_, month_, day_);
    if (!day) return {};
    result_.unix_micros = *day + time_ - offset_;
    if (result_.unix_micros < first_moment || result_.unix_micros >= end_of_moments) return {};
    return result_;
  }

  /// The micros of a time of day that stands alone.
  std::optional<int64_t> parse_clock() {
    if (t_.size() < 3 || t_.size() > 40 || !read_time() || result_.zoned) return {};
    return time_;
  }

 private:
  bool read_date() {
    skip_weekday();
    int64_t first = 0;
    const size_t n = take(1, 4, first);
    if (n == 4) {
      year_ = first;
      return read_after_year();
    }
    if (n == 0) return read_month_first();
    return n < 3 && read_date_from(first);
  }

  /// 2026-03-05, 2026/3/5, 2026. 3. 5., 2026年3月5日, 20260305T…, 2026-Mar-05
  bool read_after_year() {
    if (mark("年") || mark("년")) {
      result_.form = Form::chinese;
      blanks();
      if (!take(1, 2, month_) || (!mark("月") && !mark("월"))) return false;
      blanks();
      if (!take(1, 2, day_)) return false;
      if (!mark("日") && !mark("号") && !mark("號") && !mark("일")) return false;
      return true;
    }
    if (t_.size() > 4 && is_digit(t_[0]) && (t_[4] == 'T' || t_[4] == 't'))
      return take(2, 2, month_) && take(2, 2, day_);
    const char separator = take_separator();
    if (separator == 0) return false;
    if (separator == '.') blanks();
    if (!take(1, 2, month_) && !(separator == '-' && read_month_name())) return false;
    if (!mark(separator)) return false;
    if (separator == '.') blanks();
    if (!take(1, 2, day_)) return false;
    if (separator == '.') mark('.');
    return true;
  }

  /// Jan 2, 2026; Jan 2 2026; Fri Jan 2 03:04:05 2026, with a zone before the year or without
  bool read_month_first() {
    if (!read_month_name() || (blanks() == 0 && !mark('-'))) return false;
    if (!take(1, 2, day_)) return false;
    result_.form = Form::month_name;
    mark("st") || mark("nd") || mark("rd") || mark("th");
    mark(',');
    if (mark('-') || blanks() > 0) {
      if (t_.size() >= 9 && t_[t_.size() - 5] == ' ' && t_.find(':') < 3) {
        const std::string_view year = t_.substr(t_.size() - 4);
        t_ = trim(t_.substr(0, t_.size() - 5));
        if (!read_time()) return false;
        t_ = year;
      }
      return take(4, 4, year_) == 4;
    }
    return false;
  }

  /// What begins with a day or a month: 31/12/2026, 12/31/26, 26/12/31, 2 Jan 2026, 02-Jan-2026,
  /// 2. Januar 2026, 1er janvier 2026, 2 de enero de 2026
  bool read_date_from(int64_t first) {
    const char separator = take_separator();
    mark("er") || mark("º") || mark("ª") || mark("st") || mark("nd") || mark("rd") || mark("th");
    const size_t gap = blanks();
    if (mark("de ") || mark("of ")) blanks();
    if (read_month_name()) {
      day_ = first;
      mark(',') || mark('-') || mark('/');
      blanks();
      if (mark("de ") || mark("del ")) blanks();
      result_.form = Form::month_name;
      return read_year();
    }
    int64_t second = 0, third = 0;
    if (separator == 0 || (gap > 0 && separator != '.') || !take(1, 2, second) || !mark(separator))
      return false;
    if (separator == '.') blanks();
    const size_t n = take(1, 4, third);
    if (n != 2 && n != 4) return false;
    result_.form = Form::numbers, result_.dotted = separator == '.';
    return settle(first, second, third, n == 4);
  }

  /// In the order asked for; else in the first one that gives a date.
  bool settle(int64_t first, int64_t second, int64_t third, bool whole_year) {
    const auto year = [](int64_t y) { return y + (y < 70 ? 2000 : 1900); };
    int fitting = 0;
    for (const DayOrder order : day_orders) {
      if (whole_year && order == DayOrder::year_first) continue;
      const bool by_year = order == DayOrder::year_first, by_day = order == DayOrder::day_first;
      const int64_t y = by_year ? year(first) : whole_year ? third : year(third);
      const int64_t m = by_day || by_year ? second : first, d = by_year  ? third
                                                                : by_day ? first
                                                                         : second;
      if (!midnight(y, m, d)) continue;
      ++fitting;
      if (order_ == DayOrder::unknown ? fitting == 1 : order_ == order)
        year_ = y, month_ = m, day_ = d;
    }
    result_.open = fitting > 1;
    return day_ > 0;  // else a file that writes the day first does not mean the 13th month
  }

  bool read_year() {
    const size_t n = take(2, 4, year_);
    if (n == 2) year_ += year_ < 70 ? 2000 : 1900;
    return n == 2 || n == 4;
  }

  /// What follows a date: a weekday, then a time.
  bool read_rest() {
    if (mark(':')) return read_time();  // 05/Mar/2026:09:05:07, as web servers write it
    if (!mark('T') && !mark('t')) {
      mark(',');
      if (blanks() == 0 && result_.form != Form::chinese) return false;
    }
    if (t_.empty()) return true;
    skip_weekday();
    if (!t_.empty() && !is_digit(t_[0])) {
      mark("at ") || mark("um ") || mark("à ") || mark("kl. ") || mark("- ") || mark("ore ");
    }
    return t_.empty() || read_time();
  }

  bool read_time() {
    Half half = !t_.empty() && is_digit(t_[0]) ? Half::none : take_half(t_);
    blanks();
    int64_t h = 0, m = 0, s = 0, fraction = 0;
    if (!take(1, 2, h)) return false;
    const bool letter = !t_.empty() && (t_[0] & 0x80) != 0;
    if (letter && (mark("时") || mark("時") || mark("点") || mark("點") || mark("시"))) {
      blanks();
      if (take(1, 2, m) && !mark("分") && !mark("분")) return false;
      blanks();
      if (take(1, 2, s) && !mark("秒") && !mark("초")) return false;
    } else if (dated_ && !t_.empty() && is_digit(t_[0]) && half == Half::none) {  // 090507
      if (!take(2, 2, m)) return false;
      take(2, 2, s);
      if ((mark('.') || mark(',')) && !read_fraction(fraction)) return false;
    } else if (mark(':') || mark("h") || (dated_ && mark('.'))) {
      if (!take(1, 2, m)) return false;
      if (mark(':') || mark('.')) {
        if (!take(1, 2, s)) return false;
        if ((mark('.') || mark(',') || mark(':')) && !read_fraction(fraction)) return false;
      }
    } else if (half == Half::none) {  // 9 PM
      std::string_view rest = t_;
      while (rest.starts_with(' ')) rest.remove_prefix(1);
      if (take_half(rest) == Half::none) return false;
    }
    blanks();
    if (half == Half::none && !t_.empty()) half = take_half(t_);
    if (half != Half::none) {
      result_.twelve = true;
      // 下午13:05 occurs, too.
      if (h > 12 && (h > 23 || half == Half::morning)) return false;
      if (h == 12 && half == Half::morning) h = 0;
      if (h < 12 && half == Half::afternoon) h += 12;
      if (h > 0 && h < 3 && half == Half::noon) h += 12;
      blanks();
    }
    if (h > 23 || m > 59 || s > 59) {
      const bool leap = s == 60 && h == 23 && m == 59;
      if (!leap && (h != 24 || m != 0 || s != 0 || fraction != 0)) return false;
    }
    time_ = ((h * 60 + m) * 60 + s) * 1'000'000 + fraction;
    result_.clock = true;
    if (t_.empty()) return true;
    mark("Uhr") || mark("uur");
    blanks();
    return t_.empty() || (read_zone() && t_.empty());
  }

  /// Z, UTC, PST, +08:00, GMT+0800 (中国标准时间), +01:00[Europe/Paris]
  bool read_zone() {
    result_.zoned = true;
    size_t n = 0;
    while (n < t_.size() && is_letter(t_[n])) ++n;
    if (n > 0) {
      const auto minutes = zone_minutes(t_.substr(0, n));
      if (!minutes) return false;
      offset_ = *minutes * 60'000'000LL;
      t_.remove_prefix(n);
      if (!t_.empty() && (t_[0] == '+' || t_[0] == '-') && *minutes != 0) return false;
    }
    if (!t_.empty() && (t_[0] == '+' || t_[0] == '-')) {
      const bool west = t_[0] == '-';
      t_.remove_prefix(1);
      int64_t h = 0, m = 0, s = 0;
      const bool short_hour = n > 0 && t_.size() <= 1;  // GMT+8
      if (!take(short_hour ? 1 : 2, 2, h)) return false;
      mark(':');
      if (!t_.empty() && is_digit(t_[0]) && !take(2, 2, m)) return false;
      if (mark(':') && (!take(2, 2, s) || s != 0)) return false;
      if (h > 15 || m > 59) return false;
      offset_ = (west ? -1 : 1) * (h * 60 + m) * 60'000'000;
    } else if (n == 0) {
      return false;
    }
    blanks();
    if (n == 0 && zone_minutes(t_)) t_ = {};  // +0000 UTC
    if (!t_.empty() && ((t_[0] == '(' && t_.back() == ')') || (t_[0] == '[' && t_.back() == ']')))
      t_ = {};
    return true;
  }

  /// Digits after the point, rounded to microseconds.
  bool read_fraction(int64_t& micros) {
    size_t n = 0;
    int64_t next = 0;
    for (; !t_.empty() && is_digit(t_[0]); ++n, t_.remove_prefix(1)) {
      if (n < 6) micros = micros * 10 + (t_[0] - '0');
      if (n == 6) next = t_[0] - '0';
    }
    for (size_t i = n; i < 6; ++i) micros *= 10;
    if (next >= 5) ++micros;
    return n > 0;
  }

  std::string_view next_word() const {
    size_t n = 0;
    while (n < t_.size() && (is_letter(t_[n]) || (t_[n] & 0x80) != 0)) ++n;
    return t_.substr(0, n);
  }

  bool read_month_name() {
    const std::string_view word = next_word();
    month_ = month_of(word);
    if (month_ == 0) return false;
    t_.remove_prefix(word.size());
    mark('.');
    return true;
  }

  void skip_weekday() {
    std::string_view word = next_word();
    const bool bracket = t_.starts_with('(');  // 2026年3月5日(木)
    if (bracket) {
      if (const size_t end = t_.find(')'); end < 12) t_.remove_prefix(end + 1), blanks();
      return;
    }
    if (word.empty() || !is_weekday(word)) return;
    std::string_view rest = t_.substr(word.size());
    if (rest.starts_with('.')) rest.remove_prefix(1);
    if (rest.starts_with(',')) rest.remove_prefix(1);
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    if (month_of(word) != 0 && !begins_with_day(rest)) return;
    t_ = rest;
  }

  /// mar is a Tuesday in French, before a day and a month, and March in English before a day.
  static bool begins_with_day(std::string_view rest) {
    size_t n = 0;
    while (n < rest.size() && is_digit(rest[n])) ++n;
    if (n == 0 || n > 2 || n == rest.size()) return false;
    if (rest[n] == '/' || rest[n] == '-') return true;
    rest.remove_prefix(n + (rest[n] == '.'));
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    MomentParser month(rest, DayOrder::unknown);
    return month.read_month_name();
  }

  char take_separator() {
    for (const char c : {'-', '/', '.'})
      if (mark(c)) return c;
    return 0;
  }

  size_t take(size_t least, size_t most, int64_t& value) {
    size_t n = 0;
    int64_t v = 0;
    while (n < t_.size() && n < most && is_digit(t_[n])) v = v * 10 + (t_[n++] - '0');
    if (n < least) return 0;
    value = v;
    t_.remove_prefix(n);
    return n;
  }

  bool mark(char c) {
    if (t_.empty() || t_[0] != c) return false;
    t_.remove_prefix(1);
    return true;
  }
  bool mark(std::string_view s) {
    if (!t_.starts_with(s)) return false;
    t_.remove_prefix(s.size());
    return true;
  }
  size_t blanks() {
    size_t n = 0;
    while (mark(' ')) ++n;
    return n;
  }

  std::string_view t_;
  DayOrder order_;
  Moment result_;
  bool dated_ = false;
  int64_t year_ = 0, month_ = 0, day_ = 0, time_ = 0, offset_ = 0;
};

/// A date, with a time of day or without, that does not consist of figures alone.
inline std::optional<Moment> parse_moment(std::string_view text,
                                          DayOrder order = DayOrder::unknown) {
  std::string scratch;
  return MomentParser(trim(fold(trim(text), scratch)), order).parse();
}

/// A time of day alone: 09:05:07, 9:05 PM, 下午3时4分.
inline std::optional<int64_t> parse_clock(std::string_view text) {
  std::string scratch;
  return MomentParser(trim(fold(trim(text), scratch)), DayOrder::unknown).parse_clock();
}

}  // namespace demo
