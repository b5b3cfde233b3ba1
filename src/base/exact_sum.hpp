// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "base/bytes.hpp"

namespace clientele {

/// A sum of doubles or of products of two, without any rounding: a long integer in units of
/// 2^-2148, the smallest product. So it does not depend on the order of what is added. It is as
/// long as its terms differ in size: a few words for amounts.
class ExactSum {
 public:
  static constexpr int unit = -2148;  // a power of 2

  explicit ExactSum(std::pmr::memory_resource* memory) : limbs_(memory) {}

  /// Finite numbers only.
  void add(double v) { add_product(v, 1); }
  void add_product(double a, double b);
  void merge(const ExactSum& other);

  /// The sum is +-(sum of limbs[i] x 2^(32 (first + i))) x 2^unit; no limbs for 0. The outer limbs
  /// are not 0.
  struct Digits {
    bool negative = false;
    int first = 0;
    std::vector<uint32_t> limbs;
    bool operator==(const Digits&) const = default;
  };
  Digits digits() const;
  /// The nearest double, or an infinity.
  double value() const;

  /// Equal sums have equal bytes.
  void write(Writer& w) const;
  /// Of an empty one. Error XX001 for bytes that write() does not produce.
  void read(Reader& r);

 private:
  static constexpr int most_limbs = 140;  // 2^2332: no product and no count is beyond it
  int64_t& limb(int place);
  void settle() const;

  // In base 2^32, but each with carries that were not taken yet.
  mutable std::pmr::vector<int64_t> limbs_;
  mutable int first_ = 0;
  mutable uint32_t pending_ = 0;  // additions since carries were taken
};

}  // namespace clientele
