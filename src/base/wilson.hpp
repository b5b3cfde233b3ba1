// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>

namespace clientele {

/// A proportion with its 95 % confidence interval (Wilson 1927).
struct Proportion {
  double value, low, high;
};
/// successes of trials; trials must not be 0.
Proportion wilson(uint64_t successes, uint64_t trials);

}  // namespace clientele
