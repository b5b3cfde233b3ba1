// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/periods.hpp"
#include "base/size_limit.hpp"

namespace clientele {

/// What the SQL type activity_def holds: which events count, in which calendar periods, and how the
/// answers are shown.
struct ActivityDefinition {
  static constexpr SizeLimit size_limit{"activity_def", max_definition_bytes};

  std::string selector = "*";
  PeriodUnit period = PeriodUnit::day;
  int32_t window_periods = 28;  // of active_periods
  std::vector<int32_t> bins;  // of frequency: ascending lower bounds; empty: each number by itself
  std::optional<Micros> since;
  std::optional<Micros> until;  // none: the start of the transaction
  std::string time_zone;        // empty: the session's

  /// 22023 for what makes no sense.
  void check() const;
  /// Whether it means the same in every session and at every time.
  bool resolved() const { return until.has_value() && !time_zone.empty(); }

  void write(Bytes& out) const;
  static ActivityDefinition read(std::span<const uint8_t> bytes);
};

}  // namespace clientele
