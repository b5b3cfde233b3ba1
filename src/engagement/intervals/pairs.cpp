// SPDX-License-Identifier: PostgreSQL
#include "engagement/intervals/pairs.hpp"

#include <algorithm>
#include <array>

namespace clientele {
namespace {

/// One journey's pairs: events are counted by role, and each instant is settled when it is over.
class Pairs {
 public:
  Pairs(bool first, uint64_t within, Micros since, IntervalSummary& summary)
      : first_(first), within_(within), since_(since), summary_(summary) {}

  void add(Micros at, size_t role) {
    if (at != now_) {
      settle();
      now_ = at;
    }
    ++count_[role];
  }

  /// Those that only open come first, then those that do both, then those that only close.
  void settle() {
    const auto [opening, both, closing, none] = count_;
    count_ = {};
    if (opening > 0) open();
    for (uint32_t i = 0; i < both; ++i) {
      if (is_open_) close();
      open();
    }
    if (closing > 0 && is_open_) close();
  }

  bool any() const { return any_; }

 private:
  void open() {
    if (now_ < since_ || (first_ && is_open_)) return;
    is_open_ = true;
    from_ = now_;
  }
  void close() {
    is_open_ = false;
    const uint64_t time = elapsed(from_, now_);
    if (time > within_) return;
    summary_.add_pair(time);
    any_ = true;
  }

  bool first_;
  uint64_t within_;
  Micros since_;
  IntervalSummary& summary_;

  Micros now_ = INT64_MIN;
  std::array<uint32_t, 4> count_{};
  bool is_open_ = false, any_ = false;
  Micros from_ = 0;
};

}  // namespace

PairFinder::PairFinder(const IntervalDefinition& definition, std::vector<int32_t> from,
                       std::vector<int32_t> to)
    : from_(std::move(from)),
      to_(std::move(to)),
      first_(definition.pick == IntervalPick::first),
      within_(definition.within.value_or(UINT64_MAX)),
      since_(definition.since.value_or(INT64_MIN)),
      until_(definition.until.value()) {}

bool PairFinder::give_roles(const Journey& journey) {
  const std::span<const int32_t> types = journey.types();
  role_.assign(journey.code_limit(), neither);
  bool some_open = false, some_close = false;
  for (size_t c = 0; c < types.size(); ++c) {
    const bool opening = std::ranges::binary_search(from_, types[c]);
    const bool closing = std::ranges::binary_search(to_, types[c]);
    role_[c] = opening ? closing ? both : opens : closing ? closes : neither;
    some_open |= opening;
    some_close |= closing;
  }
  return some_open && some_close;
}

void PairFinder::add(const Journey& journey, IntervalSummary& summary) {
  if (!give_roles(journey)) return;
  Pairs pairs(first_, within_, since_, summary);
  Micros at[Journey::block];
  uint16_t code[Journey::block];
  Journey::Scan scan(journey);
  while (const size_t n = scan.next()) {
    if (scan.begin() % (64 * Journey::block) == 0) poll();
    scan.times(at);
    scan.codes(code);
    const bool ends = at[n - 1] >= until_;
    const size_t count = ends ? static_cast<size_t>(std::lower_bound(at, at + n, until_) - at) : n;
    for (size_t i = 0; i < count; ++i)
      if (const uint8_t role = role_[code[i]]; role != neither) pairs.add(at[i], role);
    if (ends) break;
  }
  pairs.settle();
  if (pairs.any()) summary.add_customer();
}

}  // namespace clientele
