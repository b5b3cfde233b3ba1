// SPDX-License-Identifier: PostgreSQL
#include "journey/groups.hpp"

#include <string_view>

#include "base/error.hpp"
#include "base/poll.hpp"
#include "journey/selector.hpp"

namespace clientele {
namespace {

std::string_view without_blanks(std::string_view s) {
  const auto blank = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  while (!s.empty() && blank(s.front())) s.remove_prefix(1);
  while (!s.empty() && blank(s.back())) s.remove_suffix(1);
  return s;
}

size_t find_split(std::string_view text) {
  bool quoted = false, bracketed = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (quoted) continue;
    if (text[i] == '=' && !bracketed) return i;
    if (text[i] == '[') bracketed = true;
    if (text[i] == ']') bracketed = false;
  }
  return std::string_view::npos;
}

/// Without the quotes around it, if they are one pair around all of it.
std::string name_of(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::string(text);
  std::string name;
  for (size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '"' && (i + 2 >= text.size() || text[++i] != '"')) return std::string(text);
    name += text[i];
  }
  return name;
}

}  // namespace

std::vector<NamedSelector> parse_groups(std::span<const std::string> texts) {
  std::vector<NamedSelector> groups;
  groups.reserve(texts.size());
  for (const std::string& text : texts) {
    poll();
    const size_t split = find_split(text);
    const std::string_view name = without_blanks(std::string_view(text).substr(0, split));
    if (split == std::string_view::npos || name.empty())
      throw Error(sqlstate::invalid_parameter, "invalid group \"" + text + "\"",
                  "Write a name, = and a selector, as in 'Payment=pay|web:pay'.");
    groups.push_back({name_of(name), text.substr(split + 1)});
    if (groups.back().name.empty())
      throw Error(sqlstate::invalid_parameter, "the name of group \"" + text + "\" is empty");
    parse_selector(groups.back().selector);
  }
  return groups;
}

}  // namespace clientele
