// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <optional>
#include <string>

#include "sources/cleaning/text.hpp"

namespace clientele {

/// A currency by its code, such as CNY.
using Currency = std::string;

/// Whether ISO 4217 lists the three capital letters as money that people pay with.
bool is_currency(std::string_view code);

/// The currency with this code in any case; 22023 if there is none. `argument` is named in the
/// error.
Currency currency_named(std::string_view code, const char* argument);

/// Whether a code or a symbol, as plain_text gives it, may stand for the currency. None if it is
/// neither.
std::optional<bool> stands_for(const std::u32string& mark, std::string_view currency);

/// The value of a currency column: a code, a name or a symbol. `own` is that of the source, which
/// decides what $ and ¥ are, and takes the place of an absent value. It may be empty.
Cleaned clean_currency(std::string_view value, const Currency& own,
                       const StandIns& stand_ins = StandIns::standard());

}  // namespace clientele
