// SPDX-License-Identifier: PostgreSQL
// The grammar of patterns, as trees. docs/patterns.md explains the language.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace clientele {

/// No upper limit: of a repeat, or of a time.
inline constexpr uint32_t no_most = ~uint32_t{0};
inline constexpr uint64_t no_most_time = ~uint64_t{0};

/// Written out, so with each repeat as often as it must or may be.
inline constexpr uint32_t max_pattern_atoms = 10'000;
/// The same of everything that a pattern consists of: atoms, gaps, options, repeats, groups.
inline constexpr uint32_t max_pattern_parts = 100'000;

/// The events that an atom takes: those that one of the selectors picks, or those that none does.
struct EventSet {
  std::vector<std::string> selectors;
  bool negated = false;
  friend bool operator==(const EventSet&, const EventSet&) = default;
  friend auto operator<=>(const EventSet&, const EventSet&) = default;
};

/// What may lie between two events that a pattern takes.
struct GapLimits {
  bool direct = false;  // no event lies between
  uint64_t least = 0;   // microseconds between the two, inclusive
  uint64_t most = no_most_time;
  friend bool operator==(const GapLimits&, const GapLimits&) = default;
};

/// One part of a pattern. Its parts stand in PatternTree::parts from `first` on, `count` of them.
struct PatternPart {
  enum class Kind : uint8_t { take, gap, begin, end, sequence, options, repeat, group };
  Kind kind = Kind::take;
  bool takes = false;            // some way through it takes an event
  bool may_none = false;         // some way through it takes none
  bool greedy = true;            // of a repeat
  uint32_t number = 0;           // of the set, the gap or the group
  uint32_t least = 0, most = 0;  // of a repeat
  uint32_t first = 0, count = 0;
  uint32_t atoms = 0, size = 0;  // written out, and cut at no_most
};

/// A pattern as it is written.
struct PatternTree {
  std::vector<EventSet> sets;  // distinct
  std::vector<GapLimits> gaps;
  std::vector<std::string> groups;  // names in the order in which they are opened
  std::vector<PatternPart> nodes;
  std::vector<uint32_t> parts;
  uint32_t root = 0;
};

/// Errors: 22023 with the character, counted from 1, at which no pattern can go on; 54000 for more
/// than max_pattern_atoms; 54001 for parentheses that are nested too deeply.
PatternTree parse_pattern(std::string_view text);

}  // namespace clientele
