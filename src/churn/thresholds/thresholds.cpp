// SPDX-License-Identifier: PostgreSQL
#include "churn/thresholds/thresholds.hpp"

#include <algorithm>
#include <string>

#include "base/error.hpp"
#include "base/poll.hpp"

namespace clientele {
namespace {

void check_share(double value, const char* name) {
  if (!(value >= 0 && value <= 1))  // also NaN
    throw Error(sqlstate::invalid_parameter,
                std::string(name) + " must be from 0 to 1, not " + std::to_string(value));
}

double ratio(uint64_t part, uint64_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

/// Two times the positives over the sum of warned and positives is F1. Such fractions are compared
/// in whole numbers.
struct Fraction {
  uint64_t part = 0, whole = 1;
  bool above(const Fraction& other) const {
    return static_cast<unsigned __int128>(part) * other.whole >
           static_cast<unsigned __int128>(other.part) * whole;
  }
};

}  // namespace

void WarningGoals::check() const {
  check_share(precision, "least_precision");
  check_share(recall, "least_recall");
}

Outcomes outcomes(std::span<const PredictionRun> runs) {
  Outcomes n;
  for (const PredictionRun& run : runs) {
    n.positives += run.positives;
    n.negatives += run.negatives;
  }
  return n;
}

WarningThresholds warning_thresholds(std::span<const PredictionRun> runs, const WarningGoals& goals,
                                     std::optional<double> by_costs) {
  const uint64_t positives = outcomes(runs).positives;
  WarningThresholds found;
  uint64_t hits = 0, warned = 0;
  Fraction best;
  for (size_t i = runs.size(); i-- > 0;) {  // from the highest probability on
    if (i % 65536 == 0) poll();
    hits += runs[i].positives;
    warned += runs[i].rows();
    const double here = runs[i].probability();
    if (warned >= goals.least && ratio(hits, warned) >= goals.precision) found.critical = here;
    if (positives == 0) continue;
    if (!found.attention && ratio(hits, positives) >= goals.recall) found.attention = here;
    if (const Fraction f1{hits, warned + positives}; f1.above(best)) {
      best = f1;
      found.warning = here;
    }
  }
  if (by_costs) found.warning = *by_costs <= 1 ? by_costs : std::nullopt;
  if (found.critical && found.warning) found.warning = std::min(*found.warning, *found.critical);
  const std::optional<double> above = found.warning ? found.warning : found.critical;
  if (above && found.attention) found.attention = std::min(*found.attention, *above);
  return found;
}

bool claim_met(std::span<const PredictionRun> runs, std::optional<double> critical) {
  constexpr double claimed = 0.8;
  constexpr uint64_t least = 30;
  const Outcomes all = outcomes(runs);
  const Confusion half = confusion(runs, 0.5);
  const uint64_t right = half.true_positives + half.true_negatives;
  if (all.rows() == 0 || ratio(right, all.rows()) < claimed ||
      right <= std::max(all.positives, all.negatives) || !critical)
    return false;
  const Confusion warned = confusion(runs, *critical);
  const uint64_t n = warned.true_positives + warned.false_positives;
  return n >= least && ratio(warned.true_positives, n) >= claimed;
}

}  // namespace clientele
