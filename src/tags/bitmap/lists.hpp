// SPDX-License-Identifier: PostgreSQL
// Sets of 16-bit numbers as ascending lists, of at most 4,096 values each.
#pragma once
#include <cstdint>
#include <span>

#include "tags/bitmap/runs.hpp"

namespace clientele::tags {

using ValueList = std::span<const uint16_t>;
inline constexpr size_t longest_list = 4096;

/// Writes those of `values` that are (or are not, if not `held`) in the other set to `out`, which
/// has room for all of `values` and may be where they are; returns how many.
size_t keep(ValueList values, ValueList others, bool held, uint16_t* out);
size_t keep(ValueList values, RunList others, bool held, uint16_t* out);

size_t count_common(ValueList a, ValueList b);
size_t count_common(ValueList values, RunList runs);

/// Writes the values of either list, or those in one list only, to `out`, which has room for all.
size_t unite(ValueList a, ValueList b, uint16_t* out);
size_t differ(ValueList a, ValueList b, uint16_t* out);

size_t count_runs(ValueList values);
size_t list_runs(ValueList values, Run* out);
size_t list_values(RunList runs, uint16_t* out);

}  // namespace clientele::tags
