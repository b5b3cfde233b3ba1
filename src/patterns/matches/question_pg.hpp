// SPDX-License-Identifier: PostgreSQL
// A pattern and the dictionary together: the matches in journeys.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "journey/asked_pg.hpp"
#include "journey/journey.hpp"
#include "journey/kinds_pg.hpp"
#include "journey/ordered.hpp"
#include "patterns/matches/matcher.hpp"

namespace clientele {

/// Made once per query; see AskedQuestions. C++ regime.
class PatternQuestion {
 public:
  /// Errors: 42704 for an unknown event, 42P01 for a name without a store.
  explicit PatternQuestion(std::span<const uint8_t> definition);

  const std::vector<std::string>& groups() const { return matcher_.program().groups; }

  /// Valid until the next call.
  const FoundMatches& find(const Journey& journey, Wanted wanted);
  /// The times of the events by position, if there are matches.
  std::span<const Micros> times() const { return ordered_.at; }

 private:
  PatternMatcher matcher_;
  std::optional<EventKinds> kinds_;  // read at the first tie
  OrderedEvents ordered_;
  std::vector<uint64_t> ranks_;
  std::vector<uint32_t> class_of_code_, cls_;
};

using AskedPatterns = AskedQuestions<PatternQuestion>;

}  // namespace clientele
