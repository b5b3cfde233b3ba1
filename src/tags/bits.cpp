// SPDX-License-Identifier: PostgreSQL
#include "tags/bits.hpp"

#include <bit>
#include <cstring>

namespace clientele::tags {
namespace {

// A run begins where a bit is set and the one before it is not.
inline __attribute__((always_inline)) BitCounts count(const void* words) {
  const auto* at = static_cast<const uint8_t*>(words);
  BitCounts counts{0, 0};
  uint64_t before = 0;
  for (int i = 0; i < words_of_bits; ++i) {
    uint64_t word;
    std::memcpy(&word, at + 8 * i, 8);
    counts.set += static_cast<uint32_t>(std::popcount(word));
    counts.runs += static_cast<uint32_t>(std::popcount(word & ~(word << 1 | before >> 63)));
    before = word;
  }
  return counts;
}

inline __attribute__((always_inline)) uint32_t common(const uint64_t* a, const uint64_t* b,
                                                      const uint64_t* c) {
  uint64_t n = 0;
  for (int i = 0; i < words_of_bits; ++i)
    n += static_cast<uint64_t>(std::popcount(a[i] & b[i] & c[i]));
  return static_cast<uint32_t>(n);
}

BitCounts count_plainly(const void* words) { return count(words); }
uint32_t common_plainly(const uint64_t* a, const uint64_t* b, const uint64_t* c) {
  return common(a, b, c);
}

using Count = BitCounts (*)(const void*);
using Common = uint32_t (*)(const uint64_t*, const uint64_t*, const uint64_t*);

#if defined(__x86_64__)
// Debian's x86-64 is that of 2003; nearly every machine counts bits in one instruction.
__attribute__((target("popcnt"))) BitCounts count_by_instruction(const void* words) {
  return count(words);
}
__attribute__((target("popcnt"))) uint32_t common_by_instruction(const uint64_t* a,
                                                                 const uint64_t* b,
                                                                 const uint64_t* c) {
  return common(a, b, c);
}
bool has_instruction() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("popcnt");
}
Count best_count() { return has_instruction() ? count_by_instruction : count_plainly; }
Common best_common() { return has_instruction() ? common_by_instruction : common_plainly; }
#else
Count best_count() { return count_plainly; }
Common best_common() { return common_plainly; }
#endif

}  // namespace

BitCounts count_bits(const void* words) {
  static const Count best = best_count();
  return best(words);
}

uint32_t count_common(const uint64_t* a, const uint64_t* b, const uint64_t* c) {
  static const Common best = best_common();
  return best(a, b, c);
}

}  // namespace clientele::tags
