// SPDX-License-Identifier: PostgreSQL
// The common part of the text forms of match_def and match_model.
#pragma once
#include "identity/matching/definition.hpp"
#include "pg/json.hpp"

namespace clientele {

/// Of the keys block, random_pairs and seed. Not checked. C++ regime.
void read_match_options(const pg::JsonObject& json, MatchDefinition& definition);
void write_match_options(pg::JsonWriter& json, const MatchDefinition& definition);

}  // namespace clientele
