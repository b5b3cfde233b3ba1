// SPDX-License-Identifier: PostgreSQL
// Sums of shares that do not depend on the order: whole numbers and 64 binary places.
#pragma once
#include <cstdint>

#include "base/wide.hpp"

namespace clientele {

/// A share from 0 to 1 in units of 2^-64.
using Share = unsigned __int128;
inline constexpr Share whole_share = Share{1} << 64;

class FixedSum {
 public:
  void add(__int128 whole) { whole_ += whole; }
  /// Adds share * amount, exactly.
  void add(Share share, __int128 amount) {
    if (share == whole_share) {
      whole_ += amount;
      return;
    }
    const auto part = static_cast<uint64_t>(share);
    const Share low = Share{part} * static_cast<uint64_t>(amount);
    carry(static_cast<uint64_t>(low));
    whole_ += static_cast<uint64_t>(low >> 64);
    whole_ += static_cast<__int128>(static_cast<int64_t>(amount >> 64)) * part;
  }
  void add(const FixedSum& other) {
    carry(other.fraction_);
    whole_ += other.whole_;
  }
  bool zero() const { return whole_ == 0 && fraction_ == 0; }
  long double value() const {
    return static_cast<long double>(whole_) + static_cast<long double>(fraction_) * 0x1p-64L;
  }

  __int128 whole() const { return whole_; }
  uint64_t fraction() const { return fraction_; }
  static FixedSum of(__int128 whole, uint64_t fraction) {
    FixedSum sum;
    sum.whole_ = whole;
    sum.fraction_ = fraction;
    return sum;
  }

 private:
  void carry(uint64_t fraction) {
    fraction_ += fraction;
    whole_ += fraction_ < fraction;
  }

  Int128 whole_ = 0;
  uint64_t fraction_ = 0;
};

}  // namespace clientele
