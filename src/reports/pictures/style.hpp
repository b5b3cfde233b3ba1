// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <string_view>

namespace clientele::pictures {

/// The CSS of all pictures: colours for light and dark screens and for paper, and sizes of letters.
std::string_view style();

}  // namespace clientele::pictures
