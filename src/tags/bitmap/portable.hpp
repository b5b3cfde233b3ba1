// SPDX-License-Identifier: PostgreSQL
// The portable format of 32-bit roaring bitmaps
// (https://github.com/RoaringBitmap/RoaringFormatSpec) with one form for each set: the values of a
// container decide its form.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "tags/bitmap/container.hpp"

namespace clientele::tags {

/// The smallest form of a container; of equal ones, runs are the last choice.
constexpr Form form_for(uint32_t values, uint32_t runs) {
  const bool few = values <= longest_list;
  // 2 + 4 bytes a run against 2 + 2 bytes a value, as CRoaring counts them, or 8,192.
  if (few ? 4 * runs < 2 * values : 2 + 4 * runs < 8192) return Form::runs;
  return few ? Form::list : Form::bits;
}

/// For at least one container, none empty, with ascending keys.
size_t portable_size(std::span<const Container> containers);
/// Writes portable_size() bytes; returns the end.
uint8_t* write_portable(std::span<const Container> containers, uint8_t* to);
/// Reads the next bitmap, of bytes from anywhere. Error XX001 unless it has at least one value and
/// is in its only form.
std::vector<Container> read_portable(Reader& r);

}  // namespace clientele::tags
