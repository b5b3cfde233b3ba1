// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace clientele::sources {

/// What an expression gives for a row. Plain data; texts are the caller's.
struct Value {
  enum class Kind : uint8_t {
    null,
    text,
    whole,    // number
    number,   // text: a decimal without an exponent, NaN or an infinity
    instant,  // number: microseconds since 2000 UTC; infinite at the ends
    local,    // the same of a local time
    boolean,  // number
    json,     // text
  };
  Kind kind = Kind::null;
  std::string_view text{};
  int64_t number = 0;

  bool null() const { return kind == Kind::null; }
};

/// A value as text; `room` holds it if need be.
std::string_view text_of(const Value& value, std::string& room);

/// Appends a value as JSON has it.
void append_json(std::string& out, const Value& value);
void append_json_string(std::string& out, std::string_view text);

}  // namespace clientele::sources
