// SPDX-License-Identifier: PostgreSQL
#include "journey/column.hpp"

namespace clientele {

ColumnWidths ColumnWidths::cheapest(const std::array<uint64_t, 9>& values_by_need) {
  std::array<uint64_t, 9> up_to{};  // values that need at most that many bytes
  std::array<uint8_t, 9> used{};    // sizes above zero that occur, ascending
  uint64_t running = 0;
  int sizes = 0;
  for (int need = 0; need <= 8; ++need) {
    running += values_by_need[need];
    up_to[need] = running;
    if (need != 0 && values_by_need[need] != 0) used[sizes++] = static_cast<uint8_t>(need);
  }
  ColumnWidths best;
  if (sizes <= 4 && (sizes < 4 || values_by_need[0] == 0)) {  // every size has a width of its own
    for (int i = 0; i < sizes; ++i) best.width[4 - sizes + i] = used[i];
    return best;
  }
  const int widest = used[sizes - 1];
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

void ColumnWriter::start(Bytes& out) {
  const ColumnWidths w = ColumnWidths::cheapest(values_by_need_);
  size_t values = 0, data_size = 0;
  for (int need = 0; need <= w.width[3]; ++need) {
    number_[need] = static_cast<uint8_t>(w.number(need));
    stored_[need] = w.width[number_[need]];
    values += values_by_need_[need];
    data_size += values_by_need_[need] * stored_[need];
  }
  const size_t start = out.size();
  const size_t control_size = (values + 3) / 4;
  out.resize(start + 2 + control_size + data_size + slack);
  out[start] = static_cast<uint8_t>(w.width[0] | w.width[1] << 4);
  out[start + 1] = static_cast<uint8_t>(w.width[2] | w.width[3] << 4);
  control_ = out.data() + start + 2;
  data_ = control_ + control_size;
}

void ColumnWriter::write(std::span<const uint64_t> values) {
  uint8_t* p = data_;
  const std::array<uint8_t, 9> number = number_, stored = stored_;
  const auto put = [&](uint64_t v) -> unsigned {
    const int need = ColumnWidths::needed(v);
    std::memcpy(p, &v, sizeof v);
    p += stored[need];
    return number[need];
  };
  size_t i = 0;
  for (; i + 4 <= values.size(); i += 4) {
    unsigned c = put(values[i]);
    c |= put(values[i + 1]) << 2;
    c |= put(values[i + 2]) << 4;
    c |= put(values[i + 3]) << 6;
    *control_++ = static_cast<uint8_t>(c);
  }
  if (i < values.size()) {
    unsigned c = 0;
    for (int shift = 0; i < values.size(); ++i, shift += 2) c |= put(values[i]) << shift;
    *control_++ = static_cast<uint8_t>(c);
  }
  data_ = p;
}

void ColumnWriter::finish(Bytes& out) const { out.resize(out.size() - slack); }

void write_column(Bytes& out, std::span<const uint64_t> values) {
  if (values.empty()) return;
  ColumnWriter writer;
  writer.count(values);
  writer.start(out);
  writer.write(values);
  writer.finish(out);
}

size_t ColumnReader::size() const {
  size_t of[4] = {};  // values by the number of their width
  for (size_t i = 0; i < count_; i += 32) {
    const size_t n = std::min<size_t>(32, count_ - i);
    uint64_t c = 0;
    std::memcpy(&c, control_ + i / 4, (n + 3) / 4);
    if (n < 32) c &= (uint64_t{1} << (2 * n)) - 1;
    const uint64_t low = c & 0x5555555555555555, high = c >> 1 & 0x5555555555555555;
    const auto both = static_cast<size_t>(std::popcount(low & high));
    of[3] += both;
    of[2] += static_cast<size_t>(std::popcount(high)) - both;
    of[1] += static_cast<size_t>(std::popcount(low)) - both;
    of[0] += n;
  }
  of[0] -= of[1] + of[2] + of[3];
  const auto width = std::bit_cast<std::array<uint8_t, 4>>(width_);
  return of[0] * width[0] + of[1] * width[1] + of[2] * width[2] + of[3] * width[3];
}

}  // namespace clientele
