// SPDX-License-Identifier: PostgreSQL
#include <cmath>

#include "base/poll.hpp"
#include "value/contracts/contract.hpp"

namespace clientele {
namespace {

constexpr double bound = 12;

ContractParameters parameters_at(const Vector& at) { return {std::exp(at(0)), std::exp(at(1))}; }

}  // namespace

std::optional<ContractFit> fit_contracts(const std::vector<ContractGroup>& groups) {
  double customers = 0, left = 0, renewals = 0;
  for (const ContractGroup& g : groups) {
    if (!(g.periods > 0)) continue;
    customers += g.customers;
    renewals += g.customers * g.periods;
    if (g.churned) left += g.customers;
  }
  if (!(customers > 0)) return std::nullopt;

  const Objective likelihood = [&](const Vector& at, Vector* gradient) {
    const ContractParameters parameters = parameters_at(at);
    double sum = 0, slope[2], slopes[2] = {};
    size_t seen = 0;
    for (const ContractGroup& g : groups) {
      if (seen++ % 4096 == 0) poll();
      sum += g.customers * contract_log_density(parameters, g.periods, g.churned,
                                                gradient != nullptr ? slope : nullptr);
      if (gradient == nullptr) continue;
      for (int k = 0; k < 2; ++k) slopes[k] += g.customers * slope[k];
    }
    if (gradient != nullptr) *gradient = Eigen::Map<const Vector>(slopes, 2);
    return sum;
  };

  // The mean rate of leaving, with customers that differ much, somewhat and little.
  const double rate = (left + 0.5) / (renewals + 1);
  std::vector<Vector> starts;
  for (const double size : {1.0, 5.0, 50.0})
    starts.push_back((Vector(2) << std::log(rate * size), std::log((1 - rate) * size)).finished());
  const Box box{Vector::Constant(2, -bound), Vector::Constant(2, bound)};
  ContractFit fit;
  fit.optimum = maximise(likelihood, starts, box);
  fit.parameters = parameters_at(fit.optimum.at);
  fit.customers = customers;
  fit.alike = fit.parameters.alpha + fit.parameters.beta > 1e4;
  return fit;
}

}  // namespace clientele
