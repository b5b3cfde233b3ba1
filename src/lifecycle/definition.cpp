// SPDX-License-Identifier: PostgreSQL
#include "lifecycle/definition.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "journey/groups.hpp"

namespace clientele {
namespace {

constexpr uint8_t format_version = 1;

[[noreturn]] void invalid(const std::string& message, const char* hint = "") {
  throw Error(sqlstate::invalid_parameter, message, hint);
}

void write_length(Writer& w, const std::optional<uint64_t>& length) {
  w.u8(length.has_value());
  if (length) w.varint(*length);
}

std::optional<uint64_t> read_length(Reader& r) {
  if (r.u8() == 0) return std::nullopt;
  const uint64_t length = r.varint();
  if (length > INT64_MAX) Reader::fail("a length of time is out of range");
  return length;
}

}  // namespace

void LifecycleDefinition::set_stages(std::span<const std::string> texts) {
  if (texts.empty())
    invalid("a lifecycle needs at least one stage",
            "Name the stages in order, such as '{visitor=*,buyer=purchase}'.");
  if (texts.size() > max_stages)
    throw Error(sqlstate::limit_exceeded, "a lifecycle can have at most " +
                                              std::to_string(max_stages) + " stages, not " +
                                              std::to_string(texts.size()));
  stages.resize(texts.size());
  const auto named = parse_groups(texts);
  for (size_t i = 0; i < texts.size(); ++i) {
    stages[i].text = texts[i];
    stages[i].name = named[i].name;
    stages[i].selector = named[i].selector;
    for (size_t before = 0; before < i; ++before)
      if (stages[before].name == stages[i].name)
        invalid("two stages of the lifecycle have the name \"" + stages[i].name + "\"");
  }
}

void LifecycleDefinition::check() const {
  size_t bytes = 0;
  for (const Stage& stage : stages) bytes += stage.text.size();
  size_limit.check(bytes);
  for (const Stage& stage : stages) {
    if (stage.at_least < 1)
      invalid("at_least of stage \"" + stage.name + "\" must be 1 or more, not " +
              std::to_string(stage.at_least));
    if (stage.within && stage.at_least > max_recent)
      throw Error(sqlstate::limit_exceeded, "at_least of stage \"" + stage.name +
                                                "\" can be at most " + std::to_string(max_recent) +
                                                " with a window, not " +
                                                std::to_string(stage.at_least));
    if (stage.within && stage.silence && *stage.silence > *stage.within)
      invalid("stage \"" + stage.name + "\" can never hold: its silence is longer than its window");
  }
}

void LifecycleDefinition::write(Bytes& out) const {
  Writer w(out);
  w.u8(format_version);
  w.u8(static_cast<uint8_t>(period));
  w.u8(static_cast<uint8_t>(since.has_value() | until.has_value() << 1 | days << 2));
  if (since) w.signed_varint(*since);
  if (until) w.signed_varint(*until);
  w.varint(stages.size());
  for (const Stage& stage : stages) {
    w.text(stage.text);
    w.varint(static_cast<uint32_t>(stage.at_least));
    write_length(w, stage.within);
    write_length(w, stage.silence);
  }
  w.text(time_zone);
}

LifecycleDefinition LifecycleDefinition::read(std::span<const uint8_t> bytes) {
  size_limit.check(bytes.size());
  Reader r(bytes);
  r.version(format_version, "lifecycle_def");
  LifecycleDefinition d;
  const uint8_t period = r.u8(), flags = r.u8();
  if (period > static_cast<uint8_t>(PeriodUnit::year) || flags > 7)
    Reader::fail("a flag of a lifecycle_def is out of range");
  d.period = static_cast<PeriodUnit>(period);
  d.days = flags & 4;
  const auto time = [&] {
    const Micros at = r.signed_varint();
    if (at < first_instant || at >= end_of_time) Reader::fail("a time is out of range");
    return at;
  };
  if (flags & 1) d.since = time();
  if (flags & 2) d.until = time();
  std::vector<std::string> texts;
  std::vector<Stage> rest;
  for (size_t n = r.count(); n > 0; --n) {
    texts.emplace_back(r.text());
    Stage stage;
    const uint64_t at_least = r.varint();
    if (at_least > INT32_MAX) Reader::fail("a number of events is out of range");
    stage.at_least = static_cast<int32_t>(at_least);
    stage.within = read_length(r);
    stage.silence = read_length(r);
    rest.push_back(stage);
  }
  d.time_zone = r.text();
  d.set_stages(texts);
  for (size_t i = 0; i < rest.size(); ++i) {
    d.stages[i].at_least = rest[i].at_least;
    d.stages[i].within = rest[i].within;
    d.stages[i].silence = rest[i].silence;
  }
  if (!writes(d, bytes)) Reader::fail("it is not a lifecycle_def");
  d.check();
  return d;
}

}  // namespace clientele
