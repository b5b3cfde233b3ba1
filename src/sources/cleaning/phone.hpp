// SPDX-License-Identifier: PostgreSQL
#pragma once
#include "sources/cleaning/text.hpp"

namespace clientele {

/// The number in E.164, with ;ext=801 for an extension; false if the text is not a valid number.
/// The country is of two capital letters, or empty: then only numbers with + have one. The glue
/// sets it once. It throws 0A000 where the extension was built without libphonenumber, and 22023
/// for a country that does not exist.
inline bool (*phone_hook)(const std::string& text, const std::string& country,
                          std::string& number) = nullptr;

[[noreturn]] void throw_no_country(std::string_view code);
/// The code of a country in capital letters; 22023 for what is not two letters.
std::string country_named(std::string_view code);

/// `country` is what country_named gives, or empty.
Cleaned clean_phone(std::string_view value, const std::string& country,
                    const StandIns& stand_ins = StandIns::standard());

}  // namespace clientele
