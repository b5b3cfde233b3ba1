// SPDX-License-Identifier: PostgreSQL
// What a customer spends at a purchase: the Gamma-Gamma model. Fader & Hardie, "The Gamma-Gamma
// model of monetary value" (2013), called note 025 here. Spend is taken to be independent of how
// often a customer buys.
#pragma once
#include <optional>
#include <vector>

#include "value/fitted/optimise.hpp"

namespace clientele {

/// Customers with the same number x > 0 of repeat purchases and the same mean spend > 0 at them.
struct SpendGroup {
  double x = 0;
  double mean = 0;
  double customers = 0;
};

/// Each purchase is Gamma(p, nu), and nu of a customer Gamma(q, v); all positive. v is in the unit
/// of money.
struct SpendParameters {
  double p = 1, q = 1, v = 1;
};

/// Whether a customer says anything of spend: who bought only once, or at no price, does not.
inline bool says_spend(double x, double mean) { return x > 0 && mean > 0; }

/// ln f(mean | p, q, v; x), eq. 1a, and, if asked, its gradient by ln p, ln q, ln v.
double spend_log_density(const SpendParameters&, double x, double mean, double* gradient);

/// E[M | x, mean], eq. 5: the mean spend of a customer in the long run, between the customer's own
/// and everybody's. Nothing if it is infinite. x = 0 asks for everybody's.
std::optional<double> expected_spend(const SpendParameters&, double x, double mean);

/// E[M], eq. 3: p v / (q - 1). Nothing if q <= 1, when the mean is infinite.
std::optional<double> population_spend(const SpendParameters&);

/// Pearson's correlation of x and mean spend over customers; the model wants it near 0. It is 0 if
/// one of them does not vary.
double spend_correlation(const std::vector<SpendGroup>&);

/// Maximum likelihood. `optimum.at` is ln p, ln q, ln v, and `optimum.value` the log-likelihood,
/// both in the unit of money that was given.
struct SpendFit {
  SpendParameters parameters;
  Optimum optimum;
  double customers = 0;
};

/// Fits groups that say something of spend (says_spend); nothing if there is none. The order of the
/// groups changes the last bits, so they should be sorted. Customers who all spend the same have no
/// estimate inside the bounds, as the likelihood rises for ever: p and q end at a bound, which
/// `optimum.at_bound` tells, and the expected spend is right all the same.
std::optional<SpendFit> fit_spend(const std::vector<SpendGroup>&);

}  // namespace clientele
