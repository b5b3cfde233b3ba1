// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <memory_resource>
#include <span>
#include <vector>

#include "base/counted.hpp"
#include "rfm/rfm.hpp"

namespace clientele {

/// A value and how often it occurs.
struct RfmRun {
  using Row = RfmKey;
  RfmKey key;
  uint64_t count;

  static RfmRun of(RfmKey key) { return {key, 1}; }
  bool before(const RfmRun& other) const { return key < other.key; }
  void take(const RfmRun& equal) { count += equal.count; }
};

/// A multiset of keys: the different ones in order, each with its count.
class RfmCounts {
 public:
  static constexpr size_t usual_limit = 20'000'000;
  explicit RfmCounts(std::pmr::memory_resource* memory, size_t limit = usual_limit)
      : limit_(limit), runs_(memory) {}

  void add(RfmKey key) {
    if (runs_.add(key)) runs();
  }
  void merge(const RfmCounts& other);
  std::span<const RfmRun> runs() const;
  void write(Writer& writer) const;
  void read(Reader& reader);

 private:
  void check_limit(size_t runs) const;

  size_t limit_;  // different keys; more are error 54000
  Grouped<RfmRun> runs_;
};

/// All values of the three dimensions: the state of the aggregate rfm_cuts.
class RfmValues {
 public:
  explicit RfmValues(std::pmr::memory_resource* memory)
      : encoded_(memory), values_{RfmCounts(memory), RfmCounts(memory), RfmCounts(memory)} {}

  /// What all rows must come with (22023 if not); `encoded` is a stored RfmDefinition.
  void define(std::span<const uint8_t> encoded, Recency recency);
  void add(int dimension, RfmKey key) {
    if (definition_.method != CutMethod::fixed) values_[dimension].add(key);
  }
  void merge(const RfmValues& other);

  /// Without those of dimensions that have no values.
  RfmCuts cuts() const;

  /// Depends on the multiset of values only. Versioned.
  void write(Bytes& out) const;
  void read(Reader& reader);

 private:
  std::pmr::vector<uint8_t> encoded_;  // empty before the first row
  RfmDefinition definition_;
  Recency recency_ = Recency::none;
  RfmCounts values_[rfm_dimensions];
};

/// The cuts of one dimension, worst first. There must be values.
using RfmCutKeys = std::array<RfmKey, max_buckets - 1>;
RfmCutKeys quantile_cuts(std::span<const RfmRun> values, int buckets);
/// `whole`: keys are whole numbers (of microseconds) and not doubles.
RfmCutKeys mean_cut(std::span<const RfmRun> values, bool whole);
/// Cuts between the clusters whose sum of squared distances from their means is least; of several
/// such, the one whose better clusters are largest. Exact for up to `max_places` different values;
/// with more, the cuts are searched at that many equally spaced places.
RfmCutKeys kmeans_cuts(std::span<const RfmRun> values, int buckets, bool whole,
                       size_t max_places = 32768);

}  // namespace clientele
