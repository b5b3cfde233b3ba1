// SPDX-License-Identifier: PostgreSQL
#include "paths/found/definition.hpp"

#include <algorithm>

#include "journey/groups.hpp"
#include "journey/selector.hpp"

namespace clientele {
namespace {

constexpr uint8_t version = 2;

enum Flag : uint8_t {
  with_gap = 1,
  with_start = 2,
  with_end = 4,
  collapsing = 8,
  reversed = 16,
  with_length = 32,
  by_steps = 64,
  with_times = 128
};
// Of the second version, after those of the first.
enum SecondFlag : uint8_t {
  with_keep = 1,
  with_groups = 2,
  with_ends = 4,
  with_top = 8,
  with_rest = 16,
  second_flags_known = 31
};

void at_least_one(const char* name, int64_t value) {
  if (value < 1 || value > INT32_MAX)
    throw Error(sqlstate::invalid_parameter,
                std::string(name) + " must be from 1 to 2147483647, not " + std::to_string(value));
}

}  // namespace

PathDefinition::PathDefinition() = default;

void PathDefinition::check() const {
  size_t size = rest == default_rest ? 0 : rest.size();
  for (const auto* selector : {&start_at, &end_at, &keep})
    if (*selector) size += (*selector)->size();
  for (const std::string& group : groups) size += group.size();
  size_limit.check(size);
  if (max_length) at_least_one("max_length", *max_length);
  if (min_weight < 1)
    throw Error(sqlstate::invalid_parameter,
                "min_weight must be at least 1, not " + std::to_string(min_weight));
  if (top) at_least_one("top", *top);
  if (rest.empty())
    throw Error(sqlstate::invalid_parameter, "rest must be a name, not an empty text");
  for (const auto* selector : {&start_at, &end_at, &keep})
    if (*selector) parse_selector(**selector);
  parse_groups(groups);
}

uint8_t PathDefinition::first_flags() const {
  return static_cast<uint8_t>((session_gap ? with_gap : 0) | (start_at ? with_start : 0) |
                              (end_at ? with_end : 0) | (collapse ? collapsing : 0) |
                              (reverse ? reversed : 0) | (max_length ? with_length : 0) |
                              (by_step ? by_steps : 0) | (times ? with_times : 0));
}

uint8_t PathDefinition::second_flags() const {
  return static_cast<uint8_t>((keep ? with_keep : 0) | (groups.empty() ? 0 : with_groups) |
                              (ends ? with_ends : 0) | (top ? with_top : 0) |
                              (rest != default_rest ? with_rest : 0));
}

void PathDefinition::write(Bytes& out) const {
  Writer w(out);
  const uint8_t second = second_flags();
  w.u8(second != 0 ? version : 1);
  w.u8(first_flags());
  if (second != 0) w.u8(second);
  if (session_gap) w.varint(*session_gap);
  if (start_at) w.text(*start_at);
  if (end_at) w.text(*end_at);
  if (max_length) w.varint(static_cast<uint64_t>(*max_length));
  w.varint(static_cast<uint64_t>(min_weight));
  if (keep) w.text(*keep);
  if (!groups.empty()) {
    w.varint(groups.size());
    for (const std::string& group : groups) w.text(group);
  }
  if (top) w.varint(static_cast<uint64_t>(*top));
  if (rest != default_rest) w.text(rest);
}

PathDefinition PathDefinition::read(std::span<const uint8_t> bytes) {
  size_limit.check(bytes.size());
  Reader r(bytes);
  const uint8_t v = r.u8();
  if (v != 1 && v != version) Reader::unknown_version(v, "path_def");
  const uint8_t flags = r.u8();
  const uint8_t second = v == 1 ? 0 : r.u8();
  if (second > second_flags_known) Reader::fail("it is not a path_def");
  PathDefinition d;
  if (flags & with_gap) d.session_gap = r.varint();
  if (flags & with_start) d.start_at = r.text();
  if (flags & with_end) d.end_at = r.text();
  d.collapse = flags & collapsing;
  d.reverse = flags & reversed;
  if (flags & with_length) d.max_length = static_cast<int64_t>(r.varint());
  d.by_step = flags & by_steps;
  d.times = flags & with_times;
  d.min_weight = static_cast<int64_t>(r.varint());
  if (second & with_keep) d.keep = r.text();
  if (second & with_groups)
    for (size_t n = r.count(); n > 0; --n) d.groups.emplace_back(r.text());
  d.ends = second & with_ends;
  if (second & with_top) d.top = static_cast<int64_t>(r.varint());
  if (second & with_rest) d.rest = r.text();
  if (!writes(d, bytes) || (d.session_gap && *d.session_gap > INT64_MAX))
    Reader::fail("it is not a path_def");
  d.check();
  return d;
}

}  // namespace clientele
