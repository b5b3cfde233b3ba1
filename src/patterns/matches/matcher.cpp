// SPDX-License-Identifier: PostgreSQL
#include "patterns/matches/matcher.hpp"

#include <algorithm>

namespace clientele {

PatternMatcher::PatternMatcher(PatternProgram program)
    : program_(std::move(program)), classes_(program_.sets) {
  if (std::optional<EventChain> chain = EventChain::of(program_))
    chain_.emplace(std::move(*chain), program_, classes_);
}

bool PatternMatcher::possible(std::span<const uint32_t> present) const {
  return std::ranges::all_of(program_.needed, [&](uint32_t set) {
    return std::ranges::any_of(present, [&](uint32_t cls) {
      return (classes_.mask(cls)[set / 64] >> (set % 64) & 1) != 0;
    });
  });
}

void PatternMatcher::find_in(const ClassedEvents& events, Wanted wanted) {
  if (chain_ && chain_->finds(wanted)) return chain_->find(events, wanted, found_);
  if (!search_) search_.emplace(program_, classes_);
  search_->find(events, wanted, found_);
}

const FoundMatches& PatternMatcher::find(const ClassedEvents& events, Wanted wanted) {
  found_.clear();
  const size_t n = events.size();
  if (program_.session_gap == no_most_time) {
    if (n > 0) find_in(events, wanted);
    return found_;
  }
  size_t since_poll = 0;
  for (size_t begin = 0, end = 0; begin < n; begin = end) {
    for (end = begin + 1;
         end < n && elapsed(events.at[end - 1], events.at[end]) <= program_.session_gap; ++end)
      if (++since_poll % 65536 == 0) poll();
    const size_t matches = found_.matches.size(), groups = found_.groups.size();
    find_in(events.part(begin, end), wanted);
    found_.shift(matches, groups, static_cast<uint32_t>(begin));
    if (wanted == Wanted::any && !found_.matches.empty()) break;
  }
  return found_;
}

}  // namespace clientele
