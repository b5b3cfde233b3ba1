// SPDX-License-Identifier: PostgreSQL
// A churn model: log-odds = intercept + sum of coefficient x value.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/size_limit.hpp"
#include "churn/model/column.hpp"
#include "churn/model/definition.hpp"

namespace clientele {

/// A coefficient, and what it is multiplied with: a value, or 1 for those of a category and 0 for
/// others.
struct ChurnTerm {
  double mean = 0, sd = 0;  // of the customers that the model was fitted on
  double coefficient = 0;
  std::optional<double> standard_error;
  bool redundant = false;  // constant, or explained by others: the coefficient is 0
};

struct ChurnLevel {
  std::string name;
  ChurnTerm term;
};

struct ChurnFeature {
  std::string name;
  bool category = false;
  ChurnTerm value;                       // of a number
  std::optional<std::string> reference;  // of a category: the level that has no term
  std::vector<ChurnLevel> levels;        // by name; other texts count as the reference
  std::optional<ChurnTerm> missing;      // if values were missing

  /// What a value adds to the log-odds; 22023 for a wrong kind of value. Where none was missing
  /// before, a missing value is as the average customer's.
  double effect(const ChurnCell& cell) const;
  double effect_of_number(double v) const { return value.coefficient * v; }
  double effect_of_missing() const;
  /// The same of the average customer.
  double average() const;
};

/// How the fit went. Likelihoods are of weighted customers if classes were weighted.
struct ChurnDiagnostics {
  uint64_t rows = 0, churned = 0, columns = 0, iterations = 0;
  double log_likelihood = 0, null_log_likelihood = 0, gradient_norm = 0;
  bool converged = false;
  struct CrossValidation {
    double auc, log_loss;
  };
  std::optional<CrossValidation> out_of_fold;
};

/// A scale of log-odds by which they become probabilities.
struct Calibration {
  double slope = 1, intercept = 0;
};

struct ChurnModel {
  static constexpr SizeLimit size_limit{"churn_model", max_model_bytes};

  double intercept = 0;
  std::optional<double> intercept_error;
  std::vector<ChurnFeature> features;
  std::optional<Calibration> calibration;
  std::optional<ChurnDefinition> definition;  // without names and features
  std::optional<ChurnDiagnostics> diagnostics;
  std::vector<uint8_t> features_def;  // how the features are drawn from a journey; empty: not

  /// Before calibration. Errors: 22023 for another number of features, for values that cannot be,
  /// for features that are categories. NaN is refused, a missing value is true in `missing`.
  double log_odds(std::span<const double> row, const bool* missing) const;
  double calibrated(double log_odds) const {
    return calibration ? calibration->slope * log_odds + calibration->intercept : log_odds;
  }

  /// Where each feature is among those of a journey. 22023 if the model is not of journeys.
  std::vector<size_t> places() const;

  /// Sorts levels; 22023 for what cannot be.
  void check();

  /// The stored form; equal models have equal bytes. Versioned.
  void write(Bytes& out) const;
  /// Error XX001 for bytes that write() does not give.
  static ChurnModel read(std::span<const uint8_t> bytes);
};

/// What a feature says of one customer, in calibrated log-odds against the average customer.
struct ChurnReason {
  size_t feature;
  double contribution;
};
/// At most `max_reasons`, largest first, equal ones by feature; one for each feature that has a
/// say.
std::vector<ChurnReason> churn_reasons(const ChurnModel&, std::span<const ChurnCell> cells,
                                       size_t max_reasons);

double probability_of(double log_odds);

}  // namespace clientele
