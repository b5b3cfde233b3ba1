// SPDX-License-Identifier: PostgreSQL
// How likely two rows are the same customer (Fellegi and Sunter 1969).
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "identity/matching/definition.hpp"

namespace clientele {

/// The shares of the levels of one column.
struct LevelShares {
  std::vector<double> m;  // among pairs that match
  std::vector<double> u;  // among candidates that do not
};

/// How the fit went.
struct MatchFit {
  uint64_t rows = 0, candidates = 0, patterns = 0, rounds = 0;
  uint64_t left_out = 0;  // values of block keys
  bool converged = false;
};

struct MatchModel {
  static constexpr SizeLimit size_limit{"match_model", max_model_bytes};
  /// No share is below it, so that no product of ratios is out of range.
  static constexpr double least_share = 1e-6;

  MatchDefinition definition;
  double lambda = 0;  // the share of candidates that match
  std::vector<LevelShares> columns;
  std::optional<MatchFit> fit;

  /// log2 of m / u.
  double weight(size_t column, size_t level) const;
  /// log2 of lambda / (1 - lambda).
  double prior_weight() const;

  /// 22023 for an invalid model.
  void check() const;

  /// The stored form; equal models have equal bytes. Versioned.
  void write(Bytes& out) const;
  /// Error XX001 for bytes that write() does not produce.
  static MatchModel read(std::span<const uint8_t> bytes);
};

/// The probability of a match whose log2 odds are `weight`.
double match_probability(double weight);

}  // namespace clientele
