// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "converter.hpp"
#include "letters.hpp"
#include "names.hpp"
#include "text.hpp"

namespace demo {

enum class Family { chinese, traditional, japanese, korean, western, central, turkish, cyrillic };

/// Those whose encodings differ in a few letters only.
inline bool is_latin(Family family) {
  return family == Family::western || family == Family::central || family == Family::turkish;
}

struct Candidate {
  const char* name;
  Family family;
};

inline constexpr auto candidates = std::to_array<Candidate>({
    {"GB18030", Family::chinese},
    {"BIG5-HKSCS", Family::traditional},
    {"CP932", Family::japanese},
    {"EUC-JP", Family::japanese},
    {"CP949", Family::korean},
    {"WINDOWS-1252", Family::western},
    {"WINDOWS-1250", Family::central},
    {"WINDOWS-1254", Family::turkish},
    {"WINDOWS-1251", Family::cyrillic},
});

/// Bytes read in one encoding, and how much the letters beyond ASCII look like a language: up to 1
/// for each on the average, and more if names of columns are known.
class Reading {
 public:
  Reading(const Candidate& candidate, std::string_view bytes) : family_(candidate.family) {
    Converter converter(candidate.name);
    if (!converter.known()) return;
    size_t faults = 0;
    converter.convert(bytes, true, text_, faults);
    for (size_t i = 0; i < text_.size();) {
      const size_t n = utf8_length(std::string_view(text_).substr(i, 4));
      t_ += n == 0 ? U'\n' : decode_utf8(std::string_view(text_).substr(i, n), n);
      i += std::max<size_t>(n, 1);
    }
    for (size_t i = 0; i < t_.size();) {
      const size_t end = std::max(word_end(i), i + 1);
      weigh(i, end);
      i = end;
    }
    if (letters_ == 0 || faults * 100 > letters_) return;
    score_ = (sum_ - 2.0 * static_cast<double>(faults)) / static_cast<double>(letters_) +
             std::min(4.0, known_names()) / 4 - foreign() / 2;
  }

  double score() const { return score_; }
  size_t letters() const { return letters_; }
  const std::string& text() const { return text_; }

 private:
  static bool among(const std::u32string_view& letters, char32_t c) {
    static const std::set<char32_t> hanzi(common_hanzi.begin(), common_hanzi.end()),
        hangul(common_hangul.begin(), common_hangul.end());
    return (letters.data() == common_hanzi.data() ? hanzi : hangul).contains(c);
  }
  static bool is_hanzi(char32_t c) {
    return (c >= 0x3400 && c <= 0x9FFF) || (c >= 0x20000 && c <= 0x3FFFF);
  }
  static bool is_kana(char32_t c) { return c >= 0x3041 && c <= 0x30FE; }
  static bool is_hangul(char32_t c) { return c >= 0xAC00 && c <= 0xD7A3; }
  static bool is_cyrillic(char32_t c) { return c >= 0x401 && c <= 0x491; }
  static bool is_latin(char32_t c) {
    return c < 0x80 ? is_letter(static_cast<char>(c)) : base_letter(c) != 0;
  }
  static bool is_capital(char32_t c) {
    if (c < 0x80) return c >= 'A' && c <= 'Z';
    if (c < 0x100) return c >= 0xC0 && c <= 0xDE;
    if (c < 0x180)
      return std::u32string_view(U"ĄĆČĎĘĚŁŃŇŘŚŠŤŹŻŽŮŐŰĂŞŢĐŒĞİ").find(c) !=
             std::u32string_view::npos;
    return c >= 0x401 && c <= 0x42F;
  }
  static bool is_eastern_sign(char32_t c) {
    return (c >= 0x3000 && c <= 0x303F) || (c >= 0xFF01 && c <= 0xFF5E) || c == 0xFFE5 ||
           c == 0xFFE1;
  }

  /// The end of a word of an alphabet that begins at i.
  size_t word_end(size_t i) const {
    const bool cyrillic = family_ == Family::cyrillic;
    while (i < t_.size() && (is_latin(t_[i]) || (cyrillic && is_cyrillic(t_[i])))) ++i;
    return i;
  }

  void add(double worth) { ++letters_, sum_ += worth; }

  void weigh(size_t begin, size_t end) {
    const char32_t c = t_[begin];
    switch (family_) {
      case Family::chinese:
      case Family::traditional:
        if (c < 0x80) return;
        if (is_hanzi(c)) return add(among(common_hanzi, c) ? 1 : c >= 0x20000 ? 0 : 0.2);
        return add(is_eastern_sign(c) ? 0.8 : c == 0xB7 || c == 0xA5 ? 0.3 : is_kana(c) ? 0 : -1);
      case Family::japanese:
        if (c < 0x80) return;
        if (is_kana(c)) return add(1);
        if (is_hanzi(c)) return add(among(common_hanzi, c) ? 0.9 : 0.1);
        return add(is_eastern_sign(c) ? 0.6 : -0.6);
      case Family::korean:
        if (c < 0x80) return;
        if (is_hangul(c)) return add(among(common_hangul, c) ? 1 : 0.1);
        return add(is_eastern_sign(c) ? 0.6 : is_hanzi(c) ? -0.4 : -0.8);
      default:
        weigh_word(begin, end);
    }
  }

  /// A word has small letters, or capitals, or one capital before small ones, of one alphabet.
  void weigh_word(size_t begin, size_t end) {
    const std::u32string_view word = std::u32string_view(t_).substr(begin, end - begin);
    if (word_end(begin) == begin) return weigh_sign(begin);
    size_t ascii = 0, beyond = 0, cyrillic = 0, capitals = 0;
    for (const char32_t c : word)
      ++(c < 0x80 ? ascii : beyond), cyrillic += is_cyrillic(c), capitals += is_capital(c);
    if (beyond == 0) return;
    const bool written =
        capitals == 0 || capitals == word.size() || (capitals == 1 && is_capital(word[0]));
    double worth = 1;
    if (!written)
      worth = -0.7;
    else if (family_ == Family::cyrillic)
      worth = cyrillic < word.size()    ? -1
              : word.size() == 1        ? 0.4
              : capitals == word.size() ? 0.6
                                        : 1;
    else if (ascii == 0)
      worth = word.size() == 1 ? 0.2 : -0.8;
    for (size_t i = 0; i < word.size(); ++i)
      if (word[i] >= 0x80) add(worth > 0 && is_odd(word, i) ? 0.3 : worth), ++used_[word[i]];
  }

  /// What Western languages do not have but others in these bytes: õ but before e, ã before most
  /// consonants, œ but before u, æ at the end, and the letters of Icelandic, which is rarer than
  /// Turkish.
  bool is_odd(std::u32string_view word, size_t i) const {
    if (family_ != Family::western) return false;
    const char32_t c = small(word[i]), after = i + 1 < word.size() ? small(word[i + 1]) : 0;
    if (c == 0xF5) return after != 'e' && after != 'E';
    if (c == 0xE3)
      return after != 0 && after != 'o' && after != 'e' && after != 'O' && after != 'E';
    if (c == 0x153) return after != 'u' && after != 'U';
    if (c == 0xE6) return after == 0;
    return c == 0xFE || c == 0xF0 || c == 0xFD;
  }

  void weigh_sign(size_t i) {
    const char32_t c = t_[i], before = i > 0 ? t_[i - 1] : U'\n',
                   after = i + 1 < t_.size() ? t_[i + 1] : U'\n';
    if (c < 0x80) return;
    const auto plain = [](char32_t x) { return x < 0x80 || x == 0xA0; };
    if (!plain(before) || !plain(after)) return add(-0.8);
    static constexpr std::u32string_view usual = U"€£¥\u00A0°ºª№«»´§–—‘’“”„•…";
    static constexpr std::u32string_view rare = U"©®™¿¡²";
    add(usual.find(c) != usual.npos ? 1 : rare.find(c) != rare.npos ? 0.5 : -0.6);
  }

  /// The share of accented letters that the likeliest language does not have.
  double foreign() const {
    size_t all = 0;
    for (const auto& [c, n] : used_) all += n;
    if (all == 0 || family_ == Family::cyrillic) return 0;
    size_t most = 0;
    const auto count = [this, &most](std::u32string_view language) {
      size_t own = 0;
      for (const auto& [c, n] : used_) own += language.find(small(c)) != language.npos ? n : 0;
      most = std::max(most, own);
    };
    if (family_ == Family::western)
      for (const std::u32string_view language : western_languages) count(language);
    else if (family_ == Family::turkish)
      count(U"çğıöşüâîû");
    else
      for (const std::u32string_view language : central_languages) count(language);
    return 1 - static_cast<double>(most) / static_cast<double>(all);
  }
  static char32_t small(char32_t c) {
    if (c >= 0xC0 && c <= 0xDE) return c + 0x20;
    static constexpr std::u32string_view capitals = U"ĄĆČĎĘĚŁŃŇŘŚŠŤŹŻŽŮŐŰĂŞŢĐŒĞİ",
                                         smalls = U"ąćčďęěłńňřśšťźżžůőűăşţđœğı";
    const size_t at = capitals.find(c);
    return at == capitals.npos ? c : smalls[at];
  }

  /// How many fields of the beginning are names of columns that are not ASCII.
  double known_names() const {
    double known = 0;
    const std::string_view head = std::string_view(text_).substr(0, 8000);
    for (size_t at = 0; at < head.size();) {
      const size_t end = std::min(head.find_first_of(",;\t|\r\n\"", at), head.size());
      const std::string_view field = head.substr(at, end - at);
      if (field.size() < 100 && !is_ascii(field) && is_known_name(field)) known += 1;
      at = end + 1;
    }
    return known;
  }

  Family family_;
  std::string text_;
  std::u32string t_;
  std::map<char32_t, size_t> used_;
  size_t letters_ = 0;
  double sum_ = 0, score_ = -10;
};

}  // namespace demo
