// SPDX-License-Identifier: PostgreSQL
// The common part of the text forms of churn_def and churn_model.
#pragma once
#include "churn/model/definition.hpp"
#include "churn/features/features_definition_pg.hpp"
#include "pg/json.hpp"

namespace clientele {

/// Of the keys penalty, class_weight and calibrate. Not checked. C++ regime.
ChurnDefinition churn_options(const pg::JsonObject& json);
void write_churn_options(pg::JsonWriter& json, const ChurnDefinition& definition);

/// 22023 for an unknown time zone of a stored FeaturesDefinition, unless it is empty. C++ regime.
void check_features_def(const std::vector<uint8_t>& stored);

}  // namespace clientele
