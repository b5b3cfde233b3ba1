// SPDX-License-Identifier: PostgreSQL
// Fits of spend and of contracts: published estimates, and what has none.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "value/contracts/contract.hpp"
#include "value/spend/spend.hpp"

namespace clientele {
namespace {

std::vector<ContractGroup> cohort(const std::vector<double>& percent) {
  std::vector<ContractGroup> groups;
  for (size_t t = 1; t < percent.size(); ++t)
    groups.push_back({static_cast<double>(t), true, 10 * (percent[t - 1] - percent[t])});
  groups.push_back({static_cast<double>(percent.size() - 1), false, 10 * percent.back()});
  return groups;
}

TEST(ContractFit, PublishedCohorts) {
  const struct {
    std::vector<double> percent;
    double alpha, beta, log_likelihood;
  } cases[] = {
      {{100, 86.9, 74.3, 65.3, 59.3, 55.1, 51.7, 49.1}, .6681, 3.8061, -1611.158},
      {{100, 63.1, 46.8, 38.2, 32.6, 28.9, 26.2, 24.1}, .7041, 1.1820, -1680.265},
      {{100, 63.1, 46.8, 38.2, 32.6}, .7637, 1.2958, -1401.559},
      {{100, 86.9, 74.3, 65.3, 59.3}, 1.2810, 7.7904, -1225.135},
  };
  for (const auto& c : cases) {
    const auto fit = fit_contracts(cohort(c.percent));
    ASSERT_TRUE(fit);
    EXPECT_TRUE(fit->optimum.converged);
    EXPECT_NEAR(fit->parameters.alpha, c.alpha, 1e-3 * c.alpha);
    EXPECT_NEAR(fit->parameters.beta, c.beta, 1e-3 * c.beta);
    EXPECT_NEAR(fit->optimum.value, c.log_likelihood, 1e-3);
    EXPECT_NEAR(fit->customers, 1000, 1e-9);
    EXPECT_FALSE(fit->alike);
  }
}

TEST(ContractFit, Boundaries) {
  const auto nobody = fit_contracts({{5, false, 100}});
  EXPECT_GT(contract_survival(nobody->parameters, 50), .999);
  EXPECT_TRUE(nobody->optimum.at_bound[0] || nobody->optimum.at_bound[1]);
  const auto at_once = fit_contracts({{1, true, 100}});
  EXPECT_LT(contract_survival(at_once->parameters, 1), 1e-3);
  EXPECT_TRUE(at_once->optimum.at_bound[0] || at_once->optimum.at_bound[1]);
  const auto one_renewal = fit_contracts({{1, true, 30}, {1, false, 70}});
  EXPECT_NEAR(contract_survival(one_renewal->parameters, 1), .7, 1e-6);

  std::vector<ContractGroup> same;
  double there = 1e6;
  for (int t = 1; t <= 10; ++t, there *= .8) same.push_back({1.0 * t, true, .2 * there});
  same.push_back({10, false, there});
  const auto geometric = fit_contracts(same);
  EXPECT_TRUE(geometric->alike);
  for (int t = 1; t < 20; ++t)
    EXPECT_NEAR(contract_survival(geometric->parameters, t), std::pow(.8, t), 1e-3);

  EXPECT_FALSE(fit_contracts({}));
  EXPECT_FALSE(fit_contracts({{0, false, 10}}));
}

std::vector<SpendGroup> simulated(const SpendParameters& at, int customers, double unit) {
  std::mt19937_64 random(42);
  std::gamma_distribution<double> rates(at.q, 1 / at.v), one(at.p);
  std::vector<SpendGroup> groups;
  for (int i = 0; i < customers; ++i) {
    const double nu = rates(random);
    const int x = 1 + i % 6;
    double sum = 0;
    for (int k = 0; k < x; ++k) sum += one(random) / nu;
    groups.push_back({1.0 * x, unit * sum / x, 1});
  }
  return groups;
}

TEST(SpendFit, FindsTheTruthInAnyUnit) {
  const SpendParameters truth{6.25, 3.74, 15.44};
  const std::vector<SpendGroup> groups = simulated(truth, 20000, 1);
  const auto fit = fit_spend(groups);
  EXPECT_TRUE(fit->optimum.converged);
  double at_truth = 0;
  for (const SpendGroup& g : groups) at_truth += spend_log_density(truth, g.x, g.mean, nullptr);
  // Twice the difference is chi-square of 3 degrees of freedom.
  EXPECT_GE(fit->optimum.value, at_truth);
  EXPECT_LT(2 * (fit->optimum.value - at_truth), 16.3);
  EXPECT_NEAR(*population_spend(fit->parameters), *population_spend(truth), .5);
  for (const double unit : {1e-200, 1e6, 1e200}) {
    const auto other = fit_spend(simulated(truth, 20000, unit));
    EXPECT_NEAR(other->parameters.p, fit->parameters.p, 1e-6 * truth.p);
    EXPECT_NEAR(other->parameters.v / unit, fit->parameters.v, 1e-5 * truth.v);
    EXPECT_NEAR(other->optimum.value, fit->optimum.value - 20000 * std::log(unit), 1e-2);
  }
}

TEST(SpendFit, Boundaries) {
  const auto same = fit_spend({{1, 20, 100}, {2, 20, 10}, {5, 20, 3}});
  EXPECT_TRUE(same->optimum.at_bound[0] || same->optimum.at_bound[1]);
  EXPECT_NEAR(*population_spend(same->parameters), 20, .01);
  EXPECT_NEAR(*expected_spend(same->parameters, 2, 20), 20, .01);
  const auto one = fit_spend({{3, 20, 1}});
  EXPECT_NEAR(*population_spend(one->parameters), 20, .01);
  const auto wide = fit_spend({{1, 1e-300, 1}, {2, 1e300, 1}});
  for (int k = 0; k < 3; ++k) EXPECT_TRUE(std::isfinite(wide->optimum.at(k)));
  EXPECT_FALSE(fit_spend({}));
}

}  // namespace
}  // namespace clientele
