// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace clientele {

/// One word of a selector. `text` is a LIKE pattern if `glob`, else to be compared as it is.
struct SelectorWord {
  std::string text;
  bool glob = false;
};

/// One alternative of a selector: an event type by number, or by channel, event and properties.
struct SelectorTerm {
  bool except = false;  // what it picks, the selector does not
  std::optional<int32_t> number;
  std::optional<SelectorWord> channel;  // none: any channel
  SelectorWord event;
  std::vector<std::pair<std::string, std::string>> properties;

  /// Names exactly one event, so that finding none is a mistake.
  bool exact() const { return !number && !event.glob && !(channel && channel->glob); }
};

/// 22023 for what is not a selector, for those who read it within another text.
struct SelectorError : Error {
  SelectorError(const std::string& message, const std::string& hint, size_t at, const char* reason)
      : Error(sqlstate::invalid_parameter, message, hint), byte(at), why(reason) {}
  size_t byte;  // from 0
  const char* why;
};

/// Reads a selector:
///   selector  = ["!"] term { "|" ["!"] term }
///   term      = "#" digits | [ word ":" ] word [ "[" property { "&" property } "]" ]
///   property  = word "=" word
///   word      = "quoted, with "" for a quote" | anything else up to a delimiter, where * is any
///   text
/// A term with ! excludes events that the others pick. If all terms have it, they exclude from all
/// events: then the first term of the result is *.
/// Errors: SelectorError with the place and what was expected, 54000 above max_selector bytes.
inline constexpr size_t max_selector = 1048576;
std::vector<SelectorTerm> parse_selector(std::string_view text);

/// The selector that picks exactly this channel and event; no channel means any.
std::string quote_selector(std::optional<std::string_view> channel, std::string_view event);

}  // namespace clientele
