// SPDX-License-Identifier: PostgreSQL
#include "identity/matching/similarity.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/poll.hpp"

namespace clientele {
namespace {

constexpr size_t longest_prefix = 4;
constexpr double prefix_scale = 0.1, prefix_counts_above = 0.7;

/// Zeroed numbers, of short texts without an allocation.
template <class T, size_t few>
class Zeros {
 public:
  explicit Zeros(size_t count) {
    if (count > few) many_.resize(count);
    data_ = many_.empty() ? here_ : many_.data();
  }
  Zeros(const Zeros&) = delete;
  T& operator[](size_t i) { return data_[i]; }

 private:
  T here_[few] = {};
  std::vector<T> many_;
  T* data_;
};

template <class View>
double jaro(View a, View b) {
  if (a == b) return 1;
  if (a.empty() || b.empty()) return 0;
  const size_t half = std::max(a.size(), b.size()) / 2, window = half > 0 ? half - 1 : 0;
  Zeros<uint8_t, 64> common_a(a.size()), common_b(b.size());
  Work work;
  size_t common = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const size_t begin = i > window ? i - window : 0, end = std::min(b.size(), i + window + 1);
    for (size_t j = begin; j < end; ++j) {
      if (b[j] != a[i] || common_b[j]) continue;
      common_a[i] = common_b[j] = 1;
      ++common;
      break;
    }
    work.done(window);
  }
  if (common == 0) return 0;
  size_t unlike = 0;
  for (size_t i = 0, j = 0; i < a.size(); ++i) {
    if (!common_a[i]) continue;
    while (!common_b[j]) ++j;
    unlike += a[i] != b[j++];
  }
  const auto m = static_cast<double>(common);
  return (m / static_cast<double>(a.size()) + m / static_cast<double>(b.size()) +
          (m - static_cast<double>(unlike / 2)) / m) /
         3;
}

template <class View>
double with_prefix(View a, View b) {
  const double similarity = jaro(a, b);
  if (!(similarity > prefix_counts_above)) return similarity;
  const size_t most = std::min({longest_prefix, a.size(), b.size()});
  size_t prefix = 0;
  while (prefix < most && a[prefix] == b[prefix]) ++prefix;
  return similarity + static_cast<double>(prefix) * prefix_scale * (1 - similarity);
}

/// Rows of the matrix of distances between prefixes; of each only the cells within `limit` of the
/// diagonal, as others are larger.
template <class View>
size_t distance(View a, View b, size_t limit) {
  const size_t longer = std::max(a.size(), b.size()), shorter = std::min(a.size(), b.size());
  if (longer - shorter > limit) return limit + 1;
  limit = std::min(limit, longer);
  const size_t above = limit + 1, width = b.size() + 1;
  Zeros<uint32_t, 3 * 32> cells(3 * width);
  Work work;
  size_t before = 0, last = width, now = 2 * width;  // where the rows begin
  for (size_t j = 0; j < width; ++j) cells[last + j] = static_cast<uint32_t>(std::min(j, above));
  for (size_t i = 1; i <= a.size(); ++i) {
    const size_t begin = i > limit ? i - limit : 1, end = std::min(b.size(), i + limit);
    cells[now + begin - 1] = static_cast<uint32_t>(begin == 1 ? std::min(i, above) : above);
    size_t least = cells[now + begin - 1];
    for (size_t j = begin; j <= end; ++j) {
      const bool same = a[i - 1] == b[j - 1];
      // What lies above the band was never written in this row.
      const size_t deleted = j < i + limit ? cells[last + j] + 1 : above;
      size_t cell = std::min(
          {above, deleted, size_t{cells[now + j - 1]} + 1, size_t{cells[last + j - 1]} + !same});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        cell = std::min(cell, size_t{cells[before + j - 2]} + 1);
      cells[now + j] = static_cast<uint32_t>(cell);
      least = std::min(least, cell);
    }
    if (least > limit) return above;
    const size_t free = before;
    before = last, last = now, now = free;
    work.done(end + 1 - begin);
  }
  return cells[last + b.size()];
}

}  // namespace

double jaro_winkler(std::string_view a, std::string_view b) { return with_prefix(a, b); }
double jaro_winkler(std::u32string_view a, std::u32string_view b) { return with_prefix(a, b); }

size_t edit_distance(std::string_view a, std::string_view b, size_t limit) {
  return distance(a, b, limit);
}
size_t edit_distance(std::u32string_view a, std::u32string_view b, size_t limit) {
  return distance(a, b, limit);
}

}  // namespace clientele
