// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <optional>
#include <string_view>

namespace clientele::tags {

/// The finite number that the whole text spells: an optional sign, decimal digits with at most one
/// point, an optional exponent; 1e3, -.5 and +7. are numbers. No hexadecimal, no blanks, no
/// infinity, whatever the locale. It is the nearest double; a number too small for one is 0.
std::optional<double> number_of(std::string_view text);

}  // namespace clientele::tags
