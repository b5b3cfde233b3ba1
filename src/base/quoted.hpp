// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <string>
#include <string_view>

namespace clientele {

/// Appends a text in double quotes, with each double quote inside it written twice.
inline void append_in_quotes(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

}  // namespace clientele
