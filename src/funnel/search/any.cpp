// SPDX-License-Identifier: PostgreSQL
#include "funnel/search/any.hpp"

#include <algorithm>

#include "base/poll.hpp"

namespace clientele {

// Breadth first over steps: from the new event to what it can serve, on from the event that serves
// a step to what else that one can serve. A free step ends in one more event served; otherwise the
// event serving the latest of the reached steps gives way.
void AnySearch::insert(Micros at, const std::vector<int>& steps) {
  constexpr int unreached = -1, root = 0;
  std::fill(reached_from_.begin(), reached_from_.end(), unreached);
  queue_.clear();
  int target = unreached;
  Micros latest = at;
  const auto reach = [&](int step, int from) {
    if (reached_from_[step] != unreached) return;
    reached_from_[step] = from;
    queue_.push_back(step);
  };
  for (const int s : steps) reach(s, root);
  for (size_t i = 0; i < queue_.size(); ++i) {
    const int s = queue_[i];
    if (i % 64 == 63) poll();
    if (!serving_[s].used) {
      target = s;
      break;
    }
    if (serving_[s].at > latest) {
      latest = serving_[s].at;
      target = s;
    }
    for (const int next : serving_[s].steps) reach(next, s);
  }
  if (target == unreached) return;
  int step = target;
  while (reached_from_[step] != root) {
    serving_[step] = serving_[reached_from_[step]];
    step = reached_from_[step];
  }
  serving_[step] = {at, true, steps};
}

void AnySearch::count_window(Micros at) {
  window_.clear();
  for (const Serving& s : serving_)
    if (s.used && elapsed(at, s.at) <= question_.within) window_.push_back(s.at);
  // The windows come from the last to the first, so of equal depth the later found is smaller.
  if (window_.size() < best_.size()) return;
  std::sort(window_.begin(), window_.end());
  best_ = window_;
}

const Chain& AnySearch::run(std::span<const Hit> hits) {
  for (Serving& s : serving_) s.used = false;
  best_.clear();
  for (size_t end = hits.size(), begin; end > 0; end = begin) {
    begin = end - 1;
    while (begin > 0 && hits[begin - 1].at == hits[end - 1].at) --begin;
    poll();
    union_.clear();
    for (size_t i = begin; i < end; ++i) {
      const std::vector<int>& steps = question_.classes[hits[i].cls].steps;
      if (steps.empty()) continue;
      poll();
      if (question_.strictly_increasing)  // of one instant, one event at most
        union_.insert(union_.end(), steps.begin(), steps.end());
      else
        insert(hits[i].at, steps);
    }
    if (!union_.empty()) insert(hits[begin].at, union_);
    count_window(hits[begin].at);
  }
  return best_;
}

}  // namespace clientele
