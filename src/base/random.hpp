// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>

namespace clientele {

/// One step of SplitMix64 from a state, and so a good hash of it. It must never change: groups and
/// samples depend on it.
constexpr uint64_t split_mix(uint64_t state) {
  uint64_t z = state + 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

/// SplitMix64 (Steele, Lea and Flood 2014): the same numbers for the same seed, everywhere.
class SplitMix64 {
 public:
  explicit SplitMix64(uint64_t seed) : state_(seed) {}
  uint64_t operator()() {
    const uint64_t number = split_mix(state_);
    state_ += 0x9e3779b97f4a7c15;
    return number;
  }
  /// 0 … n - 1, all equally likely (Lemire 2019, algorithm 5); n > 0.
  uint64_t below(uint64_t n) {
    auto product = static_cast<unsigned __int128>((*this)()) * n;
    if (static_cast<uint64_t>(product) < n) {
      const uint64_t least = -n % n;
      while (static_cast<uint64_t>(product) < least)
        product = static_cast<unsigned __int128>((*this)()) * n;
    }
    return static_cast<uint64_t>(product >> 64);
  }

 private:
  uint64_t state_;
};

}  // namespace clientele
