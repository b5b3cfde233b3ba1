// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/calendar.hpp"
#include "base/size_limit.hpp"

namespace clientele {

/// Which of several opening events a closing one ends.
enum class IntervalPick : uint8_t { last, first };
/// Error 22023 for another word.
IntervalPick parse_pick(std::string_view word);
const char* pick_name(IntervalPick pick);

/// What the SQL type interval_def holds: the two events of a pair, selectors unresolved.
struct IntervalDefinition {
  static constexpr SizeLimit size_limit{"interval_def", max_definition_bytes};

  std::string from_event, to_event;
  IntervalPick pick = IntervalPick::last;
  std::optional<uint64_t> within;
  std::optional<Micros> since;
  std::optional<Micros> until;  // none: the start of the transaction

  /// 22023 for what makes no sense.
  void check() const;

  void write(Bytes& out) const;
  static IntervalDefinition read(std::span<const uint8_t> bytes);
};

}  // namespace clientele
