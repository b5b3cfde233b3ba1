// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "base/poll.hpp"
#include "funnel/search/funnel.hpp"

namespace clientele {

/// Distinct events for a growing set of steps at one instant: a bipartite matching by augmenting
/// paths. Events of one class are alike, so a class is a node with a capacity.
class TieMatching {
 public:
  explicit TieMatching(const std::vector<EventClass>& classes) : classes_(classes) {}

  void clear() {
    for (const Kind& k : kinds_) kind_of_[k.cls] = 0;
    kinds_.clear();
  }
  void add_event(uint32_t cls) {
    if (classes_[cls].steps.empty()) return;
    kind_of_.resize(classes_.size());
    if (kind_of_[cls] == 0) {
      kinds_.push_back({cls, 0, {}, none});
      kind_of_[cls] = static_cast<uint32_t>(kinds_.size());
    }
    ++kinds_[kind_of_[cls] - 1].events;
  }
  /// Forgets the steps, keeps the events.
  void unassign() {
    for (Kind& k : kinds_) k.serves.clear();
  }
  /// Serves one more step, moving others if need be; false if there are too few events.
  bool serve(int step) {
    for (Kind& k : kinds_) k.reached_by = none;
    moves_.assign(1, {step, none, 0});
    for (int m = 0; m < static_cast<int>(moves_.size()); ++m) {
      poll();
      for (int k = 0; k < static_cast<int>(kinds_.size()); ++k)
        if (try_kind(m, k)) return true;
    }
    return false;
  }

 private:
  static constexpr int none = -1;
  struct Kind {
    uint32_t cls;
    size_t events;
    std::vector<int> serves;
    int reached_by;  // a position in moves_
  };
  /// A step that looks for a place, as it has to leave its own: serves[slot] of kind `from`.
  struct Move {
    int step;
    int from;
    size_t slot;
  };

  // May kind `k` take the step of move `m`? If it is full, what it serves has to look further.
  bool try_kind(int m, int k) {
    Kind& kind = kinds_[k];
    const std::vector<int>& can = classes_[kind.cls].steps;
    if (kind.reached_by != none || !std::binary_search(can.begin(), can.end(), moves_[m].step))
      return false;
    kind.reached_by = m;
    if (kind.serves.size() == kind.events) {
      for (size_t slot = 0; slot < kind.serves.size(); ++slot)
        moves_.push_back({kind.serves[slot], k, slot});
      return false;
    }
    kind.serves.push_back(moves_[m].step);
    while (moves_[m].from != none) {
      Kind& left = kinds_[moves_[m].from];
      left.serves[moves_[m].slot] = moves_[left.reached_by].step;
      m = left.reached_by;
    }
    return true;
  }

  const std::vector<EventClass>& classes_;
  std::vector<uint32_t> kind_of_;  // class -> position in kinds_ + 1
  std::vector<Kind> kinds_;
  std::vector<Move> moves_;
};

}  // namespace clientele
