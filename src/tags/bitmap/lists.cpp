// SPDX-License-Identifier: PostgreSQL
#include "tags/bitmap/lists.hpp"

#include <algorithm>
#include <array>

#include "tags/bitmap/bits.hpp"

namespace clientele::tags {
namespace {

using Words = std::array<uint64_t, words_of_bits>;

// Merging mispredicts a branch for most values of the shorter list. By way of bits, long lists take
// a third of the time.
bool are_long(size_t a, size_t b) { return a + b > 256 && std::min(a, b) > 40; }
// If one list is much shorter, each of its values is looked up.
bool is_few(size_t a, size_t b) { return a < b / 64; }

/// Calls use(first, end, value) for the values of `few` in order: the part of `all` before each,
/// and whether the value is there, too; then rest(first, end) with the rest of `all`.
template <class Use, class Rest>
void each_part(ValueList all, ValueList few, Use use, Rest rest) {
  auto from = all.begin();
  for (const uint16_t v : few) {
    const auto at = std::lower_bound(from, all.end(), v);
    const bool there = at != all.end() && *at == v;
    use(from, at, v, there);
    from = at + there;
  }
  rest(from, all.end());
}

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

/// The values of both lists in order; `op` says whether those that are in both are among them.
template <SetOp op>
size_t merge(ValueList a, ValueList b, uint16_t* const out) {
  constexpr bool with_common = apply<op>(true, true);
  if (a.size() < b.size()) std::swap(a, b);
  uint16_t* to = out;
  const auto rest = [&](auto first, auto end) { to = std::copy(first, end, to); };
  if (b.size() < a.size() / 16) {
    each_part(
        a, b,
        [&](auto first, auto end, uint16_t v, bool there) {
          to = std::copy(first, end, to);
          if (with_common || !there) *to++ = v;
        },
        rest);
    return static_cast<size_t>(to - out);
  }
  auto l = a.begin(), r = b.begin();
  while (l != a.end() && r != b.end()) {
    const uint16_t x = *l, y = *r;
    *to = std::min(x, y);
    to += with_common || x != y;
    l += x <= y;
    r += y <= x;
  }
  rest(l, a.end());
  rest(r, b.end());
  return static_cast<size_t>(to - out);
}

}  // namespace

size_t keep(ValueList values, ValueList others, bool held, uint16_t* out) {
  if (is_few(values.size(), others.size())) return kept(values, held, out, Lookup(others));
  uint16_t* to = out;
  if (is_few(others.size(), values.size())) {
    each_part(
        values, others,
        [&](auto first, auto end, uint16_t v, bool there) {
          if (!held)
            to = std::copy(first, end, to);
          else if (there)
            *to++ = v;
        },
        [&](auto first, auto end) {
          if (!held) to = std::copy(first, end, to);
        });
    return static_cast<size_t>(to - out);
  }
  if (are_long(values.size(), others.size())) {
    Words words;
    // Setting a bit takes longer than testing it, so the bits are those of the shorter list.
    if (held && values.size() < others.size()) {
      put(values, words);
      uint16_t common[longest_list];  // each value is written before it is known to be kept
      const size_t n = keep(words.data(), others, held, common);
      std::copy_n(common, n, out);
      return n;
    }
    put(others, words);
    return keep(words.data(), values, held, out);
  }
  auto a = values.begin(), b = others.begin();
  while (a != values.end() && b != others.end()) {
    for (; a != values.end() && *a < *b; ++a)
      if (!held) *to++ = *a;
    if (a == values.end()) break;
    while (b != others.end() && *b < *a) ++b;
    if (b == others.end() || *b != *a) continue;
    if (held) *to++ = *a;
    ++a, ++b;
  }
  if (!held) to = std::copy(a, values.end(), to);
  return static_cast<size_t>(to - out);
}

size_t keep(ValueList values, RunList others, bool held, uint16_t* out) {
  if (values.size() < others.size() / 8)
    return kept(values, held, out, [&](uint16_t v) { return contains(others, v); });
  if (others.size() > 8 && values.size() > 256) {
    Words words;
    words.fill(0);
    for (const Run& r : others) change_range(SetOp::either, words.data(), r.first, r.last());
    return keep(words.data(), values, held, out);
  }
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

size_t unite(ValueList a, ValueList b, uint16_t* out) { return merge<SetOp::either>(a, b, out); }

size_t differ(ValueList a, ValueList b, uint16_t* out) { return merge<SetOp::one>(a, b, out); }

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
