// SPDX-License-Identifier: PostgreSQL
// Sequences and retention in raw rows: patterns, and the states of the aggregates as bytes from
// outside. A pattern that is read answers all questions in the same way; a state that is read
// writes itself the same way, and joins with itself.
#include "fuzz.hpp"
#include "retention/rows/rows.hpp"
#include "sequences/matching/raw.hpp"
#include "sequences/next_node/next_node.hpp"

using namespace clientele;
using fuzz::must;

namespace {

fuzz::Tally tally("states read", "patterns read");

void answers(const RawSequence& rows, const SequencePattern& pattern) {
  RawSequence::Sorted sorted;
  SequenceSearch search;
  sorted.load(rows, pattern, search);
  const bool matches = search.matches();
  const uint64_t count = search.count();
  must(matches == (count > 0), "a match is counted");
  const std::span<const Micros> events = search.events();
  must(events.size() <= pattern.elements().size(), "a time is that of an element");
  must(std::ranges::is_sorted(events), "times ascend");
}

void read_pattern(std::span<const uint8_t> bytes) {
  // The rows come before the pattern, a byte each: the time to the next one, and the conditions.
  const size_t rows = std::min<size_t>(bytes.size() / 2, bytes.empty() ? 0 : bytes[0] % 80);
  const std::string_view text = fuzz::text_of(bytes.subspan(rows));
  const SequencePattern pattern = SequencePattern::parse(text, 4);
  ++tally.accepted;
  must(!pattern.elements().empty(), "a pattern has an element");
  for (const SequencePattern::Element& e : pattern.elements()) {
    uint64_t before = 0;
    for (const SequencePattern::Time& t : pattern.times(e)) {
      must(t.least <= t.most && (t.least == 0 || t.least >= before), "times are apart");
      before = t.most + 1;
    }
  }
  RawSequence sequence(std::pmr::get_default_resource());
  sequence.define(text, 4);
  Micros at = 0;
  for (const uint8_t row : bytes.first(rows)) {
    const uint8_t met[] = {static_cast<uint8_t>(row & 1), static_cast<uint8_t>(row >> 1 & 1),
                           static_cast<uint8_t>(row >> 2 & 1), static_cast<uint8_t>(row >> 3 & 1)};
    at += (row >> 4) * (row % 3 == 0 ? second : 1);
    sequence.add(at, Conditions(met, nullptr, 4));
  }
  answers(sequence, pattern);
}

template <class State, class Use>
void read_state(std::span<const uint8_t> bytes, Use use) {
  auto* const memory = std::pmr::get_default_resource();
  State state(memory);
  Reader reader(bytes);
  state.read(reader);
  ++tally.opened;
  Bytes again;
  state.write(again);
  State copy(memory);
  Reader second_reader(again);
  copy.read(second_reader);
  Bytes third;
  copy.write(third);
  must(again == third, "a state is itself again");
  copy.merge(state);
  use(copy);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ++tally.runs;
  if (size == 0) return 0;
  const std::span<const uint8_t> bytes(data + 1, size - 1);
  try {
    switch (data[0] % 4) {
      case 0:
        read_state<RawSequence>(bytes, [](const RawSequence& s) {
          answers(s, SequencePattern::parse(s.pattern(), s.conditions()));
        });
        break;
      case 1:
        read_state<NextNode>(bytes, [](const NextNode& n) { n.next(); });
        break;
      case 2:
        read_state<RawRetention>(bytes, [](const RawRetention& r) {
          for (size_t i = 1; i <= r.conditions(); ++i) r.returned(i);
        });
        break;
      default:
        read_pattern(bytes);
    }
  } catch (const Error&) {
  }
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
  static constexpr std::string_view pieces[] = {"(?1)",    "(?2)",           "(?3)",     ".",
                                                ".*",      "(?t<=5)",        "(?t>0.5)", "(?t!=3)",
                                                "(?t==0)", "(?t>=0.000001)", " ",        "(?4)"};
  testing::Random random(seed);
  if (size == 0 || random.one_in(2)) {
    // A whole state or a pattern, of which some bits may be wrong.
    Bytes value;
    auto* const memory = std::pmr::get_default_resource();
    const auto kind = static_cast<uint8_t>(random.below(4));
    const size_t conditions = random.one_in(4) ? 70 : 1 + random.below(4);
    std::vector<uint8_t> met(conditions);
    RawSequence sequence(memory);
    NextNode node(memory);
    RawRetention retention(memory);
    std::string pattern;
    for (uint64_t n = 1 + random.below(6); n > 0; --n) pattern += pieces[random.below(12)];
    sequence.define(pattern, conditions);
    node.define(random.one_in(2) ? NextNodeRule::of("forward", "first_match", conditions)
                                 : NextNodeRule::of("backward", "tail", conditions));
    for (uint64_t n = random.below(6); n > 0; --n) {
      for (uint8_t& m : met) m = random.one_in(3);
      const Conditions row(met.data(), nullptr, conditions);
      sequence.add(static_cast<Micros>(random.any_width()), row);
      node.add(static_cast<Micros>(random.below(9)), pattern.substr(0, random.below(20)),
               random.one_in(2), row);
      retention.add(row);
    }
    if (kind == 0) sequence.write(value);
    if (kind == 1) node.write(value);
    if (kind == 2) retention.write(value);
    if (kind == 3) {
      for (uint64_t n = random.below(20); n > 0; --n)
        value.push_back(static_cast<uint8_t>(random()));
      if (!value.empty()) value[0] = static_cast<uint8_t>(value.size());
      while (value.size() > pattern.size()) value.pop_back();
      if (!value.empty()) value[0] = static_cast<uint8_t>(value.size());
      value.insert(value.end(), pattern.begin(), pattern.end());
    }
    value.insert(value.begin(), kind);
    if (kind != 3 && !random.one_in(4))
      value[random.below(value.size())] ^= static_cast<uint8_t>(1 << random.below(8));
    return fuzz::replace(data, size, most, value);
  }
  if (data[0] % 4 == 3) return fuzz::mutate_text(data, size, most, seed, pieces);
  return LLVMFuzzerMutate(data, size, most);
}
