// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <bit>
#include <cstdint>
#include <memory_resource>
#include <vector>

#include "base/bytes.hpp"

namespace clientele {

/// Lengths of time and their percentiles. Up to 65,536 values are kept as they are; with more of
/// them, all are counted in logarithmic buckets whose middle is at most 0.8 % off. So the answers
/// and the bytes depend on the multiset of values only, never on the order in which they were added
/// or merged.
class Durations {
 public:
  using allocator_type = std::pmr::polymorphic_allocator<>;
  static constexpr size_t exact_limit = 65536;

  explicit Durations(allocator_type memory = {}) : exact_(memory), buckets_(memory) {}
  Durations(const Durations& other, allocator_type memory)
      : count_(other.count_), exact_(other.exact_, memory), buckets_(other.buckets_, memory) {}
  Durations(Durations&& other, allocator_type memory)
      : count_(other.count_),
        exact_(std::move(other.exact_), memory),
        buckets_(std::move(other.buckets_), memory) {}
  Durations(const Durations&) = default;
  Durations(Durations&&) = default;
  Durations& operator=(const Durations&) = default;
  Durations& operator=(Durations&&) = default;

  /// Microseconds, not negative.
  void add(int64_t micros) {
    if (count_ < exact_limit) {
      exact_.push_back(micros);
    } else {
      if (count_ == exact_limit) use_buckets();
      count_in_bucket(micros, 1);
    }
    ++count_;
  }
  void merge(const Durations& other);
  uint64_t count() const { return count_; }
  bool empty() const { return count_ == 0; }

  /// As percentile_cont(p), in whole microseconds. There must be a value, and 0 <= p <= 1.
  int64_t percentile(double p) const;

  /// Calls take(micros) for each value, in any order; only up to exact_limit of them.
  template <class Take>
  void each_exact(Take take) const {
    for (const int64_t micros : exact_) take(micros);
  }

  void write(Bytes& out) const;
  /// Replaces all values. Error XX001 for bytes that write() does not make.
  void read(Reader& reader);

 private:
  static constexpr int mantissa_bits = 6;
  static constexpr size_t bucket_count = (64 - mantissa_bits) << mantissa_bits;
  static size_t bucket_of(int64_t micros) {
    const auto v = static_cast<uint64_t>(micros);
    if (v < uint64_t{2} << mantissa_bits) return v;
    const int shift = std::bit_width(v) - mantissa_bits - 1;
    return (static_cast<size_t>(shift) << mantissa_bits) + (v >> shift);
  }
  static int64_t middle_of(size_t bucket);
  void count_in_bucket(int64_t micros, uint64_t times) {
    const size_t b = bucket_of(micros);
    if (b >= buckets_.size()) buckets_.resize(b + 1);
    buckets_[b] += times;
  }
  void use_buckets();

  uint64_t count_ = 0;
  std::pmr::vector<int64_t> exact_;     // in any order; empty above the limit
  std::pmr::vector<uint64_t> buckets_;  // empty up to the limit
};

}  // namespace clientele
