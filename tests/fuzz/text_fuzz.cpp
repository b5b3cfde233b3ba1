// SPDX-License-Identifier: PostgreSQL
// The text form of journeys. What is read prints, and what was printed reads as the same journey.
#include "fuzz.hpp"
#include "journey/text.hpp"

using namespace clientele;
using fuzz::must;

namespace {

fuzz::Tally tally("with a first event", "journeys");

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ++tally.runs;
  EventList list;
  try {
    from_text(fuzz::text_of({data, size}), list);
  } catch (const Error& e) {
    must(std::strcmp(e.code(), sqlstate::invalid_text) == 0, "bad text is 22P02");
    tally.opened += !list.events.empty();
    return 0;
  }
  ++tally.opened, ++tally.accepted;
  Bytes bytes, again;
  encode(list, bytes);
  validate(bytes);
  const std::string text = to_text(Journey(bytes));
  EventList back;
  from_text(text, back);
  encode(back, again);
  must(again == bytes, "printed text reads as the same journey");
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
  testing::Random random(seed);
  const uint64_t way = random.below(6);
  if (way == 0) return LLVMFuzzerMutate(data, size, most);
  EventList list;
  try {
    from_text(fuzz::text_of({data, size}), list);
    if (way > 1) fuzz::change(list, random);
  } catch (const Error&) {
    if (random.one_in(2)) return LLVMFuzzerMutate(data, size, most);
    list = testing::random_events(random, 6);
  }
  std::string text;
  try {
    text = to_text(Journey(testing::packed(std::move(list))));
  } catch (const Error&) {
    return LLVMFuzzerMutate(data, size, most);
  }
  static constexpr std::string_view likely = "{}@#=,-+.:TZ 0123459\t\n";
  if (way < 5)
    for (auto left = 1 + random.below(3); left > 0 && !text.empty(); --left) {
      const size_t at = random.below(text.size());
      const char c = likely[random.below(likely.size())];
      switch (random.below(3)) {
        case 0:
          text[at] = c;
          break;
        case 1:
          text.insert(at, 1, c);
          break;
        default:
          text.erase(at, 1);
      }
    }
  return fuzz::replace(data, size, most, fuzz::as_bytes(text));
}
