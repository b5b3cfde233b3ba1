// SPDX-License-Identifier: PostgreSQL
#include "funnel/search/gaps.hpp"

#include <algorithm>

#include "base/poll.hpp"

namespace clientele {

// After p events of the chain, strict_order asks for a condition of 1 to p + 1, and
// strict_deduplication for none of 2 to p + 1, except the last of the chain.
std::vector<HarmlessGaps> harmless_gaps(const FunnelQuestion& question, int depth) {
  std::vector<HarmlessGaps> gaps;
  for (const EventClass& c : question.classes) {
    HarmlessGaps& g = gaps.emplace_back();
    if (question.order == StepOrder::strict || (question.strict_order && c.steps.empty())) {
      g = HarmlessGaps::nowhere();
      continue;
    }
    if (c.steps.empty()) continue;
    if (question.strict_order && !question.allow_reentry) g.from = std::max(1, c.steps.front() - 1);
    if (!question.strict_deduplication) continue;
    const auto repeat = std::find_if(c.steps.begin(), c.steps.end(), [](int s) { return s > 1; });
    if (repeat != c.steps.end() && (depth == 0 || *repeat < depth)) g.to = *repeat - 2;
  }
  return gaps;
}

void LeftOver::set(std::span<const Hit> hits) {
  classes_.clear();
  for (const Hit& h : hits) classes_.push_back(h.cls);
  std::sort(classes_.begin(), classes_.end());
  kinds_.clear();
  all_ = {};
  for (const uint32_t cls : classes_) {
    if (!kinds_.empty() && kinds_.back().cls == cls) {
      ++kinds_.back().events;
      continue;
    }
    kinds_.push_back({cls, 1});
    const HarmlessGaps& g = question_.gaps[cls];
    all_.from = std::max(all_.from, g.from);
    all_.to = std::min(all_.to, g.to);
  }
}

// There is one way to take these events and serve these steps if there is a way for each by itself
// (Mendelsohn & Dulmage 1958).
bool LeftOver::harmless(int before, int after) {
  if (before == 0 || after == question_.steps) return true;
  must_.clear();
  const auto most = static_cast<size_t>(after - before);
  for (const Kind& k : kinds_) {
    if (question_.gaps[k.cls].reach(before, after)) continue;
    if (k.events > most - must_.size() || question_.classes[k.cls].steps.empty()) return false;
    must_.insert(must_.end(), k.events, k.cls);
  }
  if (must_.empty()) return true;
  serves_.assign(must_.size(), 0);
  bool all = true;
  for (size_t event = 0; all && event < must_.size(); ++event) all = take(event, before, after);
  for (const int step : serves_) server_[step] = none;
  return all;
}

// Breadth first: from the event to the steps that it can serve, on to the events that serve these.
bool LeftOver::take(size_t event, int before, int after) {
  via_.assign(static_cast<size_t>(after - before), none);
  queue_.assign(1, event);
  for (size_t i = 0; i < queue_.size(); ++i) {
    poll();
    const std::vector<int>& steps = question_.classes[must_[queue_[i]]].steps;
    for (auto s = std::upper_bound(steps.begin(), steps.end(), before);
         s != steps.end() && *s <= after; ++s) {
      size_t& via = via_[static_cast<size_t>(*s - before - 1)];
      if (via != none) continue;
      via = queue_[i];
      if (server_[*s] != none) {
        queue_.push_back(server_[*s]);
        continue;
      }
      for (int step = *s; step != 0;) {
        const size_t by = via_[static_cast<size_t>(step - before - 1)];
        const int left = serves_[by];
        serves_[by] = step;
        server_[step] = by;
        step = left;
      }
      return true;
    }
  }
  return false;
}

}  // namespace clientele
