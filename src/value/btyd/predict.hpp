// SPDX-License-Identifier: PostgreSQL
// Predictions that follow from the expectations and the probabilities of silence of any model.
#pragma once
#include <optional>

#include "value/btyd/btyd.hpp"

namespace clientele {

/// The time by which the next purchase has come with a probability of p, 0 < p < 1; nothing if the
/// probability of another purchase is below p. For BG/BB it is a number of opportunities.
std::optional<double> time_to_purchase(const BtydFamily&, const double* parameters, const History&,
                                       double p);

/// Purchases expected within `horizon` (which may be infinite), each worth 1 / (1 + discount)^t at
/// its time t after `age`: the integral of (1 + discount)^-t dE(t). With an infinite horizon it is
/// the discounted expected residual transactions of Fader, Hardie & Lee, "RFM and CLV" (2005).
/// Either the horizon is finite or discount > 0.
double discounted_purchases(const BtydFamily&, const double* parameters, const History&,
                            double horizon, double discount);

}  // namespace clientele
