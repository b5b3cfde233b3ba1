// SPDX-License-Identifier: PostgreSQL
#include <algorithm>
#include <cmath>

#include "base/poll.hpp"
#include "churn/classification/classification.hpp"

namespace clientele {
namespace {

using Runs = std::span<const PredictionRun>;

double as_double(uint64_t n) { return static_cast<double>(n); }

struct Totals {
  uint64_t positives = 0, negatives = 0;
  uint64_t rows() const { return positives + negatives; }
};

Totals totals(Runs runs) {
  Totals t;
  for (const PredictionRun& run : runs) {
    t.positives += run.positives;
    t.negatives += run.negatives;
  }
  return t;
}

/// Neumaier (1974), "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen": a sum
/// of a million terms is right in nearly all its digits.
class Sum {
 public:
  void add(double v) {
    const double t = sum_ + v;
    lost_ += std::abs(sum_) >= std::abs(v) ? (sum_ - t) + v : (v - t) + sum_;
    sum_ = t;
  }
  double value() const { return sum_ + lost_; }

 private:
  double sum_ = 0, lost_ = 0;
};

/// The mean of term(run), which is a sum over the rows of a run.
template <class Term>
double mean(Runs runs, Term term) {
  Sum sum;
  uint64_t rows = 0;
  size_t i = 0;
  for (const PredictionRun& run : runs) {
    if (++i % 65536 == 0) poll();
    sum.add(term(run));
    rows += run.rows();
  }
  return sum.value() / as_double(rows);
}

}  // namespace

// Mann & Whitney (1947), "On a test of whether one of two random variables is stochastically larger
// than the other": U / (positives x negatives), computed in whole numbers.
std::optional<double> area_under_curve(Runs runs) {
  const Totals t = totals(runs);
  if (t.positives == 0 || t.negatives == 0) return std::nullopt;
  unsigned __int128 twice = 0;
  uint64_t below = 0;
  for (const PredictionRun& run : runs) {
    twice += static_cast<unsigned __int128>(run.positives) * (2 * below + run.negatives);
    below += run.negatives;
  }
  return static_cast<double>(twice) / 2 / (as_double(t.positives) * as_double(t.negatives));
}

double log_loss(Runs runs) {
  // A certain prediction that was wrong costs 34.5 and not infinity.
  static constexpr double min_probability = 1e-15;
  return mean(runs, [](const PredictionRun& run) {
    const double p = std::clamp(run.probability(), min_probability, 1 - min_probability);
    return -as_double(run.positives) * std::log(p) - as_double(run.negatives) * std::log1p(-p);
  });
}

// Brier (1950), "Verification of forecasts expressed in terms of probability", for one of two
// classes.
double brier_score(Runs runs) {
  return mean(runs, [](const PredictionRun& run) {
    const double p = run.probability();
    return as_double(run.positives) * (1 - p) * (1 - p) + as_double(run.negatives) * p * p;
  });
}

std::optional<double> average_precision(Runs runs) {
  const Totals t = totals(runs);
  if (t.positives == 0) return std::nullopt;
  Sum sum;
  uint64_t found = 0, taken = 0;
  for (size_t i = runs.size(); i-- > 0;) {
    if (i % 65536 == 0) poll();
    found += runs[i].positives;
    taken += runs[i].rows();
    sum.add(as_double(runs[i].positives) * (as_double(found) / as_double(taken)));
  }
  return sum.value() / as_double(t.positives);
}

Confusion confusion(Runs runs, double threshold) {
  const Totals t = totals(runs);
  const auto first =
      std::ranges::lower_bound(runs, std::bit_cast<uint64_t>(threshold), {}, &PredictionRun::key);
  const Totals above = totals({first, runs.end()});
  return {above.positives, above.negatives, t.negatives - above.negatives,
          t.positives - above.positives};
}

std::vector<CalibrationBin> calibration(Runs runs, int bins, bool by_quantile) {
  const uint64_t rows = totals(runs).rows();
  const auto number = static_cast<uint64_t>(bins);
  uint64_t below = 0;
  const auto bin_of = [&](const PredictionRun& run) {
    if (by_quantile) {
      const auto middle = static_cast<unsigned __int128>(2 * below + run.rows());
      return static_cast<int>(middle * number / (2 * rows));  // below `bins`: middle < 2 x rows
    }
    const double p = run.probability();
    int bin = std::min(static_cast<int>(p * bins), bins - 1);
    // The edges are the doubles nearest to bin / bins; a product may be off by one bin.
    while (bin > 0 && p < static_cast<double>(bin) / bins) --bin;
    while (bin + 1 < bins && p >= static_cast<double>(bin + 1) / bins) ++bin;
    return bin;
  };
  std::vector<CalibrationBin> result;
  for (size_t i = 0; i < runs.size();) {
    const size_t first = i;
    const int bin = bin_of(runs[i]);
    CalibrationBin b{bin + 1, 0, 0, 0};
    for (; i < runs.size() && bin_of(runs[i]) == bin; ++i) {
      if (i % 65536 == 0) poll();
      below += runs[i].rows();
      b.customers += runs[i].rows();
      b.positives += runs[i].positives;
    }
    const Runs inside = runs.subspan(first, i - first);
    b.mean_probability = std::clamp(
        mean(inside, [](const auto& run) { return as_double(run.rows()) * run.probability(); }),
        inside.front().probability(), inside.back().probability());
    result.push_back(b);
  }
  return result;
}

std::vector<LiftBucket> lift(Runs runs, int buckets) {
  const uint64_t rows = totals(runs).rows();
  const auto number = static_cast<uint64_t>(buckets);
  std::vector<LiftBucket> result;
  size_t next = runs.size();  // the run below has rows left
  uint64_t taken = 0;         // rows of that run in buckets before
  uint64_t whole = 0;         // positives of runs above it
  for (uint64_t bucket = 0; bucket < number; ++bucket) {
    LiftBucket b{static_cast<int>(bucket) + 1, rows / number + (bucket < rows % number), 0, 0};
    if (b.customers == 0) break;
    uint64_t counted = 0;  // positives of runs that are in this bucket as a whole
    double parts = 0;
    for (uint64_t room = b.customers; room > 0;) {
      const PredictionRun& run = runs[next - 1];
      const uint64_t part = std::min(room, run.rows() - taken);
      if (part == run.rows())
        counted += run.positives;
      else
        parts += as_double(run.positives) * (as_double(part) / as_double(run.rows()));
      room -= part;
      taken += part;
      if (taken < run.rows()) break;
      whole += run.positives;
      taken = 0;
      if (--next % 65536 == 0) poll();
    }
    b.positives = as_double(counted) + parts;
    b.cumulative = as_double(whole);
    if (taken > 0) {
      const PredictionRun& run = runs[next - 1];
      b.cumulative += as_double(run.positives) * (as_double(taken) / as_double(run.rows()));
    }
    result.push_back(b);
  }
  return result;
}

}  // namespace clientele
