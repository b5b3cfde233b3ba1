// SPDX-License-Identifier: PostgreSQL
#pragma once
#include "base/calendar.hpp"
#include "jobs/schedule/every.hpp"

namespace clientele::jobs {

/// at + span, for span >= 0, but at most `never`.
inline Micros plus(Micros at, Micros span) { return at > never - span ? never : at + span; }

/// later - earlier >= span, for span >= 0.
inline bool apart(Micros earlier, Micros later, Micros span) {
  return earlier <= later && elapsed(earlier, later) >= static_cast<uint64_t>(span);
}

}  // namespace clientele::jobs
