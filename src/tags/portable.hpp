// SPDX-License-Identifier: PostgreSQL
// The portable format of 32-bit roaring bitmaps
// (https://github.com/RoaringBitmap/RoaringFormatSpec) with one form for each set: what kind a
// container has follows from what is in it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace clientele::tags {

enum class Container : uint8_t { array, bits, runs };

/// The smallest form of a container; of equal ones, runs are the last choice.
constexpr Container container_for(uint32_t values, uint32_t runs) {
  const bool few = values <= 4096;
  // 2 + 4 bytes a run against 2 + 2 bytes a value, as CRoaring counts them, or 8,192.
  if (few ? 4 * runs < 2 * values : 2 + 4 * runs < 8192) return Container::runs;
  return few ? Container::array : Container::bits;
}

/// What a checked bitmap takes of the bytes, and how many values it holds.
struct Checked {
  size_t bytes;
  uint64_t values;
};

/// Checks the bitmap at the front of `bytes`, which may come from anywhere. Error XX001 unless it
/// is one, of at least one value, in its only form.
Checked check_portable(std::span<const uint8_t> bytes);

}  // namespace clientele::tags
