// SPDX-License-Identifier: PostgreSQL
#include "engagement/intervals/definition.hpp"

#include "base/error.hpp"
#include "journey/selector.hpp"

namespace clientele {
namespace {

constexpr uint8_t format_version = 1;
constexpr const char* pick_names[] = {"last", "first"};

}  // namespace

const char* pick_name(IntervalPick pick) { return pick_names[static_cast<size_t>(pick)]; }

IntervalPick parse_pick(std::string_view word) {
  for (size_t i = 0; i < std::size(pick_names); ++i)
    if (word == pick_names[i]) return static_cast<IntervalPick>(i);
  throw Error(sqlstate::invalid_parameter, "pick \"" + std::string(word) + "\" is not known",
              "It is last or first: of the opening events since the last pair.");
}

void IntervalDefinition::check() const {
  size_limit.check(from_event.size() + to_event.size());
  for (const auto& [name, selector] :
       {std::pair("from_event", &from_event), {"to_event", &to_event}})
    if (selector->find_first_not_of(" \t\n\v\f\r") == std::string::npos)
      throw Error(
          sqlstate::invalid_parameter, std::string(name) + " has no selector",
          "Name the events that begin and end an interval, such as 'search' and 'purchase'.");
    else
      parse_selector(*selector);
}

void IntervalDefinition::write(Bytes& out) const {
  Writer w(out);
  w.u8(format_version);
  w.u8(static_cast<uint8_t>(static_cast<int>(pick) | within.has_value() << 1 |
                            since.has_value() << 2 | until.has_value() << 3));
  if (within) w.varint(*within);
  if (since) w.signed_varint(*since);
  if (until) w.signed_varint(*until);
  w.text(from_event);
  w.text(to_event);
}

IntervalDefinition IntervalDefinition::read(std::span<const uint8_t> bytes) {
  size_limit.check(bytes.size());
  Reader r(bytes);
  r.version(format_version, "interval_def");
  IntervalDefinition d;
  const uint8_t flags = r.u8();
  if (flags > 15) Reader::fail("a flag of an interval_def is out of range");
  d.pick = static_cast<IntervalPick>(flags & 1);
  if (flags & 2) {
    d.within = r.varint();
    if (*d.within > INT64_MAX) Reader::fail("a length of time is out of range");
  }
  const auto time = [&] {
    const Micros at = r.signed_varint();
    if (at < first_instant || at >= end_of_time) Reader::fail("a time is out of range");
    return at;
  };
  if (flags & 4) d.since = time();
  if (flags & 8) d.until = time();
  d.from_event = r.text();
  d.to_event = r.text();
  if (!writes(d, bytes)) Reader::fail("it is not an interval_def");
  d.check();
  return d;
}

}  // namespace clientele
