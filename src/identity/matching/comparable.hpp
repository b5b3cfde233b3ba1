// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace clientele {

struct CharacterRange {
  char32_t first, last;
};
extern const CharacterRange punctuation[];
extern const size_t punctuation_count;

/// The form in which texts are compared, of a key that ignores case: punctuation becomes blanks,
/// one for each run, none at the ends. Empty if nothing is left. `key` is UTF-8.
std::string comparable_text(std::string_view key);

}  // namespace clientele
