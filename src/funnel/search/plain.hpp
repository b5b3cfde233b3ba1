// SPDX-License-Identifier: PostgreSQL
#pragma once
#include "funnel/search/funnel.hpp"

namespace clientele {

/// The ordered funnel in its usual form: no event can serve two steps, and there is no rule but the
/// window. ChainSearch answers it too; this is the loop that a hundred million events go through.
class PlainSearch {
 public:
  static bool can_answer(const FunnelQuestion& question);
  explicit PlainSearch(const FunnelQuestion& question);

  /// The step that an event of each class serves, or none().
  uint16_t step_of(uint32_t cls) const { return step_of_[cls]; }
  uint16_t none() const { return static_cast<uint16_t>(steps_ + 2); }

  /// Times in order, and each event's step.
  int depth(std::span<const Micros> at, const uint16_t* step);
  /// The smallest chain, after depth() of the same events gave `depth`.
  void chain(std::span<const Micros> at, const uint16_t* step, int depth, Chain& out);

 private:
  int forward_instant(Micros at, std::span<const uint16_t> steps);
  void backward_instant(Micros at, std::span<const uint16_t> steps, int depth);
  void sort_instant(std::span<const uint16_t> steps);

  uint64_t within_;
  int steps_;
  std::vector<uint16_t> step_of_;  // by class
  std::vector<Micros> bound_;      // by length: the other end of the best chain so far
  std::vector<uint16_t> instant_;
  size_t found_ = 0;        // where the depth was first reached,
  Micros found_first_ = 0;  // by a chain that began then
  Micros first_ = 0;
};

}  // namespace clientele
