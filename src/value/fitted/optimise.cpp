// SPDX-License-Identifier: PostgreSQL
#include "value/fitted/optimise.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <stdexcept>

#include "base/poll.hpp"
#include "base/progress.hpp"

namespace clientele {
namespace {

constexpr int max_iterations = 200;  // of one start
constexpr double longest_step = 2;   // in any one parameter
constexpr double slack = 1e-14;      // what rounding may do to a value, relative
constexpr double no_gain = 1e-20;    // of a likelihood: a step to it is not worth taking

struct Point {
  Vector at, gradient;
  double value = -std::numeric_limits<double>::infinity();
};

class Search {
 public:
  Search(const Objective& f, const Box& box, const SearchHints& hints)
      : f_(f), box_(box), hints_(hints) {}

  Point evaluate(const Vector& at) const {
    poll();
    Point p;
    p.at = at;
    for (Eigen::Index i = 0; i < at.size(); ++i) {  // nearly at a bound is at it
      if (p.at(i) < box_.lower(i) + 1e-9) p.at(i) = box_.lower(i);
      if (p.at(i) > box_.upper(i) - 1e-9) p.at(i) = box_.upper(i);
    }
    p.gradient = Vector::Zero(at.size());
    p.value = f_(p.at, &p.gradient);
    if (!std::isfinite(p.value) || !p.gradient.allFinite())
      p.value = -std::numeric_limits<double>::infinity();
    return p;
  }

  bool held(const Point& p, Eigen::Index i) const {
    return (p.at(i) <= box_.lower(i) && p.gradient(i) <= 0) ||
           (p.at(i) >= box_.upper(i) && p.gradient(i) >= 0);
  }

  /// The gradient without the components that a bound holds.
  Vector slope(const Point& p) const {
    Vector g = p.gradient;
    for (Eigen::Index i = 0; i < g.size(); ++i)
      if (held(p, i)) g(i) = 0;
    return g;
  }

  double steepness(const Point& p) const { return slope(p).cwiseAbs().maxCoeff(); }

  /// The sufficient increase along the projected path, halving the step; none if there is none.
  std::optional<Point> climb(const Point& from, const Vector& direction) const {
    const double longest = direction.cwiseAbs().maxCoeff();
    double step = longest > longest_step ? longest_step / longest : 1;
    const double margin = slack * std::abs(from.value);
    for (int halvings = 0; halvings < 40; ++halvings, step /= 2) {
      Point to = evaluate(from.at + step * direction);
      const double promised = from.gradient.dot(to.at - from.at);
      if (to.value >= from.value + 1e-4 * promised - margin &&
          (to.value > from.value || steepness(to) < steepness(from)))
        return to;
    }
    return std::nullopt;
  }

  Point bfgs(Point p, int& iterations) const {
    const Eigen::Index n = p.at.size();
    bool fresh = hints_.covariance.size() == 0;
    Matrix inverse = fresh ? Matrix(Matrix::Identity(n, n)) : hints_.covariance;
    for (int i = 0; i < max_iterations; ++i) {
      const Vector g = slope(p);
      if (g.cwiseAbs().maxCoeff() <= 1e-10 * (1 + std::abs(p.value))) break;
      ++iterations;
      advance_progress(1);
      Vector direction = inverse * g;
      for (Eigen::Index k = 0; k < n; ++k)
        if (held(p, k)) direction(k) = 0;
      // The promised gain is less than a sum of rounded numbers can show.
      if (!fresh && std::abs(direction.dot(g)) < no_gain + 1e-15 * std::abs(p.value)) break;
      if (!(direction.dot(g) > 0)) {
        inverse.setIdentity();
        fresh = true;
        direction = g;
      }
      if (fresh) direction /= std::max(1.0, direction.norm());
      std::optional<Point> next = climb(p, direction);
      if (!next) {
        if (fresh) break;
        inverse.setIdentity();
        fresh = true;
        continue;
      }
      const Vector s = next->at - p.at, y = p.gradient - next->gradient;
      const double curvature = s.dot(y);
      if (curvature > 1e-12 * s.norm() * y.norm()) {
        if (fresh) inverse = Matrix::Identity(n, n) * (curvature / y.squaredNorm());
        const Matrix left = Matrix::Identity(n, n) - s * y.transpose() / curvature;
        inverse = (left * inverse * left.transpose() + s * s.transpose() / curvature).eval();
        fresh = false;
      }
      p = std::move(*next);
    }
    return p;
  }

  /// Minus the Hessian in the free parameters, of central differences if it is not known.
  Matrix information(const Point& p, const std::vector<Eigen::Index>& free) const {
    const auto m = static_cast<Eigen::Index>(free.size());
    if (hints_.curvature)
      if (const Matrix known = hints_.curvature(p.at); known.size() > 0) return known(free, free);
    Matrix result(m, m);
    for (Eigen::Index i = 0; i < m; ++i) {
      const double h = 1e-4;
      Vector low = p.at, high = p.at;
      low(free[i]) = std::max(p.at(free[i]) - h, box_.lower(free[i]));
      high(free[i]) = std::min(p.at(free[i]) + h, box_.upper(free[i]));
      const Vector change = evaluate(low).gradient - evaluate(high).gradient;
      for (Eigen::Index j = 0; j < m; ++j)
        result(j, i) = change(free[j]) / (high(free[i]) - low(free[i]));
    }
    return (result + result.transpose()) / 2;
  }

  /// Takes Newton steps, damped as far as needed (Levenberg and Marquardt). BFGS is slow where the
  /// likelihood is a long ridge, as when customers hardly differ.
  Point along_ridge(Point p, int& iterations) const {
    double damping = 1e-10;
    for (int i = 0; i < 200 && steepness(p) > flat(p); ++i) {
      ++iterations;
      std::vector<Eigen::Index> moving;
      for (Eigen::Index k = 0; k < p.at.size(); ++k)
        if (!held(p, k)) moving.push_back(k);
      const auto m = static_cast<Eigen::Index>(moving.size());
      const Matrix curvature = information(p, moving);
      Vector g(m);
      for (Eigen::Index k = 0; k < m; ++k) g(k) = p.gradient(moving[k]);
      bool climbed = false;
      for (; !climbed && damping < 1e12; damping *= 10) {
        const Eigen::LDLT<Matrix> solver(curvature + damping * Matrix::Identity(m, m));
        if (!solver.isPositive() || !(solver.vectorD().minCoeff() > 0)) continue;
        const Vector step = solver.solve(g);
        if (!step.allFinite() || step.cwiseAbs().maxCoeff() > 2 * longest_step) continue;
        Vector to = p.at;
        for (Eigen::Index k = 0; k < m; ++k) to(moving[k]) += step(k);
        Point next = evaluate(to);
        const double margin = slack * std::abs(p.value);
        climbed = next.value > p.value + margin ||
                  (next.value >= p.value - margin && steepness(next) < steepness(p));
        if (climbed) p = std::move(next);
      }
      if (!climbed) break;
      damping = std::max(damping / 1000, 1e-16);
    }
    return p;
  }

  /// A gradient up to this size is zero for this likelihood.
  static double flat(const Point& p) { return 1e-9 * (1 + std::abs(p.value)); }

  std::vector<Eigen::Index> free(const Point& p) const {
    std::vector<Eigen::Index> result;
    for (Eigen::Index i = 0; i < p.at.size(); ++i)
      if (p.at(i) > box_.lower(i) && p.at(i) < box_.upper(i)) result.push_back(i);
    return result;
  }

 private:
  const Objective& f_;
  const Box& box_;
  const SearchHints& hints_;
};

}  // namespace

Optimum maximise(const Objective& f, const std::vector<Vector>& starts, const Box& box,
                 const SearchHints& hints) {
  const Search search(f, box, hints);
  Optimum result;
  Point best;
  for (const Vector& start : starts) {
    Point p = search.evaluate(start);
    if (!std::isfinite(p.value)) continue;
    p = search.bfgs(std::move(p), result.iterations);
    if (p.value > best.value) best = std::move(p);
  }
  if (!std::isfinite(best.value))
    throw std::domain_error("the likelihood is not finite at any start");

  std::vector<Eigen::Index> free;
  Eigen::LDLT<Matrix> information;
  const auto inform = [&] {
    free = search.free(best);
    if (!free.empty()) information.compute(search.information(best, free));
    return !free.empty() && information.info() == Eigen::Success && information.isPositive() &&
           information.vectorD().minCoeff() > 1e-12 * information.vectorD().maxCoeff();
  };
  if (search.steepness(best) > Search::flat(best))
    best = search.along_ridge(std::move(best), result.iterations);
  bool regular = inform();
  for (int i = 0; i < 8 && regular && search.steepness(best) > 0; ++i) {
    Vector g(free.size());
    for (size_t k = 0; k < free.size(); ++k) g(k) = best.gradient(free[k]);
    const Vector newton = information.solve(g);
    const double gain = g.dot(newton);
    if (gain < no_gain) break;
    Vector direction = Vector::Zero(best.at.size());
    for (size_t k = 0; k < free.size(); ++k) direction(free[k]) = newton(k);
    Point next = search.evaluate(best.at + direction);
    if (next.value < best.value - slack * std::abs(best.value) ||
        search.steepness(next) >= search.steepness(best))
      break;
    ++result.iterations;
    best = std::move(next);
    if (gain > 1e-8) regular = inform();  // a shorter step leaves the information as it is
  }

  result.at = best.at;
  result.value = best.value;
  result.gradient_norm = search.steepness(best);
  result.converged = result.gradient_norm <= 1e-6 * (1 + std::abs(best.value));
  result.variance = Vector::Constant(best.at.size(), -1);
  // A point can be at a bound though it is not held there: where the gradient is level, or points
  // inwards by rounding.
  bool inside = true;
  for (Eigen::Index i = 0; i < best.at.size(); ++i) {
    result.at_bound.push_back(best.at(i) <= box.lower(i) || best.at(i) >= box.upper(i));
    inside = inside && !result.at_bound.back();
  }
  if (regular) {
    const auto m = static_cast<Eigen::Index>(free.size());
    const Matrix inverse = information.solve(Matrix::Identity(m, m));
    for (Eigen::Index k = 0; k < m; ++k)
      if (!result.at_bound[static_cast<size_t>(free[k])]) result.variance(free[k]) = inverse(k, k);
    if (inside) result.covariance = inverse;
  }
  return result;
}

}  // namespace clientele
