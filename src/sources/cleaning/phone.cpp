// SPDX-License-Identifier: PostgreSQL
#include "sources/cleaning/phone.hpp"

#include "base/error.hpp"
#include "sources/cleaning/reasons.hpp"

namespace clientele {
namespace {

/// No number that people write is longer, and libphonenumber reads no longer ones.
constexpr size_t longest_number = 250;

/// Chinese words for an extension, as libphonenumber knows them.
std::u32string with_known_extension(std::u32string text) {
  for (const std::u32string_view word : {U"分机", U"分機", U"转", U"轉"}) {
    const size_t at = text.find(word);
    if (at == std::u32string::npos) continue;
    text.replace(at, word.size(), U" ext ");
    break;
  }
  return text;
}

}  // namespace

void throw_no_country(std::string_view code) {
  throw Error(sqlstate::invalid_parameter,
              "country \"" + std::string(code.substr(0, 40)) + "\" does not exist",
              "Give a code of ISO 3166 with two letters, such as CN.");
}

std::string country_named(std::string_view code) {
  std::string capital(code.substr(0, 3));
  for (char& c : capital)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 0x20);
  const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (capital.size() != 2 || !is_capital(capital[0]) || !is_capital(capital[1]))
    throw_no_country(code);
  return capital;
}

Cleaned clean_phone(std::string_view value, const std::string& country, const StandIns& stand_ins) {
  if (value.size() > longest_input) return unusable(reason::too_long);
  const std::u32string plain = plain_text(value);
  if (const char* const why = absent(plain, stand_ins)) return unusable(why);
  const std::string text = utf8_of(one_blank(with_known_extension(plain)));
  if (text.size() > longest_number) return unusable(reason::bad_phone);
  if (phone_hook == nullptr)
    throw Error(sqlstate::not_supported, "phone numbers are not supported here");
  std::string number;
  if (!phone_hook(text, country, number)) return unusable(reason::bad_phone);
  return {number};
}

}  // namespace clientele
