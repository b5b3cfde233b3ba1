// SPDX-License-Identifier: PostgreSQL
#include "value/btyd/btyd_fit.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.hpp"
#include "base/poll.hpp"
#include "value/fitted/optimise.hpp"

namespace clientele {
namespace {

constexpr double bound = 12, effect_bound = 50;
/// The coarse grids on which a search begins, each from the result of the one before: the number of
/// groups, and the number from which on the grid is worth it.
struct Level {
  size_t groups, from;
};
constexpr Level levels[] = {{512, 2048}, {8192, 262144}};
constexpr double chance_gain = 2.71 / 2;

/// Whether a parameter is a time, and so scales with the unit.
bool is_time(ModelKind kind, size_t i) {
  if (kind == ModelKind::bg_bb) return false;
  return i == 1 || (kind == ModelKind::pareto_nbd && i == 3);
}

double inner(std::span<const double> effects, std::span<const double> covariates) {
  double sum = 0;
  for (size_t i = 0; i < effects.size(); ++i) sum += effects[i] * covariates[i];
  return std::clamp(sum, -200.0, 200.0);
}

double mean_age(const HistoryTable& table) {
  double sum = 0, n = 0;
  for (size_t i = 0; i < table.size(); ++i) {
    sum += table.customers[i] * table.age[i];
    n += table.customers[i];
  }
  return sum > 0 ? sum / n : 1;
}

/// The likelihood as a function of the logarithms of the parameters, and of the effects.
class Likelihood {
 public:
  Likelihood(ModelKind kind, const HistoryTable& table) : family_(family_of(kind)), table_(table) {}

  double operator()(const Vector& at, Vector* gradient) const {
    const size_t n = btyd_parameters, width = table_.width;
    double base[btyd_parameters];
    for (size_t i = 0; i < n; ++i) base[i] = std::exp(at(static_cast<Eigen::Index>(i)));
    const std::span<const double> buying(at.data() + n, width);
    const std::span<const double> leaving(at.data() + n + width, width);
    long double sum = 0;
    double slope[btyd_parameters];
    for (size_t run = 0; run < table_.runs(); ++run) {
      if (run % 1024 == 0) poll();
      double parameters[btyd_parameters];
      std::copy(base, base + n, parameters);
      const auto z = std::span(table_.covariates).subspan(run * width, width);
      if (width > 0) apply_covariates(family_, buying, leaving, z, parameters);
      sum += family_.log_likelihood(parameters, table_.slice(run),
                                    gradient != nullptr ? slope : nullptr);
      if (gradient == nullptr) continue;
      for (size_t i = 0; i < n; ++i) (*gradient)(static_cast<Eigen::Index>(i)) += slope[i];
      if (width == 0) continue;
      const double by_buying = -slope[family_.purchase_parameter()];
      const double by_leaving = family_.dropout_sign() * slope[family_.dropout_parameter()];
      for (size_t i = 0; i < width; ++i) {
        (*gradient)(static_cast<Eigen::Index>(n + i)) += by_buying * z[i];
        (*gradient)(static_cast<Eigen::Index>(n + width + i)) += by_leaving * z[i];
      }
    }
    return static_cast<double>(sum);
  }

  /// Minus the second derivatives, where there is a formula.
  Matrix curvature(const Vector& at) const {
    if (table_.runs() != 1 || table_.width > 0) return {};
    double parameters[btyd_parameters], second[btyd_parameters * btyd_parameters];
    for (Eigen::Index i = 0; i < at.size(); ++i) parameters[i] = std::exp(at(i));
    if (!family_.curvature(parameters, table_.slice(0), second)) return {};
    return Eigen::Map<const Eigen::Matrix4d>(second);
  }

 private:
  const BtydFamily& family_;
  const HistoryTable& table_;
};

Box box_of(ModelKind kind, size_t width, double log_unit) {
  const size_t n = info(kind).names.size();
  const auto size = static_cast<Eigen::Index>(n + 2 * width);
  Box box{Vector::Constant(size, -effect_bound), Vector::Constant(size, effect_bound)};
  for (size_t i = 0; i < n; ++i) {
    const double centre = is_time(kind, i) ? log_unit : 0;
    box.lower(static_cast<Eigen::Index>(i)) = centre - bound;
    box.upper(static_cast<Eigen::Index>(i)) = centre + bound;
  }
  return box;
}

/// Customers that differ much or little, and leave early or late. In the last one some leave at
/// once and the others never.
std::vector<Vector> starts_of(ModelKind kind, size_t width, double log_unit) {
  static constexpr double times[][4] = {
      {.25, .1, .8, 2.5}, {1, .5, .5, .5}, {3, 1, 1, 8}, {9, 4, .02, .02}};
  static constexpr double opportunities[][4] = {
      {1, 1, 1, 3}, {.5, 2, .5, 5}, {2, .5, 1, 20}, {9, 9, .02, .02}};
  const auto& table = kind == ModelKind::bg_bb ? opportunities : times;
  std::vector<Vector> starts;
  for (const auto& row : table) {
    Vector start = Vector::Zero(static_cast<Eigen::Index>(4 + 2 * width));
    for (size_t i = 0; i < 4; ++i)
      start(static_cast<Eigen::Index>(i)) = std::log(row[i]) + (is_time(kind, i) ? log_unit : 0);
    starts.push_back(std::move(start));
  }
  return starts;
}

/// The best of points that spread evenly over the box (Halton 1960): the likelihood of few
/// customers has several maxima, and one of the starts above may lead to a lower one.
void add_best_points(const Likelihood& likelihood, const Box& box, std::vector<Vector>& starts) {
  constexpr size_t points = 256, best = 4;
  constexpr int bases[btyd_parameters] = {2, 3, 5, 7};
  std::vector<std::pair<double, Vector>> found;
  for (size_t i = 1; i <= points; ++i) {
    Vector at = Vector::Zero(box.lower.size());
    for (Eigen::Index k = 0; k < static_cast<Eigen::Index>(btyd_parameters); ++k) {
      double place = 0, digit = 1;
      for (size_t rest = i; rest > 0; rest /= bases[k])
        place += static_cast<double>(rest % bases[k]) * (digit /= bases[k]);
      at(k) = box.lower(k) + place * (box.upper(k) - box.lower(k));
    }
    const double value = likelihood(at, nullptr);
    if (std::isfinite(value)) found.emplace_back(value, std::move(at));
  }
  const auto end = found.begin() + static_cast<std::ptrdiff_t>(std::min(best, found.size()));
  std::partial_sort(found.begin(), end, found.end(),
                    [](const auto& a, const auto& b) { return a.first > b.first; });
  for (auto point = found.begin(); point != end; ++point)
    starts.push_back(std::move(point->second));
}

/// Without drop-out t_x does not matter: far fewer groups.
HistoryTable without_t_x(const HistoryTable& table) {
  HistoryTable t;
  for (size_t i = 0; i < table.size(); ++i) {
    if (i % 65536 == 0) poll();
    if (t.size() == 0 || t.x.back() != table.x[i] || t.age.back() != table.age[i]) {
      t.x.push_back(table.x[i]);
      t.t_x.push_back(0);
      t.age.push_back(table.age[i]);
      t.customers.push_back(0);
    }
    t.customers.back() += table.customers[i];
  }
  t.begin = {0, t.size()};
  return t;
}

/// The best log-likelihood without drop-out, from the parameters with it.
double best_lasting(ModelKind kind, const HistoryTable& all, double log_unit,
                    const Vector& with_dropout) {
  const BtydFamily& family = family_of(kind);
  const HistoryTable table = without_t_x(all);
  const Objective likelihood = [&](const Vector& at, Vector* gradient) {
    const double parameters[] = {std::exp(at(0)), std::exp(at(1))};
    return family.log_likelihood_lasting(parameters, table.slice(0),
                                         gradient != nullptr ? gradient->data() : nullptr);
  };
  const Box full = box_of(kind, 0, log_unit);
  const Box box{full.lower.head(2), full.upper.head(2)};
  std::vector<Vector> starts = {with_dropout.head(2)};
  for (const Vector& start : starts_of(kind, 0, log_unit)) starts.emplace_back(start.head(2));
  return maximise(likelihood, starts, box).value;
}

}  // namespace

const BtydFamily& family_of(ModelKind kind) {
  switch (kind) {
    case ModelKind::bg_nbd:
      return bg_nbd();
    case ModelKind::mbg_nbd:
      return mbg_nbd();
    case ModelKind::pareto_nbd:
      return pareto_nbd();
    case ModelKind::bg_bb:
      return bg_bb();
    default:
      throw Error(sqlstate::invalid_parameter, "this is not a buy-till-you-die model");
  }
}

void apply_covariates(const BtydFamily& family, std::span<const double> purchase_effects,
                      std::span<const double> dropout_effects, std::span<const double> covariates,
                      double* parameters) {
  parameters[family.purchase_parameter()] *= std::exp(-inner(purchase_effects, covariates));
  parameters[family.dropout_parameter()] *=
      std::exp(family.dropout_sign() * inner(dropout_effects, covariates));
}

std::optional<Fitted> fit_btyd(ModelKind kind, const HistoryTable& table) {
  if (table.size() == 0) return std::nullopt;
  const double log_unit = std::log(mean_age(table));
  const Box box = box_of(kind, table.width, log_unit);
  std::vector<Vector> starts = starts_of(kind, table.width, log_unit);
  if (table.width > 0) {
    // Also from the fit without covariates, so that they never make it worse.
    HistoryTable plain = table;
    plain.width = 0;
    const Optimum pooled =
        maximise(Likelihood(kind, plain), starts_of(kind, 0, log_unit), box_of(kind, 0, log_unit));
    starts.emplace_back(Vector::Zero(starts[0].size()));
    starts.back().head(pooled.at.size()) = pooled.at;
  }
  bool first = true;
  const auto search = [&](const HistoryTable& data, const Matrix& covariance) {
    const Likelihood likelihood(kind, data);
    if (std::exchange(first, false)) add_best_points(likelihood, box, starts);
    const auto curvature = [&](const Vector& at) { return likelihood.curvature(at); };
    return maximise(likelihood, starts, box, {covariance, curvature});
  };
  Matrix covariance;
  int iterations = 0;
  for (const auto& [max_groups, from] : levels) {
    if (table.width > 0 || table.size() < from) break;
    const auto coarse = HistoryCounts::coarser(
        table, max_groups, mean_age(table) / static_cast<double>(max_groups / 32));
    if (!coarse) break;
    const Optimum rough = search(*coarse, covariance);
    iterations += rough.iterations;
    covariance = rough.covariance;
    starts = {rough.at};
  }
  Optimum optimum = search(table, covariance);
  optimum.iterations += iterations;
  Fitted fitted = fitted_from(kind, optimum, table.width);
  Diagnostics& d = *fitted.found;
  double customers = 0, repeats = 0;
  for (size_t i = 0; i < table.size(); ++i) {
    customers += table.customers[i];
    repeats += table.customers[i] * table.x[i];
  }
  d.customers = static_cast<uint64_t>(customers);
  d.groups = table.size();
  d.grid = table.grid;
  if (repeats == 0)
    d.remark = Remark::no_repeats;
  else if (table.width == 0) {
    d.simpler = best_lasting(kind, table, log_unit, optimum.at);
    if (d.log_likelihood - d.simpler < chance_gain) d.remark = Remark::no_dropout;
  }
  return fitted;
}

double btyd_log_likelihood(const Fitted& model, const HistoryTable& table) {
  const size_t n = model.parameters.size();
  Vector at(static_cast<Eigen::Index>(n + 2 * model.purchase_effects.size()));
  Eigen::Index k = 0;
  for (const double p : model.parameters) at(k++) = std::log(p);
  for (const double e : model.purchase_effects) at(k++) = e;
  for (const double e : model.dropout_effects) at(k++) = e;
  return Likelihood(model.kind, table)(at, nullptr);
}

}  // namespace clientele
