// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace clientele {

/// Fixed lengths of time as text that means the same whatever the session's settings are. (The
/// input of PostgreSQL's interval depends on IntervalStyle, so no immutable function may use it.)

/// Hours, minutes, seconds: 00:30:00, 168:00:00, 00:00:00.25. Takes up to 2^63 - 1 microseconds.
std::string length_to_text(uint64_t micros);

/// Reads that, or numbers with fixed units: 30 minutes, 1 day 02:00:00, 1.5 h, 90 s, 250 ms.
/// A day has 24 hours, the longest unit is a week, and nothing is negative. None if the text is
/// something else or overflows.
std::optional<uint64_t> length_from_text(std::string_view text);

}  // namespace clientele
