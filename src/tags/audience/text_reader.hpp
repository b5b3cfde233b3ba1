// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <charconv>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace clientele::tags {

/// Reads the text form of a type: pieces with blanks between them. Errors say at which character.
class TextReader {
 public:
  TextReader(std::string_view text, const char* type, const char* hint)
      : text_(text), type_(type), hint_(hint) {}

  /// Whether the next character that is not a blank is this one.
  bool at(char c) {
    skip_blanks();
    return place_ < text_.size() && text_[place_] == c;
  }
  bool take(char c) {
    const bool there = at(c);
    place_ += there;
    return there;
  }
  void expect(char c, const char* why) {
    if (!take(c)) fail(why);
  }
  void expect_end(const char* why) {
    skip_blanks();
    if (place_ != text_.size()) fail(why);
  }
  uint64_t customer() {
    skip_blanks();
    if (place_ + 1 < text_.size() && text_[place_] == '-' && is_digit(text_[place_ + 1]))
      fail("a customer id must not be negative", sqlstate::out_of_range);
    uint64_t id = 0;
    const char* const start = text_.data() + place_;
    const auto [end, error] = std::from_chars(start, text_.data() + text_.size(), id);
    if (error == std::errc::invalid_argument) fail("expected a customer id");
    if (error != std::errc() || id > INT64_MAX)
      fail("a customer id is at most 9223372036854775807", sqlstate::out_of_range);
    place_ += static_cast<size_t>(end - start);
    return id;
  }
  /// The text that is left; taken(n) says that n bytes of it were read.
  std::string_view rest() {
    skip_blanks();
    return text_.substr(place_);
  }
  void taken(size_t n) { place_ += n; }

  [[noreturn]] void fail(const char* why, const char* code = sqlstate::invalid_text) const {
    throw Error(code,
                std::string("invalid ") + type_ + " at character " + std::to_string(place_ + 1) +
                    ": " + why,
                hint_);
  }

 private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  void skip_blanks() {
    while (place_ < text_.size() &&
           (text_[place_] == ' ' || (text_[place_] >= '\t' && text_[place_] <= '\r')))
      ++place_;
  }

  std::string_view text_;
  const char* type_;
  const char* hint_;
  size_t place_ = 0;
};

}  // namespace clientele::tags
