// SPDX-License-Identifier: PostgreSQL
#include "base/wilson.hpp"

#include <cmath>

namespace clientele {

// Wilson (1927), "Probable inference, the law of succession, and statistical inference", JASA 22.
Proportion wilson(uint64_t successes, uint64_t trials) {
  constexpr double z = 1.959963984540054;
  const auto n = static_cast<double>(trials);
  const double p = static_cast<double>(successes) / n;
  const double centre = p + z * z / (2 * n);
  const double half = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  const double scale = 1 + z * z / n;
  // At the ends the formula gives 0 and 1 exactly, its floating-point form nearly.
  return {p, successes == 0 ? 0.0 : (centre - half) / scale,
          successes == trials ? 1.0 : (centre + half) / scale};
}

}  // namespace clientele
