// SPDX-License-Identifier: PostgreSQL
// A Markov chain as a system of equations, and its solutions.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace clientele {

/// The moves into each state but from itself, by state: from source[begin[s]] on.
struct ChainInflow {
  std::vector<size_t> begin{0};
  std::vector<uint32_t> source;
  std::vector<double> count;

  size_t states() const { return begin.size() - 1; }
  double total(size_t state) const {
    double sum = 0;
    for (size_t i = begin[state]; i < begin[state + 1]; ++i) sum += count[i];
    return sum;
  }
};

/// For each state the share of the walks through it that were at a state that is `lost` before, or
/// are now. A state's share is the mean of those of the states before it, weighted by the moves.
class LostShares {
 public:
  explicit LostShares(const ChainInflow& inflow);
  const std::vector<double>& solve(std::span<const uint8_t> lost);

 private:
  static constexpr size_t few = 256;  // states that a dense matrix is used for
  void dense();
  bool iterate();
  void sparse();
  void number();
  void apply(const std::vector<double>& x, std::vector<double>& y) const;
  void finish(std::span<const double> solution);

  const ChainInflow& in_;
  std::vector<double> total_;
  std::span<const uint8_t> lost_;
  std::vector<double> share_;
  std::vector<uint32_t> kept_;                      // states that are not lost
  std::vector<uint32_t> row_;                       // of a state in kept_
  std::vector<double> gain_;                        // by row: moves from lost states
  std::vector<double> x_, r_, r0_, p_, v_, s_, t_;  // of the iteration, by row
};

}  // namespace clientele
