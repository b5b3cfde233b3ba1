// SPDX-License-Identifier: PostgreSQL
// The comparison functions by themselves.
#include <algorithm>

#include "base/utf8.hpp"
#include "identity/matching/comparable.hpp"
#include "identity/matching/similarity.hpp"
#include "pg/values.hpp"

namespace clientele {
namespace {

using pg::guarded;

// The time grows with the product of both lengths.
constexpr size_t longest = 10'000;

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
}

void require_utf8(std::string_view text) {
  if (GetDatabaseEncoding() != PG_UTF8 && !is_ascii(text))
    throw Error(sqlstate::not_supported, "text beyond ASCII can be compared in UTF8 databases only",
                std::string("The encoding of this database is ") + GetDatabaseEncodingName() + ".");
}

std::u32string characters_of(std::string_view text) {
  require_utf8(text);
  std::u32string out;
  while (!text.empty()) {
    const size_t n = utf8_length(text);
    if (n == 0) throw Error(sqlstate::invalid_encoding, "the text is not valid UTF-8");
    out += decode_utf8(text, n);
    text.remove_prefix(n);
  }
  return out;
}

/// compare(a, b) of the two arguments, as string_view if both are ASCII. C++ regime.
template <class Compare>
auto compared(std::string_view a, std::string_view b, Compare compare) {
  // A character has up to four bytes.
  const auto check = [](size_t length, size_t max) {
    if (length > max)
      throw Error(sqlstate::limit_exceeded, "texts of more than " + std::to_string(longest) +
                                                " characters cannot be compared");
  };
  check(std::max(a.size(), b.size()), 4 * longest);
  if (is_ascii(a) && is_ascii(b)) {
    check(std::max(a.size(), b.size()), longest);
    return compare(a, b);
  }
  const std::u32string x = characters_of(a), y = characters_of(b);
  check(std::max(x.size(), y.size()), longest);
  return compare(std::u32string_view(x), std::u32string_view(y));
}

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_jaro_winkler) {
  const std::string_view a = pg::text_view(PG_GETARG_DATUM(0));
  const std::string_view b = pg::text_view(PG_GETARG_DATUM(1));
  return guarded([&] {
    return Float8GetDatum(compared(a, b, [](auto x, auto y) { return jaro_winkler(x, y); }));
  });
}

CLIENTELE_FUNCTION(clientele_edit_distance) {
  const std::string_view a = pg::text_view(PG_GETARG_DATUM(0));
  const std::string_view b = pg::text_view(PG_GETARG_DATUM(1));
  return guarded([&] {
    return Int32GetDatum(static_cast<int32_t>(compared(
        a, b, [](auto x, auto y) { return edit_distance(x, y, std::max(x.size(), y.size())); })));
  });
}

CLIENTELE_FUNCTION(clientele_without_punctuation) {
  const std::string_view text = pg::text_view(PG_GETARG_DATUM(0));
  return pg::returned(fcinfo, guarded([&]() -> pg::Answer {
                        require_utf8(text);
                        const std::string left = comparable_text(text);
                        if (left.empty()) return {0, true};
                        return {pg::make_text(left), false};
                      }));
}
