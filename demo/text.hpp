// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/utf8.hpp"

/// Text as files have it: characters, blanks of every kind, and values that mean nothing.
namespace demo {

using clientele::append_utf8;
using clientele::decode_utf8;
using clientele::find_invalid_utf8;
using clientele::utf8_length;

inline bool is_blank(char32_t c) {
  return c == ' ' || (c >= '\t' && c <= '\r') || c == 0x85 || c == 0xA0 || c == 0xAD ||
         c == 0x1680 || c == 0x180E || (c >= 0x2000 && c <= 0x200F) ||
         (c >= 0x2028 && c <= 0x202F) || (c >= 0x205F && c <= 0x206F) || c == 0x3000 || c == 0xFEFF;
}

/// Without blanks of any kind at its ends, marks of byte order and of direction included.
inline std::string_view trim(std::string_view s) {
  const auto ascii_blank = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  for (;;) {
    while (!s.empty() && ascii_blank(s.front())) s.remove_prefix(1);
    if (s.empty() || (s.front() & 0x80) == 0) break;
    const size_t n = utf8_length(s.substr(0, 4));
    if (n == 0 || !is_blank(decode_utf8(s, n))) break;
    s.remove_prefix(n);
  }
  for (;;) {
    while (!s.empty() && ascii_blank(s.back())) s.remove_suffix(1);
    if (s.empty() || (s.back() & 0x80) == 0) break;
    size_t n = 1;
    while (n < 3 && n < s.size() && (s[s.size() - n] & 0xC0) == 0x80) ++n;
    const std::string_view last = s.substr(s.size() - n);
    if (utf8_length(last) != n || !is_blank(decode_utf8(last, n))) break;
    s.remove_suffix(n);
  }
  return s;
}

inline char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline bool is_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }

inline bool is_ascii(std::string_view s) {
  for (const char c : s)
    if ((c & 0x80) != 0) return false;
  return true;
}

/// For reading numbers and times: full-width letters as ASCII, every blank as a space, dashes and
/// minus signs as '-', without invisible characters. `scratch` is used if needed.
inline std::string_view fold(std::string_view s, std::string& scratch) {
  if (is_ascii(s)) return s;
  scratch.clear();
  for (size_t i = 0; i < s.size();) {
    const size_t n = utf8_length(s.substr(i, 4));
    if (n == 0) return s;
    const char32_t c = decode_utf8(s.substr(i), n);
    if (c >= 0xFF01 && c <= 0xFF5E)
      scratch += static_cast<char>(c - 0xFEE0);
    else if (c == 0x2019 || c == 0x2BC)
      scratch += '\'';
    else if (c == 0x2212 || (c >= 0x2010 && c <= 0x2014))
      scratch += '-';
    else if (c == 0x200E || c == 0x200F || c == 0xFEFF || c == 0x200B || c == 0xAD ||
             (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F))
      ;
    else if (is_blank(c))
      scratch += ' ';
    else
      scratch.append(s, i, n);
    i += n;
  }
  return scratch;
}

/// What people and programs write for an empty value.
inline bool is_missing(std::string_view s) {
  static constexpr auto words = std::to_array<std::string_view>(
      {"null", "(null)", "<null>", "[null]", "n/a",       "#n/a", "na",     "n.a.",
       "nan",  "none",   "nil",    "nat",    "\\n",       "-",    "--",     "---",
       "—",    "——",     "–",      "#null!", "undefined", "(空)", "(空白)", "空",
       "空值", "无",     "無",     "未填写", "暂无",      "不详", "なし",   "없음"});
  if (s.empty()) return true;
  if (s.size() > 12) return false;
  if ((s[0] & 0x80) == 0 && std::string_view("nN(<[#\\-uU").find(s[0]) == s.npos) return false;
  char small[12];
  for (size_t i = 0; i < s.size(); ++i) small[i] = lower(s[i]);
  for (const std::string_view w : words)
    if (w == std::string_view(small, s.size())) return true;
  return false;
}

/// A value without what spreadsheets and payment services put around it so that it stays a text:
/// ="000123", '000123, `000123; empty if it means nothing.
inline std::string_view clean(std::string_view s) {
  s = trim(s);
  if (s.empty()) return s;
  if (s[0] == '=' && s.size() >= 3 && s[1] == '"' && s.back() == '"')
    s = trim(s.substr(2, s.size() - 3));
  if (s.size() > 1 && (s[0] == '\'' || s[0] == '`')) {
    const char quote = s[0], next = s[1];
    if (s.size() > 2 && s.back() == quote)
      s = trim(s.substr(1, s.size() - 2));
    else if (quote == '`' || is_digit(next) || next == '=' || next == '+' || next == '-')
      s = trim(s.substr(1));
  }
  return is_missing(s) ? std::string_view{} : s;
}

/// For showing: one line, not long.
inline std::string shown(std::string_view s, size_t most = 60) {
  std::string out;
  for (size_t i = 0; i < s.size();) {
    if (out.size() >= most) return out + "…";
    const size_t n = utf8_length(s.substr(i, 4));
    if (n == 0 || (n == 1 && static_cast<uint8_t>(s[i]) < ' ') || s[i] == 127) {
      out += n == 0 ? "\xEF\xBF\xBD" : " ";
      ++i;
    } else {
      out.append(s, i, n);
      i += n;
    }
  }
  return out;
}

}  // namespace demo
