// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "jobs/schedule/schedule.hpp"

namespace clientele::testing {

/// A zone made of changes: each sets the clocks to an offset from UTC at an instant.
struct Zone {
  struct Change {
    Micros at, offset;
  };
  Micros first = 0;
  std::vector<Change> changes;  // ascending
};

inline LocalClock::Offset look_at(const void* zone, Micros at) {
  const Zone& z = *static_cast<const Zone*>(zone);
  LocalClock::Offset now{z.first, INT64_MAX};
  for (const Zone::Change& change : z.changes) {
    if (change.at > at) {
      now.end = change.at;
      break;
    }
    now.offset = change.offset;
  }
  return now;
}

/// An instant from text such as 2026-03-29T01:00:00Z.
inline Micros instant(std::string_view text) {
  Micros at = 0;
  if (!parse_iso(text, at) || !text.empty()) throw std::invalid_argument("not a time");
  return at;
}

inline std::string iso(Micros at) {
  if (at == never) return "never";
  std::string out;
  append_iso(out, at);
  return out;
}

/// Central European time: summer from the last Sunday of March to that of October, at 01:00 UTC.
inline Zone berlin(int from = 2000, int until = 2045) {
  Zone zone{hour, {}};
  const auto last_sunday = [](int year, int month) {
    const int64_t last = days_to_date(year, month, 31);
    return (last - (last + 6) % 7) * day + hour;  // 2000-01-01 was a Saturday
  };
  for (int year = from; year <= until; ++year) {
    zone.changes.push_back({last_sunday(year, 3), 2 * hour});
    zone.changes.push_back({last_sunday(year, 10), hour});
  }
  return zone;
}

inline const Zone utc;

}  // namespace clientele::testing
