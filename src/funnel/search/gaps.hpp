// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <limits>
#include <span>
#include <vector>

#include "funnel/search/matching.hpp"

namespace clientele {

/// What the modes strict, strict_order and strict_deduplication ask, for chains of exactly `depth`
/// steps; 0 stands for chains that still grow. By class.
std::vector<HarmlessGaps> harmless_gaps(const FunnelQuestion& question, int depth);

/// The events of one instant at which a chain of `before` steps may become one of `after` steps.
/// What the chain leaves over must not break a mode: it can stand after any number of the chain's
/// events from `before` to `after`.
class LeftOver {
 public:
  explicit LeftOver(const FunnelQuestion& question)
      : question_(question), server_(question.steps + 1, none) {}

  void clear() { std::fill(server_.begin(), server_.end(), none); }
  /// The hits of the instant.
  void set(std::span<const Hit> hits);
  /// May events serve the steps after `before` up to `after` so that the rest of them is harmless?
  /// It is known that events can serve these steps.
  bool harmless(int before, int after);
  /// The chain's lengths at which all events of the instant are harmless.
  HarmlessGaps all() const { return all_; }

 private:
  static constexpr size_t none = std::numeric_limits<size_t>::max();
  struct Kind {
    uint32_t cls;
    size_t events;
  };
  /// Finds a step for one more of the events that the chain must take.
  bool take(size_t event, int before, int after);

  const FunnelQuestion& question_;
  std::vector<Kind> kinds_;
  std::vector<uint32_t> classes_;
  HarmlessGaps all_;
  std::vector<uint32_t> must_;  // classes of the events that the chain must take
  std::vector<size_t> server_;  // by step: which of them serves it
  std::vector<int> serves_;     // and the reverse
  std::vector<size_t> via_, queue_;
};

}  // namespace clientele
