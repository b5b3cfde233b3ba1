// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/calendar.hpp"

namespace clientele {

/// A cron expression: bit n of a set says whether it allows n. The searches are over times on the
/// wall, in microseconds as if they were UTC, from `begin` up to but not at `end`.
struct Cron {
  uint64_t minutes = 0;
  uint32_t hours = 0;
  uint32_t days = 0;      // 1 to 31
  uint32_t months = 0;    // 1 to 12
  uint32_t week = 0;      // 0 is Sunday
  bool last_day = false;  // of the month, as L among the days

  bool every_hour() const { return hours == (1U << 24) - 1; }
  /// The days of a month that it allows: bit 1 is the first.
  uint32_t days_of(int64_t year, unsigned month) const;

  std::optional<Micros> first(Micros begin, Micros end) const;
  Micros last_before(Micros end) const;
  int64_t count(Micros begin, Micros end) const;

 private:
  int64_t count_before(int64_t minute) const;
  int64_t days_between(int64_t first, int64_t end) const;
};

/// Reads five fields or a word such as @daily. 22023 for anything else; the message names the
/// field.
Cron parse_cron(std::string_view expression);

}  // namespace clientele
