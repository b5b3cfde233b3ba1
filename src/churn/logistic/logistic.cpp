// SPDX-License-Identifier: PostgreSQL
#include "churn/logistic/logistic.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "base/poll.hpp"
#include "base/progress.hpp"
#include "base/sort.hpp"
#include "churn/logistic/cholesky.hpp"

namespace clientele {
namespace {

// A column of which less than this share is not explained by the others is redundant: 1 - R^2.
constexpr double collinear = 1e-10;
// The smallest share for which Newton's equations are solved; below it a direction is flat.
constexpr double flat = 1e-14;
constexpr int max_iterations = 200;
// The largest change of a row's log-odds in the last step. Steps shrink quadratically.
constexpr double last_step = 1e-8;

class Newton {
 public:
  Newton(const Regressors& x, const Outcomes& y, double penalty)
      : x_(x), y_(y), penalty_(penalty), weight_(x.rows()), log_odds_(x.rows()), step_(x.rows()) {
    for (size_t i = 0; i < x.rows(); ++i) {
      weight_[i] = y.had[i] + y.had_not[i];
      had_ += y.had[i];
      had_not_ += y.had_not[i];
    }
  }

  LogisticFit fit(const LogisticFit* near) {
    LogisticFit result;
    choose_columns(result);
    const auto p = static_cast<Eigen::Index>(kept_.size());
    at_ = Vector::Zero(p + 1);
    at_(0) = std::log(had_ / had_not_);
    if (near != nullptr) {
      at_(0) = near->intercept;
      for (Eigen::Index k = 0; k < p; ++k)
        at_(k + 1) = near->coefficient(static_cast<Eigen::Index>(kept_[static_cast<size_t>(k)]));
    }
    along(at_, log_odds_);
    result.null_log_likelihood =
        had_ * std::log(had_ / total()) + had_not_ * std::log(had_not_ / total());
    double value = objective(at_, 0);
    for (; result.iterations < max_iterations && !result.converged; ++result.iterations) {
      advance_progress(1);
      slope_and_curvature();
      const Vector direction = RankedCholesky(curvature_, flat).solve(slope_);
      along(direction, step_);
      double longest = 0;
      for (const double s : step_) longest = std::max(longest, std::abs(s));
      if (penalty_ == 0 &&
          (separates(log_odds_, 0) || (result.iterations >= 12 && longest > .1 &&
                                       (separates(step_, longest) || could_go_on())))) {
        result.separated = true;
        return result;
      }
      const double size = climb(direction, value);
      for (size_t i = 0; i < x_.rows(); ++i) log_odds_[i] += size * step_[i];
      at_ += size * direction;
      result.converged = longest <= last_step;
      if (size == 0) break;
    }
    if (penalty_ == 0 && could_go_on()) {
      result.separated = true;
      return result;
    }
    slope_and_curvature();
    result.gradient_norm = slope_.cwiseAbs().maxCoeff();
    // If rounding ends the climb early, the gradient shows whether that was at the top.
    result.converged = result.converged || result.gradient_norm <= 1e-8 * total();
    result.log_likelihood = log_likelihood(0);
    const Matrix covariance = RankedCholesky(curvature_, flat).inverse();
    const auto all = static_cast<Eigen::Index>(x_.columns());
    result.intercept = at_(0);
    result.coefficient = Vector::Zero(all);
    result.covariance = Matrix::Zero(all + 1, all + 1);
    const auto place = [&](Eigen::Index k) {
      return k == 0 ? 0 : static_cast<Eigen::Index>(kept_[static_cast<size_t>(k - 1)]) + 1;
    };
    for (Eigen::Index k = 0; k <= p; ++k) {
      if (k > 0) result.coefficient(place(k) - 1) = at_(k);
      for (Eigen::Index l = 0; l <= p; ++l)
        result.covariance(place(k), place(l)) = covariance(k, l);
    }
    return result;
  }

 private:
  double total() const { return had_ + had_not_; }

  /// Calls visit(first row, rows of ones and the columns) for a few rows at a time: at most some
  /// milliseconds of work.
  template <class Visit>
  void by_stretch(std::span<const size_t> columns, Visit visit) const {
    const size_t width = columns.size() + 1;
    const size_t chunk = std::clamp<size_t>(size_t{8'000'000} / (width * width), 16, 2048);
    Matrix block;
    for (size_t first = 0; first < x_.rows(); first += chunk) {
      poll();
      const size_t n = std::min(chunk, x_.rows() - first);
      block.resize(static_cast<Eigen::Index>(n), static_cast<Eigen::Index>(width));
      block.col(0).setOnes();
      x_.fill(first, columns, block.rightCols(static_cast<Eigen::Index>(columns.size())));
      visit(first, block);
    }
  }

  static auto stretch(const std::vector<double>& v, size_t first, Eigen::Index n) {
    return Eigen::Map<const Vector>(v.data() + first, n);
  }

  /// Leaves out columns that are constant, and those that others explain.
  void choose_columns(LogisticFit& result) {
    std::vector<size_t> all(x_.columns());
    std::iota(all.begin(), all.end(), size_t{0});
    const auto n = static_cast<Eigen::Index>(all.size());
    Matrix moments = Matrix::Zero(n + 1, n + 1);
    by_stretch(all, [&](size_t first, Matrix& block) {
      block.array().colwise() *= stretch(weight_, first, block.rows()).array().sqrt();
      moments.selfadjointView<Eigen::Lower>().rankUpdate(block.transpose());
    });
    moments /= total();
    Matrix covariance = moments.bottomRightCorner(n, n);
    const Vector mean = moments.col(0).tail(n);
    covariance.selfadjointView<Eigen::Lower>().rankUpdate(mean, -1);
    for (Eigen::Index i = 0; i < n; ++i)
      covariance(i, i) = covariance(i, i) > collinear ? covariance(i, i) + penalty_ / total() : 0;
    for (Eigen::Index i = 0; i < n; ++i)
      if (covariance(i, i) == 0) covariance.row(i).setZero(), covariance.col(i).setZero();
    const RankedCholesky ranked(covariance, collinear);
    result.redundant.assign(all.size(), true);
    for (size_t i = 0; i < all.size(); ++i) {
      if (!ranked.independent(static_cast<Eigen::Index>(i))) continue;
      result.redundant[i] = false;
      kept_.push_back(i);
    }
  }

  /// The change of each row's log-odds along a direction.
  void along(const Vector& direction, std::vector<double>& out) const {
    by_stretch(kept_, [&](size_t first, const Matrix& block) {
      Eigen::Map<Vector>(out.data() + first, block.rows()) = block * direction;
    });
  }

  double log_likelihood(double size) const {
    double sum = 0;
    for (size_t i = 0; i < x_.rows(); ++i) {
      if (i % 16384 == 0) poll();
      if (weight_[i] == 0) continue;
      const double f = size == 0 ? log_odds_[i] : log_odds_[i] + size * step_[i];
      sum += y_.had[i] * f - weight_[i] * log1p_exp(f);
    }
    return sum;
  }

  double objective(const Vector& at, double size) const {
    return log_likelihood(size) - penalty_ / 2 * at.tail(at.size() - 1).squaredNorm();
  }

  void slope_and_curvature() {
    const Eigen::Index n = at_.size();
    slope_ = Vector::Zero(n);
    curvature_ = Matrix::Zero(n, n);
    Vector residual, root;
    by_stretch(kept_, [&](size_t first, Matrix& block) {
      residual.resize(block.rows());
      root.resize(block.rows());
      for (Eigen::Index k = 0; k < block.rows(); ++k) {
        const size_t i = first + static_cast<size_t>(k);
        const double p = 1 / (1 + std::exp(-log_odds_[i])), q = 1 / (1 + std::exp(log_odds_[i]));
        residual(k) = y_.had[i] * q - y_.had_not[i] * p;
        root(k) = std::sqrt(weight_[i] * p * q);
      }
      slope_.noalias() += block.transpose() * residual;
      block.array().colwise() *= root.array();
      curvature_.selfadjointView<Eigen::Lower>().rankUpdate(block.transpose());
    });
    slope_.tail(n - 1) -= penalty_ * at_.tail(n - 1);
    curvature_.diagonal().tail(n - 1).array() += penalty_;
  }

  /// How far to go along `direction` for a sufficient increase, halving the step; changes `value`.
  /// 0 if there is none.
  double climb(const Vector& direction, double& value) const {
    const double promised = slope_.dot(direction), slack = 1e-13 * std::abs(value);
    double size = 1;
    for (int halvings = 0; halvings < 60; ++halvings, size /= 2) {
      const double there = objective(at_ + size * direction, size);
      if (!(there >= value + 1e-4 * size * promised - slack)) continue;
      value = there;
      return size;
    }
    return 0;
  }

  /// Whether `score` is above zero where there is the outcome and below where not. Given `longest`,
  /// the largest score, zero within rounding is allowed: then going on in this direction never
  /// lowers the likelihood. Albert & Anderson, "On the existence of maximum likelihood estimates in
  /// logistic regression models" (1984).
  bool separates(const std::vector<double>& score, double longest) const {
    const double min_score = longest > 0 ? -1e-8 * longest : 1e-9;
    for (size_t i = 0; i < x_.rows(); ++i) {
      if (y_.had[i] > 0 && !(score[i] > min_score)) return false;
      if (y_.had_not[i] > 0 && !(-score[i] > min_score)) return false;
    }
    return true;
  }

  /// Whether the part of the coefficients that scores the most clearly separated rows is itself a
  /// direction that separates the classes. A Newton step need not be such a direction where
  /// curvatures differ by more powers of ten than a double has digits.
  bool could_go_on() const {
    constexpr double clear = 5;
    const auto n = static_cast<Eigen::Index>(kept_.size()) + 1;
    std::vector<std::pair<double, size_t>> rows;  // how clearly, and which
    for (size_t i = 0; i < x_.rows(); ++i)
      if (weight_[i] > 0)
        rows.emplace_back(std::min(y_.had[i] > 0 ? log_odds_[i] : HUGE_VAL,
                                   y_.had_not[i] > 0 ? -log_odds_[i] : HUGE_VAL),
                          i);
    sort_polled(rows.begin(), rows.end(), std::less<>());
    // An orthonormal basis of the rows, beginning with the least clearly separated ones.
    Matrix basis(n, n);
    std::vector<double> clearness;
    Matrix row(1, n);
    for (size_t k = 0; k < rows.size() && clearness.size() < static_cast<size_t>(n); ++k) {
      if (k % 256 == 0) poll();
      row(0, 0) = 1;
      x_.fill(rows[k].second, kept_, row.rightCols(n - 1));
      Vector rest = row.row(0).transpose();
      const double length = rest.norm();
      const auto known = basis.leftCols(static_cast<Eigen::Index>(clearness.size()));
      for (int round = 0; round < 2; ++round) rest -= known * (known.transpose() * rest).eval();
      if (rest.norm() < 1e-7 * length) continue;
      basis.col(static_cast<Eigen::Index>(clearness.size())) = rest.normalized();
      clearness.push_back(rows[k].first);
    }
    Vector direction = Vector::Zero(n);
    std::vector<double> score(x_.rows());
    for (size_t k = clearness.size(); k-- > 0 && clearness[k] >= clear;) {
      const auto newest = basis.col(static_cast<Eigen::Index>(k));
      direction += newest * newest.dot(at_);
      along(direction, score);
      double longest = 0;
      for (const double s : score) longest = std::max(longest, std::abs(s));
      if (longest > 1 && separates(score, longest)) return true;
    }
    return false;
  }

  const Regressors& x_;
  const Outcomes& y_;
  double penalty_;
  double had_ = 0, had_not_ = 0;
  std::vector<double> weight_, log_odds_, step_;  // by row
  std::vector<size_t> kept_;
  Vector at_;  // the intercept, then the kept columns
  Vector slope_;
  Matrix curvature_;  // lower triangle
};

}  // namespace

double log1p_exp(double x) {
  return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x));
}

LogisticFit fit_logistic(const Regressors& x, const Outcomes& y, double penalty,
                         const LogisticFit* near) {
  return Newton(x, y, penalty).fit(near);
}

}  // namespace clientele
