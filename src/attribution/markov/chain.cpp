// SPDX-License-Identifier: PostgreSQL
#include "attribution/markov/chain.hpp"

#include <cmath>

#include "base/eigen.hpp"
#include "base/error.hpp"
#include "base/poll.hpp"
#include <eigen3/Eigen/SparseLU>

namespace clientele {
namespace {

constexpr int max_iterations = 2000;
constexpr double tolerance = 1e-14;
constexpr size_t max_factored = 2'000;

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace

LostShares::LostShares(const ChainInflow& inflow) : in_(inflow) {
  for (size_t s = 0; s < in_.states(); ++s) total_.push_back(in_.total(s));
}

// States without moves into them, such as the start, have not lost anything.
void LostShares::number() {
  const size_t n = in_.states();
  kept_.clear();
  gain_.clear();
  row_.assign(n, ~uint32_t{0});
  share_.assign(n, 0);
  for (size_t s = 0; s < n; ++s) {
    if (lost_[s]) share_[s] = 1;
    if (lost_[s] || total_[s] == 0) continue;
    double gain = 0;
    for (size_t i = in_.begin[s]; i < in_.begin[s + 1]; ++i)
      if (lost_[in_.source[i]]) gain += in_.count[i];
    row_[s] = static_cast<uint32_t>(kept_.size());
    kept_.push_back(static_cast<uint32_t>(s));
    gain_.push_back(gain / total_[s]);
  }
}

void LostShares::finish(std::span<const double> solution) {
  for (size_t k = 0; k < kept_.size(); ++k) {
    if (!std::isfinite(solution[k]))
      throw Error(sqlstate::corrupted, "corrupt packed value: a Markov chain that does not end");
    share_[kept_[k]] = std::min(1.0, std::max(0.0, solution[k]));
  }
}

void LostShares::dense() {
  const auto n = static_cast<Eigen::Index>(kept_.size());
  Matrix a = Matrix::Identity(n, n);
  Vector b(n);
  for (Eigen::Index k = 0; k < n; ++k) {
    const uint32_t s = kept_[static_cast<size_t>(k)];
    b[k] = gain_[static_cast<size_t>(k)];
    for (size_t i = in_.begin[s]; i < in_.begin[s + 1]; ++i)
      if (const uint32_t from = row_[in_.source[i]]; from != ~uint32_t{0})
        a(k, from) -= in_.count[i] / total_[s];
  }
  const Vector x = a.partialPivLu().solve(b);
  finish({x.data(), static_cast<size_t>(n)});
}

// y = x - the means of x over the states before.
void LostShares::apply(const std::vector<double>& x, std::vector<double>& y) const {
  for (size_t k = 0; k < kept_.size(); ++k) {
    const uint32_t s = kept_[k];
    double sum = 0;
    for (size_t i = in_.begin[s]; i < in_.begin[s + 1]; ++i)
      if (const uint32_t from = row_[in_.source[i]]; from != ~uint32_t{0})
        sum += in_.count[i] * x[from];
    y[k] = x[k] - sum / total_[s];
    if (k % 4096 == 0) poll();
  }
}

// The stabilized bi-conjugate gradients of van der Vorst (1992). True if they came close enough.
bool LostShares::iterate() {
  const size_t n = kept_.size();
  x_ = gain_;
  for (auto* vector : {&r_, &p_, &v_, &s_, &t_}) vector->assign(n, 0);
  apply(x_, r_);
  for (size_t k = 0; k < n; ++k) r_[k] = gain_[k] - r_[k];
  r0_ = r_;
  const double enough = tolerance * tolerance * dot(gain_, gain_);
  double rho = 1, alpha = 1, omega = 1;
  for (int i = 0; i < max_iterations; ++i) {
    if (dot(r_, r_) <= enough) break;
    const double next = dot(r0_, r_);
    if (next == 0 || omega == 0) break;
    const double beta = next / rho * (alpha / omega);
    rho = next;
    for (size_t k = 0; k < n; ++k) p_[k] = r_[k] + beta * (p_[k] - omega * v_[k]);
    apply(p_, v_);
    alpha = rho / dot(r0_, v_);
    for (size_t k = 0; k < n; ++k) s_[k] = r_[k] - alpha * v_[k];
    apply(s_, t_);
    const double square = dot(t_, t_);
    omega = square > 0 ? dot(t_, s_) / square : 0;
    for (size_t k = 0; k < n; ++k) {
      x_[k] += alpha * p_[k] + omega * s_[k];
      r_[k] = s_[k] - omega * t_[k];
    }
    if (!std::isfinite(omega) || !std::isfinite(alpha)) break;
  }
  // What counts is the residual itself, not the one that was carried along.
  apply(x_, t_);
  double worst = 0;
  for (size_t k = 0; k < n; ++k) worst = std::max(worst, std::abs(gain_[k] - t_[k]));
  return worst <= 1e-13;
}

void LostShares::sparse() {
  const auto n = static_cast<Eigen::Index>(kept_.size());
  if (kept_.size() > max_factored)
    throw Error(sqlstate::limit_exceeded,
                "a Markov chain of " + std::to_string(kept_.size()) + " states cannot be solved",
                "Group channels, or ask for a lower order.");
  std::vector<Eigen::Triplet<double>> cells;
  for (size_t k = 0; k < kept_.size(); ++k) {
    const uint32_t s = kept_[k];
    cells.emplace_back(k, k, 1.0);
    for (size_t i = in_.begin[s]; i < in_.begin[s + 1]; ++i)
      if (const uint32_t from = row_[in_.source[i]]; from != ~uint32_t{0})
        cells.emplace_back(k, from, -in_.count[i] / total_[s]);
  }
  Eigen::SparseMatrix<double> a(n, n);
  a.setFromTriplets(cells.begin(), cells.end());
  Eigen::SparseLU<Eigen::SparseMatrix<double>> factors(a);
  if (factors.info() != Eigen::Success)
    throw Error(sqlstate::corrupted, "corrupt packed value: a Markov chain that does not end");
  const Vector x = factors.solve(Eigen::Map<const Vector>(gain_.data(), n));
  finish({x.data(), static_cast<size_t>(n)});
}

const std::vector<double>& LostShares::solve(std::span<const uint8_t> lost) {
  lost_ = lost;
  number();
  if (kept_.size() <= few)
    dense();
  else if (iterate())
    finish(x_);
  else
    sparse();
  return share_;
}

}  // namespace clientele
