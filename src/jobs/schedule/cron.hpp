// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <string_view>

namespace clientele {

/// A cron expression: bit n of a set says whether it allows n.
struct Cron {
  uint64_t minutes = 0;
  uint32_t hours = 0;
  uint32_t days = 0;      // 1 to 31
  uint32_t months = 0;    // 1 to 12
  uint32_t week = 0;      // 0 is Sunday
  bool last_day = false;  // of the month, as L among the days

  bool every_hour() const { return hours == (1U << 24) - 1; }
};

/// Reads five fields or a word such as @daily. 22023 for anything else; the message names the
/// field.
Cron parse_cron(std::string_view expression);

}  // namespace clientele
