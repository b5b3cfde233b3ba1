// SPDX-License-Identifier: PostgreSQL
// Numbers, lengths of time and dates as people read them.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/calendar.hpp"

namespace clientele::pictures {

enum class Language { english, chinese };

/// With thousands separators, and as many decimals as matter: 1,234, 12.3, 0.0123.
std::string grouped(double value);
/// Short, for axes: 1.2k, 3M; in Chinese 1.2万, 3亿.
std::string compact(double value, Language language);
/// A share as per cent with one decimal: 0.1234 is 12.3%.
std::string percent(double share);
/// Seconds in the unit that suits: 45 s, 2.5 min, 3 h, 12 days.
std::string duration(double seconds, Language language);

/// How the values of a picture are written.
struct Format {
  enum Kind { number, share, seconds } kind = number;
  std::string unit;
  Language language = Language::english;

  std::string full(double value) const;
  /// For axes: short, and without the unit.
  std::string brief(double value) const;
  /// For a cell that has this much room, in sizes of a letter: without the unit; empty if even the
  /// short form has no room.
  std::string cell(double value, double room) const;
  /// In full if there is room for it, else for axes.
  std::string tight(double value, double room) const;
};

/// Round numbers from at most `lo` to at least `hi`, about `count` of them.
std::vector<double> ticks(double lo, double hi, int count);

/// A date with a time of the clock, as it is written: 2026-01-05, 2026-01-05T08:00:00+01:00. What
/// comes after the minutes does not count. None for another text.
std::optional<Micros> civil_time(std::string_view text);

/// The unit in which dates are written, the coarsest that keeps them different.
enum class DateUnit { year, month, day, minute };
DateUnit date_unit(const std::vector<Micros>& times);
/// In full: 2026-01-05 14:00, 2026-01-05, 2026-01, 2026.
std::string date_text(Micros at, DateUnit unit);

struct TimeTick {
  Micros at;
  std::string text;
  std::string year;  // where it is not that of the tick before
};
/// Beginnings of hours, days, months or years from `from` to `to`, at most `most` of them.
std::vector<TimeTick> time_ticks(Micros from, Micros to, int most, Language language);

}  // namespace clientele::pictures
