// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>

namespace clientele::tags {

/// Of 65,536 bits: how many are set, and how many runs of set bits there are.
struct BitCounts {
  uint32_t set;
  uint32_t runs;
};
inline constexpr int words_of_bits = 65536 / 64;

/// Counts the bits of 8,192 bytes, which need not be aligned.
BitCounts count_bits(const void* words);

/// Of three times 8,192 bytes, aligned for words: how many bits are set in all.
uint32_t count_common(const uint64_t* a, const uint64_t* b, const uint64_t* c);

}  // namespace clientele::tags
