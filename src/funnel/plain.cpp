// SPDX-License-Identifier: PostgreSQL
#include "funnel/plain.hpp"

#include <algorithm>
#include <limits>

#include "base/poll.hpp"

namespace clientele {
namespace {

constexpr Micros none = std::numeric_limits<Micros>::min();
constexpr size_t poll_every = 16384;

}  // namespace

bool PlainSearch::can_answer(const FunnelQuestion& q) {
  return q.order == StepOrder::ordered && q.step_windows.empty() && q.exclusions.empty() &&
         !q.same_item && !q.strictly_increasing &&
         std::all_of(q.classes.begin(), q.classes.end(),
                     [](const EventClass& c) { return c.steps.size() <= 1; });
}

PlainSearch::PlainSearch(const FunnelQuestion& question)
    : within_(question.within), steps_(question.steps), bound_(question.steps + 2) {
  for (const EventClass& c : question.classes)
    step_of_.push_back(c.steps.empty() ? 0 : c.steps.front());
}

// The distinct steps of the events of one instant, ascending.
void PlainSearch::take_steps(std::span<const Hit> hits) {
  instant_.clear();
  for (const Hit& h : hits)
    if (step_of_[h.cls] != 0) instant_.push_back(step_of_[h.cls]);
  std::sort(instant_.begin(), instant_.end());
  instant_.erase(std::unique(instant_.begin(), instant_.end()), instant_.end());
}

// Events of one instant may follow each other in any order: the lowest step first.
int PlainSearch::forward_instant(std::span<const Hit> hits) {
  take_steps(hits);
  int depth = 0;
  for (const int s : instant_) {
    bound_[0] = hits.front().at;
    const Micros first = bound_[s - 1];
    if (first == none || elapsed(first, hits.front().at) > within_) continue;
    bound_[s] = first;
    depth = s;
  }
  return depth;
}

// bound_[s] is the latest first event of a chain of s steps so far; none can be continued longer.
int PlainSearch::depth(std::span<const Hit> hits) {
  std::fill(bound_.begin(), bound_.end(), none);
  Micros* const bound = bound_.data();
  const int* const step_of = step_of_.data();
  const uint64_t within = within_;
  const size_t n = hits.size();
  int depth = 0;
  for (size_t i = 0; i < n && depth < steps_; ++i) {
    if (i % poll_every == 0) poll();
    const Micros at = hits[i].at;
    if (i + 1 < n && hits[i + 1].at == at) [[unlikely]] {
      const size_t first = i;
      while (i + 1 < n && hits[i + 1].at == at) ++i;
      const int reached = forward_instant(hits.subspan(first, i + 1 - first));
      if (reached > depth) {
        depth = reached;
        found_ = i;
        found_first_ = bound[depth];
      }
      continue;
    }
    const int s = step_of[hits[i].cls];
    if (s == 0) [[unlikely]]
      continue;
    bound[0] = at;  // a chain of one step starts with this very event
    const Micros first = bound[s - 1];
    const bool follows = (first != none) & (elapsed(first, at) <= within);
    bound[s] = follows ? first : bound[s];
    if (follows & (s > depth)) [[unlikely]] {  // as many times as there are steps at most
      depth = s;
      found_ = i;
      found_first_ = first;
    }
  }
  return depth;
}

void PlainSearch::backward_instant(std::span<const Hit> hits, int depth) {
  take_steps(hits);
  const Micros at = hits.front().at;
  for (auto s = instant_.rbegin(); s != instant_.rend(); ++s) {
    if (*s > depth) continue;
    bound_[depth + 1] = at;
    const Micros last = bound_[*s + 1];
    if (last == none || elapsed(at, last) > within_) continue;
    bound_[*s] = last;
    if (*s == 1) first_ = at;
  }
}

// Backwards, bound_[s] is the earliest last event of a chain from step s on; the last start found
// is the smallest. From there the earliest event for each step makes the smallest chain. depth()
// found the chain that ends first and one start of it: a smaller start is at most a window before
// that end, and its chain ends at most a window after that start.
void PlainSearch::chain(std::span<const Hit> all, int depth, Chain& out) {
  out.clear();
  if (depth == 0) return;
  size_t begin = found_, end = found_ + 1;
  while (begin > 0 && elapsed(all[begin - 1].at, all[found_].at) <= within_) --begin;
  while (end < all.size() && elapsed(found_first_, all[end].at) <= within_) ++end;
  const std::span<const Hit> hits = all.subspan(begin, end - begin);
  std::fill(bound_.begin(), bound_.end(), none);
  for (size_t i = hits.size(); i > 0; --i) {
    if (i % poll_every == 0) poll();
    const Micros at = hits[i - 1].at;
    if (i > 1 && hits[i - 2].at == at) [[unlikely]] {
      const size_t last = i;
      while (i > 1 && hits[i - 2].at == at) --i;
      backward_instant(hits.subspan(i - 1, last - (i - 1)), depth);
      continue;
    }
    const int s = step_of_[hits[i - 1].cls];
    if (s == 0 || s > depth) continue;
    bound_[depth + 1] = at;
    const Micros last = bound_[s + 1];
    if (last == none || elapsed(at, last) > within_) continue;
    bound_[s] = last;
    if (s == 1) first_ = at;
  }
  auto h = std::lower_bound(hits.begin(), hits.end(), first_,
                            [](const Hit& hit, Micros at) { return hit.at < at; });
  for (int s = 1; s <= depth; ++s) {
    while (step_of_[h->cls] != s) ++h;
    out.push_back(h->at);
    // The next step may be served at the same instant, by an event stored before this one.
    while (h != hits.begin() && (h - 1)->at == h->at) --h;
  }
}

}  // namespace clientele
