// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "attribution/markov/moves.hpp"

namespace clientele {

/// Which share of the conversions, and of their value, is lost without a number: what would go to a
/// state that holds it ends there. Both are 0 without conversions, and the share of the value is 0
/// if all values add up to 0.
struct RemovalEffect {
  double conversions = 0, value = 0;
};

/// Of each number below rank.size(). `rank` puts them in order, so that the answer does not depend
/// on how they were numbered.
std::vector<RemovalEffect> removal_effects(const MarkovMoves& moves,
                                           std::span<const uint32_t> rank);

}  // namespace clientele
