// SPDX-License-Identifier: PostgreSQL
// The spend of a customer at a purchase: the Gamma-Gamma model. Fader & Hardie, "The Gamma-Gamma
// model of monetary value" (2013), called note 025 here. Spend is assumed to be independent of how
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

/// Whether a customer has known spend: not if the customer bought only once, or for nothing.
inline bool has_known_spend(double x, double mean) { return x > 0 && mean > 0; }

/// ln f(mean | p, q, v; x), eq. 1a, and, unless nullptr, its gradient with respect to ln p, ln q
/// and ln v.
double spend_log_density(const SpendParameters&, double x, double mean, double* gradient);

/// E[M | x, mean], eq. 5: the mean spend of a customer in the long run, between the mean of this
/// customer and that of all customers. Nothing if it is infinite. With x = 0 it is the mean of all
/// customers.
std::optional<double> expected_spend(const SpendParameters&, double x, double mean);

/// E[M], eq. 3: p v / (q - 1). Nothing if q <= 1, when the mean is infinite.
std::optional<double> population_spend(const SpendParameters&);

/// Pearson's correlation of x and mean spend over customers; the model assumes that it is near 0.
/// It is 0 if one of them does not vary.
double spend_correlation(const std::vector<SpendGroup>&);

/// Maximum likelihood. `optimum.at` is ln p, ln q, ln v, and `optimum.value` the log-likelihood,
/// both in the unit of money that was given.
struct SpendFit {
  SpendParameters parameters;
  Optimum optimum;
  double customers = 0;
};

/// Fits groups with known spend (has_known_spend); nothing if there are none. The order of the
/// groups changes the last bits, so they should be sorted. If all customers spend the same there is
/// no estimate inside the bounds, because the likelihood rises without end: p and q end at a bound,
/// `optimum.at_bound` says so, and the expected spend is right all the same.
std::optional<SpendFit> fit_spend(const std::vector<SpendGroup>&);

}  // namespace clientele
