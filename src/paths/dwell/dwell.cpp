// SPDX-License-Identifier: PostgreSQL
#include "paths/dwell/dwell.hpp"

#include <algorithm>

#include "base/poll.hpp"

namespace clientele {
namespace {

constexpr uint8_t version = 1;
constexpr uint64_t max_counted = uint64_t{1} << 48;

}  // namespace

DwellSummary::DwellSummary(std::pmr::memory_resource* memory)
    : basis_("dwell", memory), cells_(memory), times_(memory) {}

void DwellSummary::fit() {
  if (cells_.size() < basis_.labels()) cells_.resize(basis_.labels());
  if (basis_.definition().times && times_.size() < basis_.labels()) times_.resize(basis_.labels());
}

// All events of a session are its path: the common question, without a copy of the path.
void DwellSummary::add_all(const PathEvents<uint16_t>& events, std::span<const uint32_t> numbers) {
  const uint64_t gap = basis_.definition().session_gap.value_or(~uint64_t{0});
  const uint64_t customer = basis_.customers();
  const bool timed = basis_.definition().times;
  const size_t n = events.size();
  Cell* const cells = cells_.data();
  for (size_t i = 0; i < n; ++i) {
    if (i % 65536 == 65535) poll();
    const uint32_t label = numbers[events.kind[i]];
    Cell& c = cells[label];
    ++c.stands;
    c.customers += c.last_customer != customer;
    c.last_customer = customer;
    const uint64_t passed = i + 1 < n ? elapsed(events.at[i], events.at[i + 1]) : 0;
    if (i + 1 == n || passed > gap) {
      ++c.lasts;
      continue;
    }
    const auto time = static_cast<int64_t>(std::min<uint64_t>(passed, INT64_MAX));
    c.add(static_cast<uint64_t>(time));
    if (timed) times_[label].add(time);
  }
}

void DwellSummary::add(std::span<const uint8_t> encoded, PathFinder& finder,
                       const PathEvents<uint16_t>& events, std::span<const PathKind> kinds,
                       const Vocabulary& vocabulary) {
  basis_.add_customer(encoded);
  if (events.size() == 0) return;
  const std::span<const uint32_t> numbers = basis_.numbers_of(kinds, vocabulary);
  fit();
  const PathDefinition& d = basis_.definition();
  if (!d.start_at && !d.end_at && !d.keep && !d.collapse) return add_all(events, numbers);
  finder.each(events, kinds, [&](const FoundPath& path) {
    for (size_t i = 0; i < path.nodes.size(); ++i) {
      if (i % 65536 == 65535) poll();
      const uint32_t label = basis_.number_at(path.nodes[i].label);
      Cell& c = cells_[label];
      ++c.stands;
      c.customers += c.last_customer != basis_.customers();
      c.last_customer = basis_.customers();
      if (i + 1 == path.nodes.size()) {
        ++c.lasts;
        break;
      }
      const int64_t time = time_between(path.nodes[i].at, path.nodes[i + 1].at);
      c.add(static_cast<uint64_t>(time));
      if (d.times) times_[label].add(time);
    }
    return true;
  });
}

void DwellSummary::merge(const DwellSummary& other) {
  if (!other.basis_.defined()) return;
  const std::vector<uint32_t> numbers = basis_.merge(other.basis_);
  fit();
  for (size_t i = 0; i < other.cells_.size(); ++i) {
    poll();
    const Cell& from = other.cells_[i];
    Cell& to = cells_[numbers[i]];
    to.stands += from.stands;
    to.lasts += from.lasts;
    to.customers += from.customers;
    to.add(from.total);
    to.overflows += from.overflows;
    if (basis_.definition().times) times_[numbers[i]].merge(other.times_[i]);
  }
}

DwellTimes DwellSummary::list() const {
  const PathDefinition& d = basis_.definition();
  DwellTimes result;
  for (uint32_t i = 0; i < cells_.size(); ++i) {
    const Cell& c = cells_[i];
    if (c.stands > 0)
      result.events.push_back({basis_.label(i), c.stands, c.lasts, c.customers, c.sum(),
                               d.times ? &times_[i] : nullptr});
  }
  std::ranges::sort(result.events, [](const DwellTime& a, const DwellTime& b) {
    if (a.customers != b.customers) return a.customers > b.customers;
    return a.stands != b.stands ? a.stands > b.stands : a.event < b.event;
  });
  DwellTime rest;
  rest.event = d.rest;
  std::vector<DwellTime> shown;
  int64_t named = 0;
  for (const DwellTime& e : result.events) {
    poll();
    // An event that is called as the others are is one of them.
    if (d.top && (e.event == d.rest || ++named > *d.top)) {
      rest.stands += e.stands;
      rest.lasts += e.lasts;
      rest.total += e.total;
      if (!d.times) continue;
      if (rest.times == nullptr) rest.times = &result.added.emplace_back();
      result.added.front().merge(*e.times);
    } else if (*e.customers >= static_cast<uint64_t>(d.min_weight)) {
      shown.push_back(e);
    }
  }
  result.events = std::move(shown);
  if (rest.stands > 0) result.events.push_back(rest);
  return result;
}

void DwellSummary::write(Bytes& out) const {
  Writer w(out);
  w.u8(version);
  std::vector<uint8_t> used(basis_.labels(), 0);
  std::vector<uint32_t> at_place;
  for (uint32_t i = 0; i < cells_.size(); ++i) used[i] = cells_[i].stands > 0;
  const std::vector<uint32_t> place = basis_.write(w, used);
  at_place.resize(static_cast<size_t>(std::ranges::count(used, 1)));
  for (uint32_t i = 0; i < used.size(); ++i)
    if (used[i]) at_place[place[i]] = i;
  for (const uint32_t i : at_place) {
    poll();
    const Cell& c = cells_[i];
    w.varint(c.stands);
    w.varint(c.lasts);
    w.varint(c.customers);
    w.varint(c.overflows);
    w.varint(c.total);
    if (basis_.definition().times) times_[i].write(out);
  }
}

void DwellSummary::read(Reader& reader) {
  reader.version(version, "dwell_summary");
  basis_.read(reader);
  fit();
  for (size_t i = 0; i < basis_.labels(); ++i) {
    poll();
    Cell& c = cells_[i];
    c.stands = reader.varint();
    c.lasts = reader.varint();
    c.customers = reader.varint();
    c.overflows = reader.varint();
    c.total = reader.varint();
    if (c.stands > max_counted || c.lasts > c.stands || c.customers == 0 ||
        c.customers > c.stands || c.customers > basis_.customers() ||
        c.sum() > static_cast<unsigned __int128>(INT64_MAX) * (c.stands - c.lasts))
      Reader::fail("impossible counts of visits");
    if (!basis_.definition().times) continue;
    times_[i].read(reader);
    if (times_[i].count() != c.stands - c.lasts)
      Reader::fail("an event has more or less times than visits that go on");
  }
}

}  // namespace clientele
