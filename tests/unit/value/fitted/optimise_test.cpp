// SPDX-License-Identifier: PostgreSQL
#include "value/fitted/optimise.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace clientele {
namespace {

Box box(double lower, double upper, int n) {
  return {Vector::Constant(n, lower), Vector::Constant(n, upper)};
}

/// -(x - m)' A (x - m) / 2: its maximum is at m, and the inverse of A is its covariance.
TEST(Optimise, QuadraticAndItsVariance) {
  Matrix a(3, 3);
  a << 4, 1, 0, 1, 3, -1, 0, -1, 2;
  const Vector m = (Vector(3) << 1, -2, .5).finished();
  const Objective f = [&](const Vector& at, Vector* gradient) {
    const Vector slope = a * (m - at);
    if (gradient != nullptr) *gradient = slope;
    return slope.dot(at - m) / 2 - 100;
  };
  const Optimum o = maximise(f, {Vector::Zero(3), Vector::Constant(3, 5)}, box(-10, 10, 3));
  EXPECT_TRUE(o.converged);
  EXPECT_NEAR((o.at - m).norm(), 0, 1e-9);
  EXPECT_NEAR(o.value, -100, 1e-12);
  EXPECT_LT(o.gradient_norm, 1e-8);
  const Matrix covariance = a.inverse();
  for (int k = 0; k < 3; ++k) {
    EXPECT_FALSE(o.at_bound[k]);
    EXPECT_NEAR(o.variance(k), covariance(k, k), 1e-8);
  }
}

/// Rosenbrock's valley (1960), turned over.
double valley(const Vector& at, Vector* gradient) {
  const double x = at(0), y = at(1), d = y - x * x;
  if (gradient != nullptr)
    *gradient = (Vector(2) << 2 * (1 - x) + 400 * x * d, -200 * d).finished();
  return -(1 - x) * (1 - x) - 100 * d * d;
}

TEST(Optimise, CurvedValley) {
  const Optimum o = maximise(valley, {(Vector(2) << -1.2, 1).finished()}, box(-5, 5, 2));
  EXPECT_TRUE(o.converged);
  EXPECT_NEAR(o.at(0), 1, 1e-7);
  EXPECT_NEAR(o.at(1), 1, 1e-7);
}

TEST(Optimise, ABoundHoldsAndTheOthersGoOn) {
  const Optimum o = maximise(valley, {(Vector(2) << -1.2, 1).finished()}, box(-5, .5, 2));
  EXPECT_TRUE(o.converged);
  EXPECT_TRUE(o.at_bound[0]);
  EXPECT_FALSE(o.at_bound[1]);
  EXPECT_EQ(o.at(0), .5);
  EXPECT_NEAR(o.at(1), .25, 1e-9);
  EXPECT_EQ(o.variance(0), -1);
  EXPECT_NEAR(o.variance(1), 1. / 200, 1e-8);
}

TEST(Optimise, TakesTheHighestOfSeveralHills) {
  const Objective hills = [](const Vector& at, Vector* gradient) {
    const double x = at(0), left = std::exp(-(x + 3) * (x + 3)),
                 right = 2 * std::exp(-(x - 3) * (x - 3));
    if (gradient != nullptr)
      *gradient = Vector::Constant(1, -2 * (x + 3) * left - 2 * (x - 3) * right);
    return left + right;
  };
  const auto from = [&](std::vector<double> places) {
    std::vector<Vector> starts;
    for (const double x : places) starts.push_back(Vector::Constant(1, x));
    return maximise(hills, starts, box(-10, 10, 1)).at(0);
  };
  EXPECT_NEAR(from({-2.5}), -3, 1e-6);
  EXPECT_NEAR(from({-2.5, 2.5}), 3, 1e-6);
  EXPECT_NEAR(from({2.5, -2.5}), 3, 1e-6);
}

TEST(Optimise, ARidgeHasNoVariance) {
  const Objective ridge = [](const Vector& at, Vector* gradient) {
    const double d = at(0) + at(1) - 1;
    if (gradient != nullptr) *gradient = Vector::Constant(2, -2 * d);
    return -d * d;
  };
  const Optimum o = maximise(ridge, {Vector::Zero(2)}, box(-10, 10, 2));
  EXPECT_TRUE(o.converged);
  EXPECT_NEAR(o.at.sum(), 1, 1e-9);
  EXPECT_EQ(o.variance(0), -1);
  EXPECT_EQ(o.variance(1), -1);
}

TEST(Optimise, StartsMustBeSomewhere) {
  const Objective nowhere = [](const Vector&, Vector*) {
    return -std::numeric_limits<double>::infinity();
  };
  EXPECT_THROW(maximise(nowhere, {Vector::Zero(1)}, box(-1, 1, 1)), std::domain_error);
}

}  // namespace
}  // namespace clientele
