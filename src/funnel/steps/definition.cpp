// SPDX-License-Identifier: PostgreSQL
#include "funnel/steps/definition.hpp"

#include <algorithm>
#include <charconv>

#include "base/error.hpp"
#include "journey/selector.hpp"

namespace clientele {
namespace {

constexpr uint8_t format_version = 1;

[[noreturn]] void invalid(const std::string& message, const std::string& hint = {}) {
  throw Error(sqlstate::invalid_parameter, message, hint);
}

void at_most(size_t count, size_t max, const char* what) {
  if (count > max)
    throw Error(sqlstate::limit_exceeded, "a funnel can have at most " + std::to_string(max) + " " +
                                              what + ", not " + std::to_string(count));
}

void write_length(Writer& w, const std::optional<uint64_t>& length) {
  w.u8(length.has_value());
  if (length) w.varint(*length);
}

std::optional<uint64_t> read_length(Reader& r) {
  const uint8_t present = r.u8();
  if (present > 1) Reader::fail("a flag of a funnel is out of range");
  if (present == 0) return std::nullopt;
  const uint64_t length = r.varint();
  if (length > INT64_MAX) Reader::fail("a length of time is out of range");
  return length;
}

}  // namespace

ExclusionText parse_exclusion(const std::string& text, int steps) {
  const size_t mark = text.find_last_of("@\"]");  // an @ inside quotes or brackets is not a range
  if (mark == std::string::npos || text[mark] != '@') return {text, std::nullopt};
  Exclusion range;
  const char* p = text.data() + mark + 1;
  const char* const end = text.data() + text.size();
  const auto from = std::from_chars(p, end, range.from);
  const bool two = from.ec == std::errc{} && from.ptr != end && *from.ptr == '-';
  const auto to = two ? std::from_chars(from.ptr + 1, end, range.to) : from;
  if (!two || to.ec != std::errc{} || to.ptr != end)
    invalid("exclusion \"" + text + "\" has no range of steps after @",
            "It reads like refund@1-3: no refund between step 1 and step 3.");
  if (range.from < 1 || range.to <= range.from || range.to > steps)
    invalid("exclusion \"" + text + "\" must lead from a step to a later one of the " +
            std::to_string(steps) + " steps");
  return {text.substr(0, mark), range};
}

void FunnelDefinition::check() const {
  at_most(steps.size(), max_funnel_steps, "steps");
  at_most(exclusions.size(), max_funnel_exclusions, "exclusions");
  size_t bytes = 0;
  for (const auto* texts : {&steps, &exclusions})
    for (const std::string& s : *texts) bytes += s.size();
  size_limit.check(bytes);
  if (steps.empty())
    invalid("a funnel needs at least one step",
            "Name the steps in order, such as '{search,cart,purchase}'.");
  for (size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].find_first_not_of(" \t\n\v\f\r") == std::string::npos)
      invalid("step " + std::to_string(i + 1) + " of the funnel has no selector");
    parse_selector(steps[i]);
  }
  if (!step_windows.empty() && step_windows.size() != steps.size() - 1)
    invalid("step_windows must have one element less than there are steps: " +
                std::to_string(steps.size() - 1) + ", not " + std::to_string(step_windows.size()),
            "Each is the time allowed since the step before; NULL means no limit.");
  for (const std::string& text : exclusions)
    parse_selector(parse_exclusion(text, static_cast<int>(steps.size())).selector);
  StepModes::check();
  if (same_item && (strict_order || strict_deduplication))
    throw Error(
        sqlstate::not_supported,
        "same_item cannot be combined with order mode \"" +
            std::string(strict_order ? "strict_order" : "strict_deduplication") + "\"",
        "These modes do not say whether events about other items count. strict does: they do.");
  if (order == StepOrder::any && (!step_windows.empty() || !exclusions.empty()))
    throw Error(sqlstate::not_supported,
                "step_windows and exclusions have no meaning when steps may come in any order",
                "Leave them out, or use order_mode => 'ordered'.");
}

void FunnelDefinition::write(Bytes& out) const {
  Writer w(out);
  w.u8(format_version);
  w.u8(static_cast<uint8_t>(order));
  w.u8(static_cast<uint8_t>(same_item | strictly_increasing << 1 | natural_day << 2 |
                            strict_order << 3 | allow_reentry << 4 | strict_deduplication << 5 |
                            shared << 6));
  w.varint(steps.size());
  for (const std::string& s : steps) w.text(s);
  write_length(w, within);
  w.varint(step_windows.size());
  for (const auto& length : step_windows) write_length(w, length);
  w.varint(exclusions.size());
  for (const std::string& s : exclusions) w.text(s);
  w.text(time_zone);
}

FunnelDefinition FunnelDefinition::read(std::span<const uint8_t> bytes) {
  size_limit.check(bytes.size());
  Reader r(bytes);
  r.version(format_version, "funnel_def");
  FunnelDefinition d;
  const uint8_t order = r.u8(), flags = r.u8();
  if (order > 2 || flags > 127 || (flags & 24) == 16)
    Reader::fail("a flag of a funnel is out of range");
  d.order = static_cast<StepOrder>(order);
  d.same_item = flags & 1;
  d.strictly_increasing = flags & 2;
  d.natural_day = flags & 4;
  d.strict_order = flags & 8;
  d.allow_reentry = flags & 16;
  d.strict_deduplication = flags & 32;
  d.shared = flags & 64;
  for (size_t n = r.count(); n > 0; --n) d.steps.emplace_back(r.text());
  d.within = read_length(r);
  for (size_t n = r.count(); n > 0; --n) d.step_windows.push_back(read_length(r));
  for (size_t n = r.count(); n > 0; --n) d.exclusions.emplace_back(r.text());
  d.time_zone = r.text();
  if (!writes(d, bytes)) Reader::fail("it is not a funnel_def");
  return d;
}

FunnelQuestion FunnelDefinition::question() const {
  FunnelQuestion q;
  static_cast<StepModes&>(q) = *this;
  q.steps = static_cast<int>(steps.size());
  q.within = within.value_or(no_limit);
  q.same_item = same_item;
  q.natural_day = natural_day;
  bool any_window = false;
  for (const auto& length : step_windows) any_window |= length.has_value();
  if (any_window)
    for (const auto& length : step_windows) q.step_windows.push_back(length.value_or(no_limit));
  return q;
}

}  // namespace clientele
