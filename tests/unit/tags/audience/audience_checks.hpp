// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <map>
#include <set>
#include <vector>

#include "tags/audience/audience.hpp"
#include "unit/random_events.hpp"

namespace clientele::testing {

inline Bytes bytes_of(const auto& value) {
  Bytes out;
  value.write(out);
  return out;
}

inline tags::Audience audience_of(const std::set<uint64_t>& ids) {
  tags::Audience result;
  result.add(std::vector<uint64_t>(ids.begin(), ids.end()));
  return result;
}

inline std::vector<uint64_t> all_ids(const tags::Audience& audience) {
  std::vector<uint64_t> result;
  audience.each([&](uint64_t id) { result.push_back(id); });
  return result;
}

/// Sparse, dense and in runs, about the places where containers and bitmaps end; near `others`.
inline std::set<uint64_t> random_ids(Random& random, const std::set<uint64_t>& others = {}) {
  static constexpr uint64_t borders[] = {0,
                                         1 << 16,
                                         2 << 16,
                                         5 << 16,
                                         uint64_t{1} << 32,
                                         uint64_t{7} << 32,
                                         uint64_t{1} << 62,
                                         uint64_t{INT64_MAX} - 400'000};
  std::set<uint64_t> ids;
  for (uint64_t pieces = random.below(4); pieces > 0; --pieces) {
    uint64_t base = borders[random.below(8)];
    if (!others.empty() && random.one_in(2)) base = *others.begin();
    base += random.below(3) * 65536 / 2;
    const uint64_t kind = random.below(5);
    if (kind == 0) {
      for (uint64_t n = random.below(50); n > 0; --n) ids.insert(random.any_width() >> 1);
    } else if (kind == 1) {
      for (uint64_t n = random.below(300); n > 0; --n) ids.insert(base + random.below(70'000));
    } else if (kind == 2) {  // about where an array becomes bits
      const uint64_t n = 4090 + random.below(12), step = 1 + random.below(6);
      for (uint64_t i = 0; i < n; ++i) ids.insert(base + i * step);
    } else if (kind == 3) {  // runs, about as many as make them worth it
      const uint64_t n = random.one_in(2) ? random.below(40) : 2040 + random.below(16);
      const uint64_t length = 1 + random.below(4), gap = 1 + random.below(20);
      for (uint64_t i = 0; i < n; ++i)
        for (uint64_t k = 0; k < length; ++k) ids.insert(base + i * (length + gap) + k);
    } else {  // one long run, perhaps a whole container
      const uint64_t n = random.one_in(3) ? 65536 : random.below(70'000);
      for (uint64_t i = 0; i < n; ++i) ids.insert(ids.end(), base + i);
      if (random.one_in(2)) ids.erase(base + random.below(n + 1));
    }
  }
  return ids;
}

}  // namespace clientele::testing
