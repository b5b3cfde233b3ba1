// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "moment.hpp"

/// How the times of one file are written, and what its values say about that.
namespace demo {

/// What a time of figures alone is.
enum class Figures { unknown, calendar, epoch, excel, excel_1904 };

struct TimeStyle {
  DayOrder order = DayOrder::unknown;
  Figures figures = Figures::unknown;
  int64_t zone = 0;  // of times without one, in micros east of UTC
};

inline constexpr int64_t earliest_guess = 315'532'800'000'000,  // 1980
    latest_guess = 4'102'444'800'000'000;                       // 2100

/// 20260305, 2026030509, 202603050905, 20260305090507 and with milliseconds.
inline std::optional<Moment> calendar_figures(std::string_view t) {
  if (t.size() != 8 && t.size() != 10 && t.size() != 12 && t.size() != 14 && t.size() != 17)
    return {};
  if (!std::all_of(t.begin(), t.end(), is_digit)) return {};
  const auto number = [&t](size_t at, size_t n) {
    int64_t v = 0;
    for (size_t i = at; i < at + n && i < t.size(); ++i) v = v * 10 + (t[i] - '0');
    return v;
  };
  const auto day = midnight(number(0, 4), number(4, 2), number(6, 2));
  const int64_t h = number(8, 2), m = number(10, 2), s = number(12, 2), millis = number(14, 3);
  if (!day || *day < earliest_guess - 50 * 365 * a_day || *day >= latest_guess) return {};
  if (h > 23 || m > 59 || s > 59) return {};
  Moment moment;
  moment.unix_micros = *day + ((h * 60 + m) * 60 + s) * 1'000'000 + millis * 1000;
  moment.clock = t.size() > 8;
  return moment;
}

/// Seconds, milliseconds, microseconds or nanoseconds since 1970, whichever lies from 1980 to 2100.
inline std::optional<Moment> epoch_figures(std::string_view t) {
  const size_t point = t.find('.');
  const std::string_view whole = t.substr(0, point);
  if (whole.size() < 9 || whole.size() > 19 || !std::all_of(whole.begin(), whole.end(), is_digit))
    return {};
  uint64_t n = 0;
  for (const char c : whole) n = n * 10 + static_cast<uint64_t>(c - '0');
  uint64_t fraction = 0, unit = 1'000'000'000;  // the fraction in billionths
  if (point != t.npos) {
    if (point + 1 == t.size()) return {};
    for (const char c : t.substr(point + 1)) {
      if (!is_digit(c)) return {};
      if (unit > 1) unit /= 10, fraction += static_cast<uint64_t>(c - '0') * unit;
    }
  }
  for (const uint64_t micros : {1'000'000U, 1'000U, 1U}) {
    if (n > static_cast<uint64_t>(latest_guess) / micros) continue;
    const auto at =
        static_cast<int64_t>(n * micros + (fraction * micros + 500'000'000) / 1'000'000'000);
    if (at < earliest_guess || at >= latest_guess) continue;
    return Moment{.unix_micros = at, .zoned = true, .clock = true};
  }
  const auto at = static_cast<int64_t>(n / 1000);
  if (whole.size() != 19 || at < earliest_guess || at >= latest_guess) return {};
  return Moment{.unix_micros = at, .zoned = true, .clock = true};
}

/// Days since the end of 1899, as spreadsheets count them, or since 1904 as they once did on the
/// Mac. Fractions of a day stand for a time of whole seconds, unless they are very fine.
inline std::optional<Moment> excel_figures(std::string_view t, bool since_1904) {
  const size_t point = std::min(t.find_first_of(".,"), t.size());
  if (point == 0 || point > 5 || t.size() > 24) return {};
  int64_t days = 0;
  for (const char c : t.substr(0, point)) {
    if (!is_digit(c)) return {};
    days = days * 10 + (c - '0');
  }
  double part = 0, unit = 1;
  for (size_t i = point + 1; i < t.size(); ++i) {
    if (!is_digit(t[i])) return {};
    part += (t[i] - '0') * (unit /= 10);
  }
  const double grain = t.size() - point > 9 ? 1e3 : 1e6;
  const int64_t from_1970 = since_1904 ? days - 24'107 : days - 25'569;
  Moment moment;
  moment.unix_micros =
      from_1970 * a_day + std::llround(part * 86'400e6 / grain) * static_cast<int64_t>(grain);
  moment.clock = point < t.size();
  return moment.unix_micros >= -a_day * 25'568 ? std::optional(moment) : std::nullopt;
}

/// The micros of a time of day of figures alone: 9, 905, 0905, 090507, or 0.378472 of a day.
inline std::optional<int64_t> parse_clock_figures(std::string_view t) {
  const size_t point = t.find_first_of(".,");
  if (point != t.npos) {
    if (point > 1 || (point == 1 && t[0] != '0')) return {};
    const auto part = excel_figures(point == 0 ? "0" + std::string(t) : std::string(t), true);
    return part ? std::optional(part->unix_micros + 24'107 * a_day) : std::nullopt;
  }
  if (t.empty() || t.size() > 6 || !std::all_of(t.begin(), t.end(), is_digit)) return {};
  int64_t n = 0;
  for (const char c : t) n = n * 10 + (c - '0');
  const int64_t h = t.size() < 3   ? n
                    : t.size() < 5 ? n / 100
                                   : n / 10'000,
                m = t.size() < 3   ? 0
                    : t.size() < 5 ? n % 100
                                   : n / 100 % 100,
                s = t.size() < 5 ? 0 : n % 100;
  if (h > 23 || m > 59 || s > 59) return {};
  return ((h * 60 + m) * 60 + s) * 1'000'000;
}

inline bool only_figures(std::string_view t) {
  size_t marks = 0;
  for (const char c : t)
    if (c == '.' || c == ',')
      ++marks;
    else if (!is_digit(c))
      return false;
  return !t.empty() && marks <= 1;
}

/// A time in a style.
inline std::optional<Moment> parse_time(std::string_view text, const TimeStyle& style = {}) {
  std::string scratch;
  text = trim(fold(trim(text), scratch));
  std::optional<Moment> moment;
  if (!only_figures(text)) {
    moment = MomentParser(text, style.order).parse();
  } else if (style.figures == Figures::excel || style.figures == Figures::excel_1904) {
    moment = excel_figures(text, style.figures == Figures::excel_1904);
  } else {
    if (style.figures != Figures::epoch) moment = calendar_figures(text);
    if (!moment && style.figures != Figures::calendar) moment = epoch_figures(text);
  }
  if (moment && !moment->zoned) moment->unix_micros -= style.zone;
  return moment;
}

/// What the values of a column say about times.
struct TimeFacts {
  size_t spelt = 0, calendar = 0, epoch = 0, serial = 0, clocks = 0;
  size_t clock_figures = 0;  // 9, 905, 090507 or 0.378472: a time of day, if that is what they mean
  size_t open = 0, dotted = 0, twelve = 0, dated = 0;  // dated: without a time of day
  std::array<size_t, form_names.size()> forms{};
  std::array<size_t, 3> fits{};  // by order, of those of three numbers
  std::array<int64_t, 3> low{INT64_MAX, INT64_MAX, INT64_MAX},
      high{INT64_MIN, INT64_MIN, INT64_MIN};

  size_t moments() const { return spelt + std::max(calendar, epoch); }

  void see(std::string_view raw) {
    std::string scratch;
    const std::string_view text = trim(fold(trim(raw), scratch));
    if (text.empty() || text.size() > 120) return;
    if (only_figures(text)) return see_figures(text);
    // A time has a figure.
    if (std::none_of(text.begin(), text.end(), is_digit)) return;
    const auto moment = MomentParser(text, DayOrder::unknown).parse();
    if (!moment) {
      clocks += MomentParser(text, DayOrder::unknown).parse_clock().has_value();
      return;
    }
    ++spelt, ++forms[static_cast<size_t>(moment->form)];
    open += moment->open, dotted += moment->dotted, twelve += moment->twelve;
    dated += !moment->clock || moment->unix_micros % a_day == 0;
    if (moment->form != Form::numbers) return;
    for (size_t i = 0; i < 3; ++i) {
      const auto at = MomentParser(text, day_orders[i]).parse();
      if (!at) continue;
      ++fits[i], low[i] = std::min(low[i], at->unix_micros),
                 high[i] = std::max(high[i], at->unix_micros);
    }
  }

 private:
  void see_figures(std::string_view text) {
    if (const auto moment = calendar_figures(text)) ++calendar, dated += !moment->clock;
    if (epoch_figures(text)) ++epoch;
    clock_figures += parse_clock_figures(text).has_value();
    const auto day = excel_figures(text, false);
    if (day && day->unix_micros >= 0 && day->unix_micros < latest_guess)
      ++serial, dated += !day->clock;
  }
};

/// A choice among readings, and why.
struct OrderChoice {
  DayOrder order = DayOrder::unknown;
  std::string why;
  bool sure = true;
};

/// The order that fits most values; of several the usual one with dots or with AM and PM, else the
/// one under which the file spans less time.
inline OrderChoice choose_order(const TimeFacts& facts) {
  const size_t most = *std::max_element(facts.fits.begin(), facts.fits.end());
  if (most == 0) return {};
  std::array<bool, 3> left{};
  size_t n = 0, last = 0;
  for (size_t i = 0; i < 3; ++i)
    if (facts.fits[i] == most) left[i] = true, last = i, ++n;
  if (n == 1) return {day_orders[last], "the only order that fits", true};
  const auto span = [&facts](size_t i) { return facts.high[i] - facts.low[i]; };
  if (left[0] && left[1] && !left[2]) {
    if (facts.dotted * 2 > most) return {DayOrder::day_first, "as usual with dots", false};
    if (facts.twelve * 2 > most) return {DayOrder::month_first, "as usual with AM and PM", false};
  }
  size_t best = 3;
  for (size_t i = 0; i < 3; ++i)
    if (left[i] && (best == 3 || span(i) < span(best))) best = i;
  return {day_orders[best], "others fit too, but so the times lie closest together", false};
}

}  // namespace demo
