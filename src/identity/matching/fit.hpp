// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <span>

#include "identity/matching/candidates.hpp"
#include "identity/matching/model.hpp"
#include "identity/matching/patterns.hpp"

namespace clientele {

/// The shares of the levels in random pairs, of which each level has one more than was drawn.
std::vector<std::vector<double>> shares_in_random_pairs(const MatchRecords& records,
                                                        const MatchDefinition& definition);

/// Estimates lambda, m and u by EM from how often each pattern occurs; `start_u` is where u begins.
MatchModel fitted_matches(const MatchDefinition& definition, uint64_t rows,
                          std::span<const PatternCounts::Entry> patterns,
                          const std::vector<std::vector<double>>& start_u);

/// All of it. 22023 if there are no candidates.
MatchModel fitted_matches(const MatchRecords& records, const MatchDefinition& definition,
                          const Candidates& candidates);

}  // namespace clientele
