// SPDX-License-Identifier: PostgreSQL
#include "paths/found/paths.hpp"

#include <algorithm>

#include "base/sort.hpp"

namespace clientele {

void PathEvents::order_ties(std::span<const EventKind> kinds) {
  const size_t n = size();
  // Most journeys have no ties; without a branch in it this loop costs next to nothing.
  uint64_t ties = 0;  // its top bit: some difference is 0 (or above 2^63, which does no harm)
  for (size_t i = 1; i < n; ++i) ties |= elapsed(at[i - 1], at[i]) - 1;
  if (ties >> 63 == 0) return;
  // Equal times arrive in the order of their kinds: if the ranks ascend too, nothing is to do.
  bool ascending = true;
  for (size_t k = 1; k < kinds.size(); ++k) ascending &= kinds[k - 1].rank <= kinds[k].rank;
  const auto by_rank = [&](uint32_t a, uint32_t b) { return kinds[a].rank < kinds[b].rank; };
  for (size_t i = 1; i < n; ++i) {
    if (at[i] != at[i - 1]) continue;
    const size_t begin = i - 1;
    while (i < n && at[i] == at[begin]) ++i;
    const auto first = kind.begin() + static_cast<ptrdiff_t>(begin);
    const auto last = kind.begin() + static_cast<ptrdiff_t>(i);
    if (!ascending || !std::is_sorted(first, last)) sort_polled(first, last, by_rank);
    poll();
  }
}

size_t PathFinder::session_end(const PathEvents& events, size_t begin) const {
  const size_t n = events.size();
  if (gap_ == ~uint64_t{0}) return n;
  size_t i = begin + 1;
  while (i < n && elapsed(events.at[i - 1], events.at[i]) <= gap_) ++i;
  return i;
}

bool PathFinder::find(const PathEvents& events, std::span<const EventKind> kinds, size_t begin,
                      size_t end) {
  poll();
  size_t from = begin;
  if (has_start_) {
    while (from < end && !kinds[events.kind[from]].starts) ++from;
    if (from == end) return false;
  }
  size_t to = end;
  if (has_end_) {
    to = has_start_ ? from + 1 : from;
    while (to < end && !kinds[events.kind[to]].ends) ++to;
    if (to == end) return false;
    ++to;
  }
  began_at_ = events.at[from];
  path_.clear();
  // What is cut off in the end need not be collected, unless it is the front.
  for (size_t i = from; i < to && (reverse_ || path_.size() < length_); ++i) {
    if (i % 65536 == 0) poll();
    const uint32_t label = kinds[events.kind[i]].label;
    if (collapse_ && !path_.empty() && path_.back().label == label) continue;
    path_.push_back({events.at[i], label});
  }
  if (reverse_) {
    std::reverse(path_.begin(), path_.end());
    if (path_.size() > length_) path_.resize(length_);
  }
  return true;
}

}  // namespace clientele
