// SPDX-License-Identifier: PostgreSQL
#include "tags/lists.hpp"

#include <algorithm>
#include <array>

#include "tags/bits.hpp"

namespace clientele::tags {
namespace {

using Words = std::array<uint64_t, words_of_bits>;

// Of two lists in order, each step waits for the loads of the one before: by bits on the way, long
// lists take a third of the time.
bool are_long(size_t a, size_t b) { return a + b > 256; }
// Of a few values and many, each is looked up.
bool is_few(size_t a, size_t b) { return a < b / 32; }

void put(ValueList values, Words& words) {
  words.fill(0);
  for (const uint16_t v : values) words[v / 64] |= uint64_t{1} << v % 64;
}

/// `held_by(value)` for ascending values.
template <class Held>
size_t kept(ValueList values, bool held, uint16_t* out, Held held_by) {
  size_t k = 0;
  for (const uint16_t v : values) {
    const bool is = held_by(v);
    out[k] = v;
    k += is == held;
  }
  return k;
}

class Lookup {
 public:
  explicit Lookup(ValueList values) : at_(values.begin()), end_(values.end()) {}
  bool operator()(uint16_t v) {
    at_ = std::lower_bound(at_, end_, v);
    return at_ != end_ && *at_ == v;
  }

 private:
  ValueList::iterator at_, end_;
};

}  // namespace

size_t keep(ValueList values, ValueList others, bool held, uint16_t* out) {
  if (is_few(values.size(), others.size())) return kept(values, held, out, Lookup(others));
  if (held && is_few(others.size(), values.size())) {
    Lookup lookup(values);
    size_t k = 0;
    for (const uint16_t v : others)
      if (lookup(v)) out[k++] = v;
    return k;
  }
  if (are_long(values.size(), others.size())) {
    // Setting a bit takes longer than asking for it.
    if (held && values.size() < others.size()) std::swap(values, others);
    Words words;
    put(others, words);
    return keep(words.data(), values, held, out);
  }
  size_t i = 0, j = 0, k = 0;
  while (i < values.size() && j < others.size()) {
    const uint16_t a = values[i], b = others[j];
    out[k] = a;
    k += held ? a == b : a < b;
    i += a <= b;
    j += b <= a;
  }
  if (!held)
    while (i < values.size()) out[k++] = values[i++];
  return k;
}

size_t keep(ValueList values, RunList others, bool held, uint16_t* out) {
  if (values.size() < others.size() / 16)
    return kept(values, held, out, [&](uint16_t v) { return contains(others, v); });
  if (others.size() < values.size() / 8) {  // piece by piece
    uint16_t* to = out;
    auto from = values.begin();
    for (const Run& r : others) {
      const auto first = std::lower_bound(from, values.end(), r.first);
      const auto end = std::upper_bound(first, values.end(), r.last());
      to = held ? std::copy(first, end, to) : std::copy(from, first, to);
      from = end;
    }
    if (!held) to = std::copy(from, values.end(), to);
    return static_cast<size_t>(to - out);
  }
  size_t r = 0;
  return kept(values, held, out, [&](uint16_t v) {
    while (r < others.size() && others[r].last() < v) ++r;
    return r < others.size() && others[r].first <= v;
  });
}

size_t count_common(ValueList a, ValueList b) {
  if (a.size() > b.size()) std::swap(a, b);
  if (!is_few(a.size(), b.size()) && are_long(a.size(), b.size())) {
    Words words;
    put(a, words);
    return count_common(words.data(), b);
  }
  uint16_t common[longest_list];
  return keep(a, b, true, common);
}

size_t count_common(ValueList values, RunList runs) {
  uint16_t common[longest_list];
  return keep(values, runs, true, common);
}

size_t unite(ValueList a, ValueList b, uint16_t* out) {
  size_t i = 0, j = 0, k = 0;
  while (i < a.size() && j < b.size()) {
    const uint16_t x = a[i], y = b[j];
    out[k++] = std::min(x, y);
    i += x <= y;
    j += y <= x;
  }
  out = std::copy(a.begin() + static_cast<ptrdiff_t>(i), a.end(), out + k);
  std::copy(b.begin() + static_cast<ptrdiff_t>(j), b.end(), out);
  return k + (a.size() - i) + (b.size() - j);
}

size_t differ(ValueList a, ValueList b, uint16_t* out) {
  size_t i = 0, j = 0, k = 0;
  while (i < a.size() && j < b.size()) {
    const uint16_t x = a[i], y = b[j];
    out[k] = std::min(x, y);
    k += x != y;
    i += x <= y;
    j += y <= x;
  }
  out = std::copy(a.begin() + static_cast<ptrdiff_t>(i), a.end(), out + k);
  std::copy(b.begin() + static_cast<ptrdiff_t>(j), b.end(), out);
  return k + (a.size() - i) + (b.size() - j);
}

size_t count_runs(ValueList values) {
  size_t breaks = 0;
  for (size_t i = 1; i < values.size(); ++i) breaks += values[i] != values[i - 1] + 1;
  return values.empty() ? 0 : breaks + 1;
}

size_t list_runs(ValueList values, Run* out) {
  Run* to = out;
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0 && values[i] == values[i - 1] + 1)
      ++to[-1].more;
    else
      *to++ = {values[i], 0};
  }
  return static_cast<size_t>(to - out);
}

size_t list_values(RunList runs, uint16_t* out) {
  size_t k = 0;
  for (const Run& r : runs)
    for (uint32_t v = r.first; v <= r.last(); ++v) out[k++] = static_cast<uint16_t>(v);
  return k;
}

}  // namespace clientele::tags
