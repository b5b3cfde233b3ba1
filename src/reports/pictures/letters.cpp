// SPDX-License-Identifier: PostgreSQL
#include "reports/pictures/letters.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "base/poll.hpp"
#include "base/utf8.hpp"

namespace clientele::pictures {
namespace {

struct Range {
  char32_t first, last;
};

template <size_t n>
bool is_in(const Range (&ranges)[n], char32_t c) {
  const auto* at = std::upper_bound(std::begin(ranges), std::end(ranges), c,
                                    [](char32_t v, const Range& r) { return v < r.first; });
  return at != std::begin(ranges) && c <= std::prev(at)->last;
}

/// East Asian wide and full-width characters, and emoji.
constexpr Range wide[] = {
    {0x1100, 0x115F},   {0x2329, 0x232A},  {0x2E80, 0x303E}, {0x3041, 0x33FF},   {0x3400, 0x4DBF},
    {0x4E00, 0xA4CF},   {0xA960, 0xA97C},  {0xAC00, 0xD7A3}, {0xF900, 0xFAFF},   {0xFE10, 0xFE19},
    {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},  {0xFFE0, 0xFFE6}, {0x16FE0, 0x18CD5}, {0x1B000, 0x1B2FB},
    {0x1F000, 0x1FAFF}, {0x20000, 0x3FFFD}};
/// Combining marks, joiners, variation selectors and skin tones: no width of their own.
constexpr Range narrow[] = {
    {0x300, 0x36F},   {0x483, 0x489},   {0x591, 0x5BD},     {0x610, 0x61A},    {0x64B, 0x65F},
    {0x6D6, 0x6DC},   {0x900, 0x902},   {0x941, 0x948},     {0xE31, 0xE31},    {0xE34, 0xE3A},
    {0xE47, 0xE4E},   {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF},   {0x200B, 0x200D},  {0x20D0, 0x20FF},
    {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0x1F3FB, 0x1F3FF}, {0xE0100, 0xE01EF}};
constexpr Range right_to_left[] = {
    {0x590, 0x8FF}, {0xFB1D, 0xFDFF}, {0xFE70, 0xFEFC}, {0x10800, 0x10FFF}, {0x1E800, 0x1EFFF}};
/// Controls, marks and overrides of direction, separators of lines, and what XML does not allow.
constexpr Range dropped[] = {{0x0, 0x8},       {0xB, 0xC},       {0xE, 0x1F},
                             {0x7F, 0x9F},     {0x61C, 0x61C},   {0x200E, 0x200F},
                             {0x2028, 0x202E}, {0x2060, 0x206F}, {0xFEFF, 0xFEFF},
                             {0xFFF9, 0xFFFB}, {0xFFFE, 0xFFFF}, {0xE0001, 0xE007F}};

/// Widths of the printable ASCII characters, in 1/96 of the size: those of the widest of the common
/// sans-serif fonts.
constexpr uint8_t ascii_width[95] = {
    30, 35, 45, 72, 62, 90, 74, 26, 37, 37, 52, 72, 32, 40, 32, 42, 62, 62, 62, 62, 62, 62, 62, 62,
    62, 62, 34, 34, 72, 72, 72, 52, 98, 70, 68, 70, 75, 64, 60, 76, 76, 36, 45, 68, 58, 88, 77, 79,
    64, 79, 68, 64, 64, 74, 69, 97, 67, 65, 66, 38, 42, 38, 72, 50, 56, 60, 62, 56, 62, 60, 36, 62,
    62, 27, 30, 58, 27, 94, 62, 61, 62, 62, 42, 53, 40, 62, 57, 80, 56, 57, 53, 48, 30, 48, 72};

double width_of(char32_t c) {
  if (c < 0x20) return 0.3;
  if (c < 0x7F) return ascii_width[c - 0x20] / 96.0;
  if (is_in(narrow, c) || is_in(dropped, c)) return 0;
  return is_in(wide, c) ? 1 : 0.64;
}

/// The character at the front, which is taken away; U+FFFD for a byte that begins none.
char32_t next(std::string_view& text) {
  const size_t n = utf8_length(text.substr(0, 4));
  const char32_t c = n == 0 ? U'\xFFFD' : decode_utf8(text, n);
  text.remove_prefix(std::max<size_t>(n, 1));
  return c;
}

}  // namespace

std::string escape(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 16);
  // First strong isolate, and its end. Words with only blanks between them are one run.
  static constexpr std::string_view isolate = "\u2068", end = "\u2069";
  bool inside = false;
  size_t blanks = 0;
  const auto leave = [&] {
    if (inside) out.insert(out.size() - blanks, end);
    inside = false;
    blanks = 0;
  };
  Work work;
  while (!text.empty()) {
    work.done(1);
    const char32_t c = next(text);
    // The last two code points of each plane are never characters.
    const bool space = c == '\t' || c == '\n' || c == '\r' || c == ' ';
    if (!space && (is_in(dropped, c) || (c & 0xFFFE) == 0xFFFE)) continue;
    if (is_in(right_to_left, c)) {
      if (!inside) out += isolate;
      inside = true;
      blanks = 0;
    } else if (!space && !is_in(narrow, c)) {
      leave();
    }
    if (space) {
      out += ' ';
      blanks += inside ? 1 : 0;
    } else if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else if (c == '\'') {
      out += "&#39;";
    } else {
      append_utf8(out, c);
    }
  }
  leave();
  return out;
}

double text_width(std::string_view text) {
  double width = 0;
  while (!text.empty()) width += width_of(next(text));
  return width;
}

std::string cut_to_width(std::string_view text, double width, bool& whole) {
  constexpr double ellipsis = 0.9;
  std::string_view rest = text;
  double sum = 0;
  size_t fits = 0, bytes = 0;
  bool joined = false;
  while (!rest.empty()) {
    const size_t before = text.size() - rest.size();
    const char32_t c = next(rest);
    const double w = width_of(c);
    // Not between a character and its marks, nor after a joiner.
    if (w > 0 && !joined && sum + ellipsis <= width) fits = before;
    joined = c == 0x200D;
    sum += w;
    bytes = text.size() - rest.size();
    if (sum > width) break;
  }
  whole = sum <= width && bytes == text.size();
  if (whole) return std::string(text);
  std::string out(text.substr(0, fits));
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out + "…";
}

std::string shorten(std::string text) {
  constexpr size_t most = 2000;
  if (text.size() <= most) return text;
  size_t end = most;
  while (end > most - 4 && (text[end] & 0xC0) == 0x80) --end;
  text.resize(end);
  return text + "…";
}

std::string slug(std::string_view text) {
  constexpr size_t most = 40;
  std::string out;
  uint64_t hash = 0xcbf29ce484222325U;
  Work work;
  for (const char c : text) {
    work.done(1);
    hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3U;
    const bool upper = c >= 'A' && c <= 'Z';
    if (out.size() >= most) continue;
    if (upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
      out += static_cast<char>(upper ? c - 'A' + 'a' : c);
    else if (!out.empty() && out.back() != '-')
      out += '-';
  }
  while (!out.empty() && out.back() == '-') out.pop_back();
  if (out == text && !out.empty()) return out;
  out += out.empty() ? "" : "-";
  for (int shift = 60; shift >= 0; shift -= 4) out += "0123456789abcdef"[hash >> shift & 15];
  return out;
}

}  // namespace clientele::pictures
