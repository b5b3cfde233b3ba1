// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/poll.hpp"
#include "tags/bitmap/bitmap.hpp"

namespace clientele::tags {

inline constexpr uint64_t largest_id = INT64_MAX;

/// An id as SQL has it: 22003 if negative.
uint64_t customer_id(int64_t id);

/// A set of customer ids 0 … 2^63 - 1: a 32-bit bitmap for each value of their high halves.
class Audience {
 public:
  void add(uint64_t id);
  /// In any order of calls; ids greater than the last one are cheapest.
  void add(std::span<const uint64_t> ascending);
  /// At most 2^36 ids at once.
  void add_range(uint64_t first, uint64_t last);
  struct Range {
    uint64_t first, last;
  };
  /// In any order; they may overlap.
  void add_ranges(std::pmr::vector<Range>& ranges);

  bool contains(uint64_t id) const;
  bool empty() const { return parts_.empty(); }
  uint64_t size() const;
  std::optional<uint64_t> first() const;
  std::optional<uint64_t> last() const;

  Audience& operator&=(const Audience& other);
  Audience& operator|=(const Audience& other);
  Audience& operator-=(const Audience& other);
  Audience& operator^=(const Audience& other);
  /// Becomes the part of `universe` that is not in this audience.
  Audience& flip_within(const Audience& universe);
  friend Audience operator&(Audience a, const Audience& b) { return std::move(a &= b); }
  friend Audience operator|(Audience a, const Audience& b) { return std::move(a |= b); }
  friend Audience operator-(Audience a, const Audience& b) { return std::move(a -= b); }
  friend Audience operator^(Audience a, const Audience& b) { return std::move(a ^= b); }

  /// The sizes of a & b and so on, without making them.
  static uint64_t and_size(const Audience& a, const Audience& b);
  static uint64_t and_size(const Audience& a, const Audience& b, const Audience& c);
  static uint64_t or_size(const Audience& a, const Audience& b);
  static uint64_t without_size(const Audience& a, const Audience& b);
  static uint64_t xor_size(const Audience& a, const Audience& b);
  /// How many are in both, divided by how many are in either (Jaccard 1901); 1 if both are empty.
  static double jaccard(const Audience& a, const Audience& b);

  bool operator==(const Audience& other) const;
  bool includes(const Audience& other) const;
  bool overlaps(const Audience& other) const;

  /// Writes the first ids from `from` on, ascending, as many as fit; returns how many.
  size_t ids(uint64_t from, std::span<uint64_t> out) const;
  template <class Use>
  void each(Use use) const;
  /// Calls use(first, last) for each run of ids, at its full length.
  template <class Use>
  void each_run(Use use) const;
  /// A subset of `most` ids, each subset of that size equally likely, the same for the same seed.
  /// 54000 if the subset and the rest both have more than `max_drawn` ids.
  static constexpr uint64_t max_drawn = uint64_t{1} << 28;
  Audience sample(uint64_t most, uint64_t seed) const;

  /// Versioned; the same set has the same bytes. write_to() writes exactly written_size() bytes.
  void write(Bytes& out) const;
  size_t written_size() const;
  void write_to(uint8_t* bytes) const;
  /// Of bytes from anywhere: XX001 unless they are those of an audience.
  static Audience read(std::span<const uint8_t> bytes);
  /// The size() of the audience that begins with these bytes, which are not checked further.
  static constexpr size_t head_bytes = 9;
  static uint64_t size_in_head(std::span<const uint8_t> head);

  /// As {1,5,10-20}; 54000 if that is longer than `most` bytes.
  std::string text(size_t most) const;
  /// In any order, with overlaps and blanks. Errors: 22P02 with the place, 22003 for an impossible
  /// id, 54000 for ranges of more than `max_in_ranges` ids in all.
  static Audience from_text(std::string_view text, uint64_t max_in_ranges = uint64_t{1} << 36);

 private:
  struct Part {
    uint32_t high;
    Bitmap low;
  };
  const Bitmap* part(uint32_t high) const;
  Bitmap& part_to_change(uint32_t high);
  /// Adds the other's parts; both(own, other) joins two parts with the same high half.
  template <class Other, class Both>
  void join(Other&& other, Both both);
  template <class Both>
  static void each_common(const Audience& a, const Audience& b, Both both);

  std::vector<Part> parts_;  // ascending, none empty
};

template <class Use>
void Audience::each(Use use) const {
  std::vector<uint32_t> some(4096);
  for (const Part& p : parts_) {
    for (uint32_t from = 0;;) {
      poll();
      const size_t n = p.low.values(from, some);
      for (size_t i = 0; i < n; ++i) use(uint64_t{p.high} << 32 | some[i]);
      if (n < some.size() || some[n - 1] == UINT32_MAX) break;
      from = some[n - 1] + 1;
    }
  }
}

template <class Use>
void Audience::each_run(Use use) const {
  uint64_t first = 1, last = 0;  // none yet
  for (const Part& p : parts_) {
    const uint64_t base = uint64_t{p.high} << 32;
    p.low.each_run([&](uint32_t from, uint32_t to) {
      if (first <= last && last + 1 == base + from) {
        last = base + to;
        return;
      }
      if (first <= last) use(first, last);
      first = base + from;
      last = base + to;
    });
  }
  if (first <= last) use(first, last);
}

}  // namespace clientele::tags
