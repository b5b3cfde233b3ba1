// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <bit>
#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <span>
#include <string_view>
#include <vector>

#include "base/encoding.hpp"
#include "base/error.hpp"

namespace clientele {

static_assert(std::endian::native == std::endian::little,
              "the packed formats are little-endian and are read by plain loads");

using Bytes = std::pmr::vector<uint8_t>;

inline uint64_t zigzag(int64_t v) {
  return (static_cast<uint64_t>(v) << 1) ^ static_cast<uint64_t>(v >> 63);
}
inline int64_t unzigzag(uint64_t v) {
  return static_cast<int64_t>(v >> 1) ^ -static_cast<int64_t>(v & 1);
}

inline bool same_bytes(std::span<const uint8_t> a, std::span<const uint8_t> b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

/// Appends plain values, LEB128 integers and counted strings to a byte vector.
class Writer {
 public:
  explicit Writer(Bytes& out) : out_(out) {}

  void u8(uint8_t v) { out_.push_back(v); }
  void varint(uint64_t v) {
    while (v >= 0x80) {
      u8(static_cast<uint8_t>(v | 0x80));
      v >>= 7;
    }
    u8(static_cast<uint8_t>(v));
  }
  void signed_varint(int64_t v) { varint(zigzag(v)); }
  void text(std::string_view s) {
    varint(s.size());
    raw(s.data(), s.size());
  }
  /// Bytes that are not text: another value, packed.
  void counted(std::span<const uint8_t> bytes) {
    varint(bytes.size());
    raw(bytes.data(), bytes.size());
  }
  void raw(const void* data, size_t size) {
    if (size == 0) return;
    const size_t old = out_.size();
    out_.resize(old + size);
    std::memcpy(out_.data() + old, data, size);
  }

 private:
  Bytes& out_;
};

/// Whether `value.write` writes these bytes. What reads packed values refuses others, so that equal
/// values have equal bytes.
template <class T>
bool writes(const T& value, std::span<const uint8_t> bytes) {
  Bytes again;
  value.write(again);
  return same_bytes(again, bytes);
}

/// Reads what Writer wrote; every read is checked and a short or overlong value is an Error XX001.
class Reader {
 public:
  explicit Reader(std::span<const uint8_t> bytes)
      : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  size_t left() const { return static_cast<size_t>(end_ - at_); }
  const uint8_t* position() const { return at_; }
  bool done() const { return at_ == end_; }

  uint8_t u8() { return *take(1); }
  uint64_t varint() {
    uint64_t v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const uint8_t b = u8();
      if (shift == 63 && b > 1) break;
      v |= static_cast<uint64_t>(b & 0x7f) << shift;
      if (b < 0x80) return v;
    }
    fail("an integer is too long");
  }
  int64_t signed_varint() { return unzigzag(varint()); }
  /// An integer that counts things still to come, of at least one byte (or 1/per_byte bytes) each.
  size_t count(size_t per_byte = 1) {
    const uint64_t n = varint();
    if (n / per_byte > left() + 1) fail("a count exceeds the bytes that follow");
    return static_cast<size_t>(n);
  }
  /// Text, which is checked to be in the encoding of the database.
  std::string_view text() {
    const size_t n = count();
    const std::string_view s(reinterpret_cast<const char*>(take(n)), n);
    check_encoding(s);
    return s;
  }
  /// What Writer::counted wrote.
  std::span<const uint8_t> counted() {
    const size_t n = count();
    return {take(n), n};
  }
  const uint8_t* take(size_t n) {
    if (n > left()) fail("the value is truncated");
    const uint8_t* p = at_;
    at_ += n;
    return p;
  }
  [[noreturn]] static void fail(const char* why) {
    throw Error(sqlstate::corrupted, std::string("corrupt packed value: ") + why);
  }

 private:
  const uint8_t* at_;
  const uint8_t* end_;
};

}  // namespace clientele
