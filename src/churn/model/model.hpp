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

/// A coefficient. It is multiplied by a value, or by 1 for customers of a category and 0 for
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

  /// What a value adds to the log-odds; 22023 for a wrong kind of value. If the model has no term
  /// for missing values, they count as the value of the average customer.
  double effect(const ChurnCell& cell) const;
  double effect_of_number(double v) const { return value.coefficient * v; }
  double effect_of_missing() const;
  /// What the value of the average customer adds.
  double average() const;
};

/// Diagnostics of the fit. Likelihoods are of weighted customers if classes were weighted.
struct ChurnDiagnostics {
  uint64_t rows = 0, churned = 0, columns = 0, iterations = 0;
  double log_likelihood = 0, null_log_likelihood = 0, gradient_norm = 0;
  bool converged = false;
  struct CrossValidation {
    double auc, log_loss;
  };
  std::optional<CrossValidation> out_of_fold;
};

/// A linear scale of log-odds, before they are turned into probabilities.
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
  std::vector<uint8_t> features_def;  // how features are computed from a journey; empty: not

  /// The log-odds before calibration. A missing value is true in `missing`. Errors: 22023 for
  /// another number of features, for NaN and other invalid values, and for features that are
  /// categories.
  double log_odds(std::span<const double> row, const bool* missing) const;
  double calibrated(double log_odds) const {
    return calibration ? calibration->slope * log_odds + calibration->intercept : log_odds;
  }

  /// The position of each feature among those of a journey. 22023 if the model was not fitted on
  /// journeys.
  std::vector<size_t> places() const;

  /// Sorts levels; 22023 for an invalid model.
  void check();

  /// The stored form; equal models have equal bytes. Versioned.
  void write(Bytes& out) const;
  /// Error XX001 for bytes that write() does not produce.
  static ChurnModel read(std::span<const uint8_t> bytes);
};

/// What a feature adds to the calibrated log-odds of one customer, compared with the average
/// customer.
struct ChurnReason {
  size_t feature;
  double contribution;
};
/// At most `max_reasons`, one for each feature: the largest in size first, equal ones in the order
/// of the features.
std::vector<ChurnReason> churn_reasons(const ChurnModel&, std::span<const ChurnCell> cells,
                                       size_t max_reasons);

double probability_of(double log_odds);

}  // namespace clientele
