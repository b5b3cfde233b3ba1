// SPDX-License-Identifier: PostgreSQL
// Most values are of ASCII alone. Nothing needs to be normalised in these, so they are cleaned in
// place. The result is what the general way gives, which the unit tests compare.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sources/cleaning/amount.hpp"
#include "sources/cleaning/time.hpp"

namespace clientele::ascii {

/// Off in tests, so that all values go the general way.
inline bool enabled = true;

enum : uint8_t { blank = 1, white = 2, dropped = 4, capital = 8, digit = 16, beyond = 32 };
inline constexpr std::array<uint8_t, 256> class_of = [] {
  std::array<uint8_t, 256> classes{};
  for (int c = 0; c < 256; ++c)
    classes[static_cast<size_t>(c)] = c == ' '                 ? blank
                                      : c >= '\t' && c <= '\r' ? white
                                      : c < ' ' || c == 0x7F   ? dropped
                                      : c >= 'A' && c <= 'Z'   ? capital
                                      : c >= '0' && c <= '9'   ? digit
                                      : c >= 0x80              ? beyond
                                                               : 0;
  return classes;
}();
inline uint8_t class_at(char c) { return class_of[static_cast<uint8_t>(c)]; }
inline bool is_white(char c) { return (class_at(c) & (blank | white)) != 0; }
inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline char lower(char c) { return (class_at(c) & capital) != 0 ? static_cast<char>(c | 0x20) : c; }

inline std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_white(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_white(text.back())) text.remove_suffix(1);
  return text;
}

/// What plain_text makes of a value of ASCII: a part of it, or a copy if something in it was
/// removed.
class Plain {
 public:
  /// False for a value with other characters.
  bool read(std::string_view value);

  std::string_view text() const { return text_; }
  /// Of all characters of the value.
  bool has(uint8_t classes) const { return (classes_ & classes) != 0; }

 private:
  std::string_view text_;
  std::string room_;
  uint8_t classes_ = 0;
};

/// The text in small letters.
std::string lowered(std::string_view text);
/// The text with one blank for each run of white space.
std::string one_blank(std::string_view text);

/// A plain number without groups, signs after it or a symbol. None for all else.
std::optional<CleanedAmount> amount(std::string_view text, DecimalMark mark);

/// A time of ISO 8601, or digits since 1970, that needs no other rule. None for all else.
struct Written {
  Micros at = 0;
  bool local = false;  // it has no offset
};
std::optional<Written> time(std::string_view text, TimeUnit unit);

}  // namespace clientele::ascii
