// SPDX-License-Identifier: PostgreSQL
#include "lifecycle/summary.hpp"

#include <algorithm>

#include "base/counted.hpp"
#include "base/error.hpp"

namespace clientele {
namespace {

constexpr uint8_t format_version = 1;
constexpr uint64_t max_periods = 1'000'000;
constexpr size_t max_numbers = size_t{1} << 25;  // of all periods together: 256 MB
/// Further from 2000 than any period of a timestamptz.
constexpr int64_t furthest = int64_t{1} << 40;

bool is_empty(std::span<const int64_t> counts) {
  return std::ranges::all_of(counts, [](int64_t n) { return n == 0; });
}

}  // namespace

void LifecycleSummary::check_periods(uint64_t periods) {
  if (periods % 1024 == 0) poll();
  if (periods > max_periods)
    throw Error(
        sqlstate::limit_exceeded,
        "the lifecycle of more than " + std::to_string(max_periods) + " periods cannot be shown",
        "Ask with since, or for longer periods.");
}

LifecycleSummary::Counts& LifecycleSummary::at(int64_t period) {
  Known& known = known_[static_cast<size_t>(period) % known_.size()];
  if (known.counts == nullptr || known.period != period) {
    Counts& counts = periods_[period];
    if (periods_.size() > max_numbers / size())
      throw Error(sqlstate::limit_exceeded,
                  "a lifecycle of " + std::to_string(stages_) + " stages can count moves in " +
                      std::to_string(max_numbers / size()) + " periods at most",
                  "Ask with since, for longer periods, or with fewer stages.");
    if (counts.empty()) counts.resize(size());
    known = {period, &counts};
  }
  return *known.counts;
}

void LifecycleSummary::merge(const LifecycleSummary& other) {
  if (!other.started()) return;
  if (!started()) start(other.definition_, other.stages_);
  if (!same_bytes(definition_, other.definition_))
    throw Error(sqlstate::invalid_parameter, "summaries of different lifecycles cannot be joined",
                "Group by the lifecycle_def; where it has no until or time_zone, those of the time "
                "of the question count.");
  customers_ += other.customers_;
  for (const auto& [period, counts] : other.periods_) {
    Counts& mine = at(period);
    for (size_t i = 0; i < counts.size(); ++i) mine[i] += counts[i];
  }
}

void LifecycleSummary::write(Bytes& out) const {
  Writer w(out);
  w.u8(format_version);
  w.counted(definition_);
  w.varint(customers_);
  uint64_t used = 0;
  for (const auto& [period, counts] : periods_) used += !is_empty(counts);
  w.varint(used);
  int64_t before = 0;
  for (const auto& [period, counts] : periods_) {
    if (is_empty(counts)) continue;
    w.signed_varint(period - before);
    before = period;
    w.varint(counts.size() - static_cast<size_t>(std::ranges::count(counts, 0)));
    size_t next = 0;
    for (size_t i = 0; i < counts.size(); ++i) {
      if (counts[i] == 0) continue;
      w.varint(i - next);
      w.signed_varint(counts[i]);
      next = i + 1;
    }
  }
}

void LifecycleSummary::read(Reader& r) {
  r.version(format_version, "lifecycle_summary");
  const std::span<const uint8_t> definition = r.counted();
  const LifecycleDefinition d = LifecycleDefinition::read(definition);
  if (!d.resolved()) Reader::fail("a lifecycle_summary has no time or time zone");
  start(definition, d.stages.size());
  customers_ = r.varint();
  if (customers_ > max_counted) Reader::fail("impossibly many customers");
  const auto all = static_cast<int64_t>(customers_);
  std::vector<int64_t> staying(stages_, 0);
  int64_t before = 0;
  const size_t used = r.count();
  for (size_t k = 0; k < used; ++k) {
    if (k % 1024 == 0) poll();
    int64_t period = 0;
    if (__builtin_add_overflow(before, r.signed_varint(), &period) || period < -furthest ||
        period > furthest || (k > 0 && period <= before))
      Reader::fail("periods do not ascend");
    before = period;
    const size_t cells = r.count();
    if (cells == 0 || cells > size()) Reader::fail("impossible counts of moves");
    Counts& counts = at(period);
    int64_t here = 0;
    size_t next = 0;
    for (size_t c = 0; c < cells; ++c) {
      const uint64_t skip = r.varint();
      if (skip >= size() - next) Reader::fail("impossible moves between stages");
      const size_t i = next + skip;
      const int64_t n = r.signed_varint();
      if (n == 0 || i == 0 || n < -all || n > all || (i < moves() && n < 0))
        Reader::fail("impossible counts of moves");
      counts[i] = n;
      if (i < moves())
        here += n;
      else
        staying[i - moves()] += n;
      next = i + 1;
    }
    for (const int64_t n : staying) {
      if (n < 0 || n > all) Reader::fail("impossible counts of customers that stay");
      here += n;
    }
    if (here > all) Reader::fail("more customers than there are");
  }
  if (!is_empty(staying)) Reader::fail("customers stay for ever");
}

}  // namespace clientele
