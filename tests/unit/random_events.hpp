// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "journey/journey.hpp"

namespace clientele::testing {

/// splitmix64: small, seeded, the same everywhere.
class Random {
 public:
  using result_type = uint64_t;
  explicit Random(uint64_t seed) : state_(seed) {}
  static constexpr uint64_t min() { return 0; }
  static constexpr uint64_t max() { return ~uint64_t{0}; }
  uint64_t operator()() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }
  uint64_t below(uint64_t n) { return n == 0 ? 0 : (*this)() % n; }
  bool one_in(uint64_t n) { return below(n) == 0; }
  /// Small values are as likely as wide ones.
  uint64_t any_width() { return (*this)() >> below(64); }

 private:
  uint64_t state_;
};

inline constexpr int64_t unit_sizes[] = {1, millisecond, second, minute, hour, day};

inline Micros clamp_time(__int128 at, int64_t unit) {
  const __int128 low = first_instant, high = end_of_time - 1;
  at = std::clamp(at, low, high);
  return static_cast<Micros>(at - at % unit);  // towards zero, so it stays in range
}

/// Random rows in random order: all units, equal times, absent and partial columns, extremes.
inline EventList random_events(Random& random, size_t most_events) {
  EventList list;
  const size_t n = random.below(most_events + 1);
  const int64_t unit = unit_sizes[random.below(6)];
  const size_t kinds[] = {1, 2, 3, 4, 5, 16, 17, 200, 256, 257, 1000, 70000};
  const size_t distinct = kinds[random.below(12)];
  const uint64_t type_bits = random.below(32);
  const uint64_t type_base = random.one_in(4) ? 0x7fffffff - 70000 : random.below(1000);
  const int item_mode = static_cast<int>(random.below(4));  // none, all, some, rarely
  const int amount_mode = static_cast<int>(random.below(4));
  const int digits = static_cast<int>(random.below(7));
  const int gap_bits = static_cast<int>(random.below(48));
  int64_t scale = amount_scale;
  for (int i = 0; i < digits; ++i) scale /= 10;
  const auto wanted = [&](int mode) {
    return mode == 1 || (mode == 2 && random.one_in(2)) || (mode == 3 && random.one_in(50));
  };
  __int128 at = random.one_in(8)   ? __int128{first_instant}
                : random.one_in(4) ? -__int128(random.below(int64_t{1} << 56))
                                   : __int128(random.below(int64_t{1} << 60));
  for (size_t i = 0; i < n; ++i) {
    if (!random.one_in(5)) at += __int128(random() >> (63 - gap_bits)) * unit;
    if (random.one_in(2000)) at = random.one_in(2) ? first_instant : end_of_time - 1;
    const uint64_t raw = random.below(distinct);
    const auto type =
        static_cast<int32_t>(type_bits > 20 ? (raw * 2654435761U) & 0x7fffffff : type_base + raw);
    Extra x;
    if (wanted(item_mode)) {
      x.has_item = true;
      x.item = random.one_in(3)     ? static_cast<int64_t>(random.any_width())
               : random.one_in(100) ? (random.one_in(2) ? INT64_MAX : INT64_MIN)
                                    : static_cast<int64_t>(random.below(1000));
    }
    if (wanted(amount_mode)) {
      x.has_amount = true;
      const int64_t steps = (amount_limit - 1) / scale;
      int64_t v = static_cast<int64_t>(random.any_width() % (static_cast<uint64_t>(steps) + 1));
      if (random.one_in(200)) v = steps;
      x.amount = (random.one_in(3) ? -v : v) * scale;
    }
    list.add(clamp_time(at, unit), type, x);
  }
  std::shuffle(list.events.begin(), list.events.end(), random);
  return list;
}

inline Bytes packed(EventList list) {
  list.sort();
  Bytes out;
  encode(list, out);
  return out;
}

struct Row {
  Micros at;
  int32_t type;
  Extra extra;
  friend bool operator==(const Row&, const Row&) = default;
};

inline std::vector<Row> rows(const EventList& list) {
  std::vector<Row> out;
  out.reserve(list.events.size());
  for (const Event& e : list.events) out.push_back({e.at, e.type, list.extra(e)});
  return out;
}

/// The documented order, written separately: time, type, item, amount, NULLs first.
inline void sort_rows(std::vector<Row>& v) {
  std::sort(v.begin(), v.end(), [](const Row& a, const Row& b) {
    if (a.at != b.at) return a.at < b.at;
    if (a.type != b.type) return a.type < b.type;
    if (a.extra.has_item != b.extra.has_item) return b.extra.has_item;
    if (a.extra.has_item && a.extra.item != b.extra.item) return a.extra.item < b.extra.item;
    if (a.extra.has_amount != b.extra.has_amount) return b.extra.has_amount;
    return a.extra.has_amount && a.extra.amount < b.extra.amount;
  });
}

}  // namespace clientele::testing
