// SPDX-License-Identifier: PostgreSQL
#pragma once
#include "funnel/search/funnel.hpp"

namespace clientele {

/// The funnel in any order: the most steps that distinct events of one window can serve.
///
/// Sets of events that can serve distinct steps are the independent sets of a (transversal)
/// matroid. Going back in time, the search keeps a basis of the earliest events: a new event joins
/// it, or takes the place of the latest event it can be exchanged with. Those basis events that lie
/// within the window of the new event are a largest set for that window, and their times are the
/// smallest (Edmonds & Fulkerson 1965; the greedy algorithm for matroids).
class AnySearch {
 public:
  explicit AnySearch(const FunnelQuestion& question)
      : question_(question), serving_(question.steps + 1), reached_from_(question.steps + 1) {}

  /// The best chain of these hits.
  const Chain& run(std::span<const Hit> hits);

 private:
  struct Serving {
    Micros at;
    bool used;
    std::vector<int> steps;  // all that the event can serve
  };
  void insert(Micros at, const std::vector<int>& steps);
  void count_window(Micros at);

  const FunnelQuestion& question_;
  std::vector<Serving> serving_;  // by step
  std::vector<int> reached_from_, queue_, union_;
  Chain window_, best_;
};

}  // namespace clientele
