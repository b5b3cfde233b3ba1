// SPDX-License-Identifier: PostgreSQL
// The JSON form of churn_features_def, by itself and within other values.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "churn/features/features_definition.hpp"
#include "pg/json.hpp"

namespace clientele {

/// Without a time_zone if the object has none; not checked. C++ regime.
FeaturesDefinition features_from_json(const pg::JsonObject& json);
std::string features_to_json(const FeaturesDefinition& definition);

/// The stored form of the object `key`, within a value that must mean the same in every session:
/// 22023 without a time_zone. Empty if there is none. C++ regime.
std::vector<uint8_t> nested_features(const pg::JsonObject& json, const char* key);
/// Writes it, unless it is empty.
void write_nested_features(pg::JsonWriter& json, const char* key,
                           const std::vector<uint8_t>& stored);

/// Sets the name of the zone as PostgreSQL writes it.
void set_zone(FeaturesDefinition& definition, pg_tz* zone);

}  // namespace clientele
