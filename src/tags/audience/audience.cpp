// SPDX-License-Identifier: PostgreSQL
#include "tags/audience/audience.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "tags/audience/sort_ids.hpp"

namespace clientele::tags {
namespace {

constexpr uint8_t version = 1;
constexpr size_t polled_every = 1024;  // parts

uint32_t high(uint64_t id) { return static_cast<uint32_t>(id >> 32); }
uint32_t low(uint64_t id) { return static_cast<uint32_t>(id); }

uint64_t u64(const uint8_t* at) {
  uint64_t v;
  std::memcpy(&v, at, sizeof v);
  return v;
}

}  // namespace

uint64_t customer_id(int64_t id) {
  if (id < 0)
    throw Error(sqlstate::out_of_range,
                "a customer id must not be negative: " + std::to_string(id));
  return static_cast<uint64_t>(id);
}

const Bitmap* Audience::part(uint32_t high) const {
  const auto at = std::ranges::lower_bound(parts_, high, {}, &Part::high);
  return at == parts_.end() || at->high != high ? nullptr : &at->low;
}

Bitmap& Audience::part_to_change(uint32_t high) {
  const auto at = std::ranges::lower_bound(parts_, high, {}, &Part::high);
  if (at != parts_.end() && at->high == high) return at->low;
  return parts_.insert(at, Part{high, Bitmap()})->low;
}

template <class Other, class Both>
void Audience::join(Other&& other, Both both) {
  if (other.empty()) return;
  if (empty() || parts_.back().high < other.parts_.front().high) {
    for (size_t i = 0; i < other.parts_.size(); ++i) {
      if (i % polled_every == 0) poll();
      parts_.push_back(std::move(other.parts_[i]));  // a copy if they are constant
    }
    return;
  }
  std::vector<Part> all;
  all.reserve(parts_.size() + other.parts_.size());
  auto l = parts_.begin();
  auto r = other.parts_.begin();
  for (size_t steps = 0; l != parts_.end() || r != other.parts_.end(); ++steps) {
    if (steps % polled_every == 0) poll();
    if (r == other.parts_.end() || (l != parts_.end() && l->high < r->high)) {
      all.push_back(std::move(*l++));
    } else if (l == parts_.end() || r->high < l->high) {
      all.push_back(std::move(*r++));
    } else {
      both(l->low, (r++)->low);
      if (!l->low.empty()) all.push_back(std::move(*l));
      ++l;
    }
  }
  parts_.swap(all);
}

void Audience::add(uint64_t id) { part_to_change(high(id)).add(low(id)); }

void Audience::add(std::span<const uint64_t> ascending) {
  std::vector<uint32_t> lows;
  Audience fresh;
  auto own = parts_.begin();
  for (size_t i = 0; i < ascending.size();) {
    poll();
    const uint32_t of = high(ascending[i]);
    lows.clear();
    for (; i < ascending.size() && high(ascending[i]) == of; ++i) lows.push_back(low(ascending[i]));
    if (own != parts_.end() && own->high < of)
      own = std::ranges::lower_bound(own, parts_.end(), of, {}, &Part::high);
    if (own == parts_.end() || own->high != of)
      fresh.parts_.push_back({of, Bitmap(lows)});
    else if (own->low.last() < lows.front())
      own->low.add(lows);
    else
      own->low |= Bitmap(lows);
  }
  join(fresh, [](Bitmap&, const Bitmap&) {});
}

void Audience::add_range(uint64_t first, uint64_t last) {
  for (uint64_t h = high(first); h <= high(last); ++h) {
    poll();
    part_to_change(static_cast<uint32_t>(h))
        .add_range(h == high(first) ? low(first) : 0, h == high(last) ? low(last) : UINT32_MAX);
  }
}

// Inserting a range moves all that follow; so they are sorted first, and joined at once.
void Audience::add_ranges(std::pmr::vector<Range>& ranges) {
  sort_by_id(ranges, 0, [](const Range& r) { return r.first; });
  Audience fresh;
  for (size_t i = 0; i < ranges.size();) {
    const uint64_t first = ranges[i].first;
    uint64_t last = ranges[i].last;
    while (++i < ranges.size() && ranges[i].first <= last + 1)
      last = std::max(last, ranges[i].last);
    fresh.add_range(first, last);
  }
  join(fresh, [](Bitmap& l, const Bitmap& r) { l |= r; });
}

bool Audience::contains(uint64_t id) const {
  const Bitmap* const p = part(high(id));
  return p != nullptr && p->contains(low(id));
}

uint64_t Audience::size() const {
  uint64_t n = 0;
  for (const Part& p : parts_) n += p.low.size();
  return n;
}

std::optional<uint64_t> Audience::first() const {
  if (empty()) return {};
  return uint64_t{parts_.front().high} << 32 | parts_.front().low.first();
}

std::optional<uint64_t> Audience::last() const {
  if (empty()) return {};
  return uint64_t{parts_.back().high} << 32 | parts_.back().low.last();
}

template <class Both>
void Audience::each_common(const Audience& a, const Audience& b, Both both) {
  size_t steps = 0;
  for (auto l = a.parts_.begin(), r = b.parts_.begin();
       l != a.parts_.end() && r != b.parts_.end();) {
    if (++steps % polled_every == 0) poll();
    if (l->high < r->high)
      ++l;
    else if (r->high < l->high)
      ++r;
    else
      both((l++)->low, (r++)->low);
  }
}

Audience& Audience::operator&=(const Audience& other) {
  std::vector<Part> kept;
  auto r = other.parts_.begin();
  for (Part& p : parts_) {
    while (r != other.parts_.end() && r->high < p.high) ++r;
    if (r == other.parts_.end()) break;
    if (r->high != p.high) continue;
    if (kept.size() % polled_every == 0) poll();
    p.low &= r->low;
    if (!p.low.empty()) kept.push_back(std::move(p));
  }
  parts_.swap(kept);
  return *this;
}

Audience& Audience::operator|=(const Audience& other) {
  if (this != &other) join(other, [](Bitmap& l, const Bitmap& r) { l |= r; });
  return *this;
}

Audience& Audience::operator-=(const Audience& other) {
  auto r = other.parts_.begin();
  size_t kept = 0;
  for (size_t i = 0; i < parts_.size(); ++i) {
    if (i % polled_every == 0) poll();
    while (r != other.parts_.end() && r->high < parts_[i].high) ++r;
    if (r != other.parts_.end() && r->high == parts_[i].high) parts_[i].low -= r->low;
    if (parts_[i].low.empty()) continue;
    if (kept != i) parts_[kept] = std::move(parts_[i]);
    ++kept;
  }
  parts_.erase(parts_.begin() + static_cast<ptrdiff_t>(kept), parts_.end());
  return *this;
}

Audience& Audience::operator^=(const Audience& other) {
  if (this == &other)
    parts_.clear();
  else
    join(other, [](Bitmap& l, const Bitmap& r) { l ^= r; });
  return *this;
}

Audience& Audience::flip_within(const Audience& universe) {
  Audience others = universe - *this;
  parts_.swap(others.parts_);
  return *this;
}

uint64_t Audience::and_size(const Audience& a, const Audience& b) {
  uint64_t n = 0;
  each_common(a, b, [&](const Bitmap& l, const Bitmap& r) { n += Bitmap::and_size(l, r); });
  return n;
}
uint64_t Audience::and_size(const Audience& a, const Audience& b, const Audience& c) {
  uint64_t n = 0;
  size_t steps = 0;
  for (const Part& p : a.parts_) {
    if (++steps % polled_every == 0) poll();
    const Bitmap *const l = b.part(p.high), *const r = c.part(p.high);
    if (l != nullptr && r != nullptr) n += Bitmap::and_size(p.low, *l, *r);
  }
  return n;
}
uint64_t Audience::or_size(const Audience& a, const Audience& b) {
  return a.size() + b.size() - and_size(a, b);
}
uint64_t Audience::without_size(const Audience& a, const Audience& b) {
  return a.size() - and_size(a, b);
}
uint64_t Audience::xor_size(const Audience& a, const Audience& b) {
  return a.size() + b.size() - 2 * and_size(a, b);
}
double Audience::jaccard(const Audience& a, const Audience& b) {
  const uint64_t both = and_size(a, b), either = a.size() + b.size() - both;
  return either == 0 ? 1 : static_cast<double>(both) / static_cast<double>(either);
}

bool Audience::operator==(const Audience& other) const {
  return std::ranges::equal(parts_, other.parts_, [](const Part& a, const Part& b) {
    return a.high == b.high && a.low == b.low;
  });
}

bool Audience::includes(const Audience& other) const {
  size_t common = 0;
  bool all = true;
  each_common(*this, other, [&](const Bitmap& l, const Bitmap& r) {
    ++common;
    all = all && l.includes(r);
  });
  return all && common == other.parts_.size();
}

bool Audience::overlaps(const Audience& other) const {
  bool any = false;
  each_common(*this, other, [&](const Bitmap& l, const Bitmap& r) { any = any || l.overlaps(r); });
  return any;
}

size_t Audience::ids(uint64_t from, std::span<uint64_t> out) const {
  std::array<uint32_t, 1024> some;
  size_t n = 0;
  for (auto p = std::ranges::lower_bound(parts_, high(from), {}, &Part::high);
       p != parts_.end() && n < out.size(); ++p) {
    uint64_t next = p->high == high(from) ? low(from) : 0;
    while (next <= UINT32_MAX && n < out.size()) {
      const size_t wanted = std::min(some.size(), out.size() - n);
      const size_t more = p->low.values(static_cast<uint32_t>(next), std::span(some).first(wanted));
      for (size_t i = 0; i < more; ++i) out[n++] = uint64_t{p->high} << 32 | some[i];
      if (more < wanted) break;
      next = uint64_t{some[more - 1]} + 1;
    }
  }
  return n;
}

// Version, 8 bytes: how many ids; then as other libraries keep sets of 64-bit numbers: 8 bytes: how
// many parts, and of each part 4 bytes: the high half, and the bitmap of the low halves.
size_t Audience::written_size() const {
  size_t n = head_bytes + sizeof(uint64_t);
  for (size_t i = 0; i < parts_.size(); ++i) {
    if (i % polled_every == 0) poll();
    n += sizeof parts_[i].high + parts_[i].low.written_size();
  }
  return n;
}

void Audience::write_to(uint8_t* bytes) const {
  const uint64_t n = size(), parts = parts_.size();
  const auto put = [&bytes](auto v) {
    std::memcpy(bytes, &v, sizeof v);
    bytes += sizeof v;
  };
  put(version);
  put(n);
  put(parts);
  for (size_t i = 0; i < parts_.size(); ++i) {
    if (i % polled_every == 0) poll();
    put(parts_[i].high);
    bytes = parts_[i].low.write(bytes);
  }
}

void Audience::write(Bytes& out) const {
  const size_t old = out.size();
  out.resize(old + written_size());
  write_to(out.data() + old);
}

uint64_t Audience::size_in_head(std::span<const uint8_t> head) {
  Reader r(head);
  if (const uint8_t v = r.u8(); v != version)
    throw Error(sqlstate::corrupted,
                "audience format version " + std::to_string(v) + " is not known to this release");
  const uint64_t n = u64(r.take(8));
  if (n > largest_id) Reader::fail("impossible number of ids");
  return n;
}

Audience Audience::read(std::span<const uint8_t> bytes) {
  const uint64_t size = size_in_head(bytes.first(std::min(bytes.size(), head_bytes)));
  Reader r(bytes.subspan(head_bytes));
  const uint64_t parts = u64(r.take(8));
  if (parts > r.left()) Reader::fail("a count exceeds the bytes that follow");
  Audience result;
  uint64_t found = 0;
  for (uint64_t i = 0; i < parts; ++i) {
    if (i % polled_every == 0) poll();
    uint32_t of;
    std::memcpy(&of, r.take(sizeof of), sizeof of);
    if (of > high(largest_id) || (i > 0 && of <= result.parts_.back().high))
      Reader::fail("parts are not in order");
    result.parts_.push_back({of, Bitmap::read(r)});
    found += result.parts_.back().low.size();
  }
  if (!r.done()) Reader::fail("bytes are left over");
  if (found != size) Reader::fail("the number of ids is not that of the head");
  return result;
}

}  // namespace clientele::tags
