// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "engagement/intervals/definition.hpp"
#include "engagement/intervals/summary.hpp"
#include "journey/journey.hpp"

namespace clientele {

/// Finds the pairs of journeys: each closing event with an opening one since the closing one
/// before.
class PairFinder {
 public:
  /// `from`, `to`: the event types that open and that close, ascending. The definition has until.
  PairFinder(const IntervalDefinition& definition, std::vector<int32_t> from,
             std::vector<int32_t> to);

  /// Counts one customer.
  void add(const Journey& journey, IntervalSummary& summary);

 private:
  enum Role : uint8_t { opens, both, closes, neither };

  bool give_roles(const Journey& journey);

  std::vector<int32_t> from_, to_;
  bool first_;
  uint64_t within_;
  Micros since_, until_;
  std::vector<uint8_t> role_;  // by code of the journey
};

}  // namespace clientele
