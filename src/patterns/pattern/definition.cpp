// SPDX-License-Identifier: PostgreSQL
#include "patterns/pattern/definition.hpp"

namespace clientele {
namespace {

constexpr uint8_t version = 1;

enum Flag : uint8_t { with_within = 1, with_gap = 2 };

}  // namespace

void PatternDefinition::check() const {
  size_limit.check(text.size());
  parse_pattern(text);
}

PatternProgram PatternDefinition::program() const {
  PatternProgram program = compile(parse_pattern(text));
  program.within = within.value_or(no_most_time);
  program.session_gap = session_gap.value_or(no_most_time);
  return program;
}

void PatternDefinition::write(Bytes& out) const {
  Writer w(out);
  w.u8(version);
  w.u8(static_cast<uint8_t>((within ? with_within : 0) | (session_gap ? with_gap : 0)));
  if (within) w.varint(*within);
  if (session_gap) w.varint(*session_gap);
  w.text(text);
}

PatternDefinition PatternDefinition::read(std::span<const uint8_t> bytes) {
  size_limit.check(bytes.size());
  Reader r(bytes);
  r.version(version, "pattern");
  const uint8_t flags = r.u8();
  PatternDefinition d;
  if (flags & with_within) d.within = r.varint();
  if (flags & with_gap) d.session_gap = r.varint();
  d.text = r.text();
  if (!writes(d, bytes) || d.within.value_or(0) > INT64_MAX ||
      d.session_gap.value_or(0) > INT64_MAX)
    Reader::fail("it is not a pattern");
  return d;
}

}  // namespace clientele
