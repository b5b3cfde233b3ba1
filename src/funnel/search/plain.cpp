// SPDX-License-Identifier: PostgreSQL
#include "funnel/search/plain.hpp"

#include <algorithm>
#include <limits>

#include "base/poll.hpp"

namespace clientele {
namespace {

constexpr Micros never = std::numeric_limits<Micros>::min();
constexpr size_t poll_every = 16384;

}  // namespace

bool PlainSearch::can_answer(const FunnelQuestion& q) {
  return q.order == StepOrder::ordered && q.step_windows.empty() && q.exclusions.empty() &&
         !q.same_item && !q.strictly_increasing && !q.has_gaps() && q.steps < UINT16_MAX - 2 &&
         std::all_of(q.classes.begin(), q.classes.end(),
                     [](const EventClass& c) { return c.steps.size() <= 1; });
}

PlainSearch::PlainSearch(const FunnelQuestion& question)
    : within_(question.within), steps_(question.steps), bound_(question.steps + 5) {
  for (const EventClass& c : question.classes)
    step_of_.push_back(c.steps.empty() ? none() : static_cast<uint16_t>(c.steps.front()));
}

// The distinct steps of the events of one instant, ascending.
void PlainSearch::sort_instant(std::span<const uint16_t> steps) {
  instant_.clear();
  for (const uint16_t s : steps)
    if (s != none()) instant_.push_back(s);
  std::sort(instant_.begin(), instant_.end());
  instant_.erase(std::unique(instant_.begin(), instant_.end()), instant_.end());
}

// Events of one instant may follow each other in any order: the lowest step first.
int PlainSearch::forward_instant(Micros at, std::span<const uint16_t> steps) {
  sort_instant(steps);
  int depth = 0;
  for (const uint16_t s : instant_) {
    bound_[0] = at;
    const Micros first = bound_[s - 1];
    if (first == never || elapsed(first, at) > within_) continue;
    bound_[s] = first;
    depth = s;
  }
  return depth;
}

/// A branch here would be a gamble: what is not to be stored goes to an entry that is never read.
inline size_t place_if(bool wanted, size_t place, size_t unread) {
  return unread ^ ((place ^ unread) & -static_cast<size_t>(wanted));
}

// bound_[s] is the latest first event of a chain of s steps so far. An event without a step reads
// an entry behind the last step, which stays empty, and so changes nothing: the loop has no branch
// that depends on what the customer did.
int PlainSearch::depth(std::span<const Micros> times, const uint16_t* step) {
  std::fill(bound_.begin(), bound_.end(), never);
  Micros* const bound = bound_.data();
  const uint64_t within = within_;
  const size_t n = times.size(), unread = bound_.size() - 1;
  int depth = 0;
  for (size_t i = 0; i < n && depth < steps_; ++i) {
    if (i % poll_every == 0) poll();
    const Micros at = times[i];
    if (i + 1 < n && times[i + 1] == at) [[unlikely]] {
      const size_t begin = i;
      while (i + 1 < n && times[i + 1] == at) ++i;
      const int reached = forward_instant(at, {step + begin, i + 1 - begin});
      if (reached > depth) {
        depth = reached;
        found_ = i;
        found_first_ = bound[depth];
      }
      continue;
    }
    const int s = step[i];
    bound[0] = at;  // a chain of one step starts with this very event
    const Micros first = bound[s - 1];
    const bool follows = (first != never) & (elapsed(first, at) <= within);
    bound[place_if(follows, static_cast<size_t>(s), unread)] = first;
    if (follows & (s > depth)) [[unlikely]] {  // as many times as there are steps at most
      depth = s;
      found_ = i;
      found_first_ = first;
    }
  }
  return depth;
}

void PlainSearch::backward_instant(Micros at, std::span<const uint16_t> steps, int depth) {
  sort_instant(steps);
  for (auto s = instant_.rbegin(); s != instant_.rend(); ++s) {
    if (*s > depth) continue;
    bound_[depth + 1] = at;
    const Micros last = bound_[*s + 1];
    if (last == never || elapsed(at, last) > within_) continue;
    bound_[*s] = last;
    if (*s == 1) first_ = at;
  }
}

// Backwards, bound_[s] is the earliest last event of a chain from step s on; the last start found
// is the smallest. From there the earliest event for each step makes the smallest chain. depth()
// found the chain that ends first and one start of it: a smaller start is at most a window before
// that end, and its chain ends at most a window after that start.
void PlainSearch::chain(std::span<const Micros> times, const uint16_t* step, int depth,
                        Chain& out) {
  out.clear();
  if (depth == 0) return;
  size_t begin = found_, end = found_ + 1;
  while (begin > 0 && elapsed(times[begin - 1], times[found_]) <= within_) --begin;
  while (end < times.size() && elapsed(found_first_, times[end]) <= within_) ++end;
  std::fill(bound_.begin(), bound_.end(), never);
  Micros* const bound = bound_.data();
  const uint64_t within = within_;
  const size_t unread = bound_.size() - 1;
  for (size_t i = end; i > begin; --i) {
    if (i % poll_every == 0) poll();
    const Micros at = times[i - 1];
    if (i - 1 > begin && times[i - 2] == at) [[unlikely]] {
      const size_t last = i;
      while (i - 1 > begin && times[i - 2] == at) --i;
      backward_instant(at, {step + i - 1, last - (i - 1)}, depth);
    } else {
      const int s = step[i - 1];
      bound[depth + 1] = at;
      const Micros last = bound[s + 1];  // empty beyond depth + 1
      const bool precedes = (last != never) & (elapsed(at, last) <= within);
      bound[place_if(precedes, static_cast<size_t>(s), unread)] = last;
      first_ = (precedes & (s == 1)) ? at : first_;
    }
  }
  size_t start = begin;
  while (times[start] < first_) ++start;
  for (int s = 1; s <= depth; ++s) {
    while (step[start] != s) ++start;
    out.push_back(times[start]);
    // The next step may be served at the same instant, by an event stored before this one.
    while (start > begin && times[start - 1] == times[start]) --start;
  }
}

}  // namespace clientele
