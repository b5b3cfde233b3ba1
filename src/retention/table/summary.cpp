// SPDX-License-Identifier: PostgreSQL
#include "retention/table/summary.hpp"

#include <algorithm>

namespace clientele {
namespace {

constexpr uint8_t format_version = 1;
constexpr size_t max_cells = size_t{1} << 24;
constexpr uint64_t max_count = uint64_t{1} << 56;  // sums of two do not overflow

uint64_t counted(Reader& r) {
  const uint64_t n = r.varint();
  if (n > max_count) Reader::fail("a count is out of range");
  return n;
}

}  // namespace

RetentionSummary::Cohort& RetentionSummary::cohort_at(Micros start) {
  Recent& recent = recent_[static_cast<uint64_t>(start / hour) * 0x9e3779b97f4a7c15 >> 56];
  if (recent.cohort == nullptr || recent.start != start)
    recent = {start, &cohorts_.try_emplace(start).first->second};
  return *recent.cohort;
}

void RetentionSummary::reach(Cohort& cohort, size_t cells) {
  if (cells <= cohort.cells.size()) return;
  cells_ += cells - cohort.cells.size();
  if (cells_ > max_cells)
    throw Error(sqlstate::limit_exceeded,
                "a retention table has more than " + std::to_string(max_cells) +
                    " pairs of a cohort and a stretch with returns",
                "Use longer periods, or brackets.");
  cohort.cells.resize(cells);
}

void RetentionSummary::add(Micros start, std::span<const Returned> returned) {
  Cohort& cohort = cohort_at(start);
  ++cohort.customers;
  if (returned.empty()) return;
  reach(cohort, returned.back().stretch + 1);
  for (const Returned& r : returned) cohort.cells[r.stretch].add(1, r.returns, r.amount);
}

void RetentionSummary::merge(const RetentionSummary& other) {
  if (!other.started()) return;
  if (!started()) start(other.definition_);
  if (!same_bytes(definition_, other.definition_))
    throw Error(sqlstate::invalid_parameter,
                "summaries of different questions of retention cannot be joined",
                "Group by the definition. Give it until and time_zone: without them it is another "
                "question at another time or in another session.");
  Work work;
  for (const auto& [start, theirs] : other.cohorts_) {
    work.done(1 + theirs.cells.size());
    Cohort& ours = cohort_at(start);
    ours.customers += theirs.customers;
    reach(ours, theirs.cells.size());
    for (size_t s = 0; s < theirs.cells.size(); ++s) {
      const Cell& c = theirs.cells[s];
      ours.cells[s].add(c.returned, c.returns, {c.amount(), c.amounts});
    }
  }
}

void RetentionSummary::write(Bytes& out) const {
  Writer w(out);
  w.u8(format_version);
  w.counted(definition_);
  w.varint(cohorts_.size());
  Work work;
  Micros before = 0;
  for (const auto& [start, cohort] : cohorts_) {
    work.done(1 + cohort.cells.size());
    w.signed_varint(start - before);
    before = start;
    w.varint(cohort.customers);
    w.varint(cohort.cells.size());
    for (const Cell& c : cohort.cells) {
      w.varint(c.returned);
      if (c.returned == 0) continue;
      w.varint(c.returns);
      w.varint(c.amounts);
      if (c.amounts == 0) continue;
      w.varint(c.amount_low);
      w.signed_varint(c.amount_high);
    }
  }
}

void RetentionSummary::read(Reader& reader) {
  reader.version(format_version, "retention_summary");
  const std::span<const uint8_t> bytes = reader.counted();
  const RetentionDefinition definition = RetentionDefinition::read(bytes);
  if (!definition.settled()) Reader::fail("a summary's question has no end or no time zone");
  start(bytes);
  const auto least = static_cast<uint64_t>(definition.min_count);
  Work work;
  Micros before = 0;
  for (size_t cohorts = reader.count(); cohorts > 0; --cohorts) {
    const Micros at = before + reader.signed_varint();
    if (at < first_instant || at >= *definition.until || (!cohorts_.empty() && at <= before))
      Reader::fail("a cohort is out of order or of range");
    before = at;
    Cohort& cohort = cohort_at(at);
    cohort.customers = counted(reader);
    const size_t cells = reader.count();
    if (cohort.customers == 0 || cells > definition.stretches())
      Reader::fail("a cohort has no customers or too many stretches");
    work.done(1 + cells);
    reach(cohort, cells);
    for (Cell& c : cohort.cells) {
      c.returned = counted(reader);
      if (c.returned == 0) continue;
      c.returns = counted(reader);
      c.amounts = counted(reader);
      if (c.returned > cohort.customers || c.returns / least < c.returned ||
          c.amounts > (definition.amounts ? c.returns : 0))
        Reader::fail("the counts of a cohort do not match");
      if (c.amounts == 0) continue;
      c.amount_low = reader.varint();
      c.amount_high = reader.signed_varint();
      const __int128 most = __int128{amount_limit} * c.amounts;
      if (c.amount() <= -most || c.amount() >= most) Reader::fail("a sum is out of range");
    }
    if (cells > 0 && cohort.cells.back().returned == 0)
      Reader::fail("a cohort ends with an empty stretch");
  }
}

}  // namespace clientele
