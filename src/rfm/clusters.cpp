// SPDX-License-Identifier: PostgreSQL
// Cuts of one dimension. Means and squares are summed in 113 bits, over sorted values: microseconds
// since 2000 squared need more than a double or a 64-bit mantissa holds.
#include <algorithm>

#include "base/poll.hpp"
#include "rfm/values.hpp"

namespace clientele {
namespace {

#ifdef __SIZEOF_FLOAT128__
using Wide = __float128;
#else
using Wide = long double;
#endif

Wide value_of(RfmKey key, bool whole) {
  return whole ? static_cast<Wide>(key) : static_cast<Wide>(double_of_key(key));
}

// The key of v, rounded down to whole numbers or to the nearest double, between two keys.
RfmKey key_at(Wide v, bool whole, RfmKey low, RfmKey high) {
  if (v <= value_of(low, whole)) return low;
  if (v >= value_of(high, whole)) return high;
  if (!whole) return std::clamp(key_of_double(static_cast<double>(v)), low, high);
  RfmKey key = static_cast<RfmKey>(v);
  if (static_cast<Wide>(key) > v) --key;
  return std::clamp(key, low, high);
}

// The key before another one.
RfmKey before(RfmKey key, bool whole) {
  --key;
  return !whole && key == negative_zero ? key - 1 : key;
}

/// Optimal clusters of ascending places by dynamic programming (Wang and Song 2011). The best start
/// of the last cluster never moves back as places are added, so each layer takes O(n log n).
class Clusters {
 public:
  Clusters(std::span<const RfmRun> values, bool whole, size_t max_places)
      : values_(values), whole_(whole), origin_(value_of(values[values.size() / 2].key, whole)) {
    // Halves, as the range of doubles is twice what a double holds.
    const double low = static_cast<double>((value_of(values.front().key, whole) - origin_) / 2);
    const double high = static_cast<double>((value_of(values.back().key, whole) - origin_) / 2);
    const bool grid = values.size() > max_places;
    Sums sums{};
    size_t last_place = 0;
    for (size_t i = 0; i < values.size(); ++i) {
      if (i % 4096 == 0) poll();
      const Wide x = value_of(values[i].key, whole) - origin_;
      const size_t place = grid
                               ? static_cast<size_t>((static_cast<double>(x / 2) - low) /
                                                     (high - low) * static_cast<double>(max_places))
                               : i;
      if (i == 0 || place != last_place) {
        if (i > 0) upto_.push_back(sums);
        first_.push_back(i);
      }
      last_place = place;
      const Wide count = static_cast<Wide>(values[i].count);
      sums.count += count;
      sums.sum += count * x;
      sums.squares += count * x * x;
    }
    upto_.push_back(sums);
  }

  size_t places() const { return first_.size(); }

  /// The place at which each of k clusters begins. There must be at least k places.
  std::vector<size_t> best(size_t k) {
    const size_t n = places();
    cost_.resize(n);
    start_.assign(k, std::vector<uint32_t>(n, 0));
    for (size_t i = 0; i < n; ++i) cost_[i] = spread(0, i);
    for (size_t layer = 1; layer < k; ++layer) {
      next_.assign(n, 0);
      layer_ = layer;
      fill(layer, n - 1, layer, n - 1);
      cost_.swap(next_);
    }
    std::vector<size_t> begins(k);
    for (size_t layer = k, end = n - 1; layer-- > 0;) {
      begins[layer] = layer == 0 ? 0 : start_[layer][end];
      end = begins[layer] - 1;
    }
    return begins;
  }

  /// Between the clusters of places [a, b) and [b, c): halfway between their means, so that a new
  /// value goes to the nearer one; where rounding would part them elsewhere, as they are.
  RfmKey cut(size_t a, size_t b, size_t c) const {
    const Wide middle = (mean(a, b - 1) + mean(b, c - 1)) / 2 + origin_;
    const RfmKey better = values_[first_[b]].key;
    return key_at(middle, whole_, values_[first_[b] - 1].key, before(better, whole_));
  }

 private:
  struct Sums {
    Wide count, sum, squares;
  };
  Sums between(size_t first, size_t last) const {
    const Sums& z = upto_[last];
    if (first == 0) return z;
    const Sums& a = upto_[first - 1];
    return {z.count - a.count, z.sum - a.sum, z.squares - a.squares};
  }
  Wide spread(size_t first, size_t last) const {
    const Sums s = between(first, last);
    const Wide result = s.squares - s.sum * s.sum / s.count;
    return result > 0 ? result : 0;
  }
  Wide mean(size_t first, size_t last) const {
    const Sums s = between(first, last);
    return s.sum / s.count;
  }

  // The layer's costs of places first to last, whose clusters start from `low` to `high`.
  void fill(size_t first, size_t last, size_t low, size_t high) {
    const size_t middle = first + (last - first) / 2;
    Wide least = 0;
    size_t where = 0;
    for (size_t j = low; j <= std::min(middle, high); ++j) {
      if (++steps_ % 1024 == 0) poll();
      const Wide here = cost_[j - 1] + spread(j, middle);
      if (where == 0 || here < least) least = here, where = j;
    }
    next_[middle] = least;
    start_[layer_][middle] = static_cast<uint32_t>(where);
    if (middle > first) fill(first, middle - 1, low, where);
    if (middle < last) fill(middle + 1, last, where, high);
  }

  std::span<const RfmRun> values_;
  bool whole_;
  Wide origin_;                // near the middle, so that squares stay small
  std::vector<size_t> first_;  // the first value of each place
  std::vector<Sums> upto_;     // over all places up to one
  std::vector<Wide> cost_, next_;
  std::vector<std::vector<uint32_t>> start_;  // of the last cluster, by layer and place
  size_t layer_ = 0;
  uint64_t steps_ = 0;
};

}  // namespace

RfmCutKeys quantile_cuts(std::span<const RfmRun> values, int buckets) {
  uint64_t n = 0;
  for (const RfmRun& run : values) n += run.count;
  RfmCutKeys cuts{};
  uint64_t seen = 0;
  size_t next = 0;
  for (const RfmRun& run : values) {
    seen += run.count;
    while (next + 1 < static_cast<size_t>(buckets) && seen * buckets >= (next + 1) * n)
      cuts[next++] = run.key;
  }
  return cuts;
}

RfmCutKeys mean_cut(std::span<const RfmRun> values, bool whole) {
  const Wide origin = value_of(values[values.size() / 2].key, whole);
  Wide count = 0, sum = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    if (i % 4096 == 0) poll();
    count += static_cast<Wide>(values[i].count);
    sum += static_cast<Wide>(values[i].count) * (value_of(values[i].key, whole) - origin);
  }
  return {key_at(sum / count + origin, whole, values.front().key, values.back().key)};
}

RfmCutKeys kmeans_cuts(std::span<const RfmRun> values, int buckets, bool whole, size_t max_places) {
  Clusters clusters(values, whole, std::max<size_t>(max_places, max_buckets));
  const size_t k = std::min<size_t>(buckets, clusters.places());
  std::vector<size_t> begins = clusters.best(k);
  begins.push_back(clusters.places());
  // With fewer different values than buckets each is a cluster, and the best buckets stay empty.
  RfmCutKeys cuts;
  cuts.fill(values.back().key);
  for (size_t i = 1; i < k; ++i)
    cuts[i - 1] = clusters.cut(begins[i - 1], begins[i], begins[i + 1]);
  return cuts;
}

}  // namespace clientele
