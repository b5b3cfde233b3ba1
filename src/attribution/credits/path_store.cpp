// SPDX-License-Identifier: PostgreSQL
#include "attribution/credits/path_store.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/counted.hpp"
#include "base/poll.hpp"
#include "base/sort.hpp"

namespace clientele {
namespace {

constexpr uint64_t base = 0xd1342543de82ef95U;

uint64_t tag(uint64_t hash) { return hash & ~uint64_t{0xffffffff}; }

}  // namespace

uint64_t PathHashes::of_name(std::string_view name) {
  uint64_t h = 0xcbf29ce484222325U;  // FNV-1a, then mixed
  for (const char c : name) h = (h ^ static_cast<uint8_t>(c)) * 0x100000001b3U;
  h = (h ^ h >> 30) * 0xbf58476d1ce4e5b9U;
  return h ^ h >> 31;
}

void PathHashes::start(std::span<const uint32_t> numbers, std::span<const uint64_t> name_hash) {
  const size_t n = numbers.size();
  if (power_.empty()) power_.push_back(1);
  while (power_.size() <= n) power_.push_back(power_.back() * base);
  if (sum_.size() <= n) sum_.resize(n + 1);
  uint64_t sum = sum_[0] = 0;
  for (size_t i = 0; i < n; ++i) {
    const uint32_t number = numbers[i];
    sum = sum * base + (number < name_hash.size() ? name_hash[number] : 0);
    sum_[i + 1] = sum;
  }
}

void PathStore::give_up() {
  given_up_ = true;
  slots_.clear(), slots_.shrink_to_fit();
  paths_.clear(), paths_.shrink_to_fit();
  touches_.clear(), touches_.shrink_to_fit();
}

void PathStore::grow() {
  const size_t size = std::max<size_t>(256, 2 * slots_.size());
  slots_.assign(size, 0);
  for (size_t p = 0; p < paths_.size(); ++p) {
    size_t i = paths_[p].hash & (size - 1);
    while (slots_[i] != 0) i = (i + 1) & (size - 1);
    slots_[i] = tag(paths_[p].hash) | (p + 1);
    if (p % 65536 == 0) poll();
  }
}

void PathStore::add(std::span<const uint32_t> path, uint64_t hash, const Counts& counts) {
  if (given_up_) return;
  if (2 * (paths_.size() + 1) > slots_.size()) grow();
  const size_t mask = slots_.size() - 1;
  size_t i = hash & mask;
  for (; slots_[i] != 0; i = (i + 1) & mask) {
    if (tag(slots_[i]) != tag(hash)) continue;
    Path& known = paths_[static_cast<uint32_t>(slots_[i]) - 1];
    if (known.hash != hash || known.length != path.size() ||
        !std::equal(path.begin(), path.end(), touches_.begin() + known.begin))
      continue;
    known.counts.conversions += counts.conversions;
    known.counts.nulls += counts.nulls;
    known.counts.value += counts.value;
    return;
  }
  const size_t long_touches = path.size() > few ? path.size() : 0;
  if (paths_.size() == max_paths || path.size() > max_touches - touches_.size() ||
      long_touches > max_long_touches - long_touches_)
    return give_up();
  long_touches_ += long_touches;
  slots_[i] = tag(hash) | (paths_.size() + 1);
  paths_.push_back(
      {hash, static_cast<uint32_t>(touches_.size()), static_cast<uint32_t>(path.size()), counts});
  const size_t begin = touches_.size();
  if (touches_.capacity() - begin < path.size())
    touches_.reserve(std::max(begin + path.size(), 2 * touches_.capacity()));
  touches_.resize(begin + path.size());
  std::ranges::transform(path, touches_.begin() + static_cast<ptrdiff_t>(begin),
                         [](uint32_t number) { return static_cast<uint16_t>(number); });
}

void PathStore::merge(const PathStore& other, std::span<const uint32_t> number) {
  if (given_up_) return;
  if (other.given_up_) return give_up();
  std::vector<uint32_t> path;
  Work work;
  for (const Path& p : other.paths_) {
    path.clear();
    for (const uint16_t n : other.touches(p)) path.push_back(number[n]);
    add(path, p.hash, p.counts);
    work.done(16 + path.size());
  }
}

// In the order of their hashes, which is quicker than that of their names.
void PathStore::write(Writer& w, std::span<const uint32_t> rank) const {
  w.u8(given_up_);
  if (given_up_) return;
  std::vector<std::pair<uint64_t, uint32_t>> order(paths_.size());
  for (uint32_t p = 0; p < order.size(); ++p) order[p] = {paths_[p].hash, p};
  sort_polled(order.begin(), order.end(), [&](const auto& a, const auto& b) {
    if (a.first != b.first) [[likely]]
      return a.first < b.first;
    const Path &x = paths_[a.second], &y = paths_[b.second];
    if (x.length != y.length) return x.length < y.length;
    return std::ranges::lexicographical_compare(
        touches(x), touches(y), [&](uint16_t s, uint16_t t) { return rank[s] < rank[t]; });
  });
  w.varint(paths_.size());
  Work work;
  for (const auto& [hash, p] : order) {
    const Path& path = paths_[p];
    w.varint(path.length);
    for (const uint16_t number : touches(path)) w.varint(rank[number]);
    w.varint(path.counts.conversions);
    w.varint(path.counts.nulls);
    const auto value = static_cast<unsigned __int128>(path.counts.value);
    w.signed_varint(static_cast<int64_t>(value));
    w.signed_varint(static_cast<int64_t>(value >> 64));
    work.done(16 + path.length);
  }
}

void PathStore::read(Reader& r, std::span<const uint64_t> name_hash) {
  const uint8_t flag = r.u8();
  if (flag > 1) Reader::fail("a flag of an attribution_summary is out of range");
  if (flag == 1) return give_up();
  const size_t n = r.count();
  if (n > max_paths) Reader::fail("too many paths");
  PathHashes hashes;
  std::vector<uint32_t> path, before;
  uint64_t hash_before = 0;
  Work work;
  for (size_t p = 0; p < n; ++p) {
    const size_t length = r.count();
    path.clear();
    for (size_t i = 0; i < length; ++i) {
      const uint64_t number = r.varint();
      if (number >= name_hash.size()) Reader::fail("a channel is out of range");
      path.push_back(static_cast<uint32_t>(number));
    }
    hashes.start(path, name_hash);
    const uint64_t hash = hashes.of(0, length);
    if (length == 0 ||
        (p > 0 && std::tuple(hash, length, path) <= std::tuple(hash_before, before.size(), before)))
      Reader::fail("paths are not in order");
    Counts counts;
    counts.conversions = r.varint();
    counts.nulls = r.varint();
    const auto low = static_cast<uint64_t>(r.signed_varint());
    counts.value = static_cast<__int128>(r.signed_varint()) << 64 | low;
    if (counts.conversions > max_counted || counts.nulls > max_counted)
      Reader::fail("impossible counts of paths");
    add(path, hash, counts);
    if (given_up_) Reader::fail("too many paths");
    before.swap(path);
    hash_before = hash;
    work.done(16 + length);
  }
}

}  // namespace clientele
