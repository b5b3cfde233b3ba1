// SPDX-License-Identifier: PostgreSQL
#include "paths/found/paths.hpp"

#include <algorithm>

namespace clientele {

size_t PathFinder::session_end(std::span<const Micros> at, size_t begin) const {
  const size_t n = at.size();
  if (gap_ == ~uint64_t{0}) return n;
  size_t i = begin + 1;
  while (i < n && elapsed(at[i - 1], at[i]) <= gap_) ++i;
  return i;
}

template <class Code>
bool PathFinder::find(const PathEvents<Code>& events, std::span<const PathKind> kinds, size_t begin,
                      size_t end) {
  poll();
  size_t from = begin;
  const auto kind = [&](size_t i) -> const PathKind& { return kinds[events.kind[i]]; };
  while (from < end && !(kind(from).kept && (!has_start_ || kind(from).starts))) ++from;
  if (from == end) return false;
  size_t to = end;
  if (has_end_) {
    to = has_start_ ? from + 1 : from;
    while (to < end && !(kind(to).kept && kind(to).ends)) ++to;
    if (to == end) return false;
    ++to;
  }
  path_.clear();
  found_.cut = false;
  for (size_t i = from; i < to; ++i) {
    if (i % 65536 == 0) poll();
    if (!kind(i).kept) continue;
    const uint32_t label = kind(i).label;
    if (collapse_ && !path_.empty() && path_.back().label == label) continue;
    // What is cut off in the end need not be collected, unless it is the front.
    if (!reverse_ && path_.size() == length_) {
      found_.cut = true;
      break;
    }
    path_.push_back({events.at[i], label});
  }
  if (reverse_) {
    std::reverse(path_.begin(), path_.end());
    found_.cut = path_.size() > length_;
    if (found_.cut) path_.resize(length_);
  }
  found_.nodes = path_;
  found_.began_at = events.at[from];
  return true;
}

template bool PathFinder::find(const PathEvents<uint16_t>&, std::span<const PathKind>, size_t,
                               size_t);
template bool PathFinder::find(const PathEvents<uint32_t>&, std::span<const PathKind>, size_t,
                               size_t);

}  // namespace clientele
