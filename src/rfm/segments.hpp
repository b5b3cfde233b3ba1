// SPDX-License-Identifier: PostgreSQL
// Names for scores: segments, and what may be done for the customers in them.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace clientele {

/// One cell of a scheme; levels count from 1, the worst.
struct RfmCell {
  std::string scheme;
  int r = 0, f = 0, m = 0;
  std::string segment, tier;
};

/// All cells of all built-in schemes, which count where the store has no others.
const std::vector<RfmCell>& builtin_cells();

struct RfmStrategy {
  const char *tier, *language, *strategy;
};
std::span<const RfmStrategy> builtin_strategies();

/// A score of `buckets` as one of a scheme's levels: the nearest, the lower one in the middle.
inline int level_of(int score, int buckets, int levels) {
  const int twice = 2 * (score - 1) * (levels - 1) - (buckets - 1);
  return 1 + (twice + 2 * (buckets - 1) - 1) / (2 * (buckets - 1));
}

/// One scheme, ready to be evaluated.
class RfmScheme {
 public:
  /// Of all its cells in any order. Error 22023 unless each combination of its levels is there
  /// once.
  explicit RfmScheme(std::span<const RfmCell> cells);

  int levels() const { return levels_; }
  /// Scores from 1 to `buckets`.
  const RfmCell& cell(int r, int f, int m, int buckets) const {
    return cells_[index(level_of(r, buckets, levels_), level_of(f, buckets, levels_),
                        level_of(m, buckets, levels_))];
  }

 private:
  size_t index(int r, int f, int m) const {
    return static_cast<size_t>(((r - 1) * levels_ + f - 1) * levels_ + m - 1);
  }
  int levels_ = 0;
  std::vector<RfmCell> cells_;
};

}  // namespace clientele
