// SPDX-License-Identifier: PostgreSQL
#include "identity/matching/comparable.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/utf8.hpp"

namespace clientele {
namespace {

bool is_blank(char32_t c) {
  if (c == U' ') return true;
  const auto* const end = punctuation + punctuation_count;
  const auto* const r = std::lower_bound(
      punctuation, end, c, [](const CharacterRange& a, char32_t b) { return a.last < b; });
  return r != end && r->first <= c;
}

}  // namespace

std::string comparable_text(std::string_view key) {
  std::string out;
  out.reserve(key.size());
  bool blank = false;
  while (!key.empty()) {
    const size_t n = utf8_length(key);
    if (n == 0) throw Error(sqlstate::invalid_encoding, "the text is not valid UTF-8");
    if (is_blank(decode_utf8(key, n))) {
      blank = true;
    } else {
      if (blank && !out.empty()) out += ' ';
      blank = false;
      out.append(key.substr(0, n));
    }
    key.remove_prefix(n);
  }
  return out;
}

}  // namespace clientele
