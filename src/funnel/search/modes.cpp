// SPDX-License-Identifier: PostgreSQL
#include "funnel/search/modes.hpp"

#include "base/error.hpp"

namespace clientele {
namespace {

constexpr const char* known =
    "Modes are ordered, strict, any, strict_increase, strict_order, allow_reentry, "
    "strict_deduplication, strict_once and shared.";

[[noreturn]] void cannot_combine(const std::string& one, const std::string& other,
                                 const char* hint = "") {
  throw Error(sqlstate::invalid_parameter,
              "order mode \"" + one + "\" cannot be combined with \"" + other + "\"", hint);
}

std::string_view trimmed(std::string_view word) {
  while (!word.empty() && word.front() == ' ') word.remove_prefix(1);
  while (!word.empty() && word.back() == ' ') word.remove_suffix(1);
  return word;
}

}  // namespace

void StepModes::check() const {
  if (order == StepOrder::any) {
    if (strict_order) cannot_combine("any", "strict_order");
    if (strict_deduplication) cannot_combine("any", "strict_deduplication");
    if (shared) cannot_combine("any", "shared");
  }
  if (allow_reentry && !strict_order)
    throw Error(sqlstate::invalid_parameter, "order mode \"allow_reentry\" needs \"strict_order\"",
                "Write strict_order,allow_reentry.");
}

std::string StepModes::names() const {
  std::string out;
  const auto add = [&](bool wanted, const char* word) {
    if (!wanted) return;
    if (!out.empty()) out += ',';
    out += word;
  };
  add(order == StepOrder::strict, "strict");
  add(order == StepOrder::any, "any");
  add(strict_order, "strict_order");
  add(allow_reentry, "allow_reentry");
  add(strict_deduplication, "strict_deduplication");
  add(shared, "shared");
  return out.empty() ? "ordered" : out;
}

StepModes parse_modes(std::string_view text) {
  StepModes modes;
  bool once = false, ordered = false, strict = false, any = false;
  for (bool more = true; more;) {
    const size_t comma = text.find(',');
    const std::string_view word = trimmed(text.substr(0, comma));
    more = comma != std::string_view::npos;
    if (more) text.remove_prefix(comma + 1);
    if (word == "ordered")
      ordered = true;
    else if (word == "strict")
      strict = true;
    else if (word == "any")
      any = true;
    else if (word == "strict_increase" || word == "strictly_increasing")
      modes.strictly_increasing = true;
    else if (word == "strict_order")
      modes.strict_order = true;
    else if (word == "allow_reentry")
      modes.allow_reentry = true;
    else if (word == "strict_deduplication")
      modes.strict_deduplication = true;
    else if (word == "strict_once")
      once = true;
    else if (word == "shared")
      modes.shared = true;
    else
      throw Error(sqlstate::invalid_parameter, "unknown order mode \"" + std::string(word) + "\"",
                  known);
  }
  if (any && ordered) cannot_combine("any", "ordered");
  if (any && strict) cannot_combine("any", "strict");
  if (once && modes.shared)
    cannot_combine("shared", "strict_once",
                   "shared lets one event serve several steps, strict_once does not.");
  if (any) modes.order = StepOrder::any;
  if (strict) modes.order = StepOrder::strict;
  modes.check();
  return modes;
}

}  // namespace clientele
