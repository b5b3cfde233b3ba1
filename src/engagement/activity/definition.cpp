// SPDX-License-Identifier: PostgreSQL
#include "engagement/activity/definition.hpp"

#include <algorithm>
#include <functional>

#include "base/error.hpp"
#include "journey/selector.hpp"

namespace clientele {
namespace {

constexpr uint8_t format_version = 1;

[[noreturn]] void invalid(const std::string& message, const char* hint = "") {
  throw Error(sqlstate::invalid_parameter, message, hint);
}

}  // namespace

void ActivityDefinition::check() const {
  size_limit.check(selector.size() + bins.size());
  parse_selector(selector);
  if (window_periods < 1)
    invalid("window_periods must be at least 1, not " + std::to_string(window_periods));
  if (!bins.empty() && bins.front() < 0)
    invalid("bins must not be negative, as " + std::to_string(bins.front()) + " is");
  if (std::ranges::adjacent_find(bins, std::greater_equal()) != bins.end())
    invalid("bins must ascend",
            "They are lower bounds, such as '{0,1,5,20}'; the last has no end.");
}

void ActivityDefinition::write(Bytes& out) const {
  Writer w(out);
  w.u8(format_version);
  w.u8(static_cast<uint8_t>(period));
  w.u8(static_cast<uint8_t>(since.has_value() | until.has_value() << 1));
  if (since) w.signed_varint(*since);
  if (until) w.signed_varint(*until);
  w.varint(static_cast<uint32_t>(window_periods));
  w.varint(bins.size());
  for (const int32_t bound : bins) w.varint(static_cast<uint32_t>(bound));
  w.text(selector);
  w.text(time_zone);
}

ActivityDefinition ActivityDefinition::read(std::span<const uint8_t> bytes) {
  size_limit.check(bytes.size());
  Reader r(bytes);
  r.version(format_version, "activity_def");
  ActivityDefinition d;
  const uint8_t period = r.u8(), flags = r.u8();
  if (period > static_cast<uint8_t>(PeriodUnit::year) || flags > 3)
    Reader::fail("a flag of an activity_def is out of range");
  d.period = static_cast<PeriodUnit>(period);
  const auto time = [&] {
    const Micros at = r.signed_varint();
    if (at < first_instant || at >= end_of_time) Reader::fail("a time is out of range");
    return at;
  };
  if (flags & 1) d.since = time();
  if (flags & 2) d.until = time();
  const auto integer = [&] {
    const uint64_t value = r.varint();
    if (value > INT32_MAX) Reader::fail("a number is out of range");
    return static_cast<int32_t>(value);
  };
  d.window_periods = integer();
  for (size_t n = r.count(); n > 0; --n) d.bins.push_back(integer());
  d.selector = r.text();
  d.time_zone = r.text();
  if (!writes(d, bytes)) Reader::fail("it is not an activity_def");
  d.check();
  return d;
}

}  // namespace clientele
