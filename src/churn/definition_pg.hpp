// SPDX-License-Identifier: PostgreSQL
// What the text forms of churn_def and churn_model share.
#pragma once
#include "churn/definition.hpp"
#include "pg/json.hpp"

namespace clientele {

/// Of the keys penalty, class_weight and calibrate. Not checked. C++ regime.
ChurnDefinition churn_options(const pg::JsonObject& json);
void write_churn_options(pg::JsonWriter& json, const ChurnDefinition& definition);

/// 22021 for what is no text of the database. C++ regime.
void check_encoding(std::string_view text);

}  // namespace clientele
