// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace clientele::sources {

/// Mixed into hashes. The glue sets it to a random number, so that rows with
/// colliding hashes cannot be made on purpose.
inline uint64_t hash_seed = 0x9e3779b97f4a7c15;

inline uint64_t hash_of(std::string_view s) {
  const auto mix = [](uint64_t a, uint64_t b) {
    const auto product = static_cast<unsigned __int128>(a) * b;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  };
  const auto load = [](const char* p, size_t n) {
    uint64_t v = 0;
    std::memcpy(&v, p, n);
    return v;
  };
  uint64_t h = hash_seed ^ mix(s.size() ^ 0xe7037ed1a0b428dbU, 0xa0761d6478bd642fU);
  const char* p = s.data();
  size_t left = s.size();
  for (; left >= 16; left -= 16, p += 16)
    h = mix(load(p, 8) ^ 0x8ebc6af09c88c6e3U, load(p + 8, 8) ^ h);
  if (left >= 8)
    h = mix(load(p, 8) ^ 0x589965cc75374cc3U, load(p + left - 8, 8) ^ h);
  else if (left >= 4)
    h = mix(load(p, 4) ^ 0x589965cc75374cc3U, load(p + left - 4, 4) ^ h);
  else if (left > 0)
    h = mix(load(p, left) ^ 0x589965cc75374cc3U, h);
  return mix(h, 0x1d8e4e27c47d124fU);
}

/// A hash table from byte strings to 32-bit numbers. A look-up
/// touches two places in memory. Nothing is ever removed.
class StringMap {
 public:
  explicit StringMap(std::pmr::memory_resource* memory = std::pmr::get_default_resource())
      : slots_(memory), chunks_(memory), memory_(memory) {}
  StringMap(StringMap&& other) noexcept
      : slots_(std::move(other.slots_)),
        chunks_(std::move(other.chunks_)),
        memory_(other.memory_),
        used_(other.used_),
        size_(other.size_),
        bits_(other.bits_) {
    other.chunks_.clear();
  }
  StringMap(const StringMap&) = delete;
  StringMap& operator=(const StringMap&) = delete;
  ~StringMap() {
    for (const Chunk& chunk : chunks_) memory_->deallocate(chunk.begin, chunk.bytes, unit);
  }

  size_t size() const { return size_; }

  /// The number of a string, or nullptr.
  uint32_t* find(std::string_view s) {
    if (slots_.empty()) return nullptr;
    const auto tag = static_cast<uint32_t>(hash_of(s) >> 32);
    const Slot* const slot = look(s, tag);
    return slot->place == 0 ? nullptr : &record(slot->place)->number;
  }

  struct Added {
    uint32_t* number;  // 0 if the string is new
    uint32_t place;    // for at()
    bool added;
  };
  Added add(std::string_view s) {
    if (2 * size_ >= slots_.size()) grow();
    const auto tag = static_cast<uint32_t>(hash_of(s) >> 32);
    Slot* const slot = look(s, tag);
    if (slot->place != 0) return {&record(slot->place)->number, slot->place, false};
    const uint32_t place = store(s);
    *slot = {tag, place};
    ++size_;
    return {&record(place)->number, place, true};
  }

  std::string_view at(uint32_t place) const {
    const Record* const r = record(place);
    return {reinterpret_cast<const char*>(r + 1), r->size};
  }

 private:
  struct Slot {
    uint32_t tag;
    uint32_t place;  // 0 for a free slot
  };
  struct Record {
    uint32_t number;
    uint32_t size;
  };
  /// A long string is alone in a chunk of its own size.
  struct Chunk {
    char* begin;
    size_t bytes;
  };
  static constexpr size_t unit = 8, chunk_bytes = size_t{1} << 20, units = chunk_bytes / unit;

  Record* record(uint32_t place) const {
    return reinterpret_cast<Record*>(chunks_[place / units].begin + place % units * unit);
  }
  Slot* look(std::string_view s, uint32_t tag) {
    const size_t mask = slots_.size() - 1;
    for (size_t i = tag >> (32 - bits_);; i = (i + 1) & mask) {
      Slot& slot = slots_[i];
      if (slot.place == 0) return &slot;
      if (slot.tag != tag) continue;
      const Record* const r = record(slot.place);
      if (r->size == s.size() && std::memcmp(r + 1, s.data(), s.size()) == 0) return &slot;
    }
  }
  uint32_t store(std::string_view s) {
    const size_t needed = (sizeof(Record) + s.size() + unit - 1) / unit;
    // No string begins at place 0, which stands for a free slot.
    if (chunks_.empty()) used_ = units;
    if (used_ + needed > units) {
      if (s.size() > UINT32_MAX || (chunks_.size() + 1) * units > UINT32_MAX)
        throw Error(sqlstate::limit_exceeded, "a batch has too many different texts",
                    "Give a smaller batch_rows.");
      const size_t bytes = std::max(chunk_bytes, (needed + 1) * unit);
      if (chunks_.size() == chunks_.capacity()) chunks_.reserve(2 * chunks_.size() + 1);
      chunks_.push_back({static_cast<char*>(memory_->allocate(bytes, unit)), bytes});
      used_ = chunks_.size() == 1 ? 1 : 0;
    }
    const auto place = static_cast<uint32_t>((chunks_.size() - 1) * units + used_);
    used_ += needed;
    Record* const r = record(place);
    *r = {0, static_cast<uint32_t>(s.size())};
    if (!s.empty()) std::memcpy(r + 1, s.data(), s.size());
    return place;
  }
  void grow() {
    std::pmr::vector<Slot> old(slots_.get_allocator());
    old.swap(slots_);
    bits_ = old.empty() ? 6 : bits_ + 1;
    slots_.resize(size_t{1} << bits_);
    const size_t mask = slots_.size() - 1;
    for (const Slot& slot : old) {
      if (slot.place == 0) continue;
      size_t i = slot.tag >> (32 - bits_);
      while (slots_[i].place != 0) i = (i + 1) & mask;
      slots_[i] = slot;
    }
  }

  std::pmr::vector<Slot> slots_;
  std::pmr::vector<Chunk> chunks_;
  std::pmr::memory_resource* memory_;
  size_t used_ = 0;  // units of the last chunk
  size_t size_ = 0;
  int bits_ = 0;
};

/// Byte strings with numbers from 0, in the order in which they came.
class Interned {
 public:
  explicit Interned(std::pmr::memory_resource* memory = std::pmr::get_default_resource())
      : map_(memory), places_(memory) {}

  uint32_t add(std::string_view s) {
    const StringMap::Added a = map_.add(s);
    if (a.added) {
      *a.number = static_cast<uint32_t>(places_.size());
      places_.push_back(a.place);
    }
    return *a.number;
  }
  const uint32_t* find(std::string_view s) { return map_.find(s); }
  std::string_view operator[](uint32_t number) const { return map_.at(places_[number]); }
  size_t size() const { return places_.size(); }

 private:
  StringMap map_;
  std::pmr::vector<uint32_t> places_;
};

/// Bytes of plain values, as keys of a StringMap.
template <class T>
std::string_view bytes_of(const T* values, size_t count) {
  return {reinterpret_cast<const char*>(values), count * sizeof(T)};
}

}  // namespace clientele::sources
