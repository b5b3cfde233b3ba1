// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <vector>

#include "patterns/pattern/program.hpp"

namespace clientele {

/// What PatternSearch keeps for each place between two events, and how it is made from what the
/// next place has. A row is a list of numbers in slots; slot 0 is always `none`.
///
/// A step of the program has up to four of them: the earliest end of a match that goes on from it
///   chosen: and takes the next event first, without another gap or the end before it;
///   after:  when an event was just taken, and the next one is not taken directly;
///   start:  and takes the next event as the first of the match;
///   gap:    of a gap: and takes one of the events that the gap allows.
struct PatternLayout {
  explicit PatternLayout(const PatternProgram& program);

  struct Slots {
    uint32_t chosen = 0, after = 0, start = 0, gap = 0;
  };
  struct Take {
    uint32_t slot, set;
    uint32_t chosen, after;  // of the step that follows
  };
  /// One slot from two others: the least of them, or the first under a condition.
  struct Rule {
    enum class Kind : uint8_t { least, at_begin, at_end, accept } kind;
    uint32_t slot, a, b;
  };
  struct Gap {
    uint32_t slot, next;
    GapLimits limits;
  };

  std::vector<Slots> slots;  // by step
  std::vector<Take> takes;
  // Each in an order in which they can be worked off: takes, chosen, start, gaps, after.
  std::vector<Rule> chosen, start, after;
  std::vector<Gap> gaps;
  uint32_t width = 1;

 private:
  uint32_t least_of(std::vector<Rule>& rules, uint32_t a, uint32_t b);
  void place(const PatternProgram& program, uint32_t step);
  void place_start(const PatternProgram& program, uint32_t step);
};

}  // namespace clientele
