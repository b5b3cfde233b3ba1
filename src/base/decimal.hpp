// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace clientele {

/// Reads a plain decimal (-12.340000) from the front of `text` into millionths and consumes it.
/// Returns nullptr, or what is wrong: not a number, 10^12 or more, more than six decimals.
const char* parse_amount(std::string_view& text, int64_t& millionths);

/// Writes millionths as the shortest decimal: 19.99, 5, -0.000001.
void append_amount(std::string& out, int64_t millionths);

/// The double nearest to an amount, as numeric's cast gives it.
double amount_as_double(int64_t millionths);

}  // namespace clientele
