// SPDX-License-Identifier: PostgreSQL
// Churn models as arguments.
#pragma once
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "churn/model/model.hpp"
#include "journey/dictionary_pg.hpp"
#include "pg/json.hpp"
#include "pg/postgres.hpp"

namespace clientele {

/// C++ regime. Errors: 22P02 for text that is not JSON, 22023 for JSON that is not a churn_model.
ChurnModel churn_model_from_json(std::string_view text);
/// The same of an object in another one. C++ regime.
ChurnModel churn_model_of(const pg::JsonObject& json);
std::string churn_model_text(const ChurnModel& model);

/// The log-odds of features in the order of the model, before calibration. C++ regime.
double churn_log_odds(const ChurnModel& model, std::span<const ChurnCell> cells);

/// Kept from row to row: the model last used.
class KeptModel {
 public:
  struct Ready {
    ChurnModel model;
    std::vector<size_t> places;  // if fitted on journeys, of its features among those of one
  };
  explicit KeptModel(std::pmr::memory_resource* memory) : named_(memory) {}

  /// `datum` may be toasted. It is a churn_model, or, if `named`, a text: JSON, or the name of a
  /// stored model, of which the current version in this snapshot is used. C++ regime. Errors: of a
  /// text also 42P01 without a store, 42704 for an unknown name, 42809 for a model of another type.
  const Ready& of(Datum datum, bool named);

 private:
  pg::Remembered<Ready> packed_;
  Resolved<Ready> named_;
};

}  // namespace clientele
