// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <string_view>

#include "satisfaction/text/model.hpp"

namespace clientele {

/// C++ regime. Errors: 22P02 for text that is not JSON, 22023 for JSON that is not a text_model.
TextModel text_model_from_json(std::string_view text);

}  // namespace clientele
