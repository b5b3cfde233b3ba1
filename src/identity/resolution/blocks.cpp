// SPDX-License-Identifier: PostgreSQL
#include "identity/resolution/blocks.hpp"

#include <numeric>
#include <utility>

namespace clientele::identity {

Sets::Sets(size_t n) : parent_(n), size_(n, 1) {
  std::iota(parent_.begin(), parent_.end(), uint32_t{0});
}

uint32_t Sets::root(uint32_t x) {
  while (parent_[x] != x) {
    parent_[x] = parent_[parent_[x]];
    x = parent_[x];
  }
  return x;
}

bool Sets::join(uint32_t a, uint32_t b) {
  a = root(a);
  b = root(b);
  if (a == b) return false;
  if (size_[a] < size_[b]) std::swap(a, b);
  parent_[b] = a;
  size_[a] += size_[b];
  return true;
}

void Sets::separate(std::span<const uint32_t> members) {
  for (const uint32_t x : members) {
    parent_[x] = x;
    size_[x] = 1;
  }
}

Blocks::Blocks(std::vector<uint64_t> unique, std::span<const Pair> different)
    : sets_(unique.size()),
      unique_(std::move(unique)),
      size_(unique_.size(), 1),
      first_(unique_.size(), none),
      last_(unique_.size(), none),
      next_(unique_.size(), none),
      partners_begin_(unique_.size() + 1, 0),
      partners_(2 * different.size()),
      among_(unique_.size()) {
  for (const Pair& pair : different) {
    ++partners_begin_[pair.a + 1];
    ++partners_begin_[pair.b + 1];
    for (const uint32_t x : {pair.a, pair.b}) first_[x] = last_[x] = x;
  }
  std::partial_sum(partners_begin_.begin(), partners_begin_.end(), partners_begin_.begin());
  std::vector<uint32_t> place(partners_begin_.begin(), partners_begin_.end() - 1);
  for (const Pair& pair : different) {
    partners_[place[pair.a]++] = pair.b;
    partners_[place[pair.b]++] = pair.a;
  }
}

void Blocks::join(uint32_t a, uint32_t b) {
  a = root(a);
  b = root(b);
  if (!sets_.join(a, b)) return;
  const uint32_t kept = root(a);
  const uint32_t gone = kept == a ? b : a;
  unique_[kept] |= unique_[gone];
  size_[kept] += size_[gone];
  if (first_[gone] == none) return;
  if (first_[kept] == none)
    first_[kept] = first_[gone];
  else
    next_[last_[kept]] = first_[gone];
  last_[kept] = last_[gone];
}

template <class Each>
bool Blocks::any_partner(uint32_t root, Each each) {
  for (uint32_t x = first_[root]; x != none; x = next_[x])
    for (uint32_t i = partners_begin_[x]; i < partners_begin_[x + 1]; ++i)
      if (each(sets_.root(partners_[i]))) return true;
  return false;
}

bool Blocks::conflict(uint32_t a, uint32_t b) {
  return a != b && ((unique_[a] & unique_[b]) != 0 ||
                    any_partner(a, [b](uint32_t partner) { return partner == b; }));
}

bool Blocks::conflict(std::span<const uint32_t> roots) {
  uint64_t seen = 0;
  among_.clear();
  for (const uint32_t r : roots) {
    if ((seen & unique_[r]) != 0) return true;
    seen |= unique_[r];
    among_.add(r);
  }
  for (const uint32_t r : roots)
    if (any_partner(r, [&](uint32_t partner) { return partner != r && among_.has(partner); }))
      return true;
  return false;
}

uint64_t Blocks::size(std::span<const uint32_t> roots) const {
  uint64_t sum = 0;
  for (const uint32_t r : roots) sum += size_[r];
  return sum;
}

}  // namespace clientele::identity
