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
/// An empty column is no bytes at all. The encoding is canonical: widths cost least, ties go to the
/// lexicographically smallest; each value takes the first width that holds it.
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
  /// `reader` stands at the column's first byte and is left behind its control bytes; the data
  /// follows there, of a length that only reading (or size()) tells.
  ColumnReader(Reader& reader, size_t count) : count_(count) {
    if (count == 0) return;
    const uint8_t* w = reader.take(2);
    for (int i = 0; i < 4; ++i) {
      const int width = w[i / 2] >> (i % 2 * 4) & 15;
      if (width > 8 || (i > 0 && width < width_[i - 1])) Reader::fail("impossible column widths");
      width_[i] = static_cast<uint8_t>(width);
      mask_[i] = width == 8 ? ~uint64_t{0} : (uint64_t{1} << (8 * width)) - 1;
    }
    control_ = reader.take((count + 3) / 4);
    data_ = reader.position();
    end_ = data_ + reader.left();
  }

  size_t count() const { return count_; }

  /// The bytes of all the values, counted from the control bytes alone.
  size_t size() const;

  /// Calls take(i, value) for the next `n` values, i from 0; all calls but the last must ask for
  /// a multiple of four.
  template <class Take>
  [[gnu::always_inline]] void each(size_t n, Take take) {
    const uint8_t* control = control_ + next_ / 4;
    const uint8_t* p = data_;
    const std::array<uint8_t, 4> width = width_;
    const std::array<uint64_t, 4> mask = mask_;
    size_t i = 0;
    // Four unchecked 8-byte loads may start up to 3 x 8 bytes on and run 8 bytes further.
    for (; i + 4 <= n && static_cast<size_t>(end_ - p) >= 32; i += 4) {
      const unsigned c = *control++;
      take(i, load(p) & mask[c & 3]);
      p += width[c & 3];
      take(i + 1, load(p) & mask[c >> 2 & 3]);
      p += width[c >> 2 & 3];
      take(i + 2, load(p) & mask[c >> 4 & 3]);
      p += width[c >> 4 & 3];
      take(i + 3, load(p) & mask[c >> 6]);
      p += width[c >> 6];
    }
    next_ += n;
    data_ = p;
    if (i == n) return;
    // The rest from a copy with room behind it.
    uint8_t copy[48] = {};
    const size_t left = std::min<size_t>(end_ - p, 32);
    std::memcpy(copy, p, left);
    size_t used = 0;
    for (unsigned c = 0; i < n; ++i, c >>= 2) {
      if (i % 4 == 0) c = *control++;
      take(i, load(copy + used) & mask[c & 3]);
      used += width[c & 3];
      if (used > left) Reader::fail("a column is truncated");
    }
    data_ = p + used;
  }
  void read(uint64_t* out, size_t n) {
    each(n, [out](size_t i, uint64_t v) { out[i] = v; });
  }

 private:
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
  std::array<uint8_t, 4> width_{};
  std::array<uint64_t, 4> mask_{};
};

}  // namespace clientele
