// SPDX-License-Identifier: PostgreSQL
#include "tags/bitmap/bits.hpp"

#include <bit>
#include <cstring>

namespace clientele::tags {
namespace {

#define INLINED inline __attribute__((always_inline))

INLINED uint32_t ones(uint64_t word) { return static_cast<uint32_t>(std::popcount(word)); }

// A run begins where a bit is set and the one before it is not.
INLINED BitCounts count(const void* words) {
  const auto* at = static_cast<const uint8_t*>(words);
  uint64_t set = 0, runs = 0, before = 0;
  for (size_t i = 0; i < words_of_bits; ++i) {
    uint64_t word;
    std::memcpy(&word, at + 8 * i, 8);
    set += ones(word);
    runs += ones(word & ~(word << 1 | before >> 63));
    before = word;
  }
  return {static_cast<uint32_t>(set), static_cast<uint32_t>(runs)};
}

INLINED uint32_t set_of(const uint64_t* a) {
  uint64_t n = 0;
  for (size_t i = 0; i < words_of_bits; ++i) n += ones(a[i]);
  return static_cast<uint32_t>(n);
}
INLINED uint32_t common_of_two(const uint64_t* a, const uint64_t* b) {
  uint64_t n = 0;
  for (size_t i = 0; i < words_of_bits; ++i) n += ones(a[i] & b[i]);
  return static_cast<uint32_t>(n);
}
INLINED uint32_t common_of_three(const uint64_t* a, const uint64_t* b, const uint64_t* c) {
  uint64_t n = 0;
  for (size_t i = 0; i < words_of_bits; ++i) n += ones(a[i] & b[i] & c[i]);
  return static_cast<uint32_t>(n);
}

// The bits of a word from `first` on, and those up to `last`.
INLINED uint64_t from(uint32_t first) { return ~uint64_t{0} << first % 64; }
INLINED uint64_t up_to(uint32_t last) { return ~uint64_t{0} >> (63 - last % 64); }

INLINED uint32_t common_with_runs(const uint64_t* words, const Run* runs, size_t n) {
  uint64_t found = 0;
  for (size_t i = 0; i < n; ++i) {
    const uint32_t first = runs[i].first, last = runs[i].last();
    uint32_t w = first / 64;
    const uint32_t end = last / 64;
    if (w == end) {
      found += ones(words[w] & from(first) & up_to(last));
      continue;
    }
    found += ones(words[w] & from(first));
    while (++w < end) found += ones(words[w]);
    found += ones(words[end] & up_to(last));
  }
  return static_cast<uint32_t>(found);
}

INLINED uint32_t common_with_list(const uint64_t* words, const uint16_t* values, size_t n) {
  uint64_t found = 0;
  for (size_t i = 0; i < n; ++i) found += words[values[i] / 64] >> values[i] % 64 & 1;
  return static_cast<uint32_t>(found);
}

template <SetOp op>
INLINED uint32_t combined(uint64_t* __restrict to, const uint64_t* __restrict other) {
  uint64_t n = 0;
  for (size_t i = 0; i < words_of_bits; ++i) {
    to[i] = apply<op>(to[i], other[i]);
    n += ones(to[i]);
  }
  return static_cast<uint32_t>(n);
}

INLINED uint32_t combined_with_list(SetOp op, uint64_t* words, uint32_t set, const uint16_t* values,
                                    size_t n) {
  uint64_t held = 0;
  for (size_t i = 0; i < n; ++i) {
    uint64_t& word = words[values[i] / 64];
    const uint32_t place = values[i] % 64;
    const uint64_t one = uint64_t{1} << place;
    held += word >> place & 1;
    word = op == SetOp::either ? word | one : op == SetOp::without ? word & ~one : word ^ one;
  }
  const auto before = static_cast<uint32_t>(held), all = static_cast<uint32_t>(n);
  if (op == SetOp::without) return set - before;
  return set + all - before - (op == SetOp::one ? before : 0);
}

INLINED size_t kept(const uint64_t* words, const uint16_t* values, size_t n, uint64_t held,
                    uint16_t* out) {
  const uint64_t flip = held ^ 1;
  size_t k = 0;
  for (size_t i = 0; i < n; ++i) {
    const uint16_t value = values[i];
    out[k] = value;
    k += (words[value / 64] >> value % 64 & 1) ^ flip;
  }
  return k;
}

INLINED size_t listed(const uint64_t* words, uint16_t* out) {
  uint16_t* to = out;
  for (uint32_t w = 0; w < words_of_bits; ++w)
    for (uint64_t left = words[w]; left != 0; left &= left - 1)
      *to++ = static_cast<uint16_t>(64 * w + static_cast<uint32_t>(std::countr_zero(left)));
  return static_cast<size_t>(to - out);
}

/// The loops, compiled for one kind of processor.
struct Loops {
  BitCounts (*count)(const void*);
  uint32_t (*set_of)(const uint64_t*);
  uint32_t (*common_of_two)(const uint64_t*, const uint64_t*);
  uint32_t (*common_of_three)(const uint64_t*, const uint64_t*, const uint64_t*);
  uint32_t (*common_with_runs)(const uint64_t*, const Run*, size_t);
  uint32_t (*common_with_list)(const uint64_t*, const uint16_t*, size_t);
  uint32_t (*combined[4])(uint64_t*, const uint64_t*);
  uint32_t (*combined_with_list)(SetOp, uint64_t*, uint32_t, const uint16_t*, size_t);
  size_t (*kept)(const uint64_t*, const uint16_t*, size_t, uint64_t, uint16_t*);
  size_t (*listed)(const uint64_t*, uint16_t*);
};

// Plain functions chosen at run time, not target_clones: those need indirect functions, which are
// resolved while a library is being loaded, before a sanitizer is ready.
#define LOOPS_FOR(kind, target)                                                             \
  target BitCounts count_##kind(const void* w) { return count(w); }                         \
  target uint32_t set_of_##kind(const uint64_t* a) { return set_of(a); }                    \
  target uint32_t common_of_two_##kind(const uint64_t* a, const uint64_t* b) {              \
    return common_of_two(a, b);                                                             \
  }                                                                                         \
  target uint32_t common_of_three_##kind(const uint64_t* a, const uint64_t* b,              \
                                         const uint64_t* c) {                               \
    return common_of_three(a, b, c);                                                        \
  }                                                                                         \
  target uint32_t common_with_runs_##kind(const uint64_t* w, const Run* r, size_t n) {      \
    return common_with_runs(w, r, n);                                                       \
  }                                                                                         \
  target uint32_t common_with_list_##kind(const uint64_t* w, const uint16_t* v, size_t n) { \
    return common_with_list(w, v, n);                                                       \
  }                                                                                         \
  target uint32_t both_##kind(uint64_t* a, const uint64_t* b) {                             \
    return combined<SetOp::both>(a, b);                                                     \
  }                                                                                         \
  target uint32_t either_##kind(uint64_t* a, const uint64_t* b) {                           \
    return combined<SetOp::either>(a, b);                                                   \
  }                                                                                         \
  target uint32_t without_##kind(uint64_t* a, const uint64_t* b) {                          \
    return combined<SetOp::without>(a, b);                                                  \
  }                                                                                         \
  target uint32_t one_##kind(uint64_t* a, const uint64_t* b) {                              \
    return combined<SetOp::one>(a, b);                                                      \
  }                                                                                         \
  target uint32_t combined_with_list_##kind(SetOp op, uint64_t* w, uint32_t set,            \
                                            const uint16_t* v, size_t n) {                  \
    if (op == SetOp::either) return combined_with_list(SetOp::either, w, set, v, n);        \
    if (op == SetOp::without) return combined_with_list(SetOp::without, w, set, v, n);      \
    return combined_with_list(SetOp::one, w, set, v, n);                                    \
  }                                                                                         \
  target size_t kept_##kind(const uint64_t* w, const uint16_t* v, size_t n, uint64_t held,  \
                            uint16_t* out) {                                                \
    return kept(w, v, n, held, out);                                                        \
  }                                                                                         \
  target size_t listed_##kind(const uint64_t* w, uint16_t* out) { return listed(w, out); }  \
  constexpr Loops loops_##kind = {count_##kind,                                             \
                                  set_of_##kind,                                            \
                                  common_of_two_##kind,                                     \
                                  common_of_three_##kind,                                   \
                                  common_with_runs_##kind,                                  \
                                  common_with_list_##kind,                                  \
                                  {both_##kind, either_##kind, without_##kind, one_##kind}, \
                                  combined_with_list_##kind,                                \
                                  kept_##kind,                                              \
                                  listed_##kind};

LOOPS_FOR(anywhere, )
#if defined(__x86_64__)
// Debian compiles for the x86-64 of 2003. Nearly every machine counts the bits of a word in one
// instruction, newer ones those of many words.
LOOPS_FOR(avx2, __attribute__((target("popcnt,bmi,bmi2,avx2"))))
LOOPS_FOR(avx512, __attribute__((target("popcnt,bmi,bmi2,avx2,avx512f,avx512bw,avx512vpopcntdq"))))

const Loops& best_loops() {
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi2") ||
      !__builtin_cpu_supports("bmi") || !__builtin_cpu_supports("popcnt"))
    return loops_anywhere;
  return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vpopcntdq")
             ? loops_avx512
             : loops_avx2;
}
#else
const Loops& best_loops() { return loops_anywhere; }
#endif

const Loops& loops() {
  static const Loops& best = best_loops();
  return best;
}

}  // namespace

BitCounts count_bits(const void* words) { return loops().count(words); }
uint32_t count_set(const uint64_t* words) { return loops().set_of(words); }
uint32_t count_common(const uint64_t* a, const uint64_t* b) { return loops().common_of_two(a, b); }
uint32_t count_common(const uint64_t* a, const uint64_t* b, const uint64_t* c) {
  return loops().common_of_three(a, b, c);
}
uint32_t count_common(const uint64_t* words, RunList runs) {
  return loops().common_with_runs(words, runs.data(), runs.size());
}
uint32_t count_common(const uint64_t* words, std::span<const uint16_t> values) {
  return loops().common_with_list(words, values.data(), values.size());
}

uint32_t combine(SetOp op, uint64_t* to, const uint64_t* other) {
  return loops().combined[static_cast<int>(op)](to, other);
}
uint32_t combine(SetOp op, uint64_t* to, uint32_t set, std::span<const uint16_t> values) {
  return loops().combined_with_list(op, to, set, values.data(), values.size());
}

void change_range(SetOp op, uint64_t* words, uint32_t first, uint32_t last) {
  const auto change = [op](uint64_t& word, uint64_t mask) {
    word = op == SetOp::either ? word | mask : op == SetOp::without ? word & ~mask : word ^ mask;
  };
  uint32_t w = first / 64;
  const uint32_t end = last / 64;
  if (w == end) return change(words[w], from(first) & up_to(last));
  change(words[w], from(first));
  while (++w < end) change(words[w], ~uint64_t{0});
  change(words[end], up_to(last));
}

size_t keep(const uint64_t* words, std::span<const uint16_t> values, bool held, uint16_t* out) {
  return loops().kept(words, values.data(), values.size(), held, out);
}

size_t list_values(const uint64_t* words, uint16_t* out) { return loops().listed(words, out); }

size_t list_runs(const uint64_t* words, uint32_t at, std::span<Run> out) {
  size_t k = 0;
  while (at < 65536 && k < out.size()) {
    // The next bit that is set, and the next one after it that is not.
    uint32_t w = at / 64;
    uint64_t left = words[w] & from(at);
    while (left == 0 && ++w < words_of_bits) left = words[w];
    if (w == words_of_bits) break;
    const uint32_t first = 64 * w + static_cast<uint32_t>(std::countr_zero(left));
    uint64_t missing = ~words[w] & from(first);
    while (missing == 0 && ++w < words_of_bits) missing = ~words[w];
    at = w == words_of_bits ? 65536 : 64 * w + static_cast<uint32_t>(std::countr_zero(missing));
    out[k++] = {static_cast<uint16_t>(first), static_cast<uint16_t>(at - first - 1)};
  }
  return k;
}

}  // namespace clientele::tags
