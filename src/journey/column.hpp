// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>

#include "base/bytes.hpp"

namespace clientele {

/// A column of unsigned integers, each stored in one of four byte widths that the column chooses
/// for itself: two bits of control a value, then the bytes. (After Lemire, Kurz & Rupp 2018,
/// "Stream VByte", with widths that adapt, 0 among them.)
///
///   widths   2 bytes: four 4-bit widths w0 <= w1 <= w2 <= w3, each 0 to 8, w0 in the low bits
///   control  ceil(n / 4) bytes: the width's number of each value, first value in the low bits
///   data     the values, little-endian, without gaps
///
/// An empty column has no bytes at all. The encoding is canonical: the widths that cost least, of
/// equals the lexicographically smallest; each value takes the first width that fits it.
struct ColumnWidths {
  std::array<uint8_t, 4> width{};

  static int needed(uint64_t v) { return (71 - std::countl_zero(v)) / 8; }
  static ColumnWidths cheapest(const std::array<uint64_t, 9>& values_by_need);
  int number(int need) const {
    int i = 0;
    while (width[i] < need) ++i;
    return i;
  }
};

/// Appends a column in two goes over its values, each in blocks of which all but the last have a
/// multiple of four: count() them all, start(), then write() them all again, finish().
class ColumnWriter {
 public:
  void count(std::span<const uint64_t> values) {
    for (; values.size() > 127; values = values.subspan(127)) count_few(values.first(127));
    count_few(values);
  }
  void start(Bytes& out);
  void write(std::span<const uint64_t> values);
  void finish(Bytes& out) const;

 private:
  void count_few(std::span<const uint64_t> values) {
    uint64_t sums = 0;  // nine counters of seven bits
    for (const uint64_t v : values) sums += uint64_t{1} << (7 * ColumnWidths::needed(v));
    for (int need = 0; need <= 8; ++need) values_by_need_[need] += sums >> (7 * need) & 127;
  }

  static constexpr size_t slack = 8;  // so that each value is stored by one 8-byte write
  std::array<uint64_t, 9> values_by_need_{};
  std::array<uint8_t, 9> number_{};
  std::array<uint8_t, 9> stored_{};
  uint8_t* control_ = nullptr;
  uint8_t* data_ = nullptr;
};

/// Appends the column of values that all lie in memory.
void write_column(Bytes& out, std::span<const uint64_t> values);

/// Reads a column front to back in blocks.
class ColumnReader {
 public:
  ColumnReader() = default;
  /// `reader` stands at the column's first byte and is left behind its control bytes. The data
  /// follows there; only reading (or size()) shows its length.
  ColumnReader(Reader& reader, size_t count) : count_(count) {
    if (count == 0) return;
    const uint8_t* w = reader.take(2);
    const std::array<uint8_t, 4> width = {
        static_cast<uint8_t>(w[0] & 15), static_cast<uint8_t>(w[0] >> 4),
        static_cast<uint8_t>(w[1] & 15), static_cast<uint8_t>(w[1] >> 4)};
    if (width[0] > width[1] || width[1] > width[2] || width[2] > width[3] || width[3] > 8)
      Reader::fail("impossible column widths");
    width_ = std::bit_cast<uint32_t>(width);
    control_ = reader.take((count + 3) / 4);
    data_ = reader.position();
    end_ = data_ + reader.left();
  }

  size_t count() const { return count_; }
  /// No value has more bits.
  int widest() const { return 8 * static_cast<int>(width_ >> 24); }

  /// The bytes of all the values, counted from the control bytes alone.
  size_t size() const;

  /// Calls take(i, value) for the next `n` values, i from 0; all calls but the last must ask for
  /// a multiple of four.
  template <class Take>
  [[gnu::always_inline]] void each(size_t n, Take take) {
    const uint8_t* control = control_ + next_ / 4;
    const uint8_t* p = data_;
    const uint8_t* const end = end_;
    const auto width = std::bit_cast<std::array<uint8_t, 4>>(width_);
    const auto next = [&p](unsigned w) {
      const uint64_t v = load(p) & mask[w];
      p += w;
      return v;
    };
    size_t i = 0;
    // Four unchecked 8-byte loads may start up to 3 x 8 bytes on and run 8 bytes further.
    for (; i + 4 <= n && static_cast<size_t>(end - p) >= 32; i += 4) {
      const unsigned c = *control++;
      take(i, next(width[c & 3]));
      take(i + 1, next(width[c >> 2 & 3]));
      take(i + 2, next(width[c >> 4 & 3]));
      take(i + 3, next(width[c >> 6]));
    }
    for (unsigned c = 0; i < n; ++i, c >>= 2) {
      if (i % 4 == 0) c = *control++;
      const unsigned w = width[c & 3];
      const auto left = static_cast<size_t>(end - p);
      if (left >= 8) {
        take(i, next(w));
        continue;
      }
      if (w > left) Reader::fail("a column is truncated");
      uint64_t v = 0;
      for (unsigned k = 0; k < w; ++k) v |= uint64_t{*p++} << (8 * k);
      take(i, v);
    }
    next_ += n;
    data_ = p;
  }
  void read(uint64_t* out, size_t n) {
    each(n, [out](size_t i, uint64_t v) { out[i] = v; });
  }

 private:
  static constexpr std::array<uint64_t, 9> mask = {
      0,           0xff,         0xffff,         0xffffff,
      0xffffffff,  0xffffffffff, 0xffffffffffff, 0xffffffffffffff,
      ~uint64_t{0}};
  static uint64_t load(const uint8_t* p) {
    uint64_t v;
    std::memcpy(&v, p, sizeof v);
    return v;
  }

  const uint8_t* control_ = nullptr;
  const uint8_t* data_ = nullptr;
  const uint8_t* end_ = nullptr;
  size_t count_ = 0;
  size_t next_ = 0;
  uint32_t width_ = 0;  // four bytes; whole, as a copy of the reader soon follows its making
};

}  // namespace clientele
