// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace clientele {

enum class StepOrder : uint8_t { ordered, strict, any };

/// How the events of a chain follow each other, and what may stand between them.
struct StepModes {
  StepOrder order = StepOrder::ordered;
  bool strictly_increasing = false;
  bool strict_order = false;
  bool allow_reentry = false;
  bool strict_deduplication = false;
  bool shared = false;  // an event counts as one for each step that it can serve

  /// Error 22023 for modes that cannot be combined.
  void check() const;
  /// The modes in SQL's words, with commas. strictly_increasing is not among them.
  std::string names() const;
  friend bool operator==(const StepModes&, const StepModes&) = default;
};

/// Reads words with commas between them. Error 22023 for an unknown word and for words that cannot
/// be combined.
StepModes parse_modes(std::string_view text);

}  // namespace clientele
