// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace clientele {

/// The length of the UTF-8 character at the front, 0 if there is none; no surrogates, no overlong.
inline size_t utf8_length(std::string_view s) {
  const auto at = [&](size_t i) { return i < s.size() ? static_cast<uint8_t>(s[i]) : 0; };
  const auto tail = [&](size_t i) { return (at(i) & 0xC0) == 0x80; };
  const uint8_t a = at(0), b = at(1);
  if (a < 0x80) return s.empty() ? 0 : 1;
  if (a >= 0xC2 && a <= 0xDF) return tail(1) ? 2 : 0;
  if (a >= 0xE0 && a <= 0xEF) {
    if ((a == 0xE0 && b < 0xA0) || (a == 0xED && b > 0x9F)) return 0;
    return tail(1) && tail(2) ? 3 : 0;
  }
  if (a >= 0xF0 && a <= 0xF4) {
    if ((a == 0xF0 && b < 0x90) || (a == 0xF4 && b > 0x8F)) return 0;
    return tail(1) && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

/// The position of the first byte that is not UTF-8, npos if all is well.
inline size_t find_invalid_utf8(std::string_view s) {
  for (size_t i = 0; i < s.size();) {
    uint64_t word;
    if (i + 8 <= s.size()) {
      std::memcpy(&word, s.data() + i, 8);
      if ((word & 0x8080808080808080U) == 0) {
        i += 8;
        continue;
      }
    }
    const size_t n = utf8_length(s.substr(i, 4));
    if (n == 0) return i;
    i += n;
  }
  return std::string_view::npos;
}

/// The character at the front, which is n bytes long.
inline char32_t decode_utf8(std::string_view s, size_t n) {
  const auto bits = [&](size_t i) { return static_cast<char32_t>(s[i] & 0x3F); };
  switch (n) {
    case 1:
      return static_cast<char32_t>(s[0]);
    case 2:
      return static_cast<char32_t>(s[0] & 0x1F) << 6 | bits(1);
    case 3:
      return static_cast<char32_t>(s[0] & 0x0F) << 12 | bits(1) << 6 | bits(2);
    default:
      return static_cast<char32_t>(s[0] & 0x07) << 18 | bits(1) << 12 | bits(2) << 6 | bits(3);
  }
}

inline void append_utf8(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | c >> 6);
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | c >> 12);
    out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | c >> 18);
    out += static_cast<char>(0x80 | (c >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

}  // namespace clientele
