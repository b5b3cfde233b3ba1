// SPDX-License-Identifier: PostgreSQL
#include "sources/cleaning/written_time.hpp"

#include <algorithm>

namespace clientele {
namespace {

constexpr std::string_view months[] = {"january",   "february", "march",    "april",
                                       "may",       "june",     "july",     "august",
                                       "september", "october",  "november", "december"};
constexpr std::string_view weekdays[] = {"monday", "tuesday",  "wednesday", "thursday",
                                         "friday", "saturday", "sunday"};

bool is_digit(char32_t c) { return c >= '0' && c <= '9'; }
bool is_letter(char32_t c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z' && c < 0x80; }

struct Number {
  int64_t value = 0;
  size_t digits = 0;
};

/// Each take_… moves on only if it finds what it looks for.
class Scanner {
 public:
  explicit Scanner(std::u32string_view text) : left_(text) {}

  bool at_end() const { return left_.empty(); }
  char32_t next() const { return left_.empty() ? 0 : left_.front(); }
  bool next_is_digit() const { return is_digit(next()); }
  void skip(size_t n) { left_.remove_prefix(std::min(n, left_.size())); }

  bool take(char32_t c) {
    if (next() != c || at_end()) return false;
    left_.remove_prefix(1);
    return true;
  }
  bool take_one_of(std::u32string_view choice) {
    if (at_end() || choice.find(next()) == std::u32string_view::npos) return false;
    left_.remove_prefix(1);
    return true;
  }
  bool take_text(std::u32string_view text) {
    if (left_.substr(0, text.size()) != text) return false;
    left_.remove_prefix(text.size());
    return true;
  }
  bool take_blanks() {
    const size_t before = left_.size();
    while (take(U' ')) {
    }
    return left_.size() != before;
  }
  bool take_number(Number& n, size_t fewest, size_t most) {
    size_t digits = 0;
    while (digits < left_.size() && is_digit(left_[digits])) ++digits;
    if (digits < fewest || digits > most) return false;
    n = {0, digits};
    for (size_t i = 0; i < digits; ++i) n.value = n.value * 10 + (left_[i] - '0');
    left_.remove_prefix(digits);
    return true;
  }
  /// A word of ASCII letters, in small ones.
  std::string word() const {
    std::string w;
    for (size_t i = 0; i < left_.size() && is_letter(left_[i]) && i < 20; ++i)
      w += static_cast<char>(left_[i] | 0x20);
    return w;
  }
  bool take_word(std::string_view wanted) {
    if (word() != wanted) return false;
    skip(wanted.size());
    return true;
  }
  /// One of these names, or its first three letters, and a full stop after those.
  template <size_t n>
  int take_name(const std::string_view (&names)[n]) {
    const std::string w = word();
    for (size_t i = 0; i < n; ++i) {
      const bool shorter = w == names[i].substr(0, 3) || (w == "sept" && names[i] == "september");
      if (w != names[i] && !shorter) continue;
      skip(w.size());
      if (w != names[i]) take(U'.');
      return static_cast<int>(i) + 1;
    }
    return 0;
  }
  std::u32string_view left() const { return left_; }

 private:
  std::u32string_view left_;
};

constexpr size_t year_digits = 6;

void set_date(WrittenTime& t, int64_t year, int64_t month, int64_t day) {
  t.year = year;
  t.month = static_cast<int>(month);
  t.day = static_cast<int>(day);
}

/// As PostgreSQL: 70 to 99 are of the 20th century.
bool full_year(Number& year) {
  if (year.digits == 2) year.value += year.value < 70 ? 2000 : 1900;
  return year.digits == 2 || year.digits >= 4;
}

bool take_month_name(Scanner& s, WrittenTime& t) {
  Number day, year;
  if (is_letter(s.next())) {  // Jan 2, 2026
    const int month = s.take_name(months);
    if (month == 0 || !s.take_blanks() || !s.take_number(day, 1, 2)) return false;
    if (!s.take(U',') && s.next() != ' ') return false;
    s.take_blanks();
    if (!s.take_number(year, 4, year_digits)) return false;
    set_date(t, year.value, month, day.value);
    return true;
  }
  if (!s.take_number(day, 1, 2)) return false;  // 2 Jan 2026, 02-Jan-2026
  const auto part = [&] { return s.take_one_of(U"-/.") || s.take_blanks(); };
  part();
  const int month = s.take_name(months);
  if (month == 0) return false;
  part();
  if (!s.take_number(year, 4, year_digits)) return false;
  set_date(t, year.value, month, day.value);
  return true;
}

bool take_chinese(Scanner& s, WrittenTime& t) {
  Number year, month, day;
  if (!s.take_number(year, 4, year_digits) || !s.take(U'年')) return false;
  s.take_blanks();
  if (!s.take_number(month, 1, 2) || !s.take(U'月')) return false;
  s.take_blanks();
  if (!s.take_number(day, 1, 2) || !s.take(U'日')) return false;
  set_date(t, year.value, month.value, day.value);
  return true;
}

bool take_numeric(Scanner& s, DateOrder order, WrittenTime& t) {
  Number a, b, c;
  if (!s.take_number(a, 1, year_digits)) return false;
  const char32_t mark = s.next();
  if (!s.take_one_of(U"-/.") || !s.take_number(b, 1, 2) || !s.take(mark) ||
      !s.take_number(c, 1, year_digits))
    return false;
  if (a.digits >= 4 || order == DateOrder::ymd) {
    if (c.digits > 2 || !full_year(a)) return false;
    set_date(t, a.value, b.value, c.value);
    return true;
  }
  if (order == DateOrder::none || a.digits > 2 || !full_year(c)) return false;
  if (order == DateOrder::dmy)
    set_date(t, c.value, b.value, a.value);
  else
    set_date(t, c.value, a.value, b.value);
  return true;
}

bool take_date(Scanner& s, DateOrder order, WrittenTime& t) {
  const Scanner start = s;
  const auto attempt = [&](auto take) {
    s = start;
    return take();
  };
  Number whole;
  return attempt([&] { return take_chinese(s, t); }) ||
         attempt([&] { return take_numeric(s, order, t); }) ||
         attempt([&] { return take_month_name(s, t); }) || attempt([&] {
           if (!s.take_number(whole, 8, 8)) return false;
           set_date(t, whole.value / 10000, whole.value / 100 % 100, whole.value % 100);
           return true;
         });
}

/// After the mark of the fraction: rounded to microseconds, half up.
bool take_fraction(Scanner& s, Micros& micros) {
  if (!s.next_is_digit()) return false;
  Micros unit = 100'000;
  bool first_beyond = true;
  for (; s.next_is_digit(); s.skip(1)) {
    const auto digit = static_cast<Micros>(s.next() - '0');
    if (unit > 0) {
      micros += digit * unit;
      unit /= 10;
    } else if (first_beyond) {
      micros += digit >= 5 ? 1 : 0;
      first_beyond = false;
    }
  }
  return true;
}

enum class Half { none, morning, afternoon };

bool set_time(WrittenTime& t, int64_t h, int64_t m, int64_t s, Micros fraction, Half half) {
  if (half != Half::none) {
    if (h < 1 || h > 12) return false;
    h = h % 12 + (half == Half::afternoon ? 12 : 0);
  }
  if (h > 24 || m > 59 || s > 60 || (h == 24 && (m > 0 || s > 0 || fraction > 0)) ||
      (s == 60 && fraction > 0))
    return false;
  t.of_day = h * hour + m * minute + s * second + fraction;
  return true;
}

/// 15:04, 15:04:05.678, 3:04 PM, 下午3:04, 15时04分05秒, 3时
bool take_clock(Scanner& s, WrittenTime& t) {
  Half half = Half::none;
  if (s.take_text(U"上午")) half = Half::morning;
  if (half == Half::none && s.take_text(U"下午")) half = Half::afternoon;
  if (half != Half::none) s.take_blanks();
  Number h, m, sec;
  Micros fraction = 0;
  if (!s.take_number(h, 1, 2)) return false;
  if (s.take_one_of(U"时時")) {
    if (s.next_is_digit() && s.take_number(m, 1, 2)) {
      if (!s.take(U'分')) return false;
      if (s.next_is_digit() && s.take_number(sec, 1, 2)) {
        if (s.take(U'.') && !take_fraction(s, fraction)) return false;
        if (!s.take(U'秒')) return false;
      }
    }
  } else {
    if (!s.take(U':') || !s.take_number(m, 2, 2)) return false;
    if (s.take(U':')) {
      if (!s.take_number(sec, 2, 2)) return false;
      if (s.take_one_of(U".,") && !take_fraction(s, fraction)) return false;
    }
  }
  if (half == Half::none) {
    const Scanner before = s;
    s.take_blanks();
    if (s.take_word("am"))
      half = Half::morning;
    else if (s.take_word("pm"))
      half = Half::afternoon;
    else
      s = before;
  }
  return set_time(t, h.value, m.value, sec.value, fraction, half);
}

/// After T: 0304, 030405, 030405.678
bool take_compact(Scanner& s, WrittenTime& t) {
  Number n;
  Micros fraction = 0;
  if (!s.take_number(n, 4, 4) && !s.take_number(n, 6, 6)) return false;
  const bool short_one = n.digits == 4;
  if (!short_one && s.take_one_of(U".,") && !take_fraction(s, fraction)) return false;
  const int64_t hms = short_one ? n.value * 100 : n.value;
  return set_time(t, hms / 10000, hms / 100 % 100, hms % 100, fraction, Half::none);
}

bool take_offset(Scanner& s, WrittenTime& t) {
  const bool west = s.next() == '-' || s.next() == U'−';
  if (!s.take_one_of(U"+-−")) return false;
  Number h, m, sec;
  if (s.take_number(h, 4, 4)) {
    m.value = h.value % 100;
    h.value /= 100;
  } else {
    if (!s.take_number(h, 1, 2)) return false;
    if (s.take(U':') && !s.take_number(m, 2, 2)) return false;
    if (m.digits > 0 && s.take(U':') && !s.take_number(sec, 2, 2)) return false;
  }
  if (h.value > 15 || m.value > 59 || sec.value > 59) return false;  // as PostgreSQL
  t.has_offset = true;
  t.offset = (h.value * hour + m.value * minute + sec.value * second) * (west ? -1 : 1);
  return true;
}

bool take_zone(Scanner& s, WrittenTime& t) {
  if (s.next() == '+' || s.next() == '-' || s.next() == U'−') return take_offset(s, t);
  std::string name;
  for (const char32_t c : s.left()) {
    if (!is_letter(c) && !is_digit(c) && c != '/' && c != '_' && c != '-' && c != '+') return false;
    name += static_cast<char>(c);
    if (name.size() > 60) return false;
  }
  std::string lower = name;
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  if (lower == "z" || lower == "utc" || lower == "gmt") {
    t.has_offset = true;
  } else {
    const size_t slash = name.find('/');
    if (slash == 0 || slash == std::string::npos || name.back() == '/' ||
        !is_letter(static_cast<uint8_t>(name[0])) || name.find("//") != std::string::npos)
      return false;
    // With a digit PostgreSQL would take any name for one that POSIX describes.
    if (name.find_first_of("0123456789") != std::string::npos && lower.rfind("etc/gmt", 0) != 0)
      return false;
    t.zone = name;
  }
  s.skip(name.size());
  return true;
}

bool take_era(Scanner& s, WrittenTime& t) {
  const Scanner before = s;
  s.take_blanks();
  if (s.take_word("bc")) return t.before_christ = true;
  if (s.take_word("ad")) return true;
  s = before;
  return false;
}

}  // namespace

std::optional<WrittenTime> read_time(std::u32string_view text, DateOrder order) {
  Scanner s(text);
  WrittenTime t;
  const Scanner start = s;
  if (s.take_name(weekdays) != 0) {
    s.take(U',');
    s.take_blanks();
  } else {
    s = start;
  }
  if (!take_date(s, order, t)) return std::nullopt;
  take_era(s, t);
  if (s.at_end()) return t;
  const bool letter = s.take_one_of(U"Tt");
  // After a comma, too: Jan 2, 2026, 15:04
  if (!letter) {
    s.take(U',');
    s.take_blanks();
  }
  const Scanner clock = s;
  if (!take_clock(s, t)) {
    s = clock;
    if (!letter || !take_compact(s, t)) return std::nullopt;
  }
  take_era(s, t);
  s.take_blanks();
  if (!s.at_end() && !take_zone(s, t)) return std::nullopt;
  take_era(s, t);
  if (!s.at_end()) return std::nullopt;
  return t;
}

}  // namespace clientele
