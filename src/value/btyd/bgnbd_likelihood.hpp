// SPDX-License-Identifier: PostgreSQL
#pragma once
#include "value/btyd/btyd.hpp"

namespace clientele {

/// When a customer may leave for the first time: never, after a repeat purchase (BG/NBD), or after
/// the first purchase (MBG/NBD).
enum class FirstChance { none, repeat, first };

/// The log-likelihood of groups sorted by x, then age. Unless nullptr, `gradient` receives the
/// gradient with respect to the logarithms of the parameters (4 numbers, or 2 without drop-out),
/// and `curvature` minus the second derivatives (4 x 4).
double beta_geometric_likelihood(const double* parameters, const HistorySlice& groups,
                                 FirstChance first, double* gradient, double* curvature);

}  // namespace clientele
