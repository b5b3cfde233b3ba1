// SPDX-License-Identifier: PostgreSQL
#include "journey/column.hpp"

namespace clientele {

ColumnWidths ColumnWidths::cheapest(const std::array<uint64_t, 9>& values_by_need) {
  std::array<uint64_t, 9> up_to{};  // values that need at most so many bytes
  uint64_t running = 0;
  int widest = 0;
  for (int need = 0; need <= 8; ++need) {
    running += values_by_need[need];
    up_to[need] = running;
    if (values_by_need[need] != 0) widest = need;
  }
  ColumnWidths best;
  uint64_t best_cost = ~uint64_t{0};
  for (int a = 0; a <= widest; ++a)
    for (int b = a; b <= widest; ++b)
      for (int c = b; c <= widest; ++c) {
        const uint64_t cost = up_to[a] * a + (up_to[b] - up_to[a]) * b + (up_to[c] - up_to[b]) * c +
                              (running - up_to[c]) * widest;
        if (cost < best_cost) {
          best_cost = cost;
          best.width = {static_cast<uint8_t>(a), static_cast<uint8_t>(b), static_cast<uint8_t>(c),
                        static_cast<uint8_t>(widest)};
        }
      }
  return best;
}

void write_column(Bytes& out, std::span<const uint64_t> values) {
  if (values.empty()) return;
  std::array<uint64_t, 9> values_by_need{};
  for (const uint64_t v : values) ++values_by_need[ColumnWidths::needed(v)];
  const ColumnWidths w = ColumnWidths::cheapest(values_by_need);
  std::array<uint8_t, 9> number{};
  size_t data_size = 0;
  for (int need = 0; need <= std::min<int>(w.width[3], 8); ++need) {
    number[need] = static_cast<uint8_t>(w.number(need));
    data_size += values_by_need[need] * w.width[number[need]];
  }
  const size_t start = out.size();
  const size_t control_size = (values.size() + 3) / 4;
  out.resize(start + 2 + control_size + data_size);
  out[start] = static_cast<uint8_t>(w.width[0] | w.width[1] << 4);
  out[start + 1] = static_cast<uint8_t>(w.width[2] | w.width[3] << 4);
  uint8_t* control = out.data() + start + 2;
  uint8_t* p = control + control_size;
  for (size_t i = 0; i < values.size(); ++i) {
    const int n = number[ColumnWidths::needed(values[i])];
    control[i / 4] = static_cast<uint8_t>(control[i / 4] | n << (i % 4 * 2));
    std::memcpy(p, &values[i], w.width[n]);
    p += w.width[n];
  }
}

}  // namespace clientele
