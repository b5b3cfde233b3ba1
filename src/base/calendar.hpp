// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace clientele {

/// Microseconds since 2000-01-01 00:00 UTC, as PostgreSQL counts them.
using Micros = int64_t;

inline constexpr Micros millisecond = 1000;
inline constexpr Micros second = 1000 * millisecond;
inline constexpr Micros minute = 60 * second;
inline constexpr Micros hour = 60 * minute;
inline constexpr Micros day = 24 * hour;

/// The range of a finite timestamptz: 4714-11-24 BC to the end of 294276.
inline constexpr Micros first_instant = -211813488000000000LL;
inline constexpr Micros end_of_time = 9223371331200000000LL;

/// later - earlier without overflow, for later >= earlier.
inline uint64_t elapsed(Micros earlier, Micros later) {
  return static_cast<uint64_t>(later) - static_cast<uint64_t>(earlier);
}

/// Whether the proleptic Gregorian calendar has this date; years are astronomical (0 is 1 BC).
bool is_date(int64_t year, int64_t month, int64_t day);
/// Days from 2000-01-01 to a date that is_date() accepts.
int64_t days_to_date(int64_t year, int64_t month, int64_t day);

struct Date {
  int64_t year;
  unsigned month, day;
};
/// The inverse: the date of a day that is counted from 2000-01-01.
Date date_after(int64_t days);

/// ISO 8601 in UTC with as many fraction digits as needed: 2026-01-02T03:04:05.678Z. Years before 1
/// are astronomical and signed (-0043 is 44 BC), years above 9999 carry a plus.
void append_iso(std::string& out, Micros at);

/// Reads what append_iso writes, or the same with an offset such as +08:00 in place of Z.
/// Consumes it from `text`; false if there is no such instant there. No zone means no instant.
bool parse_iso(std::string_view& text, Micros& at);

}  // namespace clientele
