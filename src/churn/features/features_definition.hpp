// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/bytes.hpp"
#include "base/calendar.hpp"
#include "base/size_limit.hpp"

namespace clientele {

/// The role of an event in the features, besides an event that the customer caused.
enum FeatureRole {
  purchase_role,
  return_role,
  complaint_role,
  promotion_role,
  answer_role,
  passive_role
};
inline constexpr int feature_roles = 6;
inline constexpr std::array<const char*, feature_roles> feature_role_names = {
    "purchase", "return", "complaint", "promotion", "answer", "passive"};

/// The definition that a churn_features_def holds.
struct FeaturesDefinition {
  static constexpr SizeLimit size_limit{"churn_features_def", max_definition_bytes};

  /// None: the usual one, in which a name that is not in the dictionary picks nothing.
  std::array<std::optional<std::string>, feature_roles> selector;
  int64_t period = 30 * day;
  int64_t session_gap = 30 * minute;
  std::string time_zone;

  static constexpr std::array<const char*, feature_roles> usual = {
      "purchase", "return", "complaint", "promotion_sent", "promotion_opened|promotion_clicked",
      "resolved"};

  /// 22023 for a period of zero, a selector's syntax, no time zone.
  void check() const;

  /// The stored form; equal definitions have equal bytes. Versioned.
  void write(Bytes& out) const;
  /// Error XX001 for bytes that write() does not produce.
  static FeaturesDefinition read(std::span<const uint8_t> bytes);

  friend bool operator==(const FeaturesDefinition&, const FeaturesDefinition&) = default;
};

}  // namespace clientele
