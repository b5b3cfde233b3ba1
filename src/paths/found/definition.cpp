// SPDX-License-Identifier: PostgreSQL
#include "paths/found/definition.hpp"

#include <algorithm>

#include "journey/selector.hpp"

namespace clientele {
namespace {

constexpr uint8_t version = 1;

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

void at_least_one(const char* name, int64_t value) {
  if (value < 1 || value > INT32_MAX)
    throw Error(sqlstate::invalid_parameter,
                std::string(name) + " must be from 1 to 2147483647, not " + std::to_string(value));
}

}  // namespace

void PathDefinition::check() const {
  size_limit.check((start_at ? start_at->size() : 0) + (end_at ? end_at->size() : 0));
  if (max_length) at_least_one("max_length", *max_length);
  if (min_weight < 1)
    throw Error(sqlstate::invalid_parameter,
                "min_weight must be at least 1, not " + std::to_string(min_weight));
  if (start_at) parse_selector(*start_at);
  if (end_at) parse_selector(*end_at);
}

void PathDefinition::write(Bytes& out) const {
  Writer w(out);
  w.u8(version);
  w.u8(static_cast<uint8_t>((session_gap ? with_gap : 0) | (start_at ? with_start : 0) |
                            (end_at ? with_end : 0) | (collapse ? collapsing : 0) |
                            (reverse ? reversed : 0) | (max_length ? with_length : 0) |
                            (by_step ? by_steps : 0) | (times ? with_times : 0)));
  if (session_gap) w.varint(*session_gap);
  if (start_at) w.text(*start_at);
  if (end_at) w.text(*end_at);
  if (max_length) w.varint(static_cast<uint64_t>(*max_length));
  w.varint(static_cast<uint64_t>(min_weight));
}

PathDefinition PathDefinition::read(std::span<const uint8_t> bytes) {
  size_limit.check(bytes.size());
  Reader r(bytes);
  r.version(version, "path_def");
  const uint8_t flags = r.u8();
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
  if (!writes(d, bytes) || (d.session_gap && *d.session_gap > INT64_MAX))
    Reader::fail("it is not a path_def");
  d.check();
  return d;
}

}  // namespace clientele
