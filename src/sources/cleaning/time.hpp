// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/calendar.hpp"
#include "sources/cleaning/text.hpp"

namespace clientele {

enum class DateOrder { none, dmy, mdy, ymd };
/// What digits alone count: nothing unless they are 8, 10, 13, 14 or 16, a unit, days of Excel, or
/// seconds to microseconds by their size.
enum class TimeUnit { none, s, ms, us, excel, excel1904, epoch };

/// Both throw 22023 for other names.
DateOrder date_order_named(std::string_view name);
TimeUnit time_unit_named(std::string_view name);

struct TimeOptions {
  DateOrder order = DateOrder::none;
  TimeUnit unit = TimeUnit::none;
  Micros oldest = first_instant;
  Micros latest = end_of_time - 1;
  /// The instant of a local time, given as if it were UTC, in the zone of this name, or in that of
  /// the options for an empty one. False for an unknown name.
  bool (*instant)(const void* context, const std::string& zone, Micros local, Micros& at) = nullptr;
  const void* context = nullptr;
  const StandIns* stand_ins = &StandIns::standard();
};

struct CleanedTime {
  Micros at = 0;
  const char* reason = nullptr;
};

CleanedTime clean_time(std::string_view value, const TimeOptions& options);

/// What a column of a type for times has: an instant, or a local time given as if it were UTC.
/// Times before first_instant and from end_of_time on are infinite.
CleanedTime clean_instant(Micros at, const TimeOptions& options);
CleanedTime clean_local_time(Micros local, const TimeOptions& options);
/// What a column of numbers has: by the unit or else by their size seconds, milliseconds or
/// microseconds since 1970, but 8 and 14 digits that are a date of the years 1900 to 2100 are
/// YYYYMMDD and YYYYMMDDhhmmss.
CleanedTime clean_number_time(std::string_view number, const TimeOptions& options);
CleanedTime clean_whole_time(int64_t number, const TimeOptions& options);

}  // namespace clientele
