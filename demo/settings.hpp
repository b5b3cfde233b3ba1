// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "columns.hpp"
#include "layout.hpp"
#include "options.hpp"
#include "time_style.hpp"

/// What the user may say about a file.
namespace demo {

inline constexpr const char* usage =
    "import [options] < FILE.csv > ROWS\n\n"
    "  --customer COL, --time COL, --clock COL, --event COL, --channel COL, --item COL,\n"
    "  --amount COL, --quantity COL, --price COL\n"
    "                        the column of that name or number, instead of a guess;\n"
    "                        --clock is the time of day where --time holds days only\n"
    "  --no-event, --no-item …       there is no such column\n"
    "  --event-name NAME     what each row of a file without an event column is\n"
    "                        (otherwise purchase, or return where it counts below zero)\n"
    "  --channel-name NAME   the channel of each row of a file without a channel column\n"
    "  --delimiter C         , ; | or tab\n"
    "  --header, --no-header whether the first row names the columns\n"
    "  --header-line N       the line that names them; those above are ignored\n"
    "  --date-order ORDER    dmy, mdy or ymd: how to read 1/2/2026 and 26/03/01\n"
    "  --day-first, --month-first, --year-first      the same\n"
    "  --time-as FORM        what times of figures alone are: calendar (2026030509), epoch\n"
    "                        (since 1970), excel (days since 1900) or excel-1904\n"
    "  --utc-offset OFFSET   where times without a zone are from: +08:00\n"
    "  --decimal-comma, --decimal-point\n"
    "  --encoding NAME       GB18030, WINDOWS-1252 … as iconv names them\n"
    "  --name NAME           what to call the file when speaking of it\n"
    "  --identifiers         writes all identifiers of a customer, each in a column of its own\n";

struct Settings {
  Wishes wishes;
  LayoutWishes layout;
  std::optional<std::string> event_name;
  std::string channel_name, name = "the file", encoding;
  std::optional<bool> decimal_comma;
  bool identifiers = false;
  TimeStyle time;
};

inline char read_delimiter(const std::string& text) {
  if (text == "tab" || text == "\\t" || text == "\t") return '\t';
  if (text.size() == 1 && text != "\"" && text != "\n" && text != "\r") return text[0];
  throw UsageError("--delimiter is one character or the word tab, not " + text);
}

inline DayOrder read_order(const std::string& text) {
  if (text == "dmy") return DayOrder::day_first;
  if (text == "mdy") return DayOrder::month_first;
  if (text == "ymd") return DayOrder::year_first;
  throw UsageError("--date-order is dmy, mdy or ymd, not " + text);
}

inline Figures read_figures(const std::string& text) {
  if (text == "calendar") return Figures::calendar;
  if (text == "epoch") return Figures::epoch;
  if (text == "excel") return Figures::excel;
  if (text == "excel-1904") return Figures::excel_1904;
  throw UsageError("--time-as is calendar, epoch, excel or excel-1904, not " + text);
}

/// Micros east of UTC.
inline int64_t read_offset(const std::string& text) {
  const auto at = parse_moment("2000-01-01 00:00" + text);
  if (!at || !at->zoned) throw UsageError("--utc-offset is an offset such as +08:00, not " + text);
  return 946'684'800'000'000 - at->unix_micros;
}

inline bool read_role(Arguments& arguments, std::string_view name, Wishes& wishes) {
  for (size_t r = 0; r < role_count; ++r) {
    if (name == "--" + std::string(role_names[r])) {
      wishes.column[r] = arguments.value();
      return true;
    }
    if (name == "--no-" + std::string(role_names[r])) return wishes.none[r] = true;
  }
  return false;
}

inline Settings read_arguments(int argc, char** argv) {
  Settings s;
  Arguments arguments(argc, argv);
  for (auto name = arguments.next(); !name.empty(); name = arguments.next()) {
    if (read_role(arguments, name, s.wishes)) continue;
    if (name == "--event-name")
      s.event_name = arguments.value();
    else if (name == "--channel-name")
      s.channel_name = arguments.value();
    else if (name == "--name")
      s.name = arguments.value();
    else if (name == "--identifiers")
      s.identifiers = true;
    else if (name == "--encoding")
      s.encoding = arguments.value();
    else if (name == "--delimiter")
      s.layout.delimiter = read_delimiter(arguments.value());
    else if (name == "--header")
      s.layout.header = true;
    else if (name == "--no-header")
      s.layout.header = false;
    else if (name == "--header-line")
      s.layout.header_line = arguments.number(1, 1'000'000);
    else if (name == "--date-order")
      s.time.order = read_order(arguments.value());
    else if (name == "--day-first")
      s.time.order = DayOrder::day_first;
    else if (name == "--month-first")
      s.time.order = DayOrder::month_first;
    else if (name == "--year-first")
      s.time.order = DayOrder::year_first;
    else if (name == "--time-as")
      s.time.figures = read_figures(arguments.value());
    else if (name == "--utc-offset")
      s.time.zone = read_offset(arguments.value());
    else if (name == "--decimal-comma")
      s.decimal_comma = true;
    else if (name == "--decimal-point")
      s.decimal_comma = false;
    else if (name == "--help")
      std::fputs(usage, stdout), std::exit(0);
    else
      arguments.unknown();
  }
  return s;
}

}  // namespace demo
