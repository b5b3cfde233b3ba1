// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <algorithm>

#include "base/calendar.hpp"

namespace clientele {

/// How long to wait after that many failures in a row, until the next attempt: 1, 2, 4, … seconds,
/// at most a minute.
constexpr Micros wait_after(int failures) {
  return failures <= 0 ? 0 : std::min(minute, second << std::min(failures - 1, 6));
}

}  // namespace clientele
