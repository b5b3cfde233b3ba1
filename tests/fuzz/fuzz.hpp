// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "unit/random_events.hpp"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t most);

namespace clientele::fuzz {

inline void must(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", what);
  std::abort();
}

/// How many inputs there were, and how many got how far; printed at the end of the run.
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

/// Puts bytes in place of an input of `size`; if they do not fit, the input is changed as libFuzzer
/// does.
inline size_t replace(uint8_t* data, size_t size, size_t most, std::span<const uint8_t> bytes) {
  if (bytes.empty() || bytes.size() > most) return LLVMFuzzerMutate(data, size, most);
  std::memcpy(data, bytes.data(), bytes.size());
  return bytes.size();
}

inline std::string_view text_of(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline std::span<const uint8_t> as_bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

/// Changes a text: often one of the pieces of its language goes in, sometimes instead of a few
/// bytes.
inline size_t mutate_text(uint8_t* data, size_t size, size_t most, unsigned seed,
                          std::span<const std::string_view> pieces) {
  testing::Random random(seed);
  if (random.one_in(3)) return LLVMFuzzerMutate(data, size, most);
  std::string text(text_of({data, size}));
  const std::string_view piece = pieces[random.below(pieces.size())];
  const size_t at = random.below(text.size() + 1);
  if (random.one_in(3)) text.erase(at, 1 + random.below(4));
  text.insert(std::min(at, text.size()), piece);
  return replace(data, size, most, as_bytes(text));
}

/// An input whose first byte says what the others are: the bytes of a value, a recipe for bytes, or
/// a text.
template <class Read, class Cook, class Text>
void by_kind(std::span<const uint8_t> input, Read read, Cook cook_and_read, Text read_text) {
  if (input.empty()) return;
  const auto rest = input.subspan(1);
  try {
    if (input[0] % 8 < 5)
      read(rest);
    else if (input[0] % 8 < 7)
      cook_and_read(rest);
    else
      read_text(text_of(rest));
  } catch (const Error&) {
  }
}

/// What a value writes.
template <class Value>
auto bytes_of(const Value& value) {
  if constexpr (requires { value.written_size(); }) {
    std::vector<uint8_t> out(value.written_size());
    value.write_to(out.data());
    return out;
  } else {
    Bytes out;
    value.write(out);
    return out;
  }
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
