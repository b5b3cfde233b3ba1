// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <optional>

#include "patterns/matches/chain.hpp"
#include "patterns/matches/search.hpp"

namespace clientele {

/// Finds the matches of one pattern, in customer after customer. Buffers are kept.
class PatternMatcher {
 public:
  explicit PatternMatcher(PatternProgram program);
  PatternMatcher(const PatternMatcher&) = delete;
  PatternMatcher& operator=(const PatternMatcher&) = delete;

  const PatternProgram& program() const { return program_; }
  EventClasses& classes() { return classes_; }

  /// Whether there can be a match among events of these classes. Most customers lack an event that
  /// every match takes, so that their events need not be read.
  bool possible(std::span<const uint32_t> present);

  /// Valid until the next call. Each session is searched for itself.
  const FoundMatches& find(const ClassedEvents& events, Wanted wanted);

 private:
  void find_in(const ClassedEvents& events, Wanted wanted);

  const PatternProgram program_;
  EventClasses classes_;
  std::optional<ChainSearch> chain_;
  std::optional<PatternSearch> search_;     // made when the chain does not serve
  std::vector<uint64_t> needed_, present_;  // sets, as masks
  FoundMatches found_;
};

}  // namespace clientele
