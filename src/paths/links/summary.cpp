// SPDX-License-Identifier: PostgreSQL
#include "paths/links/summary.hpp"

#include <algorithm>
#include <array>
#include <tuple>

#include "base/sort.hpp"

namespace clientele {
namespace {

constexpr uint8_t version = 1;
constexpr uint64_t max_counted = uint64_t{1} << 48;

int64_t time_between(Micros a, Micros b) {
  return static_cast<int64_t>(
      std::min<uint64_t>(elapsed(std::min(a, b), std::max(a, b)), INT64_MAX));
}

}  // namespace

PathSummary::PathSummary(std::pmr::memory_resource* memory)
    : encoded_(memory),
      labels_(memory),
      label_numbers_(memory),
      cells_(memory),
      times_(memory),
      slots_(memory),
      buckets_(memory),
      number_of_(memory) {}

void PathSummary::define(std::span<const uint8_t> encoded) {
  if (encoded_.empty()) {
    definition_ = PathDefinition::read(encoded);
    encoded_.assign(encoded.begin(), encoded.end());
  } else if (!std::ranges::equal(encoded, encoded_)) {
    throw Error(sqlstate::invalid_parameter,
                "path_links needs the same path_def for all journeys of a group",
                "Group by the definition too, or ask one question at a time.");
  }
}

uint32_t PathSummary::label_number(std::string_view text) {
  if (const auto found = label_numbers_.find(text); found != label_numbers_.end())
    return found->second;
  const auto number = static_cast<uint32_t>(labels_.size());
  // Short strings move with the vector, so the views are made again when it grows.
  const bool grows = labels_.size() == labels_.capacity();
  labels_.emplace_back(text);
  if (grows) {
    label_numbers_.clear();
    for (uint32_t i = 0; i < number; ++i) label_numbers_.emplace(labels_[i], i);
  }
  label_numbers_.emplace(labels_.back(), number);
  if (labels_.size() > size_t{1} << bits_) {
    ++bits_;
    place_all();
  }
  return number;
}

uint32_t* PathSummary::bucket_of(uint32_t step, uint32_t source, uint32_t target) {
  uint64_t h = step * 0x9e3779b97f4a7c15U;
  h = (h ^ (h >> 32) ^ source) * 0xbf58476d1ce4e5b9U;
  h = (h ^ (h >> 32) ^ target) * 0x94d049bb133111ebU;
  for (size_t i = h >> 32;; ++i) {
    uint32_t* const bucket = &buckets_[i & (buckets_.size() - 1)];
    if (*bucket == none) return bucket;
    const Cell& c = cells_[*bucket];
    if (c.step == step && c.source == source && c.target == target) return bucket;
  }
}

// Gives a cell its place: among the slots if its step has or may have some.
void PathSummary::place(uint32_t cell) {
  const Cell& c = cells_[cell];
  const size_t needed = (size_t{c.step} + 1) << 2 * bits_;
  if (2 * bits_ < 32 && needed <= max_slots) {
    if (c.step >= steps_) {
      slots_.resize(needed, none);
      steps_ = c.step + 1;
    }
    slots_[((size_t{c.step} << bits_ | c.source) << bits_) | c.target] = cell;
    return;
  }
  if (2 * ++hashed_ > buckets_.size()) {
    const std::pmr::vector<uint32_t> old(std::move(buckets_));
    buckets_.assign(std::max<size_t>(64, 2 * old.size()), none);
    for (const uint32_t b : old)
      if (b != none) *bucket_of(cells_[b].step, cells_[b].source, cells_[b].target) = b;
  }
  *bucket_of(c.step, c.source, c.target) = cell;
}

void PathSummary::place_all() {
  slots_.clear();
  buckets_.clear();
  steps_ = 0;
  hashed_ = 0;
  for (uint32_t i = 0; i < cells_.size(); ++i) place(i);
}

uint32_t PathSummary::find_cell(uint32_t step, uint32_t source, uint32_t target) {
  if (step >= steps_ && !buckets_.empty())
    if (const uint32_t* const bucket = bucket_of(step, source, target); *bucket != none)
      return *bucket;
  if (cells_.size() >= max_links)
    throw Error(sqlstate::limit_exceeded,
                "path_links counts more than " + std::to_string(max_links) + " different links",
                "Ask with by_step => false, with collapse or max_length, or for fewer events.");
  const auto cell = static_cast<uint32_t>(cells_.size());
  cells_.push_back({step, source, target, 0, 0, 0});
  if (definition_.times) times_.emplace_back();
  place(cell);
  return cell;
}

// All events of a session are its path. This is the common question and the fastest: block by
// block, first the links' slots without any branch that depends on the events, then their cells.
// What the loops use of the members is kept in locals, which the compiler may not do by itself.
template <bool by_step, bool timed>
void PathSummary::add_all(const PathEvents<uint16_t>& events) {
  constexpr size_t block = 256;
  std::array<uint64_t, block> slot, time;
  const uint64_t gap = definition_.session_gap.value_or(~uint64_t{0});
  const uint64_t customer = customers_;
  const size_t n = events.size();
  const Micros* const at = events.at.data();
  const uint16_t* const kind = events.kind.data();
  const uint32_t* const local = local_.data();
  const int bits = bits_;
  uint64_t source = local[kind[0]];
  uint64_t step = by_step ? 1 : 0;
  for (size_t begin = 1; begin < n; begin += block) {
    const size_t end = std::min(n, begin + block);
    size_t links = 0;
    for (size_t i = begin; i < end; ++i) {
      const uint64_t target = local[kind[i]];
      const uint64_t passed = elapsed(at[i - 1], at[i]);
      const bool linked = passed <= gap;
      slot[links] = (step << 2 * bits) + (source << bits) + target;
      if constexpr (timed) time[links] = passed;
      if constexpr (by_step) step = linked ? step + 1 : 1;
      links += linked;
      source = target;
    }
    const uint32_t* slots = slots_.data();
    size_t slot_count = slots_.size();
    Cell* cells = cells_.data();
    for (size_t i = 0; i < links; ++i) {
      uint32_t cell = slot[i] < slot_count ? slots[slot[i]] : none;
      if (cell == none) [[unlikely]] {
        const uint64_t label_mask = (uint64_t{1} << bits) - 1;
        cell = find_cell(static_cast<uint32_t>(slot[i] >> 2 * bits),
                         static_cast<uint32_t>(slot[i] >> bits & label_mask),
                         static_cast<uint32_t>(slot[i] & label_mask));
        slots = slots_.data();
        slot_count = slots_.size();
        cells = cells_.data();
      }
      Cell& c = cells[cell];
      c.customers += c.last_customer != customer;
      c.last_customer = customer;
      ++c.paths;
      if constexpr (timed)
        times_[cell].add(static_cast<int64_t>(std::min<uint64_t>(time[i], INT64_MAX)));
    }
    if (begin / block % 64 == 63) poll();
  }
}

void PathSummary::add_paths(PathFinder& finder, const PathEvents<uint16_t>& events,
                            std::span<const PathKind> kinds) {
  finder.each(events, kinds, [&](const FoundPath& found) {
    const std::span<const PathNode> path = found.nodes;
    for (size_t i = 1; i < path.size(); ++i) {
      if (i % 65536 == 0) poll();
      const uint32_t cell = cell_of(definition_.by_step ? static_cast<uint32_t>(i) : 0,
                                    number_of_[path[i - 1].label], number_of_[path[i].label]);
      count(cell);
      if (definition_.times) times_[cell].add(time_between(path[i - 1].at, path[i].at));
    }
    return true;
  });
}

void PathSummary::add(std::span<const uint8_t> encoded, PathFinder& finder,
                      const PathEvents<uint16_t>& events, std::span<const PathKind> kinds,
                      const Vocabulary& vocabulary) {
  define(encoded);
  ++customers_;
  if (events.size() == 0) return;
  if (vocabulary_ != vocabulary.id) {
    number_of_.clear();
    vocabulary_ = vocabulary.id;
  }
  if (number_of_.size() < vocabulary.labels.size())
    number_of_.resize(vocabulary.labels.size(), none);
  local_.resize(kinds.size());
  for (size_t k = 0; k < kinds.size(); ++k) {
    uint32_t& number = number_of_[kinds[k].label];
    if (number == none) number = label_number(vocabulary.labels[kinds[k].label]);
    local_[k] = number;
  }
  const PathDefinition& d = definition_;
  const bool fits = bits_ < 20;  // step, source and target of a link in one number
  if (!fits || d.start_at || d.end_at || d.collapse || d.reverse || d.max_length)
    return add_paths(finder, events, kinds);
  if (d.by_step)
    d.times ? add_all<true, true>(events) : add_all<true, false>(events);
  else
    d.times ? add_all<false, true>(events) : add_all<false, false>(events);
}

void PathSummary::merge(const PathSummary& other) {
  if (other.encoded_.empty()) return;
  define(other.encoded_);
  customers_ += other.customers_;
  std::vector<uint32_t> numbers;
  numbers.reserve(other.labels_.size());
  for (const auto& label : other.labels_) numbers.push_back(label_number(label));
  for (size_t i = 0; i < other.cells_.size(); ++i) {
    const Cell& c = other.cells_[i];
    const uint32_t cell = cell_of(c.step, numbers[c.source], numbers[c.target]);
    cells_[cell].customers += c.customers;
    cells_[cell].paths += c.paths;
    if (definition_.times) times_[cell].merge(other.times_[i]);
    if (i % 1024 == 0) poll();
  }
}

std::vector<PathLink> PathSummary::links() const {
  std::vector<PathLink> result;
  for (size_t i = 0; i < cells_.size(); ++i) {
    const Cell& c = cells_[i];
    if (c.customers < static_cast<uint64_t>(definition_.min_weight)) continue;
    result.push_back({c.step, labels_[c.source], labels_[c.target], c.customers, c.paths,
                      definition_.times ? &times_[i] : nullptr});
  }
  sort_polled(result.begin(), result.end(), [](const PathLink& a, const PathLink& b) {
    if (a.step != b.step) return a.step < b.step;
    if (a.customers != b.customers) return a.customers > b.customers;
    if (a.paths != b.paths) return a.paths > b.paths;
    return a.source != b.source ? a.source < b.source : a.target < b.target;
  });
  return result;
}

void PathSummary::write(Bytes& out) const {
  Writer w(out);
  w.u8(version);
  w.counted(encoded_);
  w.varint(customers_);
  // Only labels that links use, in byte order; `rank` is their number there.
  std::vector<uint32_t> rank(labels_.size(), none), used;
  for (const Cell& c : cells_) rank[c.source] = rank[c.target] = 0;
  for (uint32_t i = 0; i < rank.size(); ++i)
    if (rank[i] == 0) used.push_back(i);
  std::sort(used.begin(), used.end(),
            [&](uint32_t a, uint32_t b) { return labels_[a] < labels_[b]; });
  w.varint(used.size());
  for (uint32_t i = 0; i < used.size(); ++i) {
    rank[used[i]] = i;
    w.text(labels_[used[i]]);
  }
  std::vector<uint32_t> order(cells_.size());
  for (uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto key = [&](uint32_t i) {
    const Cell& c = cells_[i];
    return std::tuple(c.step, rank[c.source], rank[c.target]);
  };
  sort_polled(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return key(a) < key(b); });
  w.varint(order.size());
  for (const uint32_t i : order) {
    poll();
    const Cell& c = cells_[i];
    w.varint(c.step);
    w.varint(rank[c.source]);
    w.varint(rank[c.target]);
    w.varint(c.customers);
    w.varint(c.paths);
    if (definition_.times) times_[i].write(out);
  }
}

void PathSummary::read(Reader& reader) {
  reader.version(version, "path_summary");
  define(reader.counted());
  customers_ = reader.varint();
  const size_t labels = reader.count();
  for (size_t i = 0; i < labels; ++i) {
    if (i % 4096 == 0) poll();
    const std::string_view label = reader.text();
    if (i > 0 && label <= labels_.back()) Reader::fail("labels are not in order");
    label_number(label);
  }
  std::tuple<uint64_t, uint64_t, uint64_t> previous;
  const size_t cells = reader.count(5);
  for (size_t i = 0; i < cells; ++i) {
    poll();
    const uint64_t step = reader.varint(), source = reader.varint(), target = reader.varint();
    const std::tuple here(step, source, target);
    if (step > UINT32_MAX || (step > 0) != definition_.by_step || source >= labels ||
        target >= labels || (i > 0 && here <= previous))
      Reader::fail("impossible links");
    previous = here;
    const uint32_t cell = find_cell(static_cast<uint32_t>(step), static_cast<uint32_t>(source),
                                    static_cast<uint32_t>(target));
    Cell& c = cells_[cell];
    c.customers = reader.varint();
    c.paths = reader.varint();
    if (c.customers == 0 || c.customers > customers_ || c.customers > c.paths ||
        customers_ > max_counted || c.paths > max_counted)
      Reader::fail("impossible counts of links");
    if (definition_.times) times_[cell].read(reader);
    if (definition_.times && times_[cell].count() != c.paths)
      Reader::fail("a link has more or less times than paths");
  }
}

}  // namespace clientele
