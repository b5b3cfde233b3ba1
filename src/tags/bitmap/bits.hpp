// SPDX-License-Identifier: PostgreSQL
// Sets of 16-bit numbers as 65,536 bits.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "tags/bitmap/runs.hpp"
#include "tags/bitmap/set_op.hpp"

namespace clientele::tags {

/// How many bits are set, and how many runs of set bits there are.
struct BitCounts {
  uint32_t set;
  uint32_t runs;
};
inline constexpr size_t words_of_bits = 65536 / 64;

/// Counts the bits of 8,192 bytes, which need not be aligned.
BitCounts count_bits(const void* words);

/// How many bits are set, and how many are set in all of these.
uint32_t count_set(const uint64_t* words);
uint32_t count_common(const uint64_t* a, const uint64_t* b);
uint32_t count_common(const uint64_t* a, const uint64_t* b, const uint64_t* c);
uint32_t count_common(const uint64_t* words, RunList runs);
uint32_t count_common(const uint64_t* words, std::span<const uint16_t> values);

/// Changes `to`, and returns how many bits are set afterwards.
uint32_t combine(SetOp op, uint64_t* to, const uint64_t* other);
/// The same with a list, for SetOp::either, without and one; `set` is how many bits are set before.
uint32_t combine(SetOp op, uint64_t* to, uint32_t set, std::span<const uint16_t> values);
/// Sets, clears or flips (either, without, one) all bits from first to last.
void change_range(SetOp op, uint64_t* words, uint32_t first, uint32_t last);

inline bool contains(const uint64_t* words, uint32_t value) {
  return (words[value / 64] >> value % 64 & 1) != 0;
}

/// Writes those of the values whose bit is set (or is not set, if not `held`) to `out`, which has
/// room for all of the values and may be where they are; returns how many.
size_t keep(const uint64_t* words, std::span<const uint16_t> values, bool held, uint16_t* out);

/// Writes all values; returns how many.
size_t list_values(const uint64_t* words, uint16_t* out);
/// Writes the runs of set bits from `from` on, as many as fit; returns how many.
size_t list_runs(const uint64_t* words, uint32_t from, std::span<Run> out);

}  // namespace clientele::tags
