// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <optional>

#include "value/btyd/histories.hpp"

namespace clientele {

const BtydFamily& family_of(ModelKind kind);

/// Maximum likelihood by analytic gradients from several starts; nothing without customers. Where
/// the likelihood has no maximum inside, parameters end at a bound (e^-12 or e^12, with times in
/// units of the mean age). The diagnostics say so, and predictions are right all the same:
///   no drop-out    the gain over a model in which no customer ever leaves is at most what chance
///                  gives in one of twenty samples without drop-out (2 gain < 2.71: one parameter
///                  at its bound, Self & Liang 1987)
///   no repeats     no customer bought again: the rate of purchases is 0.
/// Many groups are first fitted on a coarse grid, so that all starts but the last are cheap.
std::optional<Fitted> fit_btyd(ModelKind kind, const HistoryTable& table);

/// The log-likelihood of a model for these histories.
double btyd_log_likelihood(const Fitted& model, const HistoryTable& table);

/// The parameters for customers with these covariates; there is one for each effect of the model.
void apply_covariates(const BtydFamily& family, std::span<const double> purchase_effects,
                      std::span<const double> dropout_effects, std::span<const double> covariates,
                      double* parameters);

}  // namespace clientele
