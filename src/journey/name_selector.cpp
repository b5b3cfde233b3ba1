// SPDX-License-Identifier: PostgreSQL
#include "journey/name_selector.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/poll.hpp"
#include "journey/selector.hpp"

namespace clientele {
namespace {

/// LIKE with % and backslash; selectors make no other patterns. Greedy with one place to go back
/// to, so quadratic at worst.
bool like(std::string_view pattern, std::string_view text) {
  Work work(size_t{1} << 20);
  size_t p = 0, t = 0, back_p = std::string_view::npos, back_t = 0;
  while (t < text.size()) {
    work.done(1);
    if (p < pattern.size() && pattern[p] == '%') {
      back_p = ++p;
      back_t = t;
      continue;
    }
    const size_t literal = p + (p < pattern.size() && pattern[p] == '\\');
    if (literal < pattern.size() && pattern[literal] == text[t]) {
      p = literal + 1;
      ++t;
    } else if (back_p != std::string_view::npos) {
      p = back_p;
      t = ++back_t;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '%') ++p;
  return p == pattern.size();
}

std::string as_pattern(const SelectorWord& word) {
  if (word.glob) return word.text;
  std::string pattern;
  for (const char c : word.text) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern;
}

}  // namespace

NameSelector::NameSelector(std::string_view selector) {
  for (const SelectorTerm& term : parse_selector(selector)) {
    if (term.number || !term.properties.empty())
      throw Error(sqlstate::not_supported,
                  "selector \"" + std::string(selector) + "\" asks for " +
                      (term.number ? "a number" : "properties") +
                      ", which an event that is just a name does not have",
                  "Pack the rows into journeys, or put what matters into the event's name.");
    const std::string event = as_pattern(term.event);
    (term.except ? exceptions_ : patterns_)
        .push_back(term.channel ? as_pattern(*term.channel) + ':' + event : event);
  }
}

bool NameSelector::picks(std::string_view name) const {
  const auto fits = [&](const std::string& p) { return like(p, name); };
  return std::ranges::any_of(patterns_, fits) && std::ranges::none_of(exceptions_, fits);
}

}  // namespace clientele
