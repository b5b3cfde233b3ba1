// SPDX-License-Identifier: PostgreSQL
#include "attribution/markov/removal.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <tuple>

#include "attribution/markov/chain.hpp"
#include "base/poll.hpp"
#include "base/sort.hpp"

namespace clientele {
namespace {

/// The states in the order of their ranks, whatever their numbers are.
std::vector<uint32_t> in_order(std::span<const MarkovMoves::State> states,
                               std::span<const uint32_t> rank) {
  struct Placed {
    std::array<uint32_t, MarkovMoves::max_order> ranks;
    uint32_t length, state;
  };
  std::vector<Placed> placed(states.size());
  for (uint32_t s = 0; s < states.size(); ++s) {
    placed[s] = {{}, states[s].length, s};
    for (uint32_t i = 0; i < states[s].length; ++i) placed[s].ranks[i] = rank[states[s].last[i]];
  }
  sort_polled(placed.begin(), placed.end(), [](const Placed& a, const Placed& b) {
    return std::tie(a.length, a.ranks) < std::tie(b.length, b.ranks);
  });
  std::vector<uint32_t> order(states.size());
  std::ranges::transform(placed, order.begin(), &Placed::state);
  return order;
}

ChainInflow inflow_of(std::span<const MarkovMoves::Move> moves, std::span<const uint32_t> place) {
  struct Into {
    uint32_t to, from;
    uint64_t count;
  };
  std::vector<Into> all;
  for (const MarkovMoves::Move& m : moves)
    if (m.count > 0 && m.from != m.to) all.push_back({place[m.to], place[m.from], m.count});
  sort_polled(all.begin(), all.end(), [](const Into& a, const Into& b) {
    return std::tie(a.to, a.from) < std::tie(b.to, b.from);
  });
  ChainInflow in;
  size_t next = 0;
  for (uint32_t s = 0; s < place.size(); ++s) {
    for (; next < all.size() && all[next].to == s; ++next) {
      in.source.push_back(all[next].from);
      in.count.push_back(static_cast<double>(all[next].count));
    }
    in.begin.push_back(next);
  }
  return in;
}

}  // namespace

std::vector<RemovalEffect> removal_effects(const MarkovMoves& moves,
                                           std::span<const uint32_t> rank) {
  const std::span<const MarkovMoves::State> states = moves.states();
  const std::vector<uint32_t> order = in_order(states, rank);
  std::vector<uint32_t> place(order.size());
  for (uint32_t i = 0; i < order.size(); ++i) place[order[i]] = i;
  uint64_t conversions = 0;
  __int128 value = 0;
  for (const MarkovMoves::State& s : states) {
    conversions += s.conversions;
    value += s.value;
  }
  std::vector<RemovalEffect> effects(rank.size());
  if (conversions == 0) return effects;
  const ChainInflow inflow = inflow_of(moves.moves(), place);
  LostShares shares(inflow);
  std::vector<uint8_t> lost(order.size());
  for (uint32_t number = 0; number < rank.size(); ++number) {
    for (size_t i = 0; i < order.size(); ++i) lost[i] = states[order[i]].holds(number);
    const std::vector<double>& share = shares.solve(lost);
    double lost_conversions = 0, lost_value = 0;
    for (size_t i = 0; i < order.size(); ++i) {
      if (share[i] == 0) continue;
      const MarkovMoves::State& s = states[order[i]];
      lost_conversions += share[i] * static_cast<double>(s.conversions);
      lost_value += share[i] * static_cast<double>(s.value);
    }
    effects[number].conversions = lost_conversions / static_cast<double>(conversions);
    if (value != 0) effects[number].value = lost_value / static_cast<double>(value);
    poll();
  }
  return effects;
}

}  // namespace clientele
