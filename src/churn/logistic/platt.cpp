// SPDX-License-Identifier: PostgreSQL
#include <cmath>

#include "base/poll.hpp"
#include "churn/logistic/logistic.hpp"

namespace clientele {
namespace {

struct Sums {
  double value = 0;
  double gradient[2] = {0, 0};              // by slope, by intercept
  double curvature[3] = {1e-12, 0, 1e-12};  // slope twice, both, intercept twice; never singular
};

/// The log-loss of targets that are not quite 0 and 1, so that the scale is finite even if scores
/// separate the classes.
class Targets {
 public:
  explicit Targets(std::span<const ScoredOutcome> scored) : scored_(scored) {
    for (const ScoredOutcome& s : scored) had_ += s.had, had_not_ += s.had_not;
    high_ = (had_ + 1) / (had_ + 2);
    low_ = 1 / (had_not_ + 2);
  }

  double start() const { return std::log((had_ + 1) / (had_not_ + 1)); }

  Sums at(const PlattScale& scale) const {
    Sums sums;
    for (size_t i = 0; i < scored_.size(); ++i) {
      if (i % 16384 == 0) poll();
      const ScoredOutcome& s = scored_[i];
      const double f = scale.slope * s.log_odds + scale.intercept;
      const double p = 1 / (1 + std::exp(-f)), q = 1 / (1 + std::exp(f));
      const double weight = s.had + s.had_not, target = s.had * high_ + s.had_not * low_;
      const double d = weight * p - target, w = weight * p * q;
      sums.value += weight * log1p_exp(f) - target * f;
      sums.gradient[0] += d * s.log_odds;
      sums.gradient[1] += d;
      sums.curvature[0] += w * s.log_odds * s.log_odds;
      sums.curvature[1] += w * s.log_odds;
      sums.curvature[2] += w;
    }
    return sums;
  }

 private:
  std::span<const ScoredOutcome> scored_;
  double had_ = 0, had_not_ = 0, high_ = 1, low_ = 0;
};

}  // namespace

PlattScale fit_platt(std::span<const ScoredOutcome> scored) {
  const Targets targets(scored);
  PlattScale at{0, targets.start()};
  Sums here = targets.at(at);
  for (int i = 0; i < 100; ++i) {
    const auto& [a, b, c] = here.curvature;
    const auto& [g, h] = here.gradient;
    if (std::abs(g) < 1e-10 && std::abs(h) < 1e-10) break;
    const double determinant = a * c - b * b;
    if (!(determinant > 0)) break;
    const PlattScale step{-(c * g - b * h) / determinant, -(a * h - b * g) / determinant};
    const double slope = g * step.slope + h * step.intercept;
    bool lower = false;
    for (double size = 1; size >= 1e-10 && !lower; size /= 2) {
      const PlattScale there{at.slope + size * step.slope, at.intercept + size * step.intercept};
      const Sums sums = targets.at(there);
      lower = sums.value < here.value + 1e-4 * size * slope;
      if (lower) at = there, here = sums;
    }
    if (!lower) break;
  }
  // Scores that are worse than chance are not used.
  if (at.slope > 0) return at;
  return {0, targets.start()};
}

}  // namespace clientele
