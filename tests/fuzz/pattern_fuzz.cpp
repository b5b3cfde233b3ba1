// SPDX-License-Identifier: PostgreSQL
// Patterns. The parser ends, or says at which character a text is wrong; the search in many small
// blocks of rows finds what the search in one finds, and the chain where there is one. What is read
// of a definition or a summary writes itself the same way.
#include "fuzz.hpp"
#include "patterns/matches/matcher.hpp"
#include "patterns/matches/summary.hpp"

using namespace clientele;
using fuzz::bytes_of;
using fuzz::must;

namespace {

fuzz::Tally tally("within the limits", "patterns");
const char* stack_begin = nullptr;

bool same(const std::vector<TakenEvents>& a, const std::vector<TakenEvents>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.first == y.first && x.last == y.last && x.count == y.count;
  });
}

/// Events that one selector or none picks, at times that the bytes say.
void search(const PatternDefinition& definition, std::span<const uint8_t> bytes) {
  PatternMatcher matcher(definition.program());
  EventClasses& classes = matcher.classes();
  std::vector<Micros> at;
  std::vector<uint32_t> cls;
  Micros now = 0;
  for (const uint8_t b : bytes.first(std::min<size_t>(bytes.size(), 60))) {
    now += b % 4 * second;
    const auto selector = static_cast<uint32_t>(b / 4 % (classes.selectors().size() + 1));
    const bool none = selector == classes.selectors().size();
    at.push_back(now);
    cls.push_back(none ? 0 : classes.class_of({&selector, 1}));
  }
  const ClassedEvents events{at, cls};
  const bool any = !matcher.find(events, Wanted::any).matches.empty();
  must(!any || matcher.possible(cls), "what matches is possible");
  const FoundMatches plain = matcher.find(events, Wanted::matches);
  const FoundMatches found = matcher.find(events, Wanted::groups);
  must(any == !found.matches.empty() && same(plain.matches, found.matches), "one answer");
  if (!definition.session_gap) {
    FoundMatches again;
    PatternSearch(matcher.program(), classes, 1).find(events, Wanted::groups, again);
    must(same(again.matches, found.matches) && same(again.groups, found.groups), "in small blocks");
  }
  PatternSummary summary(std::pmr::get_default_resource());
  const Bytes written = bytes_of(definition);
  summary.start(written, matcher.program().groups.size());
  summary.add(at, found);
  const Bytes once = bytes_of(summary);
  PatternSummary back(std::pmr::get_default_resource());
  Reader reader(once);
  back.read(reader);
  must(reader.done() && bytes_of(back) == once, "a summary is itself again");
}

void read_text(std::string_view text, std::span<const uint8_t> events) {
  PatternDefinition d;
  d.text = text;
  try {
    const PatternProgram program = d.program();
    ++tally.accepted;
    if (program.nodes.size() > 400) return;
  } catch (const Error& e) {
    if (std::strcmp(e.code(), sqlstate::invalid_parameter) == 0) {
      const std::string what = e.what(), mark = "\" at character ";
      const size_t at = what.rfind(mark);
      must(at != std::string::npos, "a wrong pattern has a place");
      must(std::stoul(what.substr(at + mark.size())) <= text.size() + 1, "the place is within");
    }
    return;
  }
  ++tally.opened;
  search(d, events);
  d.within = events.size() * second;
  search(d, events);
  d.session_gap = 2 * second;
  search(d, events);
}

void read_bytes(std::span<const uint8_t> bytes) {
  try {
    const PatternDefinition d = PatternDefinition::read(bytes);
    const Bytes again = bytes_of(d);
    must(same_bytes(again, bytes), "a definition is canonical");
  } catch (const Error&) {
  }
  try {
    PatternSummary summary(std::pmr::get_default_resource());
    Reader reader(bytes);
    summary.read(reader);
    const Bytes again = bytes_of(summary);
    PatternSummary back(std::pmr::get_default_resource());
    Reader more(again);
    back.read(more);
    must(more.done() && bytes_of(back) == again, "a summary is itself again");
    back.merge(summary);
    must(back.customers() == 2 * summary.customers(), "customers add up");
  } catch (const Error&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ++tally.runs;
  stack_begin = static_cast<const char*>(__builtin_frame_address(0));
  stack_hook = [] {
    if (stack_begin - static_cast<const char*>(__builtin_frame_address(0)) > 1'000'000)
      throw Error(sqlstate::too_complex, "too deep");
  };
  const std::span<const uint8_t> input(data, size);
  read_bytes(input);
  const size_t zero = std::find(input.begin(), input.end(), 0) - input.begin();
  read_text(fuzz::text_of(input.first(zero)), input.subspan(std::min(zero + 1, size)));
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
  static constexpr std::string_view pieces[] = {"a",
                                                "b",
                                                "#3",
                                                ".",
                                                " ... ",
                                                "!",
                                                "!(a|b)",
                                                "(",
                                                ")",
                                                "|",
                                                "*",
                                                "+?",
                                                "{2,3}",
                                                "(?<x>",
                                                "^",
                                                "$",
                                                " within 2 seconds ",
                                                " after at least 1 second ",
                                                "<",
                                                ">",
                                                "\"",
                                                "购",
                                                " directly within 1 second ",
                                                std::string_view("\0\5\1\2\6\3", 6)};
  return fuzz::mutate_text(data, size, most, seed, pieces);
}
