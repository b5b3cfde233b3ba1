// SPDX-License-Identifier: PostgreSQL
#include "journey/column.hpp"

#include <gtest/gtest.h>

#include "unit/random_events.hpp"

namespace clientele {
namespace {

using testing::Random;

Bytes written(const std::vector<uint64_t>& values) {
  Bytes out;
  write_column(out, values);
  return out;
}

std::vector<uint64_t> read(std::span<const uint8_t> bytes, size_t n, size_t block) {
  Reader reader(bytes);
  ColumnReader column(reader, n);
  EXPECT_EQ(reader.left(), column.size()) << "data is all that is left";
  std::vector<uint64_t> out(n);
  for (size_t i = 0; i < n; i += block) column.read(out.data() + i, std::min(block, n - i));
  return out;
}

/// The exact bytes without the library's own helpers: cheapest widths by trying all of them.
std::vector<uint8_t> by_the_book(const std::vector<uint64_t>& values) {
  if (values.empty()) return {};
  const auto need = [](uint64_t v) {
    int n = 0;
    for (; v != 0; v >>= 8) ++n;
    return n;
  };
  std::array<int, 4> best{};
  uint64_t best_cost = ~uint64_t{0};
  for (int a = 0; a <= 8; ++a)
    for (int b = a; b <= 8; ++b)
      for (int c = b; c <= 8; ++c)
        for (int d = c; d <= 8; ++d) {
          uint64_t cost = 0;
          for (const uint64_t v : values) {
            const int n = need(v);
            if (n > d) {
              cost = ~uint64_t{0};
              break;
            }
            cost += n <= a ? a : n <= b ? b : n <= c ? c : d;
          }
          if (cost < best_cost) best_cost = cost, best = {a, b, c, d};
        }
  std::vector<uint8_t> out(2 + (values.size() + 3) / 4);
  out[0] = static_cast<uint8_t>(best[0] + 16 * best[1]);
  out[1] = static_cast<uint8_t>(best[2] + 16 * best[3]);
  for (size_t i = 0; i < values.size(); ++i) {
    int k = 0;
    while (best[k] < need(values[i])) ++k;
    out[2 + i / 4] = static_cast<uint8_t>(out[2 + i / 4] + (k << (i % 4 * 2)));
    for (int b = 0; b < best[k]; ++b) out.push_back(static_cast<uint8_t>(values[i] >> (8 * b)));
  }
  return out;
}

void check(const std::vector<uint64_t>& values) {
  const Bytes bytes = written(values);
  const std::vector<uint8_t> want = by_the_book(values);
  ASSERT_TRUE(std::equal(bytes.begin(), bytes.end(), want.begin(), want.end()))
      << ::testing::PrintToString(values);
  for (const size_t block : {4, 8, 256}) ASSERT_EQ(read(bytes, values.size(), block), values);
}

TEST(Column, NeededBytes) {
  EXPECT_EQ(ColumnWidths::needed(0), 0);
  for (int bytes = 1; bytes <= 8; ++bytes) {
    const uint64_t top = bytes == 8 ? ~uint64_t{0} : (uint64_t{1} << (8 * bytes)) - 1;
    EXPECT_EQ(ColumnWidths::needed(top), bytes);
    EXPECT_EQ(ColumnWidths::needed(uint64_t{1} << (8 * (bytes - 1))), bytes);
  }
}

TEST(Column, EmptyIsNothing) {
  EXPECT_TRUE(written({}).empty());
  EXPECT_TRUE(read({}, 0, 4).empty());
}

TEST(Column, EveryShortOneOverNineSizes) {
  // Every sequence of up to five values drawn from one value of each size.
  std::array<uint64_t, 9> sample{};
  for (int i = 1; i < 9; ++i) sample[i] = uint64_t{0xd1} << (8 * (i - 1));
  for (int n = 1; n <= 5; ++n) {
    std::vector<int> digit(n, 0);
    for (;;) {
      std::vector<uint64_t> values;
      for (const int d : digit) values.push_back(sample[d]);
      if (n < 5 || digit[0] >= digit[1]) {
        check(values);
        if (HasFatalFailure()) return;
      }
      int i = 0;
      while (i < n && ++digit[i] == 9) digit[i++] = 0;
      if (i == n) break;
    }
  }
}

TEST(Column, RandomWideOnes) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    std::vector<uint64_t> values(1 + random.below(1500));
    const uint64_t least = random.below(64);
    for (uint64_t& v : values) v = random() >> std::min<uint64_t>(63, least + random.below(64));
    check(values);
    if (HasFatalFailure()) return;
  }
}

TEST(Column, WidthsAreTheFirstOfTheCheapest) {
  for (uint64_t seed = 1; seed <= 3000; ++seed) {
    Random random(seed);
    std::array<uint64_t, 9> need{};
    for (uint64_t& n : need)
      if (!random.one_in(3)) n = random.below(random.one_in(2) ? 4 : 100000);
    const ColumnWidths w = ColumnWidths::cheapest(need);
    std::array<int, 4> best{};
    uint64_t best_cost = ~uint64_t{0};
    for (int code = 0; code < 9 * 9 * 9 * 9; ++code) {
      const std::array<int, 4> t = {code / 729, code / 81 % 9, code / 9 % 9, code % 9};
      if (!std::is_sorted(t.begin(), t.end())) continue;
      uint64_t cost = 0;
      for (int n = 0; n <= 8; ++n) {
        if (need[n] == 0) continue;
        int k = 0;
        while (k < 4 && t[k] < n) ++k;
        if (k == 4) {
          cost = ~uint64_t{0};
          break;
        }
        cost += need[n] * t[k];
      }
      if (cost < best_cost) best_cost = cost, best = t;
    }
    for (int i = 0; i < 4; ++i) ASSERT_EQ(w.width[i], best[i]) << "seed " << seed;
  }
}

TEST(Column, CutAnywhereIsAnError) {
  Random random(5);
  std::vector<uint64_t> values(300);
  for (uint64_t& v : values) v = random.any_width();
  const Bytes bytes = written(values);
  for (size_t cut = 0; cut < bytes.size(); ++cut) {
    Bytes part(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(cut));
    part.shrink_to_fit();
    EXPECT_THROW(
        {
          Reader reader(part);
          ColumnReader column(reader, values.size());
          std::vector<uint64_t> out(values.size());
          for (size_t i = 0; i < out.size(); i += 256)
            column.read(out.data() + i, std::min<size_t>(256, out.size() - i));
        },
        Error)
        << cut;
  }
}

TEST(Column, ImpossibleWidthsAreErrors) {
  for (const std::array<uint8_t, 3> bad :
       {std::array<uint8_t, 3>{0x09, 0x99, 0}, {0x12, 0x33, 0}, {0x00, 0x12, 0}, {0x10, 0x90, 0}}) {
    Reader reader(bad);
    EXPECT_THROW(ColumnReader(reader, 1), Error);
  }
}

}  // namespace
}  // namespace clientele
