// SPDX-License-Identifier: PostgreSQL
#include "tags/bitmap.hpp"

#include <roaring/roaring.h>

#include <algorithm>
#include <bit>
#include <memory>
#include <new>
#include <vector>

#include "base/poll.hpp"
#include "tags/bits.hpp"
#include "tags/portable.hpp"

namespace clientele::tags {
namespace {

roaring_bitmap_t* made(roaring_bitmap_t* set) {
  if (set == nullptr) throw std::bad_alloc();
  return set;
}

uint32_t runs_of(const void* container, uint8_t kind) {
  switch (kind) {
    case BITSET_CONTAINER_TYPE_CODE:
      return count_bits(static_cast<const bitset_container_t*>(container)->array).runs;
    case ARRAY_CONTAINER_TYPE_CODE:
      return static_cast<uint32_t>(
          array_container_number_of_runs(static_cast<const array_container_t*>(container)));
    default:
      return static_cast<uint32_t>(static_cast<const run_container_t*>(container)->n_runs);
  }
}

uint8_t code_of(Container kind) {
  return kind == Container::bits    ? BITSET_CONTAINER_TYPE_CODE
         : kind == Container::array ? ARRAY_CONTAINER_TYPE_CODE
                                    : RUN_CONTAINER_TYPE_CODE;
}

// The same values in another form, or nullptr without memory.
void* converted(void* container, uint8_t from, uint8_t to) {
  if (from == RUN_CONTAINER_TYPE_CODE) {
    const auto* runs = static_cast<run_container_t*>(container);
    if (to == ARRAY_CONTAINER_TYPE_CODE) return array_container_from_run(runs);
    return bitset_container_from_run(runs);
  }
  if (from == ARRAY_CONTAINER_TYPE_CODE) {
    const auto* array = static_cast<array_container_t*>(container);
    if (to == RUN_CONTAINER_TYPE_CODE) return run_container_from_array(array);
    return bitset_container_from_array(array);
  }
  const auto* bits = static_cast<bitset_container_t*>(container);
  if (to == ARRAY_CONTAINER_TYPE_CODE) return array_container_from_bitset(bits);
  uint8_t made = BITSET_CONTAINER_TYPE_CODE;
  void* const copy = bitset_container_clone(bits);
  return copy == nullptr ? nullptr : convert_run_optimize(copy, made, &made);
}

// Of three containers: how many values are in all of them.
uint32_t common_size(const void* const of[3], const uint8_t kinds[3]) {
  const auto bits = [&](int k) { return static_cast<const bitset_container_t*>(of[k])->array; };
  if (std::all_of(kinds, kinds + 3, [](uint8_t k) { return k == BITSET_CONTAINER_TYPE_CODE; }))
    return count_common(bits(0), bits(1), bits(2));
  uint8_t kind = 0;
  void* const both = container_and(of[0], kinds[0], of[1], kinds[1], &kind);
  if (both == nullptr) throw std::bad_alloc();
  const int n = container_and_cardinality(both, kind, of[2], kinds[2]);
  container_free(both, kind);
  return static_cast<uint32_t>(n);
}

}  // namespace

Bitmap::Bitmap() : set_(made(roaring_bitmap_create())) {}
Bitmap::Bitmap(std::span<const uint32_t> ascending)
    : set_(made(roaring_bitmap_of_ptr(ascending.size(), ascending.data()))) {}
Bitmap::Bitmap(const Bitmap& other) : set_(made(roaring_bitmap_copy(other.set_))) {}
Bitmap::~Bitmap() {
  if (set_ != nullptr) roaring_bitmap_free(set_);
}

void Bitmap::add(uint32_t value) { roaring_bitmap_add(set_, value); }
void Bitmap::add(std::span<const uint32_t> ascending) {
  roaring_bitmap_add_many(set_, ascending.size(), ascending.data());
}
void Bitmap::add_range(uint32_t first, uint32_t last) {
  roaring_bitmap_add_range_closed(set_, first, last);
}
bool Bitmap::contains(uint32_t value) const { return roaring_bitmap_contains(set_, value); }
bool Bitmap::empty() const { return roaring_bitmap_is_empty(set_); }
uint64_t Bitmap::size() const { return roaring_bitmap_get_cardinality(set_); }
uint32_t Bitmap::first() const { return roaring_bitmap_minimum(set_); }
uint32_t Bitmap::last() const { return roaring_bitmap_maximum(set_); }

Bitmap& Bitmap::operator&=(const Bitmap& other) {
  if (set_ != other.set_) roaring_bitmap_and_inplace(set_, other.set_);
  return *this;
}
Bitmap& Bitmap::operator|=(const Bitmap& other) {
  if (set_ != other.set_) roaring_bitmap_or_inplace(set_, other.set_);
  return *this;
}
Bitmap& Bitmap::operator-=(const Bitmap& other) {
  if (set_ == other.set_)
    roaring_bitmap_clear(set_);
  else
    roaring_bitmap_andnot_inplace(set_, other.set_);
  return *this;
}
Bitmap& Bitmap::operator^=(const Bitmap& other) {
  if (set_ == other.set_)
    roaring_bitmap_clear(set_);
  else
    roaring_bitmap_xor_inplace(set_, other.set_);
  return *this;
}
uint64_t Bitmap::and_size(const Bitmap& a, const Bitmap& b) {
  return roaring_bitmap_and_cardinality(a.set_, b.set_);
}
uint64_t Bitmap::and_size(const Bitmap& a, const Bitmap& b, const Bitmap& c) {
  const roaring_array_t* const all[] = {&a.set_->high_low_container, &b.set_->high_low_container,
                                        &c.set_->high_low_container};
  int32_t at[] = {0, 0, 0};
  uint64_t n = 0;
  for (uint32_t steps = 1;; ++steps) {
    if (steps % 64 == 0) poll();
    uint16_t key = 0;
    for (int k = 0; k < 3; ++k) {
      if (at[k] == all[k]->size) return n;
      key = std::max(key, all[k]->keys[at[k]]);
    }
    bool common = true;
    for (int k = 0; k < 3; ++k)
      if (all[k]->keys[at[k]] < key) ++at[k], common = false;
    if (!common) continue;
    const void* of[3];
    uint8_t kinds[3];
    for (int k = 0; k < 3; ++k)
      of[k] = all[k]->containers[at[k]], kinds[k] = all[k]->typecodes[at[k]], ++at[k];
    n += common_size(of, kinds);
  }
}
bool Bitmap::operator==(const Bitmap& other) const {
  return roaring_bitmap_equals(set_, other.set_);
}
bool Bitmap::includes(const Bitmap& other) const {
  return roaring_bitmap_is_subset(other.set_, set_);
}
bool Bitmap::overlaps(const Bitmap& other) const {
  return roaring_bitmap_intersect(set_, other.set_);
}

size_t Bitmap::values(uint32_t from, std::span<uint32_t> out) const {
  roaring_uint32_iterator_t at;
  roaring_init_iterator(set_, &at);
  if (!roaring_move_uint32_iterator_equalorlarger(&at, from)) return 0;
  return roaring_read_uint32_iterator(&at, out.data(), static_cast<uint32_t>(out.size()));
}

void Bitmap::each_run_to(Runs runs) const {
  const roaring_array_t& all = set_->high_low_container;
  for (int32_t i = 0; i < all.size; ++i) {
    if (i % 64 == 0) poll();
    const uint32_t base = uint32_t{all.keys[i]} << 16;
    if (all.typecodes[i] == RUN_CONTAINER_TYPE_CODE) {
      const auto* c = static_cast<const run_container_t*>(all.containers[i]);
      for (int32_t k = 0; k < c->n_runs; ++k)
        runs.use(runs.to, base + c->runs[k].value, base + c->runs[k].value + c->runs[k].length);
    } else if (all.typecodes[i] == ARRAY_CONTAINER_TYPE_CODE) {
      const auto* c = static_cast<const array_container_t*>(all.containers[i]);
      for (int32_t k = 0, from = 0; k < c->cardinality; ++k) {
        if (k + 1 < c->cardinality && c->array[k + 1] == c->array[k] + 1) continue;
        runs.use(runs.to, base + c->array[from], base + c->array[k]);
        from = k + 1;
      }
    } else {
      const uint64_t* const words =
          static_cast<const bitset_container_t*>(all.containers[i])->array;
      for (uint32_t w = 0; w < words_of_bits; ++w) {
        for (uint64_t left = words[w]; left != 0;) {
          const auto first = static_cast<uint32_t>(std::countr_zero(left));
          const auto n = static_cast<uint32_t>(std::countr_one(left >> first));
          runs.use(runs.to, base + 64 * w + first, base + 64 * w + first + n - 1);
          if (first + n == 64) break;
          left &= ~uint64_t{0} << (first + n);
        }
      }
    }
  }
}

void Bitmap::at_places_to(std::span<const uint64_t> places, Values values) const {
  const roaring_array_t& all = set_->high_low_container;
  std::vector<uint32_t> unpacked;
  uint64_t before = 0;
  size_t next = 0;
  for (int32_t i = 0; i < all.size && next < places.size(); ++i) {
    const void* const c = all.containers[i];
    const auto n = static_cast<uint64_t>(container_get_cardinality(c, all.typecodes[i]));
    if (places[next] < before + n) {
      poll();
      if (unpacked.size() < n) unpacked.resize(n);
      container_to_uint32_array(unpacked.data(), c, all.typecodes[i], uint32_t{all.keys[i]} << 16);
      for (; next < places.size() && places[next] < before + n; ++next)
        values.use(values.to, unpacked[places[next] - before]);
    }
    before += n;
  }
}

void Bitmap::settle() const {
  roaring_array_t& all = set_->high_low_container;
  for (int32_t i = 0; i < all.size; ++i) {
    if (i % 64 == 0) poll();
    const uint8_t from = all.typecodes[i];
    const auto n = static_cast<uint32_t>(container_get_cardinality(all.containers[i], from));
    const uint8_t to = code_of(container_for(n, runs_of(all.containers[i], from)));
    if (from == to) continue;
    void* const other = converted(all.containers[i], from, to);
    if (other == nullptr) throw std::bad_alloc();
    container_free(all.containers[i], from);
    all.containers[i] = other;
    all.typecodes[i] = to;
  }
}

size_t Bitmap::written_size() const {
  settle();
  return roaring_bitmap_portable_size_in_bytes(set_);
}

uint8_t* Bitmap::write(uint8_t* to) const {
  return to + roaring_bitmap_portable_serialize(set_, reinterpret_cast<char*>(to));
}

Bitmap Bitmap::read(std::span<const uint8_t> checked) {
  return Bitmap(made(roaring_bitmap_portable_deserialize_safe(
      reinterpret_cast<const char*>(checked.data()), checked.size())));
}

}  // namespace clientele::tags
