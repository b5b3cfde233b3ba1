// SPDX-License-Identifier: PostgreSQL
#include "paths/counts/counts.hpp"

#include <algorithm>
#include <numeric>

#include "base/poll.hpp"

namespace clientele {
namespace {

constexpr uint8_t version = 1;
constexpr uint64_t max_counted = uint64_t{1} << 48;

uint64_t hash_of(std::span<const uint32_t> labels) {
  uint64_t h = labels.size();
  for (const uint32_t label : labels) {
    h = (h ^ label) * 0x9e3779b97f4a7c15U;
    h ^= h >> 32;
  }
  return h;
}

/// Which of two long lists comes first; polls by what it has compared.
bool before(std::span<const uint32_t> a, std::span<const uint32_t> b, Work& work) {
  const size_t n = std::min(a.size(), b.size());
  size_t i = 0;
  while (i < n && a[i] == b[i]) ++i;
  work.done(i + 1);
  return i < n ? a[i] < b[i] : a.size() < b.size();
}

}  // namespace

PathCounts::PathCounts(std::pmr::memory_resource* memory)
    : basis_("path_counts", memory),
      nodes_(memory),
      entries_(memory),
      times_(memory),
      buckets_(memory) {}

void PathCounts::grow() {
  buckets_.assign(std::max<size_t>(64, 2 * buckets_.size()), none);
  const size_t mask = buckets_.size() - 1;
  for (uint32_t e = 0; e < entries_.size(); ++e) {
    size_t i = entries_[e].hash & mask;
    while (buckets_[i] != none) i = (i + 1) & mask;
    buckets_[i] = e;
  }
}

uint32_t PathCounts::entry_of(std::span<const uint32_t> path) {
  if (2 * entries_.size() >= buckets_.size()) grow();
  const uint64_t hash = hash_of(path);
  const size_t mask = buckets_.size() - 1;
  size_t i = hash & mask;
  for (; buckets_[i] != none; i = (i + 1) & mask) {
    const Entry& e = entries_[buckets_[i]];
    if (e.hash == hash && std::ranges::equal(labels(buckets_[i]), path)) return buckets_[i];
  }
  if (entries_.size() >= max_paths || path.size() > max_nodes - nodes_.size())
    throw Error(sqlstate::limit_exceeded,
                entries_.size() >= max_paths
                    ? "path_counts counts more than 1000000 different paths"
                    : "path_counts counts different paths of more than 268435456 events in all",
                "Ask with keep, groups, collapse or max_length, or for sessions.");
  const auto entry = static_cast<uint32_t>(entries_.size());
  entries_.push_back({nodes_.size(), path.size(), 0, 0, 0, hash});
  nodes_.insert(nodes_.end(), path.begin(), path.end());
  if (basis_.definition().times) times_.emplace_back();
  buckets_[i] = entry;
  return entry;
}

void PathCounts::add(std::span<const uint8_t> encoded, PathFinder& finder,
                     const PathEvents<uint16_t>& events, std::span<const PathKind> kinds,
                     const Vocabulary& vocabulary) {
  basis_.add_customer(encoded);
  if (events.size() == 0) return;
  basis_.numbers_of(kinds, vocabulary);
  finder.each(events, kinds, [&](const FoundPath& path) {
    path_.resize(path.nodes.size());
    for (size_t i = 0; i < path_.size(); ++i) path_[i] = basis_.number_at(path.nodes[i].label);
    const uint32_t entry = entry_of(path_);
    Entry& e = entries_[entry];
    ++e.paths;
    e.customers += e.last_customer != customers();
    e.last_customer = customers();
    if (basis_.definition().times)
      times_[entry].add(time_between(path.nodes.front().at, path.nodes.back().at));
    return true;
  });
}

void PathCounts::merge(const PathCounts& other) {
  if (!other.basis_.defined()) return;
  const std::vector<uint32_t> numbers = basis_.merge(other.basis_);
  Work work;
  for (uint32_t i = 0; i < other.entries_.size(); ++i) {
    path_.clear();
    for (const uint32_t label : other.labels(i)) path_.push_back(numbers[label]);
    work.done(path_.size());
    const uint32_t entry = entry_of(path_);
    entries_[entry].customers += other.entries_[i].customers;
    entries_[entry].paths += other.entries_[i].paths;
    if (!basis_.definition().times) continue;
    times_[entry].merge(other.times_[i]);
    work.done(other.times_[i].count());
  }
}

std::vector<uint32_t> PathCounts::label_places() const {
  std::vector<uint32_t> order(basis_.labels()), place(basis_.labels());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, {}, [&](uint32_t i) { return basis_.label(i); });
  for (uint32_t i = 0; i < order.size(); ++i) place[order[i]] = i;
  return place;
}

std::vector<uint32_t> PathCounts::in_order(std::span<const uint32_t> label_place) const {
  // In places instead of numbers, paths compare as their names do.
  std::vector<uint32_t> placed(nodes_.size());
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (i % 65536 == 0) poll();
    placed[i] = label_place[nodes_[i]];
  }
  const auto of = [&](uint32_t e) {
    return std::span<const uint32_t>(placed.data() + entries_[e].begin, entries_[e].length);
  };
  std::vector<uint32_t> order(entries_.size());
  std::iota(order.begin(), order.end(), 0);
  Work work;
  std::sort(order.begin(), order.end(),
            [&](uint32_t a, uint32_t b) { return before(of(a), of(b), work); });
  return order;
}

std::vector<PathCount> PathCounts::list() const {
  std::vector<uint32_t> order = in_order(label_places());
  poll();
  std::ranges::stable_sort(order, [&](uint32_t a, uint32_t b) {
    const Entry &x = entries_[a], &y = entries_[b];
    return x.customers != y.customers ? x.customers > y.customers : x.paths > y.paths;
  });
  const PathDefinition& d = basis_.definition();
  std::vector<PathCount> result;
  PathCount rest;
  for (size_t i = 0; i < order.size(); ++i) {
    const Entry& e = entries_[order[i]];
    if (d.top && i >= static_cast<size_t>(*d.top))
      rest.paths += e.paths;
    else if (e.customers >= static_cast<uint64_t>(d.min_weight))
      result.push_back({order[i], e.customers, e.paths, d.times ? &times_[order[i]] : nullptr});
  }
  if (rest.paths > 0) result.push_back(rest);
  return result;
}

void PathCounts::names(uint32_t number, std::vector<std::string_view>& names) const {
  names.clear();
  for (const uint32_t label : labels(number)) names.push_back(basis_.label(label));
}

void PathCounts::write(Bytes& out) const {
  Writer w(out);
  w.u8(version);
  std::vector<uint8_t> used(basis_.labels(), 0);
  for (const uint32_t label : nodes_) used[label] = 1;
  const std::vector<uint32_t> place = basis_.write(w, used);
  w.varint(entries_.size());
  Work work;
  for (const uint32_t e : in_order(place)) {
    w.varint(entries_[e].length);
    for (const uint32_t label : labels(e)) w.varint(place[label]);
    w.varint(entries_[e].customers);
    w.varint(entries_[e].paths);
    work.done(entries_[e].length);
    if (!basis_.definition().times) continue;
    times_[e].write(out);
    work.done(times_[e].count());
  }
}

void PathCounts::read(Reader& reader) {
  reader.version(version, "path_count_summary");
  basis_.read(reader);
  std::vector<uint8_t> used(basis_.labels(), 0);
  const size_t count = reader.count(4);
  Work work;
  for (size_t i = 0; i < count; ++i) {
    const size_t length = reader.count();
    if (length == 0) Reader::fail("a path without events");
    path_.clear();
    for (size_t k = 0; k < length; ++k) {
      const uint64_t label = reader.varint();
      if (label >= used.size()) Reader::fail("a label is out of range");
      used[label] = 1;
      path_.push_back(static_cast<uint32_t>(label));
    }
    work.done(length);
    if (i > 0 && !before(labels(static_cast<uint32_t>(i - 1)), path_, work))
      Reader::fail("paths are not in order");
    const uint32_t entry = entry_of(path_);
    Entry& e = entries_[entry];
    e.customers = reader.varint();
    e.paths = reader.varint();
    if (e.customers == 0 || e.customers > customers() || e.customers > e.paths ||
        e.paths > max_counted)
      Reader::fail("impossible counts of paths");
    if (!basis_.definition().times) continue;
    times_[entry].read(reader);
    if (times_[entry].count() != e.paths) Reader::fail("a path has more or less times than paths");
    work.done(e.paths);
  }
  if (std::ranges::find(used, 0) != used.end()) Reader::fail("a label is not used");
}

}  // namespace clientele
