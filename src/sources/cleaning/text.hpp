// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <bitset>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace clientele {

/// Longer input is refused before any work: identifiers, amounts and times are shorter.
inline constexpr size_t longest_input = 10'000;

enum class Form { nfc, nfd, nfkc };

/// Unicode normalisation, which the server has. The glue sets it once; without it text stays as it
/// is.
inline std::u32string (*normalize_hook)(Form form, std::u32string_view text) = nullptr;

std::u32string normalized(Form form, std::u32string text);

/// Both throw 22021 for what is not UTF-8.
std::u32string characters(std::string_view utf8);
std::string utf8_of(std::u32string_view text);

bool is_white_space(char32_t c);
std::u32string trimmed(std::u32string text);

/// NFKC without default-ignorable and control characters, trimmed.
std::u32string plain_text(std::string_view utf8);
/// The same with one blank for each run of white space.
std::u32string one_blank(const std::u32string& text);
/// NFKC_Casefold of what plain_text gives.
std::u32string folded(const std::u32string& text);

/// Words that stand for an absent value, such as null, n/a and unknown. They are compared in the
/// form that `folded` gives.
class StandIns {
 public:
  explicit StandIns(std::span<const std::string> words);
  /// Those that hold unless others are given.
  static const StandIns& standard();

  bool has(const std::u32string& plain) const;
  /// The same for text of ASCII.
  bool has(std::string_view plain) const;

 private:
  std::vector<std::u32string> words_;  // ascending
  size_t longest_ = 0;
  // Those of ASCII, and which first letters and lengths they have.
  std::vector<std::string> ascii_;
  std::bitset<128> first_;
  std::bitset<64> lengths_;
};

/// Why a value is not there: nullptr, "blank", or the reason for a word that stands for nothing.
/// `number`: 0, -1, nan and the lone dot are values.
const char* absent(const std::u32string& plain, const StandIns& stand_ins, bool number = false);
const char* absent(std::string_view plain, const StandIns& stand_ins, bool number = false);

/// A value in its normal form, or the reason why it has none.
struct Cleaned {
  std::string value;
  const char* reason = nullptr;
};
inline Cleaned unusable(const char* reason) { return {{}, reason}; }

enum class KeyForm { key, nocase, exact, uuid };
/// 22023 for another name.
KeyForm key_form_named(std::string_view name);
Cleaned clean_key(std::string_view value, KeyForm form,
                  const StandIns& stand_ins = StandIns::standard());

/// The name of an event: NFC, trimmed.
Cleaned clean_event(std::string_view value);

}  // namespace clientele
