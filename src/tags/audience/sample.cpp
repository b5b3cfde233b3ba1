// SPDX-License-Identifier: PostgreSQL
#include <algorithm>

#include "base/random.hpp"
#include "tags/audience/audience.hpp"

namespace clientele::tags {
namespace {

/// Drawn places, in containers by all bits except the last 16. Each container is made beforehand,
/// as places come in any order, and inserting one would move all that follow.
class Places {
 public:
  explicit Places(uint64_t all) {
    parts_.reserve((all >> 16) + 1);
    for (uint64_t i = 0; i <= all >> 16; ++i) {
      if (i % 65536 == 0) poll();
      parts_.emplace_back(static_cast<uint16_t>(i));
    }
  }
  bool contains(uint64_t place) const {
    return parts_[place >> 16].contains(static_cast<uint16_t>(place));
  }
  void add(uint64_t place) { parts_[place >> 16].add(static_cast<uint16_t>(place)); }

  /// Writes the first ones from `from` on, as many as fit; returns how many.
  size_t list(uint64_t from, std::span<uint64_t> out) const {
    uint32_t some[256];
    size_t n = 0;
    for (uint64_t part = from >> 16; part < parts_.size() && n < out.size(); ++part) {
      uint32_t next = part == from >> 16 ? static_cast<uint16_t>(from) : 0;
      for (;;) {
        const size_t wanted = std::min(std::size(some), out.size() - n);
        const size_t got = parts_[part].values(static_cast<uint16_t>(next), some, wanted);
        for (size_t i = 0; i < got; ++i) out[n++] = part << 16 | static_cast<uint16_t>(some[i]);
        if (got < wanted || n == out.size()) break;
        next = static_cast<uint16_t>(some[got - 1]) + 1u;
        if (next > 65535) break;
      }
    }
    return n;
  }

 private:
  std::vector<Container> parts_;
};

}  // namespace

// Floyd's algorithm (Bentley and Floyd 1987, "A sample of brilliance"): places, not ids, are drawn,
// so that the sample depends on the set and the seed only. If the sample is more than half of the
// set, the rest is drawn instead.
Audience Audience::sample(uint64_t most, uint64_t seed) const {
  const uint64_t all = size();
  if (most >= all) return *this;
  const bool keep = most <= all / 2;
  const uint64_t draw = keep ? most : all - most;
  if (draw > max_drawn)
    throw Error(sqlstate::limit_exceeded,
                "a sample can draw or leave out at most 268435456 customers");
  if (draw == 0) return keep ? Audience() : *this;
  SplitMix64 random(seed);
  Places drawn(all);
  for (uint64_t j = all - draw; j < all; ++j) {
    if (j % 1024 == 0) poll();
    const uint64_t place = random.below(j + 1);
    drawn.add(drawn.contains(place) ? j : place);
  }
  Audience result;
  std::vector<uint64_t> window(std::min<uint64_t>(draw, 65536)), places,
      ids;  // drawn places, and those of one part
  size_t at = 0, filled = drawn.list(0, window);
  uint64_t before = 0;
  for (const Part& p : parts_) {
    const uint64_t n = p.low.size();
    while (at < filled && window[at] < before + n) {
      poll();
      places.clear();
      for (; at < filled && window[at] < before + n; ++at) places.push_back(window[at] - before);
      if (at == filled) {
        filled = drawn.list(window[filled - 1] + 1, window);
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
