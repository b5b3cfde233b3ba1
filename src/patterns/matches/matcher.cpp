// SPDX-License-Identifier: PostgreSQL
#include "patterns/matches/matcher.hpp"

namespace clientele {

PatternMatcher::PatternMatcher(PatternProgram program)
    : program_(std::move(program)), classes_(program_.sets), needed_(classes_.words(), 0) {
  for (const uint32_t set : program_.needed) needed_[set / 64] |= uint64_t{1} << (set % 64);
  if (std::optional<EventChain> chain = EventChain::of(program_))
    chain_.emplace(std::move(*chain), program_, classes_);
}

bool PatternMatcher::possible(std::span<const uint32_t> present) {
  const size_t words = needed_.size();
  if (words == 1) {
    uint64_t any = 0;
    for (const uint32_t cls : present) any |= classes_.mask(cls)[0];
    return (needed_[0] & ~any) == 0;
  }
  present_.assign(words, 0);
  Work work;
  for (const uint32_t cls : present) {
    work.done(words);
    const std::span<const uint64_t> mask = classes_.mask(cls);
    for (size_t w = 0; w < words; ++w) present_[w] |= mask[w];
  }
  for (size_t w = 0; w < words; ++w)
    if ((needed_[w] & ~present_[w]) != 0) return false;
  return true;
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
