// SPDX-License-Identifier: PostgreSQL
// Churn models as arguments.
#pragma once
#include <memory_resource>
#include <string_view>
#include <vector>

#include "churn/model/model.hpp"
#include "journey/dictionary_pg.hpp"
#include "pg/postgres.hpp"

namespace clientele {

/// C++ regime. Errors: 22P02 for what is no JSON, 22023 for what is no churn_model.
ChurnModel churn_model_from_json(std::string_view text);

/// Kept from row to row: the model last used.
class KeptModel {
 public:
  struct Ready {
    ChurnModel model;
    std::vector<size_t> places;  // of its features among those of a journey, if it is of journeys
  };
  explicit KeptModel(std::pmr::memory_resource* memory) : named_(memory) {}

  /// `datum` as it came, perhaps toasted: a churn_model, or, if `named`, a text: a stored model's
  /// name, whose current version it is in this snapshot, or JSON. C++ regime. Errors: of a text
  /// also 42P01 without a store, 42704 for an unknown name, 42809 for a model of another type.
  const Ready& of(Datum datum, bool named);

 private:
  pg::Remembered<Ready> packed_;
  Resolved<Ready> named_;
};

}  // namespace clientele
