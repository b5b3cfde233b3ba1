// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "unit/random_events.hpp"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t most);

namespace clientele::fuzz {

inline void must(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", what);
  std::abort();
}

/// How many inputs there were, and how many got how far; told at the end of the run.
struct Tally {
  Tally(const char* opened_as, const char* accepted_as)
      : opened_as_(opened_as), accepted_as_(accepted_as) {}
  ~Tally() {
    std::fprintf(stderr, "tally: %llu runs, %llu %s, %llu %s\n", runs, opened, opened_as_, accepted,
                 accepted_as_);
  }
  unsigned long long runs = 0, opened = 0, accepted = 0;

 private:
  const char* opened_as_;
  const char* accepted_as_;
};

/// A few small changes to some events.
inline void change(EventList& list, testing::Random& random) {
  for (auto left = 1 + random.below(3); left > 0; --left) {
    if (list.events.empty() || random.one_in(4)) {
      EventList more = testing::random_events(random, 6);
      list.append(more);
      continue;
    }
    const size_t k = random.below(list.events.size());
    Event& e = list.events[k];
    Extra x = list.extra(e);
    const int64_t unit = testing::unit_sizes[random.below(6)];
    const __int128 shift = static_cast<__int128>(random.any_width() >> 3) * unit;
    switch (random.below(7)) {
      case 0:
        list.events.erase(list.events.begin() + static_cast<ptrdiff_t>(k));
        break;
      case 1:
        list.add(e.at, e.type, x);
        break;
      case 2:
        e.at = testing::clamp_time(e.at + (random.one_in(2) ? shift : -shift), unit);
        break;
      case 3:
        e.type = static_cast<int32_t>(random.any_width() & 0x7fffffff);
        break;
      case 4:
        x.has_item = !random.one_in(3);
        x.item = static_cast<int64_t>(random.any_width());
        list.add(e.at, e.type, x);
        break;
      case 5:
        x.has_amount = !random.one_in(3);
        x.amount = static_cast<int64_t>(random.any_width() % static_cast<uint64_t>(amount_limit));
        list.add(e.at, e.type, x);
        break;
      default:
        for (Event& other : list.events) other.at = testing::clamp_time(other.at, unit);
    }
  }
}

/// Puts `bytes` in place of the input if they fit.
inline size_t replace(uint8_t* data, size_t most, const void* bytes, size_t size) {
  if (size == 0 || size > most) return 0;
  std::memcpy(data, bytes, size);
  return size;
}

/// What a value writes.
template <class Value>
std::vector<uint8_t> bytes_of(const Value& value) {
  std::vector<uint8_t> out(value.written_size());
  value.write_to(out.data());
  return out;
}

/// Changes bytes as a part of an input says, 4 bytes a change: the place (3), and the bits to flip;
/// no bits cut what follows.
inline void spoil(std::vector<uint8_t>& bytes, std::span<const uint8_t> changes) {
  for (size_t at = 0; at + 4 <= changes.size(); at += 4) {
    const uint8_t* const c = changes.data() + at;
    const size_t place = size_t{c[0]} << 16 | size_t{c[1]} << 8 | c[2];
    if (c[3] == 0)
      bytes.resize(place % (bytes.size() + 1));
    else if (!bytes.empty())
      bytes[place % bytes.size()] ^= c[3];
  }
}

}  // namespace clientele::fuzz
