// SPDX-License-Identifier: PostgreSQL
// How well predicted probabilities agree with what came.
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
/// `limit` different probabilities. With more, the smaller one of p and 1 - p is rounded down to as
/// many binary digits behind the first as leave at most so many; what is left depends on the
/// multiset of rows only, as each such grid holds the coarser ones.
class Classification {
 public:
  static constexpr size_t usual_limit = size_t{1} << 20;
  static constexpr int all_digits = 52;

  explicit Classification(std::pmr::memory_resource* memory, size_t limit = usual_limit)
      : limit_(limit), runs_(memory) {}

  /// Error 22023 for what is no probability.
  void add(double probability, bool outcome);
  void merge(const Classification& other);

  /// The different probabilities, ascending.
  std::span<const PredictionRun> runs() const {
    fit_in();
    return runs_.groups();
  }
  /// Binary digits behind the first that are kept.
  int digits() const {
    fit_in();
    return digits_;
  }
  /// 22023 for what is no probability; else as the predictions are rounded.
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

// Of the runs of a Classification, of which there is at least one.

/// How often a positive has a higher probability than a negative, ties counting half; none if all
/// outcomes are the same.
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
/// Bins of about as many customers each, or of equal width; empty ones are left out. Equal
/// probabilities stay together: with `by_quantile` in the bin that holds the middle one of them.
std::vector<CalibrationBin> calibration(std::span<const PredictionRun> runs, int bins,
                                        bool by_quantile);

struct LiftBucket {
  int bucket;  // from 1, the highest probabilities
  uint64_t customers;
  double positives;   // equal probabilities are dealt out evenly over the buckets that they span
  double cumulative;  // positives up to and with this bucket
};
/// Buckets as ntile makes them; empty ones are left out.
std::vector<LiftBucket> lift(std::span<const PredictionRun> runs, int buckets);

}  // namespace clientele
