// SPDX-License-Identifier: PostgreSQL
#pragma once
#include "funnel/funnel.hpp"

namespace clientele {

/// The ordered funnel in its usual form: no event can serve two steps, and there is no rule but the
/// window. ChainSearch answers it too; this is the loop that a hundred million events go through.
class PlainSearch {
 public:
  static bool can_answer(const FunnelQuestion& question);
  explicit PlainSearch(const FunnelQuestion& question);

  int depth(std::span<const Hit> hits);
  /// The smallest chain, after depth() of the same hits gave `depth`.
  void chain(std::span<const Hit> hits, int depth, Chain& out);

 private:
  int forward_instant(std::span<const Hit> hits);
  void backward_instant(std::span<const Hit> hits, int depth);
  void take_steps(std::span<const Hit> hits);

  uint64_t within_;
  int steps_;
  std::vector<int> step_of_;   // by class; 0: none, which touches no length that counts
  std::vector<Micros> bound_;  // by length: the other end of the best chain so far
  std::vector<int> instant_;
  size_t found_ = 0;        // where the depth was first reached,
  Micros found_first_ = 0;  // by a chain that began then
  Micros first_ = 0;
};

}  // namespace clientele
