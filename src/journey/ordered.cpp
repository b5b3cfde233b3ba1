// SPDX-License-Identifier: PostgreSQL
#include "journey/ordered.hpp"

#include <algorithm>

#include "base/sort.hpp"

namespace clientele {
namespace {

/// Calls run(begin, end) for each run of equal times that is longer than one.
template <class Run>
void each_tie(std::span<const Micros> at, Run run) {
  const size_t n = at.size();
  for (size_t i = 1; i < n; ++i) {
    if (at[i] != at[i - 1]) continue;
    const size_t begin = i - 1;
    while (i < n && at[i] == at[begin]) ++i;
    run(begin, i);
    poll();
  }
}

}  // namespace

bool has_ties(std::span<const Micros> at) {
  // Most journeys have none; without a branch in it this loop costs next to nothing.
  uint64_t ties = 0;  // its top bit: some difference is 0 (or above 2^63, which does no harm)
  for (size_t i = 1; i < at.size(); ++i) ties |= elapsed(at[i - 1], at[i]) - 1;
  return ties >> 63 != 0;
}

template <class Code>
void order_ties(std::span<const Micros> at, std::span<Code> code, std::span<const uint64_t> rank) {
  if (!has_ties(at)) return;
  // Equal times of a journey arrive in the order of their codes: if the ranks ascend too, they are
  // in order.
  const bool ascending = std::ranges::is_sorted(rank);
  each_tie(at, [&](size_t begin, size_t end) {
    const auto first = code.begin() + static_cast<ptrdiff_t>(begin);
    const auto last = code.begin() + static_cast<ptrdiff_t>(end);
    if (!ascending || !std::is_sorted(first, last))
      sort_polled(first, last, [&](Code a, Code b) { return rank[a] < rank[b]; });
  });
}

template void order_ties(std::span<const Micros>, std::span<uint16_t>, std::span<const uint64_t>);
template void order_ties(std::span<const Micros>, std::span<uint32_t>, std::span<const uint64_t>);

void OrderedEvents::read_columns(const Journey& journey) {
  const size_t n = journey.size();
  times_.resize(n);
  codes_.resize(n);
  uint16_t highest = 0;
  for (Journey::Scan scan(journey); const size_t events = scan.next();) {
    if (scan.begin() % (64 * Journey::block) == 0) poll();
    uint16_t* const codes = codes_.data() + scan.begin();
    scan.times(times_.data() + scan.begin());
    scan.codes(codes);
    for (size_t i = 0; i < events; ++i) highest = std::max(highest, codes[i]);
  }
  if (n > 0 && highest >= journey.types().size()) Reader::fail("an event code is out of range");
  at = times_;
  code = codes_;
  has_amount = {};
  amount = {};
}

void OrderedEvents::read(const Journey& journey, std::span<const uint64_t> rank_by_code) {
  read_columns(journey);
  order_ties<uint16_t>(at, codes_, rank_by_code);
}

void OrderedEvents::read_with_amounts(const Journey& journey,
                                      std::span<const uint64_t> rank_by_code) {
  if (!journey.has_amounts()) return read(journey, rank_by_code);
  read_columns(journey);
  present_.assign(at.size(), 0);
  amounts_.assign(at.size(), 0);
  journey.each_amount(at.size(), [&](size_t i, int64_t value) {
    present_[i] = 1;
    amounts_[i] = value;
  });
  has_amount = present_;
  amount = amounts_;
  if (has_ties(at)) order_with_amounts(rank_by_code);
}

// Events of one code stand in the order of their items and amounts, and no two codes have one rank,
// so that it suffices to keep them in place among themselves.
void OrderedEvents::order_with_amounts(std::span<const uint64_t> rank) {
  struct Tied {
    uint64_t rank;
    size_t place;
    int64_t amount;
    uint16_t code;
    uint8_t present;
    bool operator<(const Tied& other) const {
      return rank != other.rank ? rank < other.rank : place < other.place;
    }
  };
  std::vector<Tied> tied;
  each_tie(at, [&](size_t begin, size_t end) {
    tied.clear();
    for (size_t i = begin; i < end; ++i)
      tied.push_back({rank[codes_[i]], i, amounts_[i], codes_[i], present_[i]});
    if (std::is_sorted(tied.begin(), tied.end())) return;
    sort_polled(tied.begin(), tied.end());
    for (size_t i = begin; i < end; ++i) {
      const Tied& t = tied[i - begin];
      codes_[i] = t.code;
      amounts_[i] = t.amount;
      present_[i] = t.present;
    }
  });
}

}  // namespace clientele
