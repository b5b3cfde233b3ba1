// SPDX-License-Identifier: PostgreSQL
#include <algorithm>

#include "base/random.hpp"
#include "tags/audience.hpp"

namespace clientele::tags {

// Floyd's algorithm (Bentley and Floyd 1987, "A sample of brilliance"): places, not ids, are drawn,
// so that the sample depends on the set and the seed only. Of the members and the rest, the fewer
// are drawn.
Audience Audience::sample(uint64_t most, uint64_t seed) const {
  const uint64_t all = size();
  if (most >= all) return *this;
  const bool keep = most <= all / 2;
  const uint64_t draw = keep ? most : all - most;
  SplitMix64 random(seed);
  Audience drawn;
  for (uint64_t j = all - draw; j < all; ++j) {
    if (j % 4096 == 0) poll();
    const uint64_t place = random.below(j + 1);
    drawn.add(drawn.contains(place) ? j : place);
  }
  Audience result;
  std::vector<uint64_t> window(std::min<uint64_t>(draw, 65536)), places,
      ids;  // drawn places, and those of one part
  size_t at = 0, filled = drawn.ids(0, window);
  uint64_t before = 0;
  for (const Part& p : parts_) {
    const uint64_t n = p.low.size();
    while (at < filled && window[at] < before + n) {
      places.clear();
      for (; at < filled && window[at] < before + n; ++at) places.push_back(window[at] - before);
      if (at == filled) {
        filled = drawn.ids(window[filled - 1] + 1, window);
        at = 0;
      }
      ids.clear();
      p.low.at_places(places, [&](uint32_t low) { ids.push_back(uint64_t{p.high} << 32 | low); });
      result.add(ids);
    }
    if (filled == 0) break;
    before += n;
  }
  return keep ? result : *this - result;
}

}  // namespace clientele::tags
