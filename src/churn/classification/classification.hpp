// SPDX-License-Identifier: PostgreSQL
// How well predicted probabilities agree with the outcomes.
#pragma once
#include <bit>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>
#include <vector>

#include "base/counted.hpp"

namespace clientele {

/// A predicted probability, and how often the outcome was true and false.
struct PredictionRun {
  using Row = uint64_t;  // 2 x key + outcome
  uint64_t key;          // the bits of the double, which are in the order of the values
  uint64_t positives, negatives;

  static PredictionRun of(Row row) { return {row >> 1, row & 1, 1 - (row & 1)}; }
  bool before(const PredictionRun& other) const { return key < other.key; }
  void take(const PredictionRun& equal) {
    positives += equal.positives;
    negatives += equal.negatives;
  }
  double probability() const { return std::bit_cast<double>(key); }
  uint64_t rows() const { return positives + negatives; }
};

/// All predictions with their outcomes: the state of the aggregate classification. Exact up to
/// `limit` different probabilities. If there are more, the smaller one of p and 1 - p is rounded
/// down to the largest number of binary digits after the first that leaves at most `limit`. The
/// result depends on the multiset of rows only, because each such grid contains the coarser ones.
class Classification {
 public:
  static constexpr size_t usual_limit = size_t{1} << 20;
  static constexpr int all_digits = 52;

  explicit Classification(std::pmr::memory_resource* memory, size_t limit = usual_limit)
      : limit_(limit), runs_(memory) {}

  /// 22023 for a number that is not a probability.
  void add(double probability, bool outcome);
  void merge(const Classification& other);

  /// The different probabilities, ascending.
  std::span<const PredictionRun> runs() const {
    fit_in();
    return runs_.groups();
  }
  /// The number of binary digits after the first that are kept.
  int digits() const {
    fit_in();
    return digits_;
  }
  /// The threshold, rounded as the predictions are. 22023 for a number that is not a probability.
  double threshold(double value) const;

  /// Depends on the multiset of rows only. Versioned.
  void write(Bytes& out) const;
  void read(Reader& reader);

 private:
  void fit_in() const;
  void round_to(int digits) const;

  size_t limit_;
  // Rows are counted when they are read, and only then known to be too many.
  mutable int digits_ = all_digits;
  mutable Grouped<PredictionRun> runs_;
};

// Measures of the runs of a Classification. There must be at least one run.

/// The share of pairs in which the positive has a higher probability than the negative; a tie
/// counts half. None if all outcomes are the same.
std::optional<double> area_under_curve(std::span<const PredictionRun> runs);
double log_loss(std::span<const PredictionRun> runs);
double brier_score(std::span<const PredictionRun> runs);
/// None without a positive.
std::optional<double> average_precision(std::span<const PredictionRun> runs);

/// Predicted to be positive: probability >= threshold.
struct Confusion {
  uint64_t true_positives = 0, false_positives = 0, true_negatives = 0, false_negatives = 0;
};
Confusion confusion(std::span<const PredictionRun> runs, double threshold);

struct CalibrationBin {
  int bin;  // from 1
  uint64_t customers, positives;
  double mean_probability;
};
/// Bins with about the same number of customers, or of equal width; empty ones are left out. Equal
/// probabilities stay together: with `by_quantile` in the bin that holds the middle one of them.
std::vector<CalibrationBin> calibration(std::span<const PredictionRun> runs, int bins,
                                        bool by_quantile);

struct LiftBucket {
  int bucket;  // from 1, the highest probabilities
  uint64_t customers;
  double positives;   // equal probabilities are divided evenly over the buckets that they span
  double cumulative;  // positives up to and including this bucket
};
/// Buckets as ntile makes them; empty ones are left out.
std::vector<LiftBucket> lift(std::span<const PredictionRun> runs, int buckets);

}  // namespace clientele
