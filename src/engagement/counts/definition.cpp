// SPDX-License-Identifier: PostgreSQL
#include "engagement/counts/definition.hpp"

#include <iterator>

#include "base/error.hpp"
#include "journey/selector.hpp"

namespace clientele {
namespace {

constexpr uint8_t format_version = 1;
constexpr const char* names[] = {"hour",    "day",  "week",         "month",
                                 "quarter", "year", "hour of week", "all"};
constexpr std::string_view prefix = "property:";

enum Flag : uint8_t {
  with_since = 1,
  with_until = 2,
  by_channel = 4,
  by_event = 8,
  by_event_type = 16,
  by_property = 32,
  known_flags = 63
};

}  // namespace

CountPeriod parse_count_period(std::string_view word) {
  for (size_t i = 0; i < std::size(names); ++i)
    if (word == names[i]) return static_cast<CountPeriod>(i);
  throw Error(sqlstate::invalid_parameter, "period \"" + std::string(word) + "\" is not known",
              "It is hour, day, week, month, quarter, year, hour of week, or all.");
}

const char* count_period_name(CountPeriod period) { return names[static_cast<size_t>(period)]; }

CountedBy CountedBy::parse(const std::vector<std::string>& words) {
  CountedBy by;
  for (const std::string& word : words) {
    if (word == "channel") {
      by.channel = true;
    } else if (word == "event") {
      by.event = true;
    } else if (word == "event_type") {
      by.event_type = true;
    } else {
      std::string name = word.starts_with(prefix) ? word.substr(prefix.size()) : word;
      if (name.empty())
        throw Error(sqlstate::invalid_parameter, "by must not name an empty property",
                    "It lists channel, event, event_type, and at most one property.");
      if (by.property && *by.property != name)
        throw Error(sqlstate::invalid_parameter,
                    "by has two properties: \"" + *by.property + "\" and \"" + name + "\"",
                    "It lists channel, event, event_type, and at most one property.");
      by.property = std::move(name);
    }
  }
  return by;
}

std::vector<std::string> CountedBy::words() const {
  std::vector<std::string> words;
  if (channel) words.emplace_back("channel");
  if (event) words.emplace_back("event");
  if (event_type) words.emplace_back("event_type");
  if (property) {
    const bool taken = *property == "channel" || *property == "event" ||
                       *property == "event_type" || property->starts_with(prefix);
    words.push_back(taken ? std::string(prefix) + *property : *property);
  }
  return words;
}

void CountsDefinition::check() const {
  size_limit.check(selector.size() + (by.property ? by.property->size() : 0));
  parse_selector(selector);
}

void CountsDefinition::write(Bytes& out) const {
  Writer w(out);
  w.u8(format_version);
  w.u8(static_cast<uint8_t>(period));
  w.u8(static_cast<uint8_t>((since ? with_since : 0) | (until ? with_until : 0) |
                            (by.channel ? by_channel : 0) | (by.event ? by_event : 0) |
                            (by.event_type ? by_event_type : 0) | (by.property ? by_property : 0)));
  if (since) w.signed_varint(*since);
  if (until) w.signed_varint(*until);
  if (by.property) w.text(*by.property);
  w.varint(session_gap);
  w.text(selector);
  w.text(time_zone);
}

CountsDefinition CountsDefinition::read(std::span<const uint8_t> bytes) {
  size_limit.check(bytes.size());
  Reader r(bytes);
  r.version(format_version, "counts_def");
  CountsDefinition d;
  const uint8_t period = r.u8(), flags = r.u8();
  if (period > static_cast<uint8_t>(CountPeriod::all) || flags > known_flags)
    Reader::fail("a flag of a counts_def is out of range");
  d.period = static_cast<CountPeriod>(period);
  d.by.channel = flags & by_channel;
  d.by.event = flags & by_event;
  d.by.event_type = flags & by_event_type;
  const auto time = [&] {
    const Micros at = r.signed_varint();
    if (at < first_instant || at >= end_of_time) Reader::fail("a time is out of range");
    return at;
  };
  if (flags & with_since) d.since = time();
  if (flags & with_until) d.until = time();
  if (flags & by_property) {
    d.by.property = r.text();
    if (d.by.property->empty()) Reader::fail("a property has no name");
  }
  d.session_gap = r.varint();
  d.selector = r.text();
  d.time_zone = r.text();
  if (!writes(d, bytes) || d.session_gap > INT64_MAX) Reader::fail("it is not a counts_def");
  d.check();
  return d;
}

}  // namespace clientele
