// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "base/poll.hpp"
#include "patterns/matches/event_classes.hpp"
#include "patterns/matches/found.hpp"
#include "patterns/matches/layout.hpp"

namespace clientele {

/// Finds the matches of any pattern in time that is linear in the number of events, whatever the
/// pattern. Right to left it finds out for each place between two events, and for each step of the
/// pattern, the earliest end of a match that goes on there. So from left to right each choice is
/// the first one that leads to a match within the time allowed, and is never taken back.
///
/// The rows of all places may be more than fits into memory. Then the first pass keeps some of
/// them only, and those between are made again when the second pass comes to them.
class PatternSearch {
 public:
  /// `table_size`: how many numbers a block of rows has, about.
  PatternSearch(const PatternProgram& program, const EventClasses& classes,
                size_t table_size = size_t{1} << 20);

  /// Adds what is found.
  void find(const ClassedEvents& events, Wanted wanted, FoundMatches& found);

  /// Rows made and steps walked, so that a test can see that they are linear.
  uint64_t rows() const { return rows_; }
  uint64_t steps() const { return steps_; }

 private:
  static constexpr uint32_t none = ~uint32_t{0};

  /// What a gap knows of the events right of the place. An event comes in when it is far enough
  /// away from the place, and goes when it is too far away.
  struct Passing {
    uint32_t least = none;  // the earliest end, if nothing goes
    uint32_t from = 0;      // the leftmost event that came in, if it has to be far enough away
    // Events, and the earliest ends of matches that take them next: to the right they are earlier.
    // Left out is what one to its left, which goes later, ends as early as.
    std::vector<std::pair<uint32_t, uint32_t>> kept;  // from right to left
    size_t gone = 0;                                  // that many of kept
    std::vector<uint32_t> waiting;                    // ends by event, if events come in later
  };

  bool first_pass(bool any);
  void make_row(size_t place, const uint32_t* next, uint32_t* row);
  uint32_t through(const PatternLayout::Gap& gap, Passing& passing, size_t place,
                   const uint32_t* row);
  void come_in(const GapLimits& limits, Passing& passing, uint32_t event, uint32_t end);

  void begin_rows();
  void keep_state(const uint32_t* row);
  void restore_state(size_t block, uint32_t* row);
  const uint32_t* row(size_t place);
  void load_block(size_t block);

  void walk(uint32_t start, uint32_t limit, Wanted wanted, FoundMatches& found);
  uint32_t chosen_place(const PatternNode& node, uint32_t step, uint32_t last, uint32_t limit);

  const PatternProgram& program_;
  const EventClasses& classes_;
  const PatternLayout layout_;
  const size_t table_size_;
  const bool bounded_;  // by program_.within; else all ends are 0

  ClassedEvents events_;
  std::vector<Passing> passing_;
  std::vector<uint8_t> starts_;  // by event: whether a match begins with it
  size_t block_rows_ = 0;
  size_t block_ = 0;              // whose rows are in table_
  std::vector<uint32_t> table_;   // grows only, like the others
  std::vector<uint32_t> edge_;    // two rows, while none is kept
  std::vector<uint32_t> states_;  // at the left ends of blocks, from right to left
  std::vector<size_t> state_at_;  // by block
  std::vector<uint32_t> taken_, opened_;
  std::vector<TakenEvents> groups_;
  Work work_;
  uint64_t rows_ = 0, steps_ = 0;
};

}  // namespace clientele
