// SPDX-License-Identifier: PostgreSQL
#include "paths/links/summary.hpp"

#include <algorithm>
#include <array>
#include <tuple>

#include "base/sort.hpp"

namespace clientele {
namespace {

constexpr uint8_t version = 2;
constexpr uint8_t without_ends = 1;  // the version that did not count the ends of paths
constexpr uint64_t max_counted = uint64_t{1} << 48;

}  // namespace

PathSummary::PathSummary(std::pmr::memory_resource* memory)
    : basis_("path_links", memory),
      cells_(memory),
      times_(memory),
      slots_(memory),
      buckets_(memory) {}

void PathSummary::fit() {
  if (basis_.labels() + first_label <= size_t{1} << bits_) return;
  while (basis_.labels() + first_label > size_t{1} << bits_) ++bits_;
  place_all();
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
  if (basis_.definition().times) times_.emplace_back();
  place(cell);
  return cell;
}

// All events of a session are its path. This is the common question and the fastest: block by
// block, first the links' slots without any branch that depends on the events, then their cells.
// What the loops use of the members is kept in locals, which the compiler may not do by itself.
template <bool by_step, bool timed>
void PathSummary::add_all(const PathEvents<uint16_t>& events, std::span<const uint32_t> numbers) {
  constexpr size_t block = 256;
  std::array<uint64_t, block> slot, time;
  const uint64_t gap = basis_.definition().session_gap.value_or(~uint64_t{0});
  const uint64_t customer = customers();
  const size_t n = events.size();
  const Micros* const at = events.at.data();
  const uint16_t* const kind = events.kind.data();
  const uint32_t* const number = numbers.data();
  const int bits = bits_;
  const uint64_t label_mask = (uint64_t{1} << bits) - 1;
  uint64_t source = number[kind[0]] + first_label;
  uint64_t step = by_step ? 1 : 0;
  for (size_t begin = 1; begin < n; begin += block) {
    const size_t count = std::min(n - begin, block);
    for (size_t i = 0; i < count; ++i) {
      const uint64_t target = number[kind[begin + i]] + first_label;
      const uint64_t passed = elapsed(at[begin + i - 1], at[begin + i]);
      const bool linked = passed <= gap;
      slot[i] = (step << 2 * bits) + (source << bits) + (linked ? target : end);
      if constexpr (timed) time[i] = passed;
      if constexpr (by_step) step = linked ? step + 1 : 1;
      source = target;
    }
    const uint32_t* slots = slots_.data();
    size_t slot_count = slots_.size();
    Cell* cells = cells_.data();
    for (size_t i = 0; i < count; ++i) {
      uint32_t cell = slot[i] < slot_count ? slots[slot[i]] : none;
      if (cell == none) [[unlikely]] {
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
        if ((slot[i] & label_mask) != end)
          times_[cell].add(static_cast<int64_t>(std::min<uint64_t>(time[i], INT64_MAX)));
    }
    if (begin / block % 64 == 63) poll();
  }
  this->count(static_cast<uint32_t>(step), static_cast<uint32_t>(source), end);
}

void PathSummary::add_paths(PathFinder& finder, const PathEvents<uint16_t>& events,
                            std::span<const PathKind> kinds) {
  const PathDefinition& d = basis_.definition();
  finder.each(events, kinds, [&](const FoundPath& path) {
    const size_t n = path.nodes.size();
    uint32_t source = basis_.number_at(path.nodes[0].label) + first_label;
    for (size_t i = 1;; ++i) {
      if (i % 65536 == 0) poll();
      const uint32_t step = d.by_step ? static_cast<uint32_t>(i) : 0;
      if (d.top) count(step, source, standing);
      if (i == n) {
        if (!path.cut) count(step, source, end);
        return true;
      }
      const uint32_t target = basis_.number_at(path.nodes[i].label) + first_label;
      const uint32_t cell = count(step, source, target);
      if (d.times) times_[cell].add(time_between(path.nodes[i - 1].at, path.nodes[i].at));
      source = target;
    }
  });
}

void PathSummary::add(std::span<const uint8_t> encoded, PathFinder& finder,
                      const PathEvents<uint16_t>& events, std::span<const PathKind> kinds,
                      const Vocabulary& vocabulary) {
  basis_.add_customer(encoded);
  if (events.size() == 0) return;
  const std::span<const uint32_t> numbers = basis_.numbers_of(kinds, vocabulary);
  fit();
  const PathDefinition& d = basis_.definition();
  const bool fits = bits_ < 20;  // step, source and target of a link in one number
  if (!fits || d.start_at || d.end_at || d.keep || d.collapse || d.reverse || d.max_length || d.top)
    return add_paths(finder, events, kinds);
  if (d.by_step)
    d.times ? add_all<true, true>(events, numbers) : add_all<true, false>(events, numbers);
  else
    d.times ? add_all<false, true>(events, numbers) : add_all<false, false>(events, numbers);
}

void PathSummary::merge(const PathSummary& other) {
  if (!other.basis_.defined()) return;
  std::vector<uint32_t> numbers = {end, standing};
  for (const uint32_t number : basis_.merge(other.basis_)) numbers.push_back(number + first_label);
  fit();
  ends_counted_ &= other.ends_counted_;
  for (size_t i = 0; i < other.cells_.size(); ++i) {
    const Cell& c = other.cells_[i];
    const uint32_t cell = cell_of(c.step, numbers[c.source], numbers[c.target]);
    cells_[cell].customers += c.customers;
    cells_[cell].paths += c.paths;
    if (basis_.definition().times) times_[cell].merge(other.times_[i]);
    if (i % 1024 == 0) poll();
  }
}

void PathSummary::write(Bytes& out) const {
  Writer w(out);
  w.u8(ends_counted_ ? version : without_ends);
  std::vector<uint8_t> used(basis_.labels(), 0);
  std::vector<uint32_t> order;
  for (uint32_t i = 0; i < cells_.size(); ++i) {
    const Cell& c = cells_[i];
    if (!ends_counted_ && c.target < first_label) continue;
    order.push_back(i);
    used[c.source - first_label] = 1;
    if (c.target >= first_label) used[c.target - first_label] = 1;
  }
  const std::vector<uint32_t> place = basis_.write(w, used);
  const uint32_t base = ends_counted_ ? first_label : 0;
  const auto target = [&](const Cell& c) {
    return c.target < first_label ? c.target : place[c.target - first_label] + base;
  };
  const auto key = [&](uint32_t i) {
    const Cell& c = cells_[i];
    return std::tuple(c.step, place[c.source - first_label], target(c));
  };
  sort_polled(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return key(a) < key(b); });
  w.varint(order.size());
  for (const uint32_t i : order) {
    poll();
    const Cell& c = cells_[i];
    w.varint(c.step);
    w.varint(place[c.source - first_label]);
    w.varint(target(c));
    w.varint(c.customers);
    w.varint(c.paths);
    if (basis_.definition().times && c.target >= first_label) times_[i].write(out);
  }
}

void PathSummary::check(const Cell& c) const {
  const PathDefinition& d = basis_.definition();
  if ((c.step > 0) != d.by_step || (c.target == standing && !d.top))
    Reader::fail("impossible links");
  if (c.customers == 0 || c.customers > customers() || c.customers > c.paths ||
      c.paths > max_counted)
    Reader::fail("impossible counts of links");
}

void PathSummary::read(Reader& reader) {
  const uint8_t v = reader.u8();
  if (v != version && v != without_ends) Reader::unknown_version(v, "path_summary");
  ends_counted_ = v != without_ends;
  basis_.read(reader);
  fit();
  const PathDefinition& d = basis_.definition();
  if (!ends_counted_ && (d.ends || d.top)) Reader::fail("the ends of its paths are not counted");
  const size_t labels = basis_.labels();
  const uint64_t base = ends_counted_ ? first_label : 0;
  std::tuple<uint64_t, uint64_t, uint64_t> previous;
  const size_t cells = reader.count(5);
  for (size_t i = 0; i < cells; ++i) {
    poll();
    const uint64_t step = reader.varint(), source = reader.varint(), target = reader.varint();
    const std::tuple here(step, source, target);
    if (step > UINT32_MAX || source >= labels || target >= labels + base ||
        (i > 0 && here <= previous))
      Reader::fail("impossible links");
    previous = here;
    const uint32_t cell =
        find_cell(static_cast<uint32_t>(step), static_cast<uint32_t>(source + first_label),
                  static_cast<uint32_t>(target + first_label - base));
    Cell& c = cells_[cell];
    c.customers = reader.varint();
    c.paths = reader.varint();
    check(c);
    if (!d.times || c.target < first_label) continue;
    times_[cell].read(reader);
    if (times_[cell].count() != c.paths) Reader::fail("a link has more or less times than paths");
  }
}

}  // namespace clientele
