// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "base/poll.hpp"
#include "tags/bitmap/combine.hpp"

namespace clientele::tags {

/// A set of 32-bit numbers, as a roaring bitmap (Lemire, Ssi-Yan-Kai and Kaser 2016): containers by
/// the upper 16 bits. No loop runs for more than a millisecond or so without poll().
class Bitmap {
 public:
  Bitmap() = default;
  Bitmap(const Bitmap& other);
  Bitmap(Bitmap&& other) = default;
  Bitmap& operator=(Bitmap other) {
    all_.swap(other.all_);
    return *this;
  }
  explicit Bitmap(std::span<const uint32_t> ascending) { add(ascending); }

  void add(uint32_t value);
  /// All of them greater than the last one.
  void add(std::span<const uint32_t> ascending);
  void add_range(uint32_t first, uint32_t last);
  bool contains(uint32_t value) const;
  bool empty() const { return all_.empty(); }
  uint64_t size() const;
  /// Of a bitmap that is not empty.
  uint32_t first() const { return all_.front().base() + all_.front().first(); }
  uint32_t last() const { return all_.back().base() + all_.back().last(); }

  Bitmap& operator&=(const Bitmap& other);
  Bitmap& operator|=(const Bitmap& other);
  Bitmap& operator-=(const Bitmap& other);
  Bitmap& operator^=(const Bitmap& other);
  static uint64_t and_size(const Bitmap& a, const Bitmap& b);
  static uint64_t and_size(const Bitmap& a, const Bitmap& b, const Bitmap& c);
  bool operator==(const Bitmap& other) const;
  bool includes(const Bitmap& other) const;
  bool overlaps(const Bitmap& other) const;

  /// Writes the first values from `from` on, ascending, as many as fit; returns how many.
  size_t values(uint32_t from, std::span<uint32_t> out) const;
  /// Calls use(first, last) for each run of values; a run may continue the one before it.
  template <class Use>
  void each_run(Use use) const;
  /// Calls use(values) for the ascending values at these ascending places (0 is the first).
  template <class Use>
  void at_places(std::span<const uint64_t> places, Use use) const;

  /// The portable format in its only form, of a bitmap that is not empty: its size in bytes, and
  /// write(), which returns the end of what it wrote.
  size_t written_size() const;
  uint8_t* write(uint8_t* to) const;
  /// Reads bytes from anywhere: error XX001 unless the next ones are a bitmap that is not empty, in
  /// its only form.
  static Bitmap read(Reader& r);

 private:
  static constexpr size_t polled_every = 64;  // containers

  size_t place_of(uint32_t key) const;
  /// Keeps the values that are also (or are not) in the other bitmap.
  void keep(SetOp op, const Bitmap& other);
  /// Joins the containers of both.
  void join(SetOp op, const Bitmap& other);

  std::vector<Container> all_;  // ascending keys, none empty
};

template <class Use>
void Bitmap::each_run(Use use) const {
  for (const Container& c : all_) {
    poll();
    c.each_run(use);
  }
}

template <class Use>
void Bitmap::at_places(std::span<const uint64_t> places, Use use) const {
  std::vector<uint16_t> listed;
  uint64_t before = 0;
  size_t next = 0;
  for (size_t i = 0; i < all_.size() && next < places.size(); ++i) {
    const Container& c = all_[i];
    const uint64_t end = before + c.count();
    if (i % polled_every == 0 || places[next] < end) poll();
    const bool some = next + 8 < places.size() && places[next + 8] < end;
    if (some) {
      listed.resize(c.count());
      c.list_to(listed.data());
    }
    for (; next < places.size() && places[next] < end; ++next) {
      const auto place = static_cast<uint32_t>(places[next] - before);
      use(c.base() + (some ? listed[place] : c.at(place)));
    }
    before = end;
  }
}

}  // namespace clientele::tags
