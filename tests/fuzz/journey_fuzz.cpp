// SPDX-License-Identifier: PostgreSQL
// Packed journeys from outside. Whatever the bytes, reading ends or throws Error; what validate()
// accepts encodes to the same bytes again and survives the text form. Most inputs are made from
// events, so that they are journeys or nearly so.
#include "fuzz.hpp"
#include "journey/text.hpp"

using namespace clientele;
using fuzz::must;

namespace {

fuzz::Tally tally("past the header", "canonical");

bool same(const Bytes& a, std::span<const uint8_t> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

/// The fast door: blocks of times and codes.
void scan(const Journey& journey) {
  Micros at[Journey::block];
  uint16_t code[Journey::block];
  size_t seen = 0;
  Journey::Scan scan(journey);
  while (const size_t n = scan.next()) {
    scan.codes(code);
    for (size_t i = 0; i < n; ++i)
      must(code[i] < journey.code_limit(), "codes are below the limit");
    seen += n;
    scan.times(at);
  }
  must(seen == journey.size(), "a scan sees every event");
  if (!journey.empty()) must(journey.last_at() == at[(seen - 1) % Journey::block], "last_at");
}

void accepted(std::span<const uint8_t> bytes) {
  const Journey journey(bytes);
  EventList list;
  journey.decode(list);
  Bytes again;
  encode(list, again);
  must(same(again, bytes), "an accepted value encodes to the same bytes");
  const std::string text = to_text(journey);
  EventList from;
  from_text(text, from);
  encode(from, again);
  must(same(again, bytes), "an accepted value survives the text form");
  if (!list.events.empty()) {
    must(journey.first_at() == list.events.front().at, "first_at");
    must(journey.last_at() == list.events.back().at, "last_at");
  }
  EventList other;
  journey.decode(other);
  list.append(other);
  list.sort();
  encode(list, again);
  must(Journey(again).size() == 2 * journey.size(), "nothing is lost by joining");
  must(Journey(again).types().size() == journey.types().size(), "joining adds no types");
}

/// Bytes that no encoder wrote may still be read as some journey, which then is an ordinary one.
void decoded(EventList& list) {
  Micros before = first_instant;
  for (const Event& e : list.events) {
    must(before <= e.at && e.at < end_of_time, "times are ascending and in range");
    before = e.at;
  }
  list.sort();
  Bytes bytes;
  encode(list, bytes);
  validate(bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const uint8_t> bytes(data, size);
  ++tally.runs;
  bool opened = false, readable = false;
  try {
    const Journey journey(bytes);
    opened = true;
    ++tally.opened;
    scan(journey);
    EventList list;
    journey.decode(list);
    readable = true;
    must(list.events.size() == journey.size(), "decode sees every event");
    decoded(list);
  } catch (const Error& e) {
    must(!readable && std::strcmp(e.code(), sqlstate::corrupted) == 0, "bad bytes are XX001");
  }
  try {
    validate(bytes);
    must(opened && readable, "what is accepted can be read");
    ++tally.accepted;
    accepted(bytes);
  } catch (const Error& e) {
    must(std::strcmp(e.code(), sqlstate::invalid_binary) == 0, "refused bytes are 22P03");
  }
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
  testing::Random random(seed);
  const uint64_t way = random.below(8);
  if (way == 0) return LLVMFuzzerMutate(data, size, most);
  EventList list;
  try {
    Journey({data, size}).decode(list);
    for (Event& e : list.events) e.at = testing::clamp_time(e.at, 1);
    if (way > 1) fuzz::change(list, random);
  } catch (const Error&) {
    list = testing::random_events(random, random.one_in(200) ? 300 : 8);
  }
  try {
    const Bytes bytes = testing::packed(std::move(list));
    const size_t n = fuzz::replace(data, size, most, bytes);
    if (way == 1) return LLVMFuzzerMutate(data, n, most);
    if (way < 5)
      for (auto left = 1 + random.below(2); left > 0; --left)
        data[random.below(n)] ^= static_cast<uint8_t>(1 << random.below(8));
    if (way == 5) data[random.below(n)] = static_cast<uint8_t>(random());
    return n;
  } catch (const Error&) {
    return LLVMFuzzerMutate(data, size, most);
  }
}
