// SPDX-License-Identifier: PostgreSQL
#include "sources/rows/value.hpp"

#include <algorithm>
#include <charconv>

namespace clientele::sources {

std::string_view text_of(const Value& value, std::string& room) {
  switch (value.kind) {
    case Value::Kind::whole:
      room.resize(24);
      room.resize(static_cast<size_t>(
          std::to_chars(room.data(), room.data() + 24, value.number).ptr - room.data()));
      return room;
    case Value::Kind::boolean:
      return value.number != 0 ? "true" : "false";
    default:
      return value.text;
  }
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      constexpr char digits[] = "0123456789abcdef";
      out += "\\u00";
      out += digits[c >> 4 & 15];
      out += digits[c & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

void append_json(std::string& out, const Value& value) {
  std::string room;
  switch (value.kind) {
    case Value::Kind::null:
      out += "null";
      break;
    case Value::Kind::whole:
    case Value::Kind::boolean:
      out += text_of(value, room);
      break;
    case Value::Kind::json:
      out += value.text;
      break;
    case Value::Kind::number:
      // JSON has no NaN and no infinities.
      if (std::any_of(value.text.begin(), value.text.end(),
                      [](char c) { return c == 'N' || c == 'I'; }))
        append_json_string(out, value.text);
      else
        out += value.text;
      break;
    default:
      append_json_string(out, value.text);
  }
}

}  // namespace clientele::sources
