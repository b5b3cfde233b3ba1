// SPDX-License-Identifier: PostgreSQL
#include "churn/model/fit.hpp"

#include <algorithm>
#include <cmath>

#include "base/poll.hpp"
#include "base/sort.hpp"
#include "churn/model/design.hpp"
#include "churn/logistic/logistic.hpp"

namespace clientele {
namespace {

// Rows x columns^2 up to which the fit is evaluated on folds without calibration: a fraction of a
// second.
constexpr double little_work = 3e7;

/// Customers by row.
struct Customers {
  std::vector<double> churned, stayed;
  double all_churned = 0, all_stayed = 0;

  void add(size_t row, double c, double s) {
    churned[row] += c;
    stayed[row] += s;
    all_churned += c;
    all_stayed += s;
  }
  explicit Customers(size_t rows) : churned(rows), stayed(rows) {}
};

class Fitting {
 public:
  explicit Fitting(const ChurnRows& rows, const RowWeights* weights = nullptr)
      : definition_(rows.definition()),
        weights_(weights),
        features_(rows.columns()),
        tallies_(rows.tallies()),
        design_(rows),
        all_(tallies_.size()) {
    for (size_t i = 0; i < tallies_.size(); ++i)
      all_.add(i, tallies_[i].churned, tallies_[i].stayed);
  }

  ChurnModel model() {
    if (all_.all_churned == 0 || all_.all_stayed == 0)
      throw Error(
          sqlstate::invalid_parameter,
          std::string("churn_fit needs customers who churned and customers who stayed, but ") +
              (all_.all_churned == 0 ? "no customer churned" : "all customers churned"));
    const LogisticFit fit = fit_logistic(design_, weighted(all_), definition_.penalty);
    if (fit.separated)
      throw Error(
          sqlstate::invalid_parameter,
          "the features perfectly separate the customers who churned from those who stayed, "
          "so the likelihood has no maximum",
          "Set a penalty, such as churn_def(penalty => 1), and look for a feature that is "
          "known only after a customer has churned.");
    ChurnModel m = in_original_units(fit);
    ChurnDiagnostics d;
    d.rows = static_cast<uint64_t>(all_.all_churned + all_.all_stayed);
    d.churned = static_cast<uint64_t>(all_.all_churned);
    d.log_likelihood = std::min(fit.log_likelihood, 0.0);
    d.null_log_likelihood = fit.null_log_likelihood;
    d.gradient_norm = fit.gradient_norm;
    d.iterations = static_cast<uint64_t>(fit.iterations);
    d.columns = design_.columns();
    d.converged = fit.converged;
    m.diagnostics = d;
    m.definition = definition_;
    m.features_def = definition_.features_def;
    try_out(fit, m);
    m.check();
    return m;
  }

 private:
  Outcomes weighted(const Customers& customers) const {
    double churned = 1, stayed = 1;
    if (definition_.class_weight == ClassWeight::number) churned = definition_.churned_weight;
    if (definition_.class_weight == ClassWeight::balanced) {
      const double all = customers.all_churned + customers.all_stayed;
      churned = all / (2 * customers.all_churned);
      stayed = all / (2 * customers.all_stayed);
    }
    Outcomes y{customers.churned, customers.stayed};
    for (double& w : y.had) w *= churned;
    for (double& w : y.had_not) w *= stayed;
    for (size_t i = 0; weights_ != nullptr && i < y.had.size(); ++i) {
      y.had[i] *= weights_->churned[i];
      y.had_not[i] *= weights_->stayed[i];
    }
    return y;
  }

  ChurnModel in_original_units(const LogisticFit& fit) const {
    ChurnModel m;
    const std::vector<DesignColumn>& design = design_.design();
    const auto n = static_cast<Eigen::Index>(design.size());
    Vector shift = Vector::Zero(n + 1);  // the intercept by the standardised coefficients
    shift(0) = 1;
    m.intercept = fit.intercept;
    for (const ChurnColumn& column : features_) {
      ChurnFeature& f = m.features.emplace_back();
      f.name = column.name();
      f.category = column.kind() == ChurnColumn::Kind::category;
      if (f.category) f.reference = column.levels()[0];
    }
    for (Eigen::Index i = 0; i < n; ++i) {
      const DesignColumn& d = design[static_cast<size_t>(i)];
      ChurnFeature& f = m.features[d.feature];
      ChurnTerm& term = d.kind == DesignColumn::Kind::value     ? f.value
                        : d.kind == DesignColumn::Kind::missing ? f.missing.emplace()
                                                                : f.levels.emplace_back().term;
      if (d.kind == DesignColumn::Kind::level)
        f.levels.back().name = features_[d.feature].levels()[d.level];
      term.mean = d.mean;
      term.sd = d.sd;
      term.redundant = fit.redundant[static_cast<size_t>(i)];
      if (term.redundant) continue;
      term.coefficient = fit.coefficient(i) / d.sd + 0.0;
      term.standard_error = std::sqrt(std::max(0.0, fit.covariance(i + 1, i + 1))) / d.sd;
      shift(i + 1) = -d.mean / d.sd;
      m.intercept += shift(i + 1) * fit.coefficient(i);
    }
    m.intercept += 0.0;
    m.intercept_error = std::sqrt(std::max(0.0, shift.dot(fit.covariance * shift)));
    return m;
  }

  /// The number of customers in a fold. Customers of a class go to the folds in turn, in the order
  /// of the rows, which is that of a hash. `before` counts those of the rows before.
  static double in_fold(uint64_t before, uint32_t customers, size_t fold) {
    const auto up_to = [&](uint64_t n) { return (n + churn_folds - 1 - fold) / churn_folds; };
    return static_cast<double>(up_to(before + customers) - up_to(before));
  }

  Customers fold(size_t number, bool inside) const {
    Customers result(tallies_.size());
    uint64_t churned = 0, stayed = 0;
    for (size_t i = 0; i < tallies_.size(); ++i) {
      const auto [c, s] = tallies_[i];
      const double fold_churned = in_fold(churned, c, number),
                   fold_stayed = in_fold(stayed, s, number);
      if (inside)
        result.add(i, fold_churned, fold_stayed);
      else
        result.add(i, c - fold_churned, s - fold_stayed);
      churned += c;
      stayed += s;
    }
    return result;
  }

  /// Scores each fold by a fit without it, to calibrate the model and to measure it on customers
  /// that it was not fitted to.
  void try_out(const LogisticFit& whole, ChurnModel& m) const {
    const bool asked = definition_.calibrates();
    const auto width = static_cast<double>(design_.columns() + 1);
    const bool few = all_.all_churned < churn_folds || all_.all_stayed < churn_folds;
    if (asked && few)
      throw Error(
          sqlstate::invalid_parameter,
          "calibration needs at least 5 customers who churned and 5 who stayed",
          "Use churn_def(calibrate => false); calibration is the default with class weights.");
    if (few || (!asked && static_cast<double>(design_.rows()) * width * width > little_work))
      return;
    std::vector<ScoredOutcome> scored;
    double auc = 0;
    for (size_t k = 0; k < churn_folds; ++k) {
      const LogisticFit fit =
          fit_logistic(design_, weighted(fold(k, false)), definition_.penalty, &whole);
      if (fit.separated && asked)
        throw Error(
            sqlstate::invalid_parameter,
            "without a fifth of the customers, the features perfectly separate those who churned "
            "from those who stayed, so probabilities cannot be calibrated",
            "Set a penalty, such as churn_def(penalty => 1).");
      if (fit.separated) return;
      const size_t first = scored.size();
      score(fit, fold(k, true), scored);
      auc += area({scored.begin() + static_cast<ptrdiff_t>(first), scored.end()}) / churn_folds;
    }
    if (asked) {
      const PlattScale scale = fit_platt(scored);
      m.calibration = {std::min(scale.slope, 1e4), std::clamp(scale.intercept, -1e4, 1e4)};
    }
    double loss = 0, n = 0;
    for (const ScoredOutcome& s : scored) {
      const double f = m.calibrated(s.log_odds);
      loss += s.had * log1p_exp(-f) + s.had_not * log1p_exp(f);
      n += s.had + s.had_not;
    }
    m.diagnostics->out_of_fold = {std::min(auc, 1.0), loss / n};
  }

  void score(const LogisticFit& fit, const Customers& customers,
             std::vector<ScoredOutcome>& out) const {
    std::vector<size_t> columns;
    for (size_t i = 0; i < design_.columns(); ++i)
      if (!fit.redundant[i]) columns.push_back(i);
    Vector coefficient(static_cast<Eigen::Index>(columns.size()));
    for (size_t i = 0; i < columns.size(); ++i)
      coefficient(static_cast<Eigen::Index>(i)) =
          fit.coefficient(static_cast<Eigen::Index>(columns[i]));
    constexpr size_t stretch = 1024;
    Matrix block;
    for (size_t first = 0; first < design_.rows(); first += stretch) {
      poll();
      const size_t n = std::min(stretch, design_.rows() - first);
      block.resize(static_cast<Eigen::Index>(n), coefficient.size());
      design_.fill(first, columns, block);
      const Vector f = (block * coefficient).array() + fit.intercept;
      for (size_t i = 0; i < n; ++i) {
        double had = customers.churned[first + i], had_not = customers.stayed[first + i];
        if (weights_ != nullptr) {
          had *= weights_->churned[first + i];
          had_not *= weights_->stayed[first + i];
        }
        if (had + had_not > 0) out.push_back({f(static_cast<Eigen::Index>(i)), had, had_not});
      }
    }
  }

  /// The share of pairs in which the customer who churned has the higher score; a tie counts half.
  static double area(std::vector<ScoredOutcome> scored) {
    sort_polled(scored.begin(), scored.end(), [](const ScoredOutcome& a, const ScoredOutcome& b) {
      return a.log_odds < b.log_odds;
    });
    double below = 0, pairs = 0, had = 0;
    for (size_t i = 0; i < scored.size();) {
      double tied_had = 0, tied_not = 0;
      const double here = scored[i].log_odds;
      for (; i < scored.size() && scored[i].log_odds == here; ++i) {
        tied_had += scored[i].had;
        tied_not += scored[i].had_not;
      }
      pairs += tied_had * (below + tied_not / 2);
      below += tied_not;
      had += tied_had;
    }
    return pairs / (had * below);
  }

  const ChurnDefinition& definition_;
  const RowWeights* weights_;
  std::span<const ChurnColumn> features_;
  std::span<const ChurnTally> tallies_;
  Design design_;
  Customers all_;
};

}  // namespace

std::optional<ChurnModel> fit_churn(const ChurnRows& rows) {
  if (rows.tallies().empty()) return std::nullopt;
  return Fitting(rows).model();
}

std::optional<ChurnModel> fit_churn(const ChurnRows& rows, const RowWeights& weights) {
  if (rows.tallies().empty()) return std::nullopt;
  return Fitting(rows, &weights).model();
}

}  // namespace clientele
