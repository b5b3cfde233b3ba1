// SPDX-License-Identifier: PostgreSQL
// The features of one customer, from a jsonb or an array.
#pragma once
#include <memory_resource>
#include <span>
#include <vector>

#include "churn/model/model.hpp"
#include "pg/memory.hpp"
#include "pg/values.hpp"

namespace clientele {

/// The elements of a float8[], plain data. `missing` is nullptr if none is NULL.
struct NumberRow {
  const double* value;
  const bool* missing;
  size_t size;
};
/// PostgreSQL regime; 2202E for arrays of several dimensions.
NumberRow number_row(Datum array);
ChurnCell cell_of(const NumberRow& row, size_t i);

/// PostgreSQL regime; 22023 for a jsonb that is not an object.
const JsonbContainer* feature_object(Datum jsonb);

/// A scalar as a feature: a number (or a boolean as 1 or 0) or a text. PostgreSQL regime; 22023,
/// with the feature in the message, for an array or an object.
ChurnCell cell_of(std::string_view feature, const JsonbValue& value);

/// Kept from row to row: room for a customer's features.
class CellRow {
 public:
  explicit CellRow(std::pmr::memory_resource*) {}

  /// All features of an object, by name. C++ regime.
  void read(const JsonbContainer* object);
  void read(const NumberRow& row);
  /// The features of a model, in its order; others are ignored. C++ regime.
  void read(const JsonbContainer* object, const ChurnModel& model);

  std::span<const std::string_view> names() const { return names_; }
  std::span<const ChurnCell> cells() const { return cells_; }

 private:
  std::vector<std::string_view> names_;
  std::vector<ChurnCell> cells_;
};

}  // namespace clientele
