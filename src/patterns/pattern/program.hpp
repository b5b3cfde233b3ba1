// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "patterns/pattern/syntax.hpp"

namespace clientele {

/// One step of a written-out pattern. From each step the steps that may follow are reached in the
/// order of preference.
struct PatternNode {
  enum class Kind : uint8_t { take, gap, split, begin, end, open, close, accept };
  Kind kind = Kind::accept;
  uint32_t number = 0;  // of the set, the gap or the group
  uint32_t next = 0;    // of a split: what is preferred
  uint32_t other = 0;   // of a split
};

/// A pattern written out, and what bounds its matches. Times are in microseconds.
struct PatternProgram {
  std::vector<EventSet> sets;
  std::vector<GapLimits> gaps;
  std::vector<std::string> groups;
  std::vector<PatternNode> nodes;
  uint32_t entry = 0;
  /// Sets of which each match takes an event.
  std::vector<uint32_t> needed;
  uint64_t within = no_most_time;
  uint64_t session_gap = no_most_time;
};

PatternProgram compile(PatternTree tree);

}  // namespace clientele
