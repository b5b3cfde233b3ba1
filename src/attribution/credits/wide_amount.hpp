// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <string>
#include <string_view>

namespace clientele {

/// A value of many conversions in units of 10^-12, from a plain decimal; rounded, halves away from
/// zero.
/// Errors: 22003 for what is not one, or is 10^18 or more.
__int128 parse_wide_amount(std::string_view text);

/// The shortest decimal of such a value.
std::string wide_amount_text(__int128 value);

}  // namespace clientele
