// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/size_limit.hpp"

namespace clientele {

/// The limits of a churn model.
inline constexpr size_t max_churn_columns = 1000, max_churn_levels = 200;
/// Values of features, and numbers computed from them, stay far from the limits of double
/// precision.
inline constexpr double largest_churn_value = 1e100;

enum class ClassWeight : uint8_t { none, balanced, number };

/// The definition that a churn_def holds: how to fit a churn model.
struct ChurnDefinition {
  static constexpr SizeLimit size_limit{"churn_def", max_definition_bytes};

  double penalty = 1;  // of half the sum of squared standardised coefficients
  ClassWeight class_weight = ClassWeight::none;
  double churned_weight = 1;      // of a row that churned, for ClassWeight::number
  std::optional<bool> calibrate;  // not given: if classes are weighted
  std::vector<std::string> names;
  // How the features are computed from a journey, a stored FeaturesDefinition; empty: they are
  // given.
  std::vector<uint8_t> features_def;

  bool calibrates() const { return calibrate.value_or(class_weight != ClassWeight::none); }
  /// The number of columns that an array must have; 0: any number.
  size_t columns() const;
  /// The name of column `i` of an array, from 0.
  std::string name_of(size_t i) const;

  /// Takes none, balanced or a number; 22023 for anything else.
  void set_class_weight(std::string_view text);
  /// A weight of 1 is the same as none.
  void set_class_weight(double churned);
  /// 22023 for invalid options, 54000 for too many names.
  void check() const;

  /// The stored form; equal definitions have equal bytes. Versioned.
  void write(Bytes& out) const;
  /// Error XX001 for bytes that write() does not produce.
  static ChurnDefinition read(std::span<const uint8_t> bytes);
};

/// 22023 if a name is repeated.
void check_different_names(std::span<const std::string_view> names, const char* where);

}  // namespace clientele
