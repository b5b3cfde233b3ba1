// SPDX-License-Identifier: PostgreSQL
// On which levels two rows agree, of all columns in one number.
#pragma once
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string>
#include <vector>

#include "identity/matching/definition.hpp"
#include "identity/matching/records.hpp"

namespace clientele {

/// Three bits for each column, the first one highest: 0 if a value is absent, otherwise the level
/// + 1.
using Pattern = uint64_t;
inline constexpr unsigned pattern_bits = 3;
static_assert(MatchDefinition::max_columns * pattern_bits < 64);
static_assert(most_match_levels < 1U << pattern_bits);

inline std::optional<size_t> level_in(Pattern pattern, size_t column, size_t columns) {
  const unsigned shift = pattern_bits * static_cast<unsigned>(columns - 1 - column);
  const auto place = static_cast<size_t>(pattern >> shift & ((1U << pattern_bits) - 1));
  return place == 0 ? std::nullopt : std::optional(place - 1);
}

/// Compares rows.
class Comparison {
 public:
  Comparison(const MatchRecords& records, const MatchDefinition& definition);
  Pattern operator()(size_t a, size_t b);

 private:
  /// Levels of pairs of texts that were compared lately, as the same names meet again and again.
  struct Known {
    uint64_t texts = 0;
    uint8_t level = 0;
  };
  static constexpr size_t known_count = size_t{1} << 14;

  uint8_t level(size_t column, uint32_t a, uint32_t b);
  uint8_t computed(size_t column, uint32_t a, uint32_t b);

  const MatchRecords& records_;
  std::vector<MatchKind> kinds_;
  std::pmr::vector<Known> known_;
  std::u32string wide_a_, wide_b_;
};

/// How often each pattern occurs.
class PatternCounts {
 public:
  struct Entry {
    Pattern pattern;
    uint64_t count;
  };
  static constexpr size_t most = size_t{1} << 22;

  explicit PatternCounts(std::pmr::memory_resource* memory);
  /// 54000 for more than 4,194,304 different patterns.
  void add(Pattern pattern);
  /// In the order of the patterns.
  std::pmr::vector<Entry> sorted() const;

 private:
  void grow();

  std::pmr::vector<Entry> slots_;  // a hash table; a count of 0 is a free slot
  size_t used_ = 0;
};

}  // namespace clientele
