// SPDX-License-Identifier: PostgreSQL
#include "tags/sort_ids.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/poll.hpp"

namespace clientele::tags {
namespace {

// By one byte after the other, the last first, passing over bytes that all ids share.
void sort_bytewise(Ids& ids) {
  uint64_t differ = 0;
  for (const uint64_t id : ids) differ |= id ^ ids.front();
  Ids sorted(ids.size(), ids.get_allocator());
  for (int shift = 0; shift < 64; shift += 8) {
    if ((differ >> shift & 0xff) == 0) continue;
    poll();
    std::array<size_t, 256> place{};
    for (const uint64_t id : ids) ++place[id >> shift & 0xff];
    size_t before = 0;
    for (size_t& p : place) before += std::exchange(p, before);
    for (const uint64_t id : ids) sorted[place[id >> shift & 0xff]++] = id;
    ids.swap(sorted);
  }
}

}  // namespace

void sort_ids(Ids& ids) {
  if (!std::ranges::is_sorted(ids)) {
    if (ids.size() < 512)
      std::ranges::sort(ids);
    else
      sort_bytewise(ids);
  }
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
}

}  // namespace clientele::tags
