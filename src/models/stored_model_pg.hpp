// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <string>
#include <string_view>

namespace clientele::pg {

/// The text form of a model in clientele_data.models: `name` is a name, whose current version it
/// is, or name@version. C++ regime. Errors: 42P01 without a store, 42704 for an unknown name or
/// version, or if none is current, 42809 for a model of another type than `type` (btyd_model,
/// spend_model and so on).
std::string stored_model(std::string_view name, const char* type);

/// The text form itself, if that is what `text` is (it begins with a brace), or the stored model of
/// that name. C++ regime.
std::string model_text(std::string_view text, const char* type);

}  // namespace clientele::pg
