// SPDX-License-Identifier: PostgreSQL
// Customers under contract, who are lost at a renewal and not silently: the shifted-beta-geometric
// model. Fader & Hardie, "How to project customer retention" (2007), and "Customer-base valuation
// in a contractual setting: the perils of ignoring heterogeneity" (2010).
#pragma once
#include <optional>
#include <vector>

#include "value/fitted/optimise.hpp"

namespace clientele {

/// Customers who left at the end of period `periods` (1 is the first), or who were still there
/// after it.
struct ContractGroup {
  double periods = 0;
  bool churned = false;
  double customers = 0;
};

/// The probability of leaving at a renewal differs between customers as Beta(alpha, beta).
struct ContractParameters {
  double alpha = 1, beta = 1;
};

/// ln P(left at the end of `periods` >= 1), or ln P(still there after `periods` >= 0), and, if
/// asked, the gradient by ln alpha, ln beta.
double contract_log_density(const ContractParameters&, double periods, bool churned,
                            double* gradient);

/// P(still there after `periods`), eq. 6 of 2007; 1 after 0.
double contract_survival(const ContractParameters&, double periods);

/// P(renews at the end of `period` | there in it), period >= 1, eq. 8 of 2007.
double contract_retention(const ContractParameters&, double period);

/// The discounted number of renewals expected of a customer in `period` >= 1, who is about to
/// decide on the next: sum over k = 0, 1... of P(there in period + 1 + k) / (1 + discount)^k,
/// discount >= 0 a period. Eq. 7 of 2010 (DERL). Without discount it is (beta + period - 1) /
/// (alpha - 1), and infinite if alpha <= 1: those who never leave are too many.
double contract_residual_lifetime(const ContractParameters&, double period, double discount);

/// Maximum likelihood; `optimum.at` is ln alpha, ln beta.
struct ContractFit {
  ContractParameters parameters;
  Optimum optimum;
  double customers = 0;
  /// alpha + beta is so large that customers do not visibly differ in their rate of leaving.
  bool alike = false;
};

/// Fits sorted groups; nothing if nobody has come to a renewal. Estimates end at a bound, and
/// `optimum.at_bound` tells so, if nobody has left (alpha is 0), all left at the first renewal, or
/// they leave as if all had one rate (both grow at a fixed ratio: the geometric
/// distribution; `alike` tells). When all were
/// seen at one renewal only, alpha / (alpha + beta) alone is known: the estimate has the right one,
/// and no variance.
std::optional<ContractFit> fit_contracts(const std::vector<ContractGroup>&);

}  // namespace clientele
