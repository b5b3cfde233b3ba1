// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <memory_resource>
#include <utility>
#include <vector>

#include "base/poll.hpp"

namespace clientele::tags {

/// Sorts what comes from place `from` on by the customer ids that id_of tells, those of the same
/// customer staying in their order: by one byte of the ids after the other, the last first, passing
/// over bytes that all share.
template <class T, class IdOf>
void sort_by_id(std::pmr::vector<T>& all, size_t from, IdOf id_of) {
  const auto begin = all.begin() + static_cast<ptrdiff_t>(from);
  const auto less = [&](const T& a, const T& b) { return id_of(a) < id_of(b); };
  if (std::is_sorted(begin, all.end(), less)) return;
  uint64_t differ = 0;
  for (auto i = begin; i != all.end(); ++i) differ |= id_of(*i) ^ id_of(*begin);
  std::pmr::vector<T> fresh(begin, all.end(), all.get_allocator()),
      sorted(fresh, all.get_allocator());
  for (int shift = 0; shift < 64; shift += 8) {
    if ((differ >> shift & 0xff) == 0) continue;
    poll();
    std::array<size_t, 256> place{};
    for (const T& one : fresh) ++place[id_of(one) >> shift & 0xff];
    size_t before = 0;
    for (size_t& p : place) before += std::exchange(p, before);
    for (const T& one : fresh) sorted[place[id_of(one) >> shift & 0xff]++] = one;
    fresh.swap(sorted);
  }
  std::copy(fresh.begin(), fresh.end(), begin);
}

using Ids = std::pmr::vector<uint64_t>;

/// Sorts ids, and drops repeated ones.
inline void sort_ids(Ids& ids) {
  sort_by_id(ids, 0, [](uint64_t id) { return id; });
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
}

}  // namespace clientele::tags
