// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

struct roaring_bitmap_s;

namespace clientele::tags {

/// A set of 32-bit numbers: the one owner of a CRoaring bitmap, whose memory is malloc's.
class Bitmap {
 public:
  Bitmap();
  explicit Bitmap(std::span<const uint32_t> ascending);
  Bitmap(const Bitmap& other);
  Bitmap(Bitmap&& other) noexcept : set_(std::exchange(other.set_, nullptr)) {}
  Bitmap& operator=(Bitmap other) noexcept {
    std::swap(set_, other.set_);
    return *this;
  }
  ~Bitmap();

  void add(uint32_t value);
  void add(std::span<const uint32_t> ascending);
  void add_range(uint32_t first, uint32_t last);
  bool contains(uint32_t value) const;
  bool empty() const;
  uint64_t size() const;
  /// Of a bitmap that is not empty.
  uint32_t first() const;
  uint32_t last() const;

  Bitmap& operator&=(const Bitmap& other);
  Bitmap& operator|=(const Bitmap& other);
  Bitmap& operator-=(const Bitmap& other);
  Bitmap& operator^=(const Bitmap& other);
  static uint64_t and_size(const Bitmap& a, const Bitmap& b);
  static uint64_t and_size(const Bitmap& a, const Bitmap& b, const Bitmap& c);
  bool operator==(const Bitmap& other) const;
  bool includes(const Bitmap& other) const;
  bool overlaps(const Bitmap& other) const;

  /// The first values from `from` on, ascending, as many as fit; how many there are.
  size_t values(uint32_t from, std::span<uint32_t> out) const;
  /// Calls use(first, last) for each run of values; a run may continue the one before it.
  template <class Use>
  void each_run(Use use) const;
  /// Calls use(values) for the ascending values at these ascending places (0 is the first).
  template <class Use>
  void at_places(std::span<const uint64_t> places, Use use) const;

  /// The portable format in its only form, of a bitmap that is not empty: how many bytes that are,
  /// and then written there. Returns the end.
  size_t written_size() const;
  uint8_t* write(uint8_t* to) const;
  /// Of bytes that check_portable has checked, and only those that it says are the bitmap's.
  static Bitmap read(std::span<const uint8_t> checked);

 private:
  explicit Bitmap(roaring_bitmap_s* set) : set_(set) {}
  /// Gives each container its only form.
  void settle() const;
  struct Runs {
    void* to;
    void (*use)(void* to, uint32_t first, uint32_t last);
  };
  void each_run_to(Runs runs) const;
  struct Values {
    void* to;
    void (*use)(void* to, uint32_t value);
  };
  void at_places_to(std::span<const uint64_t> places, Values values) const;

  roaring_bitmap_s* set_;
};

template <class Use>
void Bitmap::each_run(Use use) const {
  each_run_to({&use, [](void* to, uint32_t first, uint32_t last) {
                 (*static_cast<Use*>(to))(first, last);
               }});
}

template <class Use>
void Bitmap::at_places(std::span<const uint64_t> places, Use use) const {
  at_places_to(places, {&use, [](void* to, uint32_t value) { (*static_cast<Use*>(to))(value); }});
}

}  // namespace clientele::tags
