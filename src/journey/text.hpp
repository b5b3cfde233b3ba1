// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <string>
#include <string_view>

#include "journey/journey.hpp"

namespace clientele {

/// The text form {3@2026-01-02T03:04:05.678Z, 7@2026-01-02T03:05:00Z#42=19.99}.
std::string to_text(const Journey& journey);

/// Reads the text form; events may stand in any order. Error 22P02 names the place.
void from_text(std::string_view text, EventList& out);

}  // namespace clientele
