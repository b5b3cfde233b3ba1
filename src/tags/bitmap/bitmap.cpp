// SPDX-License-Identifier: PostgreSQL
#include "tags/bitmap/bitmap.hpp"

#include <algorithm>
#include <utility>

#include "tags/bitmap/portable.hpp"

namespace clientele::tags {
namespace {

uint16_t high(uint32_t value) { return static_cast<uint16_t>(value >> 16); }
uint16_t low(uint32_t value) { return static_cast<uint16_t>(value); }

Container container_of_range(uint16_t key, uint32_t first, uint32_t last) {
  const Run run{static_cast<uint16_t>(first), static_cast<uint16_t>(last - first)};
  return {key, RunList(&run, 1), last - first + 1};
}

/// Goes through the containers of two bitmaps side by side: use(left, right) with one of them null
/// where only the other has the key.
template <class Use>
void each_pair(const std::vector<Container>& a, const std::vector<Container>& b, Use use) {
  auto l = a.begin(), r = b.begin();
  for (size_t steps = 0; l != a.end() || r != b.end(); ++steps) {
    if (steps % 64 == 0) poll();
    if (r == b.end() || (l != a.end() && l->key() < r->key()))
      use(&*l++, nullptr);
    else if (l == a.end() || r->key() < l->key())
      use(nullptr, &*r++);
    else
      use(&*l++, &*r++);
  }
}

}  // namespace

size_t Bitmap::place_of(uint32_t key) const {
  if (all_.empty() || all_.back().key() < key) return all_.size();
  // Most often no key is missing in between.
  const uint32_t first = all_.front().key(), guess = key - first;
  if (key >= first && guess < all_.size() && all_[guess].key() == key) return guess;
  return static_cast<size_t>(std::ranges::lower_bound(all_, key, {}, &Container::key) -
                             all_.begin());
}

Bitmap::Bitmap(const Bitmap& other) {
  all_.reserve(other.all_.size());
  for (const Container& c : other.all_) {
    if (all_.size() % polled_every == 0) poll();
    all_.push_back(c);
  }
}

void Bitmap::add(uint32_t value) {
  const uint16_t key = high(value);
  const size_t at = place_of(key);
  if (at == all_.size() || all_[at].key() != key)
    all_.emplace(all_.begin() + static_cast<ptrdiff_t>(at), key);
  all_[at].add(low(value));
}

void Bitmap::add(std::span<const uint32_t> ascending) {
  while (!ascending.empty()) {
    const uint16_t key = high(ascending.front());
    if (all_.empty() || all_.back().key() != key) {
      if (all_.size() % polled_every == 0) poll();
      all_.emplace_back(key);
    }
    size_t n = std::min<size_t>(ascending.size(), 65536);
    if (high(ascending[n - 1]) != key)
      n = static_cast<size_t>(
          std::ranges::upper_bound(ascending.first(n), uint32_t{key} << 16 | 65535) -
          ascending.begin());
    all_.back().append(ascending.first(n));
    ascending = ascending.subspan(n);
  }
}

void Bitmap::add_range(uint32_t first, uint32_t last) {
  if (all_.empty() || all_.back().key() <= high(first)) {
    for (uint32_t key = high(first); key <= high(last); ++key) {
      if (key % polled_every == 0) poll();
      Container range =
          container_of_range(static_cast<uint16_t>(key), key == high(first) ? low(first) : 0,
                             key == high(last) ? low(last) : 65535);
      if (!all_.empty() && all_.back().key() == key)
        combine(SetOp::either, all_.back(), range);
      else
        all_.push_back(std::move(range));
    }
    return;
  }
  Bitmap range;
  range.add_range(first, last);
  join(SetOp::either, range);
}

bool Bitmap::contains(uint32_t value) const {
  const size_t at = place_of(high(value));
  return at < all_.size() && all_[at].key() == high(value) && all_[at].contains(low(value));
}

uint64_t Bitmap::size() const {
  uint64_t n = 0;
  for (const Container& c : all_) n += c.count();
  return n;
}

void Bitmap::keep(SetOp op, const Bitmap& other) {
  size_t kept = 0;
  auto r = other.all_.begin();
  for (size_t i = 0; i < all_.size(); ++i) {
    if (i % polled_every == 0) poll();
    Container& c = all_[i];
    while (r != other.all_.end() && r->key() < c.key()) ++r;
    if (r != other.all_.end() && r->key() == c.key())
      combine(op, c, *r);
    else if (op == SetOp::both)
      c.clear();
    if (c.empty()) continue;
    if (kept != i) all_[kept] = std::move(c);
    ++kept;
  }
  all_.erase(all_.begin() + static_cast<ptrdiff_t>(kept), all_.end());
}

void Bitmap::join(SetOp op, const Bitmap& other) {
  // Nothing has to move if there is no new key, as is usual.
  size_t fresh = 0;
  each_pair(all_, other.all_, [&](const Container* l, const Container*) { fresh += l == nullptr; });
  std::vector<Container> result;
  if (fresh == 0)
    result.swap(all_);
  else
    result.reserve(all_.size() + fresh);
  size_t at = 0;
  for (size_t i = 0; i < other.all_.size(); ++i) {
    if (i % polled_every == 0) poll();
    const Container& r = other.all_[i];
    if (fresh == 0) {
      while (result[at].key() < r.key()) ++at;
      combine(op, result[at], r);
      continue;
    }
    while (at < all_.size() && all_[at].key() < r.key()) result.push_back(std::move(all_[at++]));
    if (at < all_.size() && all_[at].key() == r.key()) {
      combine(op, all_[at], r);
      if (!all_[at].empty()) result.push_back(std::move(all_[at]));
      ++at;
    } else {
      result.push_back(r);
    }
  }
  while (at < all_.size()) result.push_back(std::move(all_[at++]));
  if (fresh == 0 && op == SetOp::one)
    std::erase_if(result, [](const Container& c) { return c.empty(); });
  all_.swap(result);
}

Bitmap& Bitmap::operator&=(const Bitmap& other) {
  if (this != &other) keep(SetOp::both, other);
  return *this;
}
Bitmap& Bitmap::operator-=(const Bitmap& other) {
  if (this == &other)
    all_.clear();
  else
    keep(SetOp::without, other);
  return *this;
}
Bitmap& Bitmap::operator|=(const Bitmap& other) {
  if (this != &other) join(SetOp::either, other);
  return *this;
}
Bitmap& Bitmap::operator^=(const Bitmap& other) {
  if (this == &other)
    all_.clear();
  else
    join(SetOp::one, other);
  return *this;
}

uint64_t Bitmap::and_size(const Bitmap& a, const Bitmap& b) {
  uint64_t n = 0;
  each_pair(a.all_, b.all_, [&](const Container* l, const Container* r) {
    if (l != nullptr && r != nullptr) n += count_common(*l, *r);
  });
  return n;
}

uint64_t Bitmap::and_size(const Bitmap& a, const Bitmap& b, const Bitmap& c) {
  uint64_t n = 0;
  auto third = c.all_.begin();
  each_pair(a.all_, b.all_, [&](const Container* l, const Container* r) {
    if (l == nullptr || r == nullptr) return;
    while (third != c.all_.end() && third->key() < l->key()) ++third;
    if (third != c.all_.end() && third->key() == l->key()) n += count_common(*l, *r, *third);
  });
  return n;
}

bool Bitmap::operator==(const Bitmap& other) const {
  if (all_.size() != other.all_.size()) return false;
  for (size_t i = 0; i < all_.size(); ++i) {
    if (i % polled_every == 0) poll();
    if (!(all_[i] == other.all_[i])) return false;
  }
  return true;
}

bool Bitmap::includes(const Bitmap& other) const {
  auto l = all_.begin();
  for (size_t i = 0; i < other.all_.size(); ++i, ++l) {
    if (i % polled_every == 0) poll();
    const Container& r = other.all_[i];
    while (l != all_.end() && l->key() < r.key()) ++l;
    if (l == all_.end() || l->key() != r.key() || !tags::includes(*l, r)) return false;
  }
  return true;
}

bool Bitmap::overlaps(const Bitmap& other) const {
  auto l = all_.begin();
  for (size_t i = 0; i < other.all_.size(); ++i) {
    if (i % polled_every == 0) poll();
    const Container& r = other.all_[i];
    while (l != all_.end() && l->key() < r.key()) ++l;
    if (l == all_.end()) return false;
    if (l->key() == r.key() && tags::overlaps(*l, r)) return true;
  }
  return false;
}

size_t Bitmap::values(uint32_t from, std::span<uint32_t> out) const {
  size_t n = 0;
  for (size_t at = place_of(high(from)); at < all_.size() && n < out.size(); ++at)
    n += all_[at].values(all_[at].key() == high(from) ? low(from) : 0, out.data() + n,
                         out.size() - n);
  return n;
}

size_t Bitmap::written_size() const { return portable_size(all_); }
uint8_t* Bitmap::write(uint8_t* to) const { return write_portable(all_, to); }
Bitmap Bitmap::read(Reader& r) {
  Bitmap result;
  result.all_ = read_portable(r);
  return result;
}

}  // namespace clientele::tags
