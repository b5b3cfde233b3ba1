// SPDX-License-Identifier: PostgreSQL
// The one place that includes Eigen. A failing check of Eigen's must not abort the server, so it
// throws.
#pragma once
#include <stdexcept>

#undef eigen_assert
#define eigen_assert(x) ((x) ? void() : throw std::logic_error("linear algebra: " #x))

#include <eigen3/Eigen/Dense>

namespace clientele {

using Vector = Eigen::VectorXd;
using Matrix = Eigen::MatrixXd;

}  // namespace clientele
