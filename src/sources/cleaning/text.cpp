// SPDX-License-Identifier: PostgreSQL
#include "sources/cleaning/text.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/utf8.hpp"
#include "sources/cleaning/ascii.hpp"
#include "sources/cleaning/reasons.hpp"
#include "sources/cleaning/unicode_tables.hpp"

namespace clientele {
namespace {

bool is_in(const unicode::Range* ranges, size_t count, char32_t c) {
  const auto* const end = ranges + count;
  const auto* const r = std::lower_bound(
      ranges, end, c, [](const unicode::Range& a, char32_t b) { return a.last < b; });
  return r != end && r->first <= c;
}

bool is_dropped(char32_t c) {
  if (c < 0x80) return ascii::class_of[c] == ascii::dropped;
  return (c < 0xA0 || is_in(unicode::ignorable, unicode::ignorable_count, c)) && !is_white_space(c);
}

bool all_ascii(std::u32string_view text) {
  return std::all_of(text.begin(), text.end(), [](char32_t c) { return c < 0x80; });
}

std::u32string without_dropped(std::u32string text) {
  text.erase(std::remove_if(text.begin(), text.end(), is_dropped), text.end());
  return text;
}

std::u32string case_folded(std::u32string_view text) {
  std::u32string out;
  out.reserve(text.size());
  const auto* const end = unicode::folds + unicode::fold_count;
  for (const char32_t c : text) {
    const auto* const f = std::lower_bound(
        unicode::folds, end, c, [](const unicode::Fold& a, char32_t b) { return a.from < b; });
    if (f == end || f->from != c) {
      out += c;
      continue;
    }
    for (const char32_t to : f->to)
      if (to != 0) out += to;
  }
  return out;
}

const std::string standard_words[] = {
    "null",    "none",      "nil",
    "n/a",     "nan",       "undefined",
    "unknown", "anonymous", "guest",
    "-",       "--",        ".",
    "?",       "0",         "-1",
    "\\N",     "无",        "未知",
    "匿名",    "暂无",      "00000000-0000-0000-0000-000000000000"};
constexpr std::u32string_view number_words[] = {U"nan", U".", U"0", U"-1"};
constexpr std::string_view ascii_number_words[] = {"nan", ".", "0", "-1"};

template <class Char>
int hex_digit(Char c) {
  if (c >= '0' && c <= '9') return static_cast<int>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<int>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return static_cast<int>(c - 'A') + 10;
  return -1;
}

/// As PostgreSQL reads a UUID: braces, and a hyphen after each four digits, may be there or not.
template <class Char>
bool read_uuid(std::basic_string_view<Char> text, std::string& out) {
  if (text.size() > 1 && text.front() == '{' && text.back() == '}')
    text = text.substr(1, text.size() - 2);
  size_t at = 0;
  for (int digit = 0; digit < 32; ++digit) {
    if (digit == 8 || digit == 12 || digit == 16 || digit == 20) out += '-';
    if (digit > 0 && digit % 4 == 0 && at < text.size() && text[at] == '-') ++at;
    const int value = at < text.size() ? hex_digit(text[at++]) : -1;
    if (value < 0) return false;
    out += "0123456789abcdef"[value];
  }
  return at == text.size();
}

}  // namespace

std::u32string normalized(Form form, std::u32string text) {
  if (normalize_hook == nullptr || all_ascii(text)) return text;
  return normalize_hook(form, text);
}

std::u32string characters(std::string_view utf8) {
  std::u32string out;
  out.reserve(utf8.size());
  while (!utf8.empty()) {
    const size_t n = utf8_length(utf8);
    if (n == 0) throw Error(sqlstate::invalid_encoding, "the text is not valid UTF-8");
    out += decode_utf8(utf8, n);
    utf8.remove_prefix(n);
  }
  return out;
}

std::string utf8_of(std::u32string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char32_t c : text) append_utf8(out, c);
  return out;
}

bool is_white_space(char32_t c) {
  if (c < 0x80) return ascii::is_white(static_cast<char>(c));
  return is_in(unicode::white_space, unicode::white_space_count, c);
}

std::u32string trimmed(std::u32string text) {
  const auto first = std::find_if_not(text.begin(), text.end(), is_white_space);
  text.erase(text.begin(), first);
  while (!text.empty() && is_white_space(text.back())) text.pop_back();
  return text;
}

std::u32string plain_text(std::string_view utf8) {
  // What is removed may have kept a letter and its mark apart, so the rest is normalised again.
  std::u32string once = normalized(Form::nfkc, characters(utf8));
  const size_t size = once.size();
  std::u32string rest = without_dropped(std::move(once));
  return trimmed(rest.size() == size ? std::move(rest) : normalized(Form::nfkc, std::move(rest)));
}

std::u32string one_blank(const std::u32string& text) {
  std::u32string out;
  out.reserve(text.size());
  bool blank = false;
  for (const char32_t c : text) {
    const bool space = is_white_space(c);
    if (!space)
      out += c;
    else if (!blank)
      out += U' ';
    blank = space;
  }
  return out;
}

std::u32string folded(const std::u32string& text) {
  // Folding and normalising can each make work for the other. Unicode's longest chain takes three
  // rounds.
  std::u32string now = text;
  for (int round = 0; round < 8; ++round) {
    std::u32string next = without_dropped(case_folded(normalized(Form::nfd, now)));
    next = normalized(Form::nfkc, std::move(next));
    if (next == now) break;
    now = std::move(next);
  }
  return trimmed(std::move(now));
}

StandIns::StandIns(std::span<const std::string> words) {
  for (const std::string& word : words) {
    std::u32string form = folded(plain_text(word));
    if (form.empty()) continue;
    longest_ = std::max(longest_, form.size());
    if (all_ascii(form) && form.size() < lengths_.size()) {
      first_.set(form.front());
      lengths_.set(form.size());
      ascii_.push_back(utf8_of(form));
    }
    words_.push_back(std::move(form));
  }
  std::sort(words_.begin(), words_.end());
}

const StandIns& StandIns::standard() {
  static const StandIns words{standard_words};
  return words;
}

bool StandIns::has(const std::u32string& plain) const {
  // Folding makes no text shorter than a third.
  if (plain.size() > 3 * longest_) return false;
  return std::binary_search(words_.begin(), words_.end(), folded(plain));
}

bool StandIns::has(std::string_view plain) const {
  if (plain.size() >= lengths_.size()) return has(std::u32string(plain.begin(), plain.end()));
  if (plain.empty() || !lengths_[plain.size()] ||
      !first_[static_cast<uint8_t>(ascii::lower(plain.front()))])
    return false;
  return std::any_of(ascii_.begin(), ascii_.end(), [&](const std::string& word) {
    return std::equal(word.begin(), word.end(), plain.begin(), plain.end(),
                      [](char a, char b) { return a == ascii::lower(b); });
  });
}

const char* absent(std::string_view plain, const StandIns& stand_ins, bool number) {
  if (plain.empty()) return reason::blank;
  if (!stand_ins.has(plain)) return nullptr;
  const bool is_number =
      number && std::find(std::begin(ascii_number_words), std::end(ascii_number_words),
                          ascii::lowered(plain)) != std::end(ascii_number_words);
  return is_number ? nullptr : reason::stand_in;
}

const char* absent(const std::u32string& plain, const StandIns& stand_ins, bool number) {
  if (plain.empty()) return reason::blank;
  if (!stand_ins.has(plain)) return nullptr;
  const bool is_number = number && std::find(std::begin(number_words), std::end(number_words),
                                             folded(plain)) != std::end(number_words);
  return is_number ? nullptr : reason::stand_in;
}

KeyForm key_form_named(std::string_view name) {
  if (name == "key") return KeyForm::key;
  if (name == "nocase") return KeyForm::nocase;
  if (name == "exact") return KeyForm::exact;
  if (name == "uuid") return KeyForm::uuid;
  throw Error(sqlstate::invalid_parameter,
              "normal must be key, nocase, exact or uuid, not \"" + std::string(name) + "\"");
}

namespace {

template <class Char>
Cleaned clean_uuid(std::basic_string_view<Char> plain, const StandIns& stand_ins) {
  std::string uuid;
  if (!read_uuid(plain, uuid)) return unusable(reason::bad_uuid);
  // In braces, for example, it is not the word that was compared.
  if (stand_ins.has(std::string_view(uuid))) return unusable(reason::stand_in);
  return {std::move(uuid)};
}

Cleaned ascii_key(std::string_view value, const ascii::Plain& plain, KeyForm form,
                  const StandIns& stand_ins) {
  if (const char* const why = absent(plain.text(), stand_ins)) return unusable(why);
  if (form == KeyForm::exact) return {std::string(ascii::trimmed(value))};
  if (form == KeyForm::uuid) return clean_uuid(plain.text(), stand_ins);
  std::string key = plain.has(ascii::blank | ascii::white) ? ascii::one_blank(plain.text())
                                                           : std::string(plain.text());
  if (form == KeyForm::nocase && plain.has(ascii::capital))
    for (char& c : key) c = ascii::lower(c);
  return {std::move(key)};
}

}  // namespace

Cleaned clean_key(std::string_view value, KeyForm form, const StandIns& stand_ins) {
  if (value.size() > longest_input) return unusable(reason::too_long);
  if (ascii::Plain plain; plain.read(value)) return ascii_key(value, plain, form, stand_ins);
  const std::u32string plain = plain_text(value);
  if (const char* const why = absent(plain, stand_ins)) return unusable(why);
  switch (form) {
    case KeyForm::exact:
      return {utf8_of(trimmed(characters(value)))};
    case KeyForm::nocase:
      return {utf8_of(one_blank(folded(plain)))};
    case KeyForm::uuid:
      return clean_uuid(std::u32string_view(plain), stand_ins);
    case KeyForm::key:
      break;
  }
  return {utf8_of(one_blank(plain))};
}

Cleaned clean_event(std::string_view value) {
  if (value.size() > longest_input) return unusable(reason::too_long);
  if (ascii::Plain plain; plain.read(value)) {
    const std::string_view name = ascii::trimmed(value);
    return name.empty() ? unusable(reason::missing_event) : Cleaned{std::string(name)};
  }
  const std::u32string text = trimmed(normalized(Form::nfc, characters(value)));
  if (text.empty()) return unusable(reason::missing_event);
  return {utf8_of(text)};
}

}  // namespace clientele
