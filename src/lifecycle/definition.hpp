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

inline constexpr size_t max_stages = 32;
/// How many times a stage with a window keeps of one customer.
inline constexpr int32_t max_recent = 10'000;

/// One stage, of which a customer is in the last one that holds: `at_least` events (or days with
/// such events), in the last `within` if that is given, and none of them in the last `silence`.
struct Stage {
  std::string text;  // name=selector, as it was written
  std::string name, selector;
  int32_t at_least = 1;
  std::optional<uint64_t> within, silence;
};

/// What the SQL type lifecycle_def holds.
struct LifecycleDefinition {
  static constexpr SizeLimit size_limit{"lifecycle_def", max_definition_bytes};

  std::vector<Stage> stages;
  bool days = false;  // different local dates count, not events
  PeriodUnit period = PeriodUnit::month;
  std::optional<Micros> since;
  std::optional<Micros> until;  // none: the start of the transaction
  std::string time_zone;        // empty: the session's

  /// Names and selectors of texts 'name=selector'. Errors: 22023, 54000.
  void set_stages(std::span<const std::string> texts);
  /// 22023 for what makes no sense, 54000 for what is too large.
  void check() const;
  bool resolved() const { return until.has_value() && !time_zone.empty(); }

  void write(Bytes& out) const;
  static LifecycleDefinition read(std::span<const uint8_t> bytes);
};

}  // namespace clientele
