// SPDX-License-Identifier: PostgreSQL
#pragma once
#include "base/local_clock.hpp"

namespace clientele::testing {

/// A zone whose clocks are set by one hour at each multiple of 100 days, to and fro.
inline LocalClock::Offset hundred_days(const void* looks, Micros at) {
  if (looks != nullptr) ++*static_cast<int*>(const_cast<void*>(looks));
  const int64_t n = at / (100 * day) - (at % (100 * day) < 0);
  return {n % 2 == 0 ? hour : 0, (n + 1) * 100 * day};
}

}  // namespace clientele::testing
