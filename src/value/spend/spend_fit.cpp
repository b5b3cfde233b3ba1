// SPDX-License-Identifier: PostgreSQL
#include <algorithm>
#include <cmath>
#include <utility>

#include "base/poll.hpp"
#include "value/spend/spend.hpp"

namespace clientele {
namespace {

/// The likelihood has a false ridge along which p grows and v falls without limit. The bounds cut
/// it off below the maximum, and no start is near it.
constexpr double bound = 14;

SpendParameters parameters_at(const Vector& at) {
  return {std::exp(at(0)), std::exp(at(1)), std::exp(at(2))};
}

}  // namespace

std::optional<SpendFit> fit_spend(const std::vector<SpendGroup>& groups) {
  double customers = 0, logs = 0;
  for (const SpendGroup& g : groups) {
    customers += g.customers;
    logs += g.customers * std::log(g.mean);
  }
  if (!(customers > 0)) return std::nullopt;
  // Money in units of its geometric mean, which cannot overflow: v is then of the order of 1.
  const double log_unit = logs / customers;
  std::vector<double> means;
  means.reserve(groups.size());
  for (const SpendGroup& g : groups) means.push_back(std::exp(std::log(g.mean) - log_unit));

  const Objective likelihood = [&](const Vector& at, Vector* gradient) {
    const SpendParameters parameters = parameters_at(at);
    double sum = 0, slope[3], slopes[3] = {};
    for (size_t i = 0; i < groups.size(); ++i) {
      if (i % 4096 == 0) poll();
      const SpendGroup& g = groups[i];
      sum += g.customers *
             spend_log_density(parameters, g.x, means[i], gradient != nullptr ? slope : nullptr);
      if (gradient == nullptr) continue;
      for (int k = 0; k < 3; ++k) slopes[k] += g.customers * slope[k];
    }
    if (gradient != nullptr) *gradient = Eigen::Map<const Vector>(slopes, 3);
    return sum;
  };

  // E[M] = p v / (q - 1) is near 1. The last start is for customers that are all alike, q ->
  // infinity.
  std::vector<Vector> starts;
  for (const auto& [p, q] : {std::pair{1.0, 1.5}, {1.0, 4.0}, {6.0, 1.5}, {6.0, 4.0}, {1.0, 400.0}})
    starts.push_back((Vector(3) << std::log(p), std::log(q), std::log((q - 1) / p)).finished());
  const Box box{Vector::Constant(3, -bound), Vector::Constant(3, bound)};
  SpendFit fit;
  fit.optimum = maximise(likelihood, starts, box);
  fit.optimum.at(2) += log_unit;
  fit.optimum.value -= customers * log_unit;
  fit.parameters = parameters_at(fit.optimum.at);
  fit.customers = customers;
  return fit;
}

}  // namespace clientele
