// SPDX-License-Identifier: PostgreSQL
#include "identity/matching/fit.hpp"

#include <algorithm>
#include <cmath>

#include "base/progress.hpp"
#include "base/random.hpp"

namespace clientele {
namespace {

constexpr double first_m_equal = 0.9, first_m_others = 0.1, most_first_lambda = 0.5;
// A distribution that the EM begins with counts as this number of pairs.
constexpr double prior_pairs = 10;
constexpr double converged_below = 1e-9;
constexpr size_t most_rounds = 500;

using Shares = std::vector<std::vector<double>>;

/// The levels of one pattern: place c * most_match_levels + level of each column that both rows
/// have.
struct Places {
  uint8_t count = 0;
  uint8_t place[MatchDefinition::max_columns];
};

class Estimate {
 public:
  Estimate(const MatchDefinition& definition, std::span<const PatternCounts::Entry> patterns,
           const Shares& start_u)
      : definition_(definition), patterns_(patterns) {
    start_m_.resize(cells());
    start_u_.resize(cells());
    each_level([&](size_t c, size_t level, size_t place) {
      const size_t levels = levels_of(definition.compare[c].kind);
      start_m_[place] =
          level == 0 ? first_m_equal : first_m_others / static_cast<double>(levels - 1);
      start_u_[place] = start_u[c][level];
    });
    m_ = start_m_;
    u_ = start_u_;
    for (const auto& entry : patterns) total_ += entry.count;
  }

  void run(uint64_t rows, MatchModel& model) {
    lambda_ =
        std::min(most_first_lambda, static_cast<double>(rows) / (2 * static_cast<double>(total_)));
    MatchFit fit{rows, total_, patterns_.size()};
    while (!fit.converged && fit.rounds < most_rounds) {
      const double before = lambda_;
      round();
      ++fit.rounds;
      fit.converged = std::abs(lambda_ - before) < converged_below;
    }
    model.lambda = lambda_;
    model.fit = fit;
    model.columns.resize(definition_.compare.size());
    each_level([&](size_t c, size_t, size_t place) {
      model.columns[c].m.push_back(m_[place]);
      model.columns[c].u.push_back(u_[place]);
    });
  }

 private:
  size_t cells() const { return definition_.compare.size() * most_match_levels; }

  template <class Use>
  void each_level(Use use) const {
    for (size_t c = 0; c < definition_.compare.size(); ++c)
      for (size_t level = 0; level < levels_of(definition_.compare[c].kind); ++level)
        use(c, level, c * most_match_levels + level);
  }

  Places places_of(Pattern pattern) const {
    Places places;
    const size_t columns = definition_.compare.size();
    for (size_t c = 0; c < columns; ++c)
      if (const auto level = level_in(pattern, c, columns))
        places.place[places.count++] = static_cast<uint8_t>(c * most_match_levels + *level);
    return places;
  }

  // Only +, -, * and / of doubles, in the order of the patterns: the same rows give the same bits.
  void round() {
    std::vector<double> sums_m(cells()), sums_u(cells()), ratio(cells());
    each_level([&](size_t, size_t, size_t place) {
      sums_m[place] = prior_pairs * start_m_[place];
      sums_u[place] = prior_pairs * start_u_[place];
      ratio[place] = m_[place] / u_[place];
    });
    double matches = 0;
    Work work;
    for (const auto& entry : patterns_) {
      const Places places = places_of(entry.pattern);
      double odds = lambda_ / (1 - lambda_);
      for (size_t i = 0; i < places.count; ++i) odds *= ratio[places.place[i]];
      const double share = odds / (1 + odds), count = static_cast<double>(entry.count);
      matches += count * share;
      for (size_t i = 0; i < places.count; ++i) {
        sums_m[places.place[i]] += count * share;
        sums_u[places.place[i]] += count * (1 - share);
      }
      work.done(definition_.compare.size());
    }
    normalise(sums_m, m_);
    normalise(sums_u, u_);
    lambda_ = (matches + 1) / (static_cast<double>(total_) + 2);
  }

  void normalise(const std::vector<double>& sums, std::vector<double>& shares) const {
    for (size_t c = 0; c < definition_.compare.size(); ++c) {
      const size_t begin = c * most_match_levels,
                   end = begin + levels_of(definition_.compare[c].kind);
      double total = 0;
      for (size_t i = begin; i < end; ++i) total += sums[i];
      for (size_t i = begin; i < end; ++i)
        shares[i] = std::max(sums[i] / total, MatchModel::least_share);
    }
  }

  const MatchDefinition& definition_;
  std::span<const PatternCounts::Entry> patterns_;
  std::vector<double> start_m_, start_u_, m_, u_;
  uint64_t total_ = 0;
  double lambda_ = 0;
};

}  // namespace

Shares shares_in_random_pairs(const MatchRecords& records, const MatchDefinition& definition) {
  Shares counts;
  for (const MatchColumn& column : definition.compare)
    counts.emplace_back(levels_of(column.kind), 1);
  const size_t columns = counts.size();
  if (records.rows() > 1) {
    Comparison comparison(records, definition);
    SplitMix64 random(static_cast<uint64_t>(definition.seed));
    Work work(1024);
    for (int64_t n = 0; n < definition.random_pairs; ++n) {
      const uint64_t a = random.below(records.rows());
      uint64_t b = random.below(records.rows() - 1);
      if (b >= a) ++b;
      const Pattern pattern = comparison(a, b);
      for (size_t c = 0; c < columns; ++c)
        if (const auto level = level_in(pattern, c, columns)) ++counts[c][*level];
      work.done(1);
    }
  }
  for (auto& column : counts) {
    double total = 0;
    for (const double count : column) total += count;
    for (double& count : column) count /= total;
  }
  return counts;
}

MatchModel fitted_matches(const MatchDefinition& definition, uint64_t rows,
                          std::span<const PatternCounts::Entry> patterns, const Shares& start_u) {
  MatchModel model;
  model.definition = definition;
  Estimate(definition, patterns, start_u).run(rows, model);
  return model;
}

MatchModel fitted_matches(const MatchRecords& records, const MatchDefinition& definition,
                          const Candidates& candidates) {
  PatternCounts counts(records.memory());
  {
    Comparison comparison(records, definition);
    Advance compared;
    candidates.each([&](size_t a, size_t b) {
      counts.add(comparison(a, b));
      compared.one();
    });
  }
  const auto patterns = counts.sorted();
  if (patterns.empty())
    throw Error(sqlstate::invalid_parameter, "no two rows are equal in a block key",
                "Take other columns as block keys, or clean their values first.");
  MatchModel model = fitted_matches(definition, records.rows(), patterns,
                                    shares_in_random_pairs(records, definition));
  model.fit->left_out = candidates.left_out().size();
  return model;
}

}  // namespace clientele
