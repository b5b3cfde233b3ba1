// SPDX-License-Identifier: PostgreSQL
#include "churn/logistic/cholesky.hpp"

#include <cmath>
#include <numeric>

#include "base/poll.hpp"

namespace clientele {

RankedCholesky::RankedCholesky(Matrix a, double tolerance) {
  constexpr double clear = 1e-4;
  const Eigen::Index n = a.rows();
  order_.resize(static_cast<size_t>(n));
  std::iota(order_.begin(), order_.end(), Eigen::Index{0});
  independent_.assign(static_cast<size_t>(n), false);
  scale_ = Vector::Zero(n);
  Vector rest(n);  // of the diagonal, what the rows so far do not explain
  for (Eigen::Index i = 0; i < n; ++i) {
    if (a(i, i) > 0) scale_(i) = 1 / std::sqrt(a(i, i));
    rest(i) = a(i, i) > 0 ? 1 : 0;
  }
  a = (scale_.asDiagonal() * a * scale_.asDiagonal()).eval();
  factor_ = Matrix::Zero(n, n);
  for (Eigen::Index k = 0; k < n; ++k) {
    poll();
    Eigen::Index next = k;
    while (next < n && rest(next) < clear) ++next;
    if (next == n) rest.tail(n - k).maxCoeff(&next), next += k;
    if (!(rest(next) >= tolerance)) break;
    // The row moves up to k, the others keep their order.
    for (Eigen::Index i = next; i > k; --i) {
      std::swap(order_[static_cast<size_t>(i)], order_[static_cast<size_t>(i - 1)]);
      std::swap(rest(i), rest(i - 1));
      factor_.row(i).swap(factor_.row(i - 1));
    }
    const Eigen::Index column = order_[static_cast<size_t>(k)], below = n - k - 1;
    const double root = std::sqrt(rest(k));
    Vector entries(below);
    for (Eigen::Index i = 0; i < below; ++i) {
      const Eigen::Index row = order_[static_cast<size_t>(k + 1 + i)];
      entries(i) = row > column ? a(row, column) : a(column, row);
    }
    entries -= factor_.block(k + 1, 0, below, k) * factor_.row(k).head(k).transpose();
    entries /= root;
    factor_(k, k) = root;
    factor_.col(k).tail(below) = entries;
    for (Eigen::Index i = 0; i < below; ++i) rest(k + 1 + i) -= entries(i) * entries(i);
    independent_[static_cast<size_t>(column)] = true;
    rank_ = k + 1;
  }
}

Vector RankedCholesky::solve(const Vector& b) const {
  Vector x(rank_);
  for (Eigen::Index k = 0; k < rank_; ++k) {
    const Eigen::Index i = order_[static_cast<size_t>(k)];
    x(k) = scale_(i) * b(i);
  }
  const auto lower = factor_.topLeftCorner(rank_, rank_).triangularView<Eigen::Lower>();
  lower.solveInPlace(x);
  lower.transpose().solveInPlace(x);
  Vector result = Vector::Zero(b.size());
  for (Eigen::Index k = 0; k < rank_; ++k) {
    const Eigen::Index i = order_[static_cast<size_t>(k)];
    result(i) = scale_(i) * x(k);
  }
  return result;
}

Matrix RankedCholesky::inverse() const {
  const Eigen::Index n = factor_.rows();
  Matrix result = Matrix::Zero(n, n);
  for (Eigen::Index i = 0; i < n; ++i) {
    poll();
    if (independent(i)) result.col(i) = solve(Vector::Unit(n, i));
  }
  return result;
}

}  // namespace clientele
