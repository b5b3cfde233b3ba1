// SPDX-License-Identifier: PostgreSQL
// What holds for each model of the buy-till-you-die family.
#pragma once
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "value/btyd/btyd.hpp"

namespace clientele::testing {

inline double between(std::mt19937_64& random, double low, double high) {
  return low + (high - low) * static_cast<double>(random() >> 11) * 0x1p-53;
}

/// Each component against a central difference, whose own error is near 1e-9 of the value.
inline void expect_gradient(const BtydFamily& family, const double* parameters, const History& h) {
  double gradient[btyd_parameters];
  const double value = family.log_density(parameters, h, gradient);
  ASSERT_EQ(value, family.log_density(parameters, h, nullptr));
  const double step = 1e-5;
  for (size_t k = 0; k < btyd_parameters; ++k) {
    double up[btyd_parameters], down[btyd_parameters];
    for (size_t i = 0; i < btyd_parameters; ++i) up[i] = down[i] = parameters[i];
    up[k] *= std::exp(step);
    down[k] *= std::exp(-step);
    const double difference =
        (family.log_density(up, h, nullptr) - family.log_density(down, h, nullptr)) / (2 * step);
    EXPECT_NEAR(gradient[k], difference,
                1e-6 * (1 + std::abs(difference)) + 3e-11 * std::abs(value))
        << "parameter " << k << " at " << parameters[0] << ' ' << parameters[1] << ' '
        << parameters[2] << ' ' << parameters[3] << "; " << h.x << ' ' << h.t_x << ' ' << h.age;
  }
}

/// Probabilities are probabilities, silence only becomes less likely, expectations only grow.
inline void expect_sound(const BtydFamily& family, const double* parameters, const History& h,
                         double unit) {
  const double alive = family.alive(parameters, h);
  EXPECT_TRUE(alive >= 0 && alive <= 1) << alive;
  double silent = 1, expected = 0;
  EXPECT_NEAR(family.silent(parameters, h, 0), 1, 1e-14);
  EXPECT_EQ(family.expected(parameters, h, 0), 0);
  for (double horizon = unit; horizon < 1e5 * unit; horizon *= 10) {
    const double s = family.silent(parameters, h, horizon);
    const double e = family.expected(parameters, h, horizon);
    EXPECT_TRUE(s >= 0 && s <= silent * (1 + 1e-13)) << s << " after " << silent;
    EXPECT_TRUE(std::isfinite(e) && e >= expected * (1 - 1e-13)) << e << " after " << expected;
    // E[X] >= P(X > 0)
    EXPECT_GE(e * (1 + 1e-12) + 1e-13, 1 - s);
    silent = s, expected = e;
  }
  const double for_ever = family.silent_for_ever(parameters, h);
  EXPECT_TRUE(for_ever >= 0 && for_ever <= silent * (1 + 1e-12)) << for_ever << " of " << silent;
}

}  // namespace clientele::testing
