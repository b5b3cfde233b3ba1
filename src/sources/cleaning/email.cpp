// SPDX-License-Identifier: PostgreSQL
#include "sources/cleaning/email.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "sources/cleaning/reasons.hpp"

namespace clientele {
namespace {

constexpr size_t longest_local = 64, longest_address = 254, longest_label = 63;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// `Name <address>` and `mailto:address`.
void strip_wrapping(std::u32string& text) {
  if (!text.empty() && text.back() == '>') {
    const size_t open = text.find('<');
    if (open == std::u32string::npos) return;
    text = trimmed(text.substr(open + 1, text.size() - open - 2));
  }
  constexpr std::u32string_view scheme = U"mailto:";
  if (text.size() < scheme.size()) return;
  for (size_t i = 0; i < scheme.size(); ++i)
    if ((text[i] < 0x80 ? text[i] | 0x20 : text[i]) != (scheme[i] | 0x20)) return;
  text = trimmed(text.substr(scheme.size()));
}

bool is_local(std::u32string_view local) {
  constexpr std::u32string_view marks = U"!#$%&'*+/=?^_`{|}~-";
  if (local.empty() || local.front() == '.' || local.back() == '.') return false;
  for (size_t i = 0; i < local.size(); ++i) {
    const char32_t c = local[i];
    if (c == '.') {
      if (local[i - 1] == '.') return false;
    } else if (c < 0x80) {
      const auto ascii = static_cast<char>(c);
      if (!is_lower(ascii) && !is_digit(ascii) && marks.find(c) == std::u32string_view::npos)
        return false;
    } else if (is_white_space(c)) {
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

}  // namespace

Cleaned clean_email(std::string_view value, bool fold_gmail, const StandIns& stand_ins) {
  if (value.size() > longest_input) return unusable(reason::too_long);
  std::u32string text = plain_text(value);
  if (const char* const why = absent(text, stand_ins)) return unusable(why);
  strip_wrapping(text);
  const size_t at = text.find('@');
  if (at == std::u32string::npos || text.find('@', at + 1) != std::u32string::npos)
    return unusable(reason::bad_email);
  std::u32string local = text.substr(0, at);
  // Whether there is white space at the ends is seen before folding, which trims.
  if (local.empty() || is_white_space(local.front()) || is_white_space(local.back()))
    return unusable(reason::bad_email);
  local = folded(local);
  if (!is_local(local)) return unusable(reason::bad_email);
  std::string name = utf8_of(local), domain;
  if (name.size() > longest_local ||
      !ascii_domain(std::u32string_view(text).substr(at + 1), domain))
    return unusable(reason::bad_email);
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

}  // namespace clientele
