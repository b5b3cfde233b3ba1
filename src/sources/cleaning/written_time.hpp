// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "sources/cleaning/time.hpp"

namespace clientele {

/// What a text says of a time, before its zone is known.
struct WrittenTime {
  int64_t year = 0;  // 0 to 999999; above 9999, and before Christ, no event happens
  int month = 0, day = 0;
  bool before_christ = false;
  Micros of_day = 0;
  bool has_offset = false;
  Micros offset = 0;
  std::string zone;  // Area/City
};

/// Reads a date, perhaps with a time of day and a zone. None if it is anything else. The text is
/// what plain_text gives.
std::optional<WrittenTime> read_time(std::u32string_view text, DateOrder order);

}  // namespace clientele
