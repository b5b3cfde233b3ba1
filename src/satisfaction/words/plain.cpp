// SPDX-License-Identifier: PostgreSQL
#include "satisfaction/words/plain.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/poll.hpp"
#include "base/utf8.hpp"

namespace clientele {
namespace {

bool is_han(char32_t c) { return c >= 0x4E00 && c <= 0x9FFF; }

/// Before such a character text can be cut: nothing before it is joined with it.
bool starts_piece(char32_t c) { return c < 0x80 || is_han(c); }

std::u32string decoded(std::string_view utf8) {
  if (utf8.size() > longest_text)
    throw Error(sqlstate::limit_exceeded, "a text of " + std::to_string(utf8.size()) +
                                              " bytes is too long, " +
                                              std::to_string(longest_text) + " is the limit");
  std::u32string text;
  text.reserve(utf8.size());
  for (size_t i = 0; i < utf8.size();) {
    const size_t n = utf8_length(utf8.substr(i, 4));
    if (n == 0) throw Error(sqlstate::invalid_encoding, "the text is not UTF-8");
    text.push_back(decode_utf8(utf8.substr(i, n), n));
    i += n;
  }
  return text;
}

std::u32string nfkc(std::u32string text) {
  if (nfkc_hook == nullptr ||
      std::ranges::all_of(text, [](char32_t c) { return c < 0x80 || is_han(c); }))
    return text;
  std::u32string out;
  out.reserve(text.size());
  for (size_t from = 0; from < text.size();) {
    poll();
    size_t to = std::min(from + longest_piece, text.size());
    if (to < text.size()) {
      size_t cut = to;
      while (cut > from && !starts_piece(text[cut])) --cut;
      if (cut > from) to = cut;
    }
    out += nfkc_hook(std::u32string_view(text).substr(from, to - from));
    from = to;
  }
  return out;
}

}  // namespace

char32_t small_letter(char32_t c) {
  if (c < 0x80) return c >= U'A' && c <= U'Z' ? c + 32 : c;
  const LowerRun* const end = lower_runs + lower_run_count;
  const LowerRun* run = std::upper_bound(
      lower_runs, end, c, [](char32_t at, const LowerRun& r) { return at < r.first; });
  if (run == lower_runs) return c;
  --run;
  if (c <= run->last && (c - run->first) % static_cast<uint32_t>(run->step) == 0)
    return static_cast<char32_t>(static_cast<int32_t>(c) + run->distance);
  return c;
}

std::u32string plain_words(std::string_view utf8) {
  std::u32string text = nfkc(decoded(utf8));
  bool lowered = false;
  for (char32_t& c : text) {
    const char32_t small = small_letter(c);
    lowered |= small != c;
    c = small;
  }
  // A small letter may be joined with a mark where the capital letter was not: J and a caron.
  if (lowered) text = nfkc(std::move(text));
  size_t kept = 0;
  for (char32_t c : text) {
    if (c == 0x2019 || c == 0x02BC) c = U'\'';
    if (is_blank(c)) {
      if (kept > 0 && text[kept - 1] == U' ') continue;
      c = U' ';
    }
    text[kept++] = c;
  }
  text.resize(kept);
  return text;
}

std::string utf8_text(std::u32string_view text) {
  std::string out;
  out.reserve(text.size() * 3);
  for (const char32_t c : text) append_utf8(out, c);
  return out;
}

bool is_word_letter(char32_t c) {
  if (c < 0x80)
    return (c >= U'a' && c <= U'z') || (c >= U'0' && c <= U'9') || (c >= U'A' && c <= U'Z');
  if (c < 0xC0) return c == 0xAA || c == 0xB5 || c == 0xBA;
  if (c >= 0x2000) return false;
  switch (c) {  // signs among the letters
    case 0xD7:
    case 0xF7:
    case 0x37E:
    case 0x387:
    case 0x589:
    case 0x5BE:
    case 0x60C:
    case 0x61B:
    case 0x61F:
    case 0x6D4:
    case 0x964:
    case 0x965:
      return false;
    default:
      return true;
  }
}

bool ends_clause(char32_t c) {
  switch (c) {
    case U',':
    case U'.':
    case U';':
    case U':':
    case U'!':
    case U'?':
    case U'(':
    case U')':
    case U'\n':
    case U'\r':
    case 0x2013:  // en dash
    case 0x2014:  // em dash
    case 0x2028:
    case 0x2029:
    case 0x3001:  // 、
    case 0x3002:  // 。
      return true;
    default:
      return false;
  }
}

}  // namespace clientele
