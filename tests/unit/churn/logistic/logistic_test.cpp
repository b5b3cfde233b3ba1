// SPDX-License-Identifier: PostgreSQL
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "churn/logistic/cholesky.hpp"
#include "churn/logistic/logistic.hpp"

namespace clientele {
namespace {

class Dense final : public Regressors {
 public:
  explicit Dense(Matrix x) : x_(std::move(x)) {}
  size_t rows() const override { return static_cast<size_t>(x_.rows()); }
  size_t columns() const override { return static_cast<size_t>(x_.cols()); }
  void fill(size_t first, std::span<const size_t> columns, Eigen::Ref<Matrix> out) const override {
    for (size_t c = 0; c < columns.size(); ++c)
      out.col(static_cast<Eigen::Index>(c)) =
          x_.col(static_cast<Eigen::Index>(columns[c]))
              .segment(static_cast<Eigen::Index>(first), out.rows());
  }

 private:
  Matrix x_;
};

struct Data {
  Matrix x;
  Outcomes y;
};

Data random_data(std::mt19937& random, Eigen::Index n, Eigen::Index p) {
  std::normal_distribution<double> normal;
  Data d{Matrix(n, p), {}};
  for (Eigen::Index i = 0; i < n; ++i) {
    for (Eigen::Index k = 0; k < p; ++k) d.x(i, k) = normal(random);
    const bool had = d.x.row(i).sum() + 2 * normal(random) > .5;
    const double weight = 1 + static_cast<double>(random() % 3);
    d.y.had.push_back(had || random() % 9 == 0 ? weight : 0);
    d.y.had_not.push_back(had ? 0 : weight);
  }
  return d;
}

// Written once more, plainly.
double objective(const Data& d, double penalty, const Vector& at) {
  double sum = -penalty / 2 * at.tail(at.size() - 1).squaredNorm();
  for (Eigen::Index i = 0; i < d.x.rows(); ++i) {
    const double f = at(0) + d.x.row(i).dot(at.tail(at.size() - 1));
    const auto k = static_cast<size_t>(i);
    sum -= d.y.had[k] * std::log1p(std::exp(-f)) + d.y.had_not[k] * std::log1p(std::exp(f));
  }
  return sum;
}

Vector at_of(const LogisticFit& fit) {
  Vector at(fit.coefficient.size() + 1);
  at << fit.intercept, fit.coefficient;
  return at;
}

TEST(Logistic, EndsWhereTheGradientIsZero) {
  std::mt19937 random(20261130);
  for (const double penalty : {0., 1e-6, 1., 50.}) {
    const Data d = random_data(random, 150, 4);
    const Dense x(d.x);
    const LogisticFit fit = fit_logistic(x, d.y, penalty);
    EXPECT_TRUE(fit.converged);
    EXPECT_FALSE(fit.separated);
    EXPECT_LT(fit.gradient_norm, 1e-9);
    const Vector at = at_of(fit);
    EXPECT_NEAR(fit.log_likelihood - penalty / 2 * fit.coefficient.squaredNorm(),
                objective(d, penalty, at), 1e-10);
    Matrix information(5, 5);
    for (Eigen::Index k = 0; k < 5; ++k) {
      const auto off = [&](double h) { return objective(d, penalty, at + h * Vector::Unit(5, k)); };
      EXPECT_NEAR((off(1e-5) - off(-1e-5)) / 2e-5, 0, 1e-6);
      for (Eigen::Index l = 0; l < 5; ++l) {
        const auto both = [&](double h, double g) {
          return objective(d, penalty, at + h * Vector::Unit(5, k) + g * Vector::Unit(5, l));
        };
        const double h = 1e-3;
        information(k, l) = -(both(h, h) - both(h, -h) - both(-h, h) + both(-h, -h)) / (4 * h * h);
      }
    }
    EXPECT_LT((information * fit.covariance - Matrix::Identity(5, 5)).cwiseAbs().maxCoeff(), 1e-3);
    // It does not matter where it starts.
    const LogisticFit again = fit_logistic(x, d.y, penalty, &fit);
    EXPECT_LT((at_of(again) - at).cwiseAbs().maxCoeff(), 1e-12);
    EXPECT_LE(again.iterations, 2);
  }
}

TEST(Logistic, OneColumnOfTwoValuesHasAClosedForm) {
  // 30 of 40 and 20 of 80: log-odds ln 3 and -ln 3.
  const Dense x((Matrix(2, 1) << 0, 1).finished());
  const LogisticFit fit = fit_logistic(x, {{30, 20}, {10, 60}}, 0);
  EXPECT_NEAR(fit.intercept, std::log(3), 1e-12);
  EXPECT_NEAR(fit.coefficient(0), -2 * std::log(3), 1e-12);
  EXPECT_NEAR(fit.covariance(0, 0), 1 / 30. + 1 / 10., 1e-12);
  EXPECT_NEAR(fit.covariance(1, 1), 1 / 30. + 1 / 10. + 1 / 20. + 1 / 60., 1e-12);
  EXPECT_NEAR(fit.null_log_likelihood, 50 * std::log(50 / 120.) + 70 * std::log(70 / 120.), 1e-10);
}

TEST(Logistic, APenaltyShrinksAllTheWay) {
  std::mt19937 random(5);
  const Data d = random_data(random, 200, 3);
  const Dense x(d.x);
  double before = INFINITY;
  for (const double penalty : {0., .01, 1., 10., 100., 1e4, 1e9}) {
    const LogisticFit fit = fit_logistic(x, d.y, penalty);
    EXPECT_TRUE(fit.converged);
    EXPECT_LT(fit.coefficient.norm(), before);
    before = fit.coefficient.norm();
  }
  EXPECT_LT(before, 1e-5);
}

TEST(Logistic, SeesPerfectSeparation) {
  // Complete; of the edge only; by one category; by two columns together; and almost, but not.
  const auto fit = [](const Matrix& x, const std::vector<double>& had, double penalty) {
    Outcomes y{had, had};
    for (double& w : y.had_not) w = 1 - w;
    return fit_logistic(Dense(x), y, penalty);
  };
  const Matrix line = (Matrix(6, 1) << -3, -2, -1, 1, 2, 3).finished();
  const Matrix edge = (Matrix(6, 1) << -3, -2, 0, 0, 2, 3).finished();
  const Matrix flag = (Matrix(6, 1) << 0, 0, 0, 0, 1, 1).finished();
  const Matrix plane = (Matrix(6, 2) << 1, 0, 2, 1, 3, 2, 0, 1, 1, 2, 2, 3).finished();
  EXPECT_TRUE(fit(line, {0, 0, 0, 1, 1, 1}, 0).separated);
  EXPECT_TRUE(fit(edge, {0, 0, 0, 1, 1, 1}, 0).separated);
  EXPECT_TRUE(fit(flag, {0, 1, 0, 1, 1, 1}, 0).separated);
  EXPECT_TRUE(fit(flag, {0, 1, 0, 1, 0, 0}, 0).separated);
  EXPECT_TRUE(fit(plane, {0, 0, 0, 1, 1, 1}, 0).separated);
  EXPECT_FALSE(fit(line, {0, 0, 1, 0, 1, 1}, 0).separated);
  EXPECT_FALSE(fit(plane, {0, 1, 0, 1, 0, 1}, 0).separated);
  for (const double overlap : {1e-3, 1e-5, 1e-7}) {
    const Matrix close = (Matrix(6, 1) << -3, -2, overlap, -overlap, 2, 3).finished();
    const LogisticFit hard = fit(close, {0, 0, 0, 1, 1, 1}, 0);
    EXPECT_FALSE(hard.separated) << overlap;
    EXPECT_TRUE(hard.converged) << overlap;
  }
  // A penalty of any size makes it a fit like others.
  for (const Matrix& x : {line, edge, flag})
    for (const double penalty : {1e-9, 1e-6, .01, 1.}) {
      const LogisticFit f = fit(x, {0, 0, 0, 1, 1, 1}, penalty);
      EXPECT_TRUE(f.converged) << penalty;
      EXPECT_LT(f.gradient_norm, 1e-8 * std::max(1., penalty));
      EXPECT_GT(f.coefficient(0), 0);
    }
}

// Against the definition, on data that are separated or not by a hair's breadth.
TEST(Logistic, SeparationByChance) {
  std::mt19937 random(99);
  int apart = 0, not_apart = 0;
  for (int round = 0; round < 400; ++round) {
    const Eigen::Index n = 6 + static_cast<Eigen::Index>(random() % 10);
    Matrix x(n, 1);
    Outcomes y;
    double most[2] = {-1e9, -1e9}, least[2] = {1e9, 1e9};
    for (Eigen::Index i = 0; i < n; ++i) {
      x(i, 0) = static_cast<double>(random() % 12);
      const bool had = x(i, 0) + static_cast<double>(random() % 5) > 7;
      most[had] = std::max(most[had], x(i, 0));
      least[had] = std::min(least[had], x(i, 0));
      y.had.push_back(had);
      y.had_not.push_back(!had);
    }
    if (most[0] < 0 || most[1] < 0 || least[0] == most[1] ||
        std::min(least[0], least[1]) == std::max(most[0], most[1]))
      continue;
    const bool want = most[0] <= least[1] || most[1] <= least[0];
    const LogisticFit fit = fit_logistic(Dense(x), y, 0);
    EXPECT_EQ(fit.separated, want);
    EXPECT_TRUE(want || fit.converged);
    (want ? apart : not_apart)++;
  }
  EXPECT_GT(apart, 30);
  EXPECT_GT(not_apart, 30);
}

// One rare category of many in which no customer had the outcome, among columns that say a little.
TEST(Logistic, SeesASeparatedCorner) {
  std::mt19937 random(17);
  for (const int rare : {1, 3, 40}) {
    Data d = random_data(random, 3000, 6);
    Matrix x(3000, 7);
    x << d.x, Vector::Zero(3000);
    for (int i = 0; i < rare; ++i) {
      x(i * 7, 6) = 50;
      d.y.had[static_cast<size_t>(i * 7)] = 0;
      d.y.had_not[static_cast<size_t>(i * 7)] = 1;
    }
    EXPECT_TRUE(fit_logistic(Dense(x), d.y, 0).separated) << rare;
    EXPECT_TRUE(fit_logistic(Dense(x), d.y, 1e-6).converged) << rare;
    d.y.had[0] = .001;
    const LogisticFit fit = fit_logistic(Dense(x), d.y, 0);
    EXPECT_FALSE(fit.separated) << rare;
    EXPECT_TRUE(fit.converged) << rare;
  }
}

// In the last city no customer had the outcome. Two customers who hardly differ make the first
// column so steep that the curvatures of the others do not fit into the digits of a double.
TEST(Logistic, SeesASeparatedCornerBesideASteepSlope) {
  struct Row {
    double spent;  // below 0 if unknown
    int plan, city;
    bool had;
  };
  const std::vector<Row> rows = {
      {11.25, 0, 1, false}, {104.375, 0, 2, true}, {88.875, 0, 3, false}, {96.75, 1, 1, true},
      {97, 1, 1, false},    {59, 1, 2, false},     {107.625, 1, 2, true}, {18.625, 2, 0, false},
      {-1, 2, 0, true},     {42.5, 2, 1, false},   {62.125, 2, 1, false}, {3.875, 2, 2, false},
      {61.25, 2, 2, true},  {24.625, 3, 1, false}, {81.75, 3, 1, true},   {-1, 3, 1, false},
      {-1, 3, 2, false},    {22.25, 3, 3, false},  {61.375, 3, 3, false}, {79, 3, 3, false}};
  const auto separated = [](const std::vector<Row>& customers) {
    const auto n = static_cast<Eigen::Index>(customers.size());
    Matrix x = Matrix::Zero(n, 8);
    Outcomes y;
    for (Eigen::Index i = 0; i < n; ++i) {
      const Row& row = customers[static_cast<size_t>(i)];
      x(i, 0) = row.spent < 0 ? 60 : row.spent;
      x(i, 1) = row.spent < 0;
      if (row.city > 0) x(i, 1 + row.city) = 1;
      if (row.plan > 0) x(i, 4 + row.plan) = 1;
      y.had.push_back(row.had ? 2.5 : 0);
      y.had_not.push_back(row.had ? 0 : .7);
    }
    x.rowwise() -= x.colwise().mean().eval();
    for (Eigen::Index k = 0; k < 8; ++k) x.col(k) *= std::sqrt(n) / x.col(k).norm();
    return fit_logistic(Dense(x), y, 0).separated;
  };
  EXPECT_TRUE(separated(rows));
  std::vector<Row> others = rows;
  others.push_back({20, 3, 3, true});
  EXPECT_FALSE(separated(others));
}

TEST(Logistic, LeavesOutWhatOthersExplain) {
  std::mt19937 random(11);
  Data d = random_data(random, 120, 3);
  const LogisticFit plain = fit_logistic(Dense(d.x), d.y, 0);
  Matrix more(120, 7);
  more << d.x.col(0), Vector::Constant(120, 3), d.x.col(1), 2 * d.x.col(0) - d.x.col(1), d.x.col(2),
      d.x.col(2), Vector::Zero(120);
  const LogisticFit fit = fit_logistic(Dense(more), d.y, 0);
  EXPECT_EQ(fit.redundant, (std::vector<bool>{false, true, false, true, false, true, true}));
  for (const auto& [ours, theirs] : {std::pair(0, 0), std::pair(2, 1), std::pair(4, 2)})
    EXPECT_NEAR(fit.coefficient(ours), plain.coefficient(theirs), 1e-10);
  EXPECT_NEAR(fit.intercept, plain.intercept, 1e-10);
  EXPECT_EQ(fit.coefficient(3), 0);
  EXPECT_EQ(fit.covariance(6, 6), 0);
  // With a penalty, two equal columns share.
  const LogisticFit shared = fit_logistic(Dense(more), d.y, 1);
  EXPECT_EQ(shared.redundant, (std::vector<bool>{false, true, false, false, false, false, true}));
  EXPECT_NEAR(shared.coefficient(4), shared.coefficient(5), 1e-9);
  // All but: 1 - R^2 is 1e-4 or 1e-6 of it, which is little but not nothing.
  for (const double apart : {1e-2, 1e-3}) {
    Matrix near(120, 2);
    near << d.x.col(0), d.x.col(0) + apart * d.x.col(1);
    EXPECT_EQ(fit_logistic(Dense(near), d.y, 0).redundant, (std::vector<bool>{false, false}));
  }
}

TEST(Logistic, TheFactorTellsTheRank) {
  std::mt19937 random(3);
  std::normal_distribution<double> normal;
  for (int round = 0; round < 50; ++round) {
    const Eigen::Index n = round % 10 == 9 ? 80 : 2 + round % 12;
    const Eigen::Index rank = 1 + static_cast<Eigen::Index>(random()) % n;
    Matrix parts(n, rank);
    for (Eigen::Index i = 0; i < n; ++i)
      for (Eigen::Index k = 0; k < rank; ++k)
        parts(i, k) = normal(random) * std::pow(10., round % 5 - 2);
    const Matrix a = parts * parts.transpose();
    const RankedCholesky ranked(a, 1e-10);
    EXPECT_EQ(ranked.rank(), rank);
    const Vector b = a * Vector::Ones(n), x = ranked.solve(b);
    EXPECT_LT((a * x - b).norm(), 1e-5 * b.norm());
  }
}

TEST(Platt, FindsTheScaleOfScores) {
  // Scores that are twice and three quarters what they ought to be, off by .3; as many as expected.
  for (const double factor : {2., .75}) {
    std::vector<ScoredOutcome> scored;
    for (double f = -4; f <= 4; f += .125) {
      const double p = 1 / (1 + std::exp(-f));
      scored.push_back({factor * f + .3, 1e5 * p, 1e5 * (1 - p)});
    }
    const PlattScale scale = fit_platt(scored);
    EXPECT_NEAR(scale.slope, 1 / factor, 1e-4);
    EXPECT_NEAR(scale.intercept, -.3 / factor, 1e-4);
  }
  // Targets are (n+ + 1) / (n+ + 2) and 1 / (n- + 2), so that perfect scores have a finite scale.
  const std::vector<ScoredOutcome> perfect = {{-1, 0, 10}, {1, 10, 0}};
  const PlattScale scale = fit_platt(perfect);
  EXPECT_NEAR(scale.slope + scale.intercept, std::log(11), 1e-6);
  EXPECT_NEAR(-scale.slope + scale.intercept, -std::log(11), 1e-6);
  // Scores worse than chance say nothing: the share of those who churned, smoothed.
  const std::vector<ScoredOutcome> wrong = {{1, 1, 10}, {-1, 5, 0}};
  EXPECT_EQ(fit_platt(wrong).slope, 0);
  EXPECT_NEAR(fit_platt(wrong).intercept, std::log(7 / 11.), 1e-12);
}

}  // namespace
}  // namespace clientele
