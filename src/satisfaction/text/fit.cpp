// SPDX-License-Identifier: PostgreSQL
// The fit: L-BFGS (Nocedal 1980; Liu and Nocedal 1989) over rows in an order of their own.
#include <algorithm>
#include <cmath>
#include <deque>

#include "base/eigen.hpp"
#include "base/error.hpp"
#include "base/poll.hpp"
#include "satisfaction/text/model.hpp"

namespace clientele {
namespace {

constexpr size_t memory = 12;
constexpr uint64_t most_iterations = 1000;
constexpr double tolerance =
    1e-8;  // of the largest component of the gradient, per row's square root

/// The rows as numbers; of each a stretch of places and values.
struct Design {
  std::vector<size_t> begin;
  std::vector<uint32_t> place;
  std::vector<double> value;
  std::vector<uint32_t> label;
  size_t labels = 0, columns = 0;
  double penalty = 0;

  size_t rows() const { return label.size(); }
  /// Where the weight of a label stands; the intercepts come last.
  size_t at(size_t column, size_t k) const { return column * labels + k; }
  size_t intercept(size_t k) const { return columns * labels + k; }
  size_t parameters() const { return (columns + 1) * labels; }
};

/// The negative penalised log-likelihood and its gradient.
double objective(const Design& d, const Vector& at, Vector& gradient,
                 double* loss_alone = nullptr) {
  const size_t n = d.labels;
  gradient.setZero();
  std::vector<double> p(n);
  double loss = 0;
  Work work;
  for (size_t i = 0; i < d.rows(); ++i) {
    work.done((d.begin[i + 1] - d.begin[i] + 1) * n);
    for (size_t k = 0; k < n; ++k) p[k] = at[static_cast<Eigen::Index>(d.intercept(k))];
    for (size_t e = d.begin[i]; e < d.begin[i + 1]; ++e) {
      const double* const w = at.data() + d.at(d.place[e], 0);
      for (size_t k = 0; k < n; ++k) p[k] += w[k] * d.value[e];
    }
    const double top = *std::ranges::max_element(p), own = p[d.label[i]];
    double sum = 0;
    for (double& v : p) sum += v = std::exp(v - top);
    loss += std::log(sum) + top - own;
    for (double& v : p) v /= sum;
    p[d.label[i]] -= 1;
    for (size_t e = d.begin[i]; e < d.begin[i + 1]; ++e) {
      double* const g = gradient.data() + d.at(d.place[e], 0);
      for (size_t k = 0; k < n; ++k) g[k] += p[k] * d.value[e];
    }
    for (size_t k = 0; k < n; ++k) gradient[static_cast<Eigen::Index>(d.intercept(k))] += p[k];
  }
  if (loss_alone != nullptr) *loss_alone = loss;
  const auto weights = static_cast<Eigen::Index>(d.columns * n);
  gradient.head(weights) += d.penalty * at.head(weights);
  return loss + d.penalty / 2 * at.head(weights).squaredNorm();
}

struct Optimum {
  Vector at;
  double loss = 0, gradient_norm = 0;
  uint64_t iterations = 0;
  bool converged = false;
};

Optimum optimum(const Design& d) {
  const auto n = static_cast<Eigen::Index>(d.parameters());
  Optimum best;
  best.at = Vector::Zero(n);
  Vector gradient(n), next_gradient(n), next(n), direction(n);
  double value = objective(d, best.at, gradient, &best.loss);
  struct Pair {
    Vector step, change;
    double product;
  };
  std::deque<Pair> pairs;
  const double enough = tolerance * std::sqrt(static_cast<double>(d.rows()));
  while (true) {
    best.gradient_norm = gradient.cwiseAbs().maxCoeff();
    best.converged = best.gradient_norm <= enough;
    if (best.converged || best.iterations == most_iterations) break;
    poll();
    direction = -gradient;
    std::vector<double> alpha(pairs.size());
    for (size_t i = pairs.size(); i > 0; --i) {
      const Pair& p = pairs[i - 1];
      alpha[i - 1] = p.step.dot(direction) / p.product;
      direction -= alpha[i - 1] * p.change;
    }
    if (!pairs.empty()) direction *= pairs.back().product / pairs.back().change.squaredNorm();
    for (size_t i = 0; i < pairs.size(); ++i) {
      const Pair& p = pairs[i];
      direction += (alpha[i] - p.change.dot(direction) / p.product) * p.step;
    }
    double slope = gradient.dot(direction);
    if (!(slope < 0)) {
      pairs.clear();
      direction = -gradient;
      slope = -gradient.squaredNorm();
    }
    double size = pairs.empty() ? 1 / (1 + gradient.norm()) : 1, next_value = 0, next_loss = 0;
    bool found = false;
    for (int tries = 0; tries < 40 && !found; ++tries, size /= 2) {
      next = best.at + size * direction;
      next_value = objective(d, next, next_gradient, &next_loss);
      found = next_value <= value + 1e-4 * size * slope + 1e-14 * std::abs(value);
    }
    if (!found) {
      if (pairs.empty()) break;  // rounding leaves nothing to gain
      pairs.clear();
      ++best.iterations;
      continue;
    }
    Pair pair{next - best.at, next_gradient - gradient, 0};
    pair.product = pair.step.dot(pair.change);
    if (pair.product > 1e-300) {
      if (pairs.size() == memory) pairs.pop_front();
      pairs.push_back(std::move(pair));
    }
    best.at.swap(next);
    gradient.swap(next_gradient);
    value = next_value;
    best.loss = next_loss;
    ++best.iterations;
  }
  return best;
}

}  // namespace

std::optional<TextModel> fit_text(const TextRows& rows) {
  const auto all = rows.rows();
  if (all.empty()) return std::nullopt;
  const std::vector<std::string>& names = rows.labels();
  if (names.size() < 2)
    throw Error(sqlstate::invalid_parameter,
                "all texts have the same label \"" + names.front() + "\"",
                "A model needs texts of two labels or more.");
  TextModel model;
  model.definition = rows.definition();
  const auto buckets = static_cast<size_t>(model.definition.buckets);
  struct Met {
    uint32_t texts = 0, customers = 0;
    size_t last = 0;  // the customer met last, counted from 1
  };
  std::vector<Met> met(buckets);
  size_t customers = 0;
  for (size_t i = 0; i < all.size(); ++i) {
    if (i % 1024 == 0) poll();
    customers += i == 0 || !rows.has_customers() || all[i].customer != all[i - 1].customer;
    rows.each_count(all[i], [&](uint32_t bucket, int32_t) {
      Met& m = met[bucket];
      ++m.texts;
      m.customers += m.last != customers;
      m.last = customers;
    });
  }
  TextDiagnostics fit;
  fit.rows = all.size();
  fit.customers = customers;
  std::vector<int32_t> place(buckets, -1);
  const double total = 1 + static_cast<double>(all.size());
  for (uint32_t bucket = 0; bucket < buckets; ++bucket) {
    const Met& m = met[bucket];
    if (m.texts == 0) continue;
    if (m.customers < static_cast<uint64_t>(model.definition.least_customers)) {
      ++fit.dropped;
      continue;
    }
    place[bucket] = static_cast<int32_t>(model.buckets.size());
    model.buckets.push_back(bucket);
    model.idf.push_back(std::log(total / (1 + static_cast<double>(m.texts))) + 1);
  }
  // What would be refused in the end is not fitted.
  TextModel::size_limit.check(model.buckets.size() * (names.size() + 1) * sizeof(double));

  Design d;
  d.labels = names.size();
  d.columns = model.buckets.size();
  d.penalty = model.definition.penalty;
  d.begin.push_back(0);
  for (size_t i = 0; i < all.size(); ++i) {
    if (i % 1024 == 0) poll();
    double square = 0;
    rows.each_count(all[i], [&](uint32_t bucket, int32_t count) {
      if (place[bucket] < 0) return;
      const double size = std::log1p(std::abs(static_cast<double>(count))) *
                          model.idf[static_cast<size_t>(place[bucket])];
      square += size * size;
      d.place.push_back(static_cast<uint32_t>(place[bucket]));
      d.value.push_back(count < 0 ? -size : size);
    });
    const double length = std::sqrt(square);
    for (size_t e = d.begin.back(); e < d.value.size(); ++e) d.value[e] /= length;
    d.begin.push_back(d.value.size());
    d.label.push_back(all[i].label);
  }
  const Optimum best = optimum(d);

  std::vector<uint64_t> counted(d.labels);
  for (const uint32_t k : d.label) ++counted[k];
  for (size_t k = 0; k < d.labels; ++k) {
    TextLabel& label = model.labels.emplace_back();
    label.name = names[k];
    label.rows = counted[k];
    label.intercept = best.at[static_cast<Eigen::Index>(d.intercept(k))];
    for (size_t c = 0; c < d.columns; ++c)
      label.weights.push_back(best.at[static_cast<Eigen::Index>(d.at(c, k))]);
    const auto n = static_cast<double>(counted[k]);
    fit.null_log_likelihood += n * std::log(n / static_cast<double>(all.size()));
  }
  fit.log_likelihood = std::min(0.0, -best.loss);
  fit.gradient_norm = best.gradient_norm;
  fit.iterations = best.iterations;
  fit.converged = best.converged;
  model.diagnostics = fit;
  model.check();
  return model;
}

}  // namespace clientele
