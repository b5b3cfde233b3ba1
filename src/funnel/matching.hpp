// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "funnel/funnel.hpp"

namespace clientele {

/// Distinct events for a growing set of steps at one instant: a bipartite matching by augmenting
/// paths. Events of one class are alike, so a class is a node with a capacity.
class TieMatching {
 public:
  explicit TieMatching(const std::vector<EventClass>& classes) : classes_(classes) {}

  void clear() { kinds_.clear(); }
  void add_event(uint32_t cls) {
    if (classes_[cls].steps.empty()) return;
    for (Kind& k : kinds_)
      if (k.cls == cls) {
        ++k.events;
        return;
      }
    kinds_.push_back({cls, 1, {}, false});
  }
  /// Forgets the steps, keeps the events.
  void unassign() {
    for (Kind& k : kinds_) k.serves.clear();
  }
  /// Serves one more step, moving others if need be; false if there are too few events.
  bool serve(int step) {
    for (Kind& k : kinds_) k.seen = false;
    return place(step);
  }
  /// Calls f(step) for every step that some event could serve; a step may come twice.
  template <class F>
  void each_step(F f) const {
    for (const Kind& k : kinds_)
      for (const int s : classes_[k.cls].steps) f(s);
  }

 private:
  struct Kind {
    uint32_t cls;
    size_t events;
    std::vector<int> serves;
    bool seen;
  };

  bool place(int step) {
    for (Kind& k : kinds_) {
      const std::vector<int>& can = classes_[k.cls].steps;
      if (k.seen || !std::binary_search(can.begin(), can.end(), step)) continue;
      k.seen = true;
      if (k.serves.size() < k.events) {
        k.serves.push_back(step);
        return true;
      }
      for (int& other : k.serves)
        if (place(other)) {
          other = step;
          return true;
        }
    }
    return false;
  }

  const std::vector<EventClass>& classes_;
  std::vector<Kind> kinds_;
};

}  // namespace clientele
