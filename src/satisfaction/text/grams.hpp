// SPDX-License-Identifier: PostgreSQL
// Character n-grams of a text, and the numbers that stand for them.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "satisfaction/text/definition.hpp"

namespace clientele {

/// FNV-1a, 64 bits (Fowler, Noll and Vo; RFC 9923).
constexpr uint64_t fnv1a(std::string_view bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : bytes) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  return hash;
}

/// Where an n-gram is counted, and as what (Weinberger et al. 2009).
struct GramPlace {
  uint32_t bucket;
  int32_t sign;
};
inline GramPlace place_of(std::string_view gram, uint32_t buckets) {
  const uint64_t hash = fnv1a(gram);
  return {static_cast<uint32_t>(hash % buckets), hash >> 63 != 0 ? -1 : 1};
}

/// The n-grams of a text in plain_words form, in its order and as often as it has them. A word of
/// letters stands between two blanks; n-grams cross neither blanks nor the border of a word, and a
/// blank alone is none.
std::vector<std::string> grams_of(std::u32string_view plain, const TextDefinition&);

/// How often a bucket was met, with signs; not 0.
struct TextCount {
  uint32_t bucket;
  int32_t count;
};
/// Ascending by bucket.
std::vector<TextCount> counts_of(std::u32string_view plain, const TextDefinition&);

}  // namespace clientele
