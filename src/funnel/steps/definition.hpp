// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/size_limit.hpp"
#include "funnel/search/funnel.hpp"

namespace clientele {

/// One element of funnel_def's exclusions: selector@from-to, or a selector alone for every two
/// neighbouring steps.
struct ExclusionText {
  std::string selector;
  std::optional<Exclusion> range;
};

/// What the SQL type funnel_def holds: a funnel as it was written, selectors unresolved.
struct FunnelDefinition : StepModes {
  static constexpr SizeLimit size_limit{"funnel_def", max_definition_bytes};

  std::vector<std::string> steps;
  std::optional<uint64_t> within;
  std::vector<std::optional<uint64_t>> step_windows;
  std::vector<std::string> exclusions;
  bool same_item = false;
  bool natural_day = false;
  std::string time_zone;  // empty: the session's

  /// Errors: 54000 for too many steps or exclusions, 22023 for what makes no sense, 0A000 for
  /// options that do not go together.
  void check() const;

  void write(Bytes& out) const;
  static FunnelDefinition read(std::span<const uint8_t> bytes);

  /// All but steps' and exclusions' classes, which need the selectors resolved.
  FunnelQuestion question() const;
};

ExclusionText parse_exclusion(const std::string& text, int steps);

}  // namespace clientele
