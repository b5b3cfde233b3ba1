// SPDX-License-Identifier: PostgreSQL
// Lists of runs of 16-bit numbers: ascending, and never two that touch.
#pragma once
#include <cstdint>
#include <span>

#include "tags/bitmap/set_op.hpp"

namespace clientele::tags {

/// As the portable format has them.
struct Run {
  uint16_t first;
  uint16_t more;

  uint32_t last() const { return uint32_t{first} + more; }
  uint32_t size() const { return uint32_t{more} + 1; }
  bool operator==(const Run&) const = default;
};
using RunList = std::span<const Run>;
/// With more runs, bits are smaller.
inline constexpr size_t max_runs = 2047;

struct Swept {
  size_t runs;
  uint32_t values;
};
/// Writes the result to `out`, which has room for as many runs as both have together.
Swept sweep(SetOp op, RunList a, RunList b, Run* out);

uint32_t count_common(RunList a, RunList b);

/// The first run that ends at `value` or later; the number of runs if there is none.
size_t run_from(RunList runs, uint32_t value);
inline bool contains(RunList runs, uint32_t value) {
  const size_t i = run_from(runs, value);
  return i < runs.size() && runs[i].first <= value;
}

}  // namespace clientele::tags
