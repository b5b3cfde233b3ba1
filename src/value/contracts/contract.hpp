// SPDX-License-Identifier: PostgreSQL
// Customers under contract, who leave visibly, at a renewal: the shifted-beta-geometric model.
// Fader & Hardie, "How to project customer retention" (2007), and "Customer-base valuation in a
// contractual setting: the perils of ignoring heterogeneity" (2010).
#pragma once
#include <optional>
#include <vector>

#include "value/fitted/optimise.hpp"

namespace clientele {

/// Customers that left at the end of period `periods` (1 is the first), or were still there after
/// it.
struct ContractGroup {
  double periods = 0;
  bool churned = false;
  double customers = 0;
};

/// The probability of leaving at a renewal differs between customers as Beta(alpha, beta).
struct ContractParameters {
  double alpha = 1, beta = 1;
};

/// ln P(left at the end of `periods` >= 1), or ln P(still there after `periods` >= 0), and, unless
/// nullptr, the gradient with respect to ln alpha and ln beta.
double contract_log_density(const ContractParameters&, double periods, bool churned,
                            double* gradient);

/// P(still there after `periods`), eq. 6 of 2007; 1 after 0.
double contract_survival(const ContractParameters&, double periods);

/// P(renews at the end of `period` | there in it), period >= 1, eq. 8 of 2007.
double contract_retention(const ContractParameters&, double period);

/// The expected number of further renewals, each discounted, of a customer in `period` >= 1 who is
/// about to decide on the next one: the sum over k = 0, 1... of P(there in period + 1 + k) / (1 +
/// discount)^k, discount >= 0 a period. Eq. 7 of 2010 (DERL). Without discount it is (beta + period
/// - 1) / (alpha - 1), and infinite if alpha <= 1, because too many customers never leave.
double contract_residual_lifetime(const ContractParameters&, double period, double discount);

/// Maximum likelihood; `optimum.at` is ln alpha, ln beta.
struct ContractFit {
  ContractParameters parameters;
  Optimum optimum;
  double customers = 0;
  /// alpha + beta is so large that customers do not visibly differ in their rate of leaving.
  bool alike = false;
};

/// Fits sorted groups; nothing if no customer has come to a renewal. Estimates end at a bound, and
/// `optimum.at_bound` is set, if no customer has left (alpha is 0), if all left at the first
/// renewal, or if they leave as if all had one rate (both parameters grow at a fixed ratio, the
/// geometric distribution; `alike` is set). If all customers were seen at one renewal only, only
/// alpha / (alpha + beta) is known: the estimate has the right ratio, and no variance.
std::optional<ContractFit> fit_contracts(const std::vector<ContractGroup>&);

}  // namespace clientele
