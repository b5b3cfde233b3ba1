// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Reads the ways in which people write instants.
namespace demo {

enum class DayOrder { unknown, day_first, month_first };

enum class Form { year_first, day_first, month_first, month_name, chinese, compact, epoch };
inline constexpr std::array<const char*, 7> form_names{
    "year first",    "day before month", "month before day",  "the month's name",
    "Chinese dates", "digits only",      "seconds since 1970"};

/// The years from 1 to 9999, as in ISO 8601.
inline constexpr int64_t first_moment = -62'135'596'800'000'000,
                         end_of_moments = 253'402'300'800'000'000;

struct Moment {
  int64_t unix_micros = 0;
  Form form = Form::year_first;
  bool zoned = false;      // the text says at which offset from UTC
  bool ambiguous = false;  // day and month could be exchanged
};

inline std::string_view trim(std::string_view s) {
  const auto blank = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  while (!s.empty() && blank(s.front())) s.remove_prefix(1);
  while (!s.empty() && blank(s.back())) s.remove_suffix(1);
  return s;
}

class MomentParser {
 public:
  MomentParser(std::string_view text, DayOrder order) : t_(trim(text)), order_(order) {}

  std::optional<Moment> parse() {
    if (t_.size() < 6 || t_.size() > 60) return {};
    if (!all_digits()) {
      if (!read_date() || (!t_.empty() && !read_time())) return {};
    } else if ((t_.size() == 8 || t_.size() == 14) && t_[0] != '-') {
      read_compact();
    } else {
      return read_epoch();
    }
    const std::chrono::year_month_day day{std::chrono::year{static_cast<int>(year_)},
                                          std::chrono::month{static_cast<unsigned>(month_)},
                                          std::chrono::day{static_cast<unsigned>(day_)}};
    if (!day.ok() || year_ < 1 || year_ > 9999) return {};
    const int64_t days = std::chrono::sys_days{day}.time_since_epoch().count();
    result_.unix_micros = days * 86'400'000'000 + time_ - offset_;
    if (result_.unix_micros < first_moment || result_.unix_micros >= end_of_moments) return {};
    return result_;
  }

 private:
  bool all_digits() const {
    size_t dots = 0;
    for (size_t i = t_.front() == '-' ? 1 : 0; i < t_.size(); ++i)
      if (t_[i] == '.' && i > 8)
        ++dots;
      else if (t_[i] < '0' || t_[i] > '9')
        return false;
    return dots <= 1;
  }

  void read_compact() {  // 20260102, 20260102030405
    result_.form = Form::compact;
    take(4, 4, year_), take(2, 2, month_), take(2, 2, day_);
    int64_t h = 0, m = 0, s = 0;
    if (take(2, 2, h)) take(2, 2, m), take(2, 2, s);
    if (h > 23 || m > 59 || s > 59) day_ = 0;  // no date
    time_ = ((h * 60 + m) * 60 + s) * 1'000'000;
  }

  /// Seconds, milliseconds or microseconds since 1970, by magnitude.
  std::optional<Moment> read_epoch() {
    const std::string_view whole = t_.substr(0, t_.find('.'));
    if (whole.size() > 17 || whole[0] == '-') return {};
    int64_t n = 0;
    take(1, 17, n);
    result_.form = Form::epoch, result_.zoned = true;
    int64_t unit;
    if (n >= 100'000'000 && n < 100'000'000'000)
      unit = 1'000'000;
    else if (n >= 100'000'000'000 && n < 100'000'000'000'000)
      unit = 1'000;
    else if (n >= 100'000'000'000'000)
      unit = 1;
    else
      return {};
    if (n * unit >= end_of_moments) return {};
    int64_t fraction = 0;
    if (!t_.empty() && (!mark('.') || !read_fraction(fraction))) return {};
    result_.unix_micros = n * unit + fraction / (1'000'000 / unit);
    return result_;
  }

  bool read_date() {
    skip_weekday();
    int64_t first = 0;
    if (const size_t n = take(1, 4, first); n == 4) {
      year_ = first;
      if (mark("年")) {
        result_.form = Form::chinese;
        if (!take(1, 2, month_) || !mark("月") || !take(1, 2, day_) || !mark("日")) return false;
        return true;
      }
      const char separator = take_separator();
      if (separator == 0 || !take(1, 2, month_) || !mark(separator) || !take(1, 2, day_))
        return false;
      return true;
    } else if (n == 3) {
      return false;
    } else if (n > 0) {
      return read_date_from(first);
    }
    // Jan 2, 2026
    if (!read_month_name() || !blanks() || !take(1, 2, day_)) return false;
    mark(',');
    if (!blanks() || take(4, 4, year_) == 0) return false;
    result_.form = Form::month_name;
    return true;
  }

  /// What begins with a day or a month: 31/12/2026, 12/31/26, 2 Jan 2026, 02-Jan-2026.
  bool read_date_from(int64_t first) {
    const char separator = take_separator();
    if ((separator == 0 || separator == '-') && (separator != 0 || blanks() > 0) &&
        read_month_name()) {
      day_ = first;
      if (!(separator == 0 ? blanks() > 0 : mark('-')) || !read_year()) return false;
      result_.form = Form::month_name;
      return true;
    }
    int64_t second = 0;
    if (separator == 0 || !take(1, 2, second) || !mark(separator) || !read_year()) return false;
    result_.ambiguous = first <= 12 && second <= 12;
    const bool by_day = first > 12 || (second <= 12 && order_ != DayOrder::month_first);
    // A file that writes the day first does not mean the 13th month.
    if (!result_.ambiguous &&
        (by_day ? order_ == DayOrder::month_first : order_ == DayOrder::day_first))
      return false;
    result_.form = by_day ? Form::day_first : Form::month_first;
    day_ = by_day ? first : second, month_ = by_day ? second : first;
    return true;
  }

  bool read_year() {
    const size_t n = take(2, 4, year_);
    if (n == 2) year_ += year_ < 70 ? 2000 : 1900;
    return n == 2 || n == 4;
  }

  bool read_time() {
    if (!mark('T') && !mark('t')) {
      mark(',');
      if (blanks() == 0 && result_.form != Form::chinese) return false;
    }
    const bool afternoon = mark("下午") || mark("晚上"), morning = !afternoon && mark("上午");
    blanks();
    int64_t h = 0, m = 0, s = 0, fraction = 0;
    if (!take(1, 2, h)) return false;
    if (mark("时") || mark("点")) {
      if (take(1, 2, m) && !mark("分")) return false;
      if (take(1, 2, s) && !mark("秒")) return false;
    } else {
      if (!mark(':') || !take(1, 2, m)) return false;
      if (mark(':')) {
        if (!take(1, 2, s)) return false;
        if ((mark('.') || mark(',')) && !read_fraction(fraction)) return false;
      }
    }
    blanks();
    const bool pm = mark("PM") || mark("pm") || mark("p.m."),
               am = !pm && (mark("AM") || mark("am") || mark("a.m."));
    if (pm || am || afternoon || morning) {
      if (h > 12 || (h == 0 && (pm || am))) return false;
      if (h == 12) h = 0;
      if (pm || afternoon) h += 12;
      blanks();
    }
    if (h > 23 || m > 59 || s > 59) {
      if (h != 24 || m != 0 || s != 0 || fraction != 0) return false;
    }
    time_ = ((h * 60 + m) * 60 + s) * 1'000'000 + fraction;
    return t_.empty() || (read_zone() && t_.empty());
  }

  bool read_zone() {
    result_.zoned = true;
    if (mark("UTC") || mark("GMT") || mark('Z') || mark('z')) {
      if (t_.empty()) return true;
    }
    const bool west = mark('-');
    int64_t h = 0, m = 0;
    if ((!west && !mark('+')) || !take(2, 2, h)) return false;
    mark(':');
    if (!t_.empty() && !take(2, 2, m)) return false;
    if (h > 15 || m > 59) return false;
    offset_ = (west ? -1 : 1) * (h * 60 + m) * 60'000'000;
    return true;
  }

  /// Digits after the point, rounded to microseconds.
  bool read_fraction(int64_t& micros) {
    size_t n = 0;
    int64_t next = 0;
    for (; !t_.empty() && t_[0] >= '0' && t_[0] <= '9'; ++n, t_.remove_prefix(1)) {
      if (n < 6) micros = micros * 10 + (t_[0] - '0');
      if (n == 6) next = t_[0] - '0';
    }
    for (size_t i = n; i < 6; ++i) micros *= 10;
    if (next >= 5) ++micros;
    return n > 0;
  }

  bool read_month_name() {
    static constexpr std::string_view names = "janfebmaraprmayjunjulaugsepoctnovdec";
    static constexpr std::array<std::string_view, 12> rests{
        "uary", "ruary", "ch", "il", "", "e", "y", "ust", "tember", "ober", "ember", "ember"};
    if (t_.size() < 3) return false;
    char name[3];
    for (size_t i = 0; i < 3; ++i) name[i] = lower(t_[i]);
    for (size_t i = 0; i < 12; ++i) {
      if (names.substr(i * 3, 3) != std::string_view(name, 3)) continue;
      t_.remove_prefix(3);
      mark(rests[i]);
      mark('.');
      month_ = static_cast<int64_t>(i) + 1;
      return true;
    }
    return false;
  }

  void skip_weekday() {
    static constexpr std::string_view names = "montuewedthufrisatsun";
    if (t_.size() < 4) return;
    char name[3];
    for (size_t i = 0; i < 3; ++i) name[i] = lower(t_[i]);
    const size_t at = names.find(std::string_view(name, 3));
    if (at == names.npos || at % 3 != 0) return;
    while (!t_.empty() && lower(t_[0]) >= 'a' && lower(t_[0]) <= 'z') t_.remove_prefix(1);
    mark(',');
    blanks();
  }

  static char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

  char take_separator() {
    for (const char c : {'-', '/', '.'})
      if (mark(c)) return c;
    return 0;
  }

  size_t take(size_t least, size_t most, int64_t& value) {
    size_t n = 0;
    int64_t v = 0;
    while (n < t_.size() && n < most && t_[n] >= '0' && t_[n] <= '9') v = v * 10 + (t_[n++] - '0');
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
  int64_t year_ = 0, month_ = 0, day_ = 0, time_ = 0, offset_ = 0;
};

inline std::optional<Moment> parse_moment(std::string_view text,
                                          DayOrder order = DayOrder::unknown) {
  return MomentParser(text, order).parse();
}

}  // namespace demo
