// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <memory_resource>
#include <span>
#include <utility>
#include <vector>

#include "base/poll.hpp"

namespace clientele::tags {

/// Calls use(one) for each element, and poll() now and then.
template <class Range, class Use>
void each_polled(Range&& all, Use use) {
  size_t n = 0;
  for (auto&& one : all) {
    if (n++ % 65536 == 0) poll();
    use(one);
  }
}

/// Sorts what comes from place `from` on by the customer ids that id_of returns; those of the same
/// customer stay in their order. It goes by one byte of the ids after the other, the last first,
/// and skips bytes that are the same in all.
template <class T, class IdOf>
void sort_by_id(std::pmr::vector<T>& all, size_t from, IdOf id_of) {
  if (from == all.size()) return;
  const std::span<T> part = std::span(all).subspan(from);
  bool sorted = true;
  uint64_t before = 0, differ = 0;
  each_polled(part, [&](const T& one) {
    const uint64_t id = id_of(one);
    sorted = sorted && before <= id;
    before = id;
    differ |= id ^ id_of(part.front());
  });
  if (sorted) return;
  std::pmr::vector<T> fresh(part.begin(), part.end(), all.get_allocator()),
      placed(part.size(), all.get_allocator());
  for (int shift = 0; shift < 64; shift += 8) {
    if ((differ >> shift & 0xff) == 0) continue;
    std::array<size_t, 256> place{};
    each_polled(fresh, [&](const T& one) { ++place[id_of(one) >> shift & 0xff]; });
    size_t before_it = 0;
    for (size_t& p : place) before_it += std::exchange(p, before_it);
    each_polled(fresh, [&](const T& one) { placed[place[id_of(one) >> shift & 0xff]++] = one; });
    fresh.swap(placed);
  }
  std::copy(fresh.begin(), fresh.end(), part.begin());
}

/// Drops what is equal to the one before it.
template <class T, class Equal>
void drop_repeated(std::pmr::vector<T>& sorted, Equal equal) {
  size_t n = 0;
  each_polled(sorted, [&](const T& one) {
    if (n == 0 || !equal(sorted[n - 1], one)) sorted[n++] = one;
  });
  sorted.resize(n);
}

using Ids = std::pmr::vector<uint64_t>;

/// Sorts ids, and drops repeated ones.
inline void sort_ids(Ids& ids) {
  sort_by_id(ids, 0, [](uint64_t id) { return id; });
  drop_repeated(ids, std::equal_to<>());
}

}  // namespace clientele::tags
