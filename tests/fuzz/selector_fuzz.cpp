// SPDX-License-Identifier: PostgreSQL
// Selectors. The parser ends or throws 22023; a quoted name is read as exactly that name; globs are
// proper LIKE patterns.
#include "fuzz.hpp"
#include "journey/selector.hpp"

using namespace clientele;
using fuzz::must;

namespace {

fuzz::Tally tally("with more than a word", "selectors");

/// No lone escape: every backslash is followed by something to escape.
void check(const SelectorWord& word) {
  if (!word.glob) return;
  must(word.text.find('%') != std::string::npos, "a glob has a wildcard");
  for (size_t i = 0; i < word.text.size(); ++i) {
    if (word.text[i] == '\\') {
      must(++i < word.text.size(), "an escape escapes");
      must(std::string_view("%_\\").find(word.text[i]) != std::string_view::npos,
           "needless escape");
    } else {
      must(word.text[i] != '_', "no one-letter wildcard slips in");
    }
  }
}

void quoted(std::optional<std::string_view> channel, std::string_view event) {
  const std::string text = quote_selector(channel, event);
  const std::vector<SelectorTerm> terms = parse_selector(text);
  must(terms.size() == 1 && terms[0].exact() && terms[0].properties.empty(), "one exact term");
  must(terms[0].event.text == event, "the event is itself");
  must(terms[0].channel.has_value() == channel.has_value(), "a channel if there was one");
  if (channel) must(terms[0].channel->text == *channel, "the channel is itself");
  // And as a part of something longer.
  const std::vector<SelectorTerm> more = parse_selector(text + "| #7 |" + text);
  must(more.size() == 3 && more[1].number == 7 && more[2].event.text == event, "alternatives");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ++tally.runs;
  const std::string_view text = fuzz::text_of({data, size});
  quoted(std::nullopt, text);
  quoted(text.substr(0, size / 2), text.substr(size / 2));
  tally.opened += text.find_first_of(":|[\"#*!") != std::string_view::npos;
  try {
    const std::vector<SelectorTerm> terms = parse_selector(text);
    ++tally.accepted;
    must(!terms.empty(), "a selector has a term");
    must(std::ranges::any_of(terms, [](const SelectorTerm& t) { return !t.except; }),
         "a selector picks something");
    for (const SelectorTerm& t : terms) {
      must(!t.number || *t.number >= 0, "numbers are not negative");
      check(t.event);
      if (t.channel) check(*t.channel);
    }
  } catch (const Error& e) {
    must(std::strcmp(e.code(), sqlstate::invalid_parameter) == 0, "a bad selector is 22023");
  }
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
  static constexpr std::string_view pieces[] = {"web", ":",    "view_*", "[", "a=b", "&",
                                                "]",   "|",    "#3",     " ", "\"",  "\"\"",
                                                "*",   "客户", "=",      "%", "!"};
  return fuzz::mutate_text(data, size, most, seed, pieces);
}
