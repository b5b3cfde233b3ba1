// SPDX-License-Identifier: PostgreSQL
// Text as it is compared: in NFKC and small letters.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace clientele {

/// Normalisation to NFKC, which the server has. The glue sets it once; without it text stays as it
/// is. What is given to it at a time is at most `longest_piece` characters long.
inline std::u32string (*nfkc_hook)(std::u32string_view text) = nullptr;
inline constexpr size_t longest_piece = 4096;

/// A longer text is refused (54000): what customers write is shorter.
inline constexpr size_t longest_text = 1'000'000;  // bytes

/// NFKC, then the small letter of each character by Unicode's simple mapping. ’ is ', and blanks in
/// a row are one. Errors: 22021 for what is not UTF-8, 54000 for more than longest_text bytes.
std::u32string plain_words(std::string_view utf8);
std::string utf8_text(std::u32string_view text);

char32_t small_letter(char32_t c);

/// Whether words are made of it: a letter or a digit of a writing that sets words apart. Chinese,
/// Japanese and Korean characters are not.
bool is_word_letter(char32_t c);
inline bool is_blank(char32_t c) { return c == U' ' || c == U'\t'; }

/// Where a clause ends.
bool ends_clause(char32_t c);

struct LowerRun {
  char32_t first, last;
  int32_t distance, step;
};
extern const LowerRun lower_runs[];  // ascending
extern const size_t lower_run_count;

}  // namespace clientele
