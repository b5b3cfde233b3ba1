// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace clientele {

/// How many words hold one bit for each condition.
inline size_t condition_words(size_t conditions) { return (conditions + 63) / 64; }

/// The conditions of one row, as an array of booleans has them: a byte for each one that is not
/// NULL, and a bit for each one that says whether it is not NULL (no bits if none is).
class Conditions {
 public:
  Conditions(const uint8_t* values, const uint8_t* present, size_t count)
      : values_(values), present_(present), count_(count) {}

  size_t count() const { return count_; }

  /// One bit for each condition, in condition_words(count()) words. A NULL condition is false.
  void bits(uint64_t* words) const {
    const uint8_t* value = values_;
    for (size_t from = 0; from < count_; from += 64, ++words) {
      const size_t n = count_ - from < 64 ? count_ - from : 64;
      *words = present_ == nullptr ? without_nulls(value, n) : with_nulls(value, from, n);
    }
  }

 private:
  static uint64_t without_nulls(const uint8_t*& value, size_t n) {
    uint64_t word = 0;
    size_t i = 0;
    for (; i + 8 <= n; i += 8, value += 8) {  // the lowest bits of 8 bytes to 8 bits
      uint64_t eight;
      std::memcpy(&eight, value, sizeof eight);
      word |= ((eight & 0x0101010101010101) * 0x0102040810204080 >> 56) << i;
    }
    for (; i < n; ++i) word |= uint64_t{*value++ & 1U} << i;
    return word;
  }
  uint64_t with_nulls(const uint8_t*& value, size_t from, size_t n) const {
    uint64_t word = 0;
    for (size_t i = 0; i < n; ++i)
      if ((present_[(from + i) / 8] >> ((from + i) % 8) & 1) != 0)
        word |= uint64_t{*value++ & 1U} << i;
    return word;
  }

  const uint8_t* values_;
  const uint8_t* present_;
  size_t count_;
};

/// Whether of two rows, which differ, the first one is the first in the order of conditions: true
/// before false, condition 1 before condition 2.
inline bool conditions_before(const uint64_t* a, const uint64_t* b, size_t words) {
  for (size_t i = 0; i < words; ++i)
    if (const uint64_t differ = a[i] ^ b[i]; differ != 0) return (a[i] & (differ & -differ)) != 0;
  return false;
}

}  // namespace clientele
