// SPDX-License-Identifier: PostgreSQL
#include "sources/cleaning/email.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "sources/cleaning/ascii.hpp"
#include "sources/cleaning/reasons.hpp"

namespace clientele {
namespace {

constexpr size_t longest_local = 64, longest_address = 254, longest_label = 63;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_white(char c) { return ascii::is_white(c); }
bool is_white(char32_t c) { return is_white_space(c); }

template <class Char>
std::basic_string_view<Char> trimmed_view(std::basic_string_view<Char> text) {
  while (!text.empty() && is_white(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_white(text.back())) text.remove_suffix(1);
  return text;
}

/// What is in `Name <address>` and after `mailto:`.
template <class Char>
std::basic_string_view<Char> unwrapped(std::basic_string_view<Char> text) {
  if (!text.empty() && text.back() == '>') {
    const size_t open = text.find('<');
    if (open == text.npos) return text;
    text = trimmed_view(text.substr(open + 1, text.size() - open - 2));
  }
  constexpr std::string_view scheme = "mailto:";
  if (text.size() < scheme.size()) return text;
  for (size_t i = 0; i < scheme.size(); ++i)
    if ((text[i] | 0x20) != static_cast<Char>(scheme[i] | 0x20)) return text;
  return trimmed_view(text.substr(scheme.size()));
}

template <class Char>
bool is_local(std::basic_string_view<Char> local) {
  constexpr std::string_view marks = "!#$%&'*+/=?^_`{|}~-";
  if (local.empty() || local.front() == '.' || local.back() == '.') return false;
  for (size_t i = 0; i < local.size(); ++i) {
    const Char c = local[i];
    if (c == '.') {
      if (local[i - 1] == '.') return false;
    } else if (static_cast<char32_t>(c) < 0x80) {
      const auto ascii = static_cast<char>(c);
      if (!is_lower(ascii) && !is_digit(ascii) && marks.find(ascii) == std::string_view::npos)
        return false;
    } else if (is_white(c)) {
      return false;
    }
  }
  return true;
}

/// Two labels or more of letters, digits and inner hyphens, the last one not of digits.
bool is_domain(std::string_view domain) {
  size_t labels = 0;
  bool digits = false;
  for (;;) {
    const size_t dot = domain.find('.');
    const std::string_view label = domain.substr(0, dot);
    if (label.empty() || label.size() > longest_label) return false;
    if (label.front() == '-' || label.back() == '-') return false;
    if (!std::all_of(label.begin(), label.end(),
                     [](char c) { return is_lower(c) || is_digit(c) || c == '-'; }))
      return false;
    digits = std::all_of(label.begin(), label.end(), is_digit);
    ++labels;
    if (dot == std::string_view::npos) return labels > 1 && !digits;
    domain.remove_prefix(dot + 1);
  }
}

/// The domain in ASCII; false if it has no such form.
bool ascii_domain(std::u32string_view text, std::string& out) {
  std::u32string domain(text);
  // The ideographic full stop parts labels; NFKC has replaced its other forms.
  std::replace(domain.begin(), domain.end(), U'。', U'.');
  bool ascii = true;
  for (char32_t& c : domain) {
    if (c >= 'A' && c <= 'Z') c |= 0x20;
    ascii = ascii && c < 0x80;
    // An error about a library would be wrong for what no library makes a domain.
    if (c < 0x80 && c != '.' && c != '-' && !is_lower(static_cast<char>(c)) &&
        !is_digit(static_cast<char>(c)))
      return false;
    if (is_white_space(c)) return false;
  }
  if (domain.size() > longest_address) return false;
  if (ascii) {
    out = utf8_of(domain);
    return is_domain(out);
  }
  if (domain_hook == nullptr)
    throw Error(sqlstate::not_supported, "domains beyond ASCII are not supported here");
  return domain_hook(utf8_of(domain), out) && is_domain(out);
}

/// The address of its two parts, each in its form.
Cleaned joined(std::string name, std::string domain, bool fold_gmail) {
  if (fold_gmail && (domain == "gmail.com" || domain == "googlemail.com")) {
    name.resize(std::min(name.size(), name.find('+')));
    name.erase(std::remove(name.begin(), name.end(), '.'), name.end());
    // A dot may have kept a letter and its mark apart.
    name = utf8_of(folded(characters(name)));
    if (name.empty()) return unusable(reason::bad_email);
    domain = "gmail.com";
  }
  if (name.size() + 1 + domain.size() > longest_address) return unusable(reason::bad_email);
  return {name + "@" + domain};
}

Cleaned ascii_email(std::string_view text, bool fold_gmail) {
  std::string address(unwrapped(text));
  for (char& c : address) c = ascii::lower(c);
  const std::string_view whole = address;
  const size_t at = whole.find('@');
  if (at == std::string_view::npos) return unusable(reason::bad_email);
  const std::string_view name = whole.substr(0, at), domain = whole.substr(at + 1);
  if (!is_local(name) || name.size() > longest_local || !is_domain(domain))
    return unusable(reason::bad_email);
  if (fold_gmail) return joined(std::string(name), std::string(domain), true);
  if (address.size() > longest_address) return unusable(reason::bad_email);
  return {std::move(address)};
}

}  // namespace

Cleaned clean_email(std::string_view value, bool fold_gmail, const StandIns& stand_ins) {
  if (value.size() > longest_input) return unusable(reason::too_long);
  if (ascii::Plain plain; plain.read(value)) {
    if (const char* const why = absent(plain.text(), stand_ins)) return unusable(why);
    return ascii_email(plain.text(), fold_gmail);
  }
  const std::u32string plain = plain_text(value);
  if (const char* const why = absent(plain, stand_ins)) return unusable(why);
  const std::u32string_view text = unwrapped(std::u32string_view(plain));
  const size_t at = text.find('@');
  if (at == text.npos || text.find('@', at + 1) != text.npos) return unusable(reason::bad_email);
  std::u32string local(text.substr(0, at));
  // Whether there is white space at the ends is seen before folding, which trims.
  if (local.empty() || is_white_space(local.front()) || is_white_space(local.back()))
    return unusable(reason::bad_email);
  local = folded(local);
  if (!is_local(std::u32string_view(local))) return unusable(reason::bad_email);
  std::string name = utf8_of(local), domain;
  if (name.size() > longest_local || !ascii_domain(text.substr(at + 1), domain))
    return unusable(reason::bad_email);
  return joined(std::move(name), std::move(domain), fold_gmail);
}

}  // namespace clientele
