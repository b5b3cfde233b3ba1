// SPDX-License-Identifier: PostgreSQL
// Recency, frequency and monetary value as scores from 1 (worst) to `buckets`.
#pragma once
#include <array>
#include <bit>
#include <cstdint>
#include <span>

#include "base/bytes.hpp"

namespace clientele {

/// Any value of a dimension as an integer that is larger for a better customer. So a time since the
/// last purchase is negated, and one definition serves all three dimensions.
using RfmKey = int64_t;

enum RfmDimension { rfm_recency, rfm_frequency, rfm_monetary, rfm_dimensions };
inline constexpr const char* rfm_names[] = {"recency", "frequency", "monetary"};

/// What recency is measured as: a time (later is better) or how long ago (less is better).
enum class Recency : uint8_t { none, time, interval, number };

inline constexpr int min_buckets = 2, max_buckets = 10;

/// Keeps the order of doubles; 0 and -0 have one key. Not for NaN.
inline RfmKey key_of_double(double v) {
  const auto bits = std::bit_cast<int64_t>(v + 0.0);
  return bits ^ ((bits >> 63) & INT64_MAX);
}
inline double double_of_key(RfmKey key) {
  return std::bit_cast<double>(key ^ ((key >> 63) & INT64_MAX));
}
/// The key of -0, which key_of_double never gives.
inline constexpr RfmKey negative_zero = -1;

/// 22023 for NaN and infinities, and for a frequency below zero.
RfmKey key_of_amount(RfmDimension dimension, double value);
/// 22023 also below zero.
RfmKey key_of_days(double since);
/// 22008 for an infinite time.
RfmKey key_of_time(int64_t at);
/// Of whole microseconds, 22023 below zero.
RfmKey key_of_length(int64_t micros);

/// Whether a key of this dimension and kind of recency comes from a value.
bool possible_key(int dimension, Recency kind, RfmKey key);

/// 22023 outside 2 to 10.
void check_buckets(int64_t buckets);

/// 1 + the cuts that a key is better than.
inline int score_of(RfmKey key, std::span<const RfmKey> cuts) {
  int score = 1;
  for (const RfmKey cut : cuts) score += cut < key;
  return score;
}

/// In place of a key where there is no value.
inline constexpr RfmKey rfm_null = INT64_MIN;

/// The scores of one column: `score[i * stride]` is 1 + floor(buckets * worse / n), where `worse`
/// of the n keys that are not rfm_null are smaller than key i; 0 for rfm_null. Uses 8 bytes a key
/// of `memory`.
void score_column(std::span<const RfmKey> keys, int buckets, uint8_t* score, size_t stride,
                  std::pmr::memory_resource* memory);

enum class CutMethod : uint8_t { quantile, fixed, mean, kmeans };
inline constexpr const char* cut_methods[] = {"quantile", "fixed", "mean", "kmeans"};

/// Cut points of up to three dimensions: a score is 1 + the number of cuts strictly worse. Plain
/// data, so that one can be read for each row.
struct RfmCuts {
  CutMethod method = CutMethod::fixed;
  Recency recency = Recency::none;  // none: no cuts of recency
  int buckets = 0;
  std::array<bool, rfm_dimensions> has{};
  std::array<std::array<RfmKey, max_buckets - 1>, rfm_dimensions> key{};  // worst first

  bool empty() const { return !has[0] && !has[1] && !has[2]; }
  std::span<const RfmKey> cuts(int dimension) const {
    return {key[dimension].data(), static_cast<size_t>(buckets - 1)};
  }
  /// 0 where there are no cuts.
  uint8_t score(int dimension, RfmKey value) const {
    return has[dimension] ? static_cast<uint8_t>(score_of(value, cuts(dimension))) : 0;
  }
  /// Takes the cuts of a dimension in any order; the first dimension decides on the buckets. 22023
  /// for another number of them, or for none or too many.
  void set(int dimension, std::span<const RfmKey> values);

  /// The stored form; equal cuts have equal bytes. Versioned.
  void write(Bytes& out) const;
  /// Error XX001 for bytes that write() does not give.
  static RfmCuts read(std::span<const uint8_t> bytes);
  void read_cuts(Reader& reader);
  void write_cuts(Writer& writer) const;
};

/// What an aggregate is to make cuts of, and how: a rfm_cuts_def.
struct RfmDefinition {
  CutMethod method = CutMethod::quantile;
  int buckets = 5;
  RfmCuts fixed;  // for that method only

  /// Fills in what follows from the method; 22023 for what does not go together.
  void check();
  void write(Bytes& out) const;
  static RfmDefinition read(std::span<const uint8_t> bytes);
};

}  // namespace clientele
