// SPDX-License-Identifier: PostgreSQL
// The values of questions and the states of aggregates as bytes from outside: definitions and
// summaries of funnels, paths and counts, comparisons of groups and events, percentiles, lengths of
// time. What is read writes itself the same way from then on, and joins with itself.
#include "base/durations.hpp"
#include "base/length.hpp"
#include "engagement/counts/counter.hpp"
#include "funnel/bottlenecks/bottlenecks.hpp"
#include "funnel/correlation/correlation.hpp"
#include "funnel/steps/summary.hpp"
#include "fuzz.hpp"
#include "paths/counts/counts.hpp"
#include "paths/dwell/dwell.hpp"
#include "paths/links/summary.hpp"

using namespace clientele;
using fuzz::bytes_of;
using fuzz::must;

namespace {

fuzz::Tally tally("past the version", "read");

void read_funnel(std::span<const uint8_t> bytes) {
  const FunnelDefinition d = FunnelDefinition::read(bytes);
  ++tally.accepted;
  const Bytes again = bytes_of(d);
  must(bytes_of(FunnelDefinition::read(again)) == again, "a funnel is itself again");
  d.check();
  must(d.question().steps >= 1, "a funnel has steps");
  for (const std::string& text : d.exclusions)
    parse_exclusion(text, static_cast<int>(d.steps.size()));
}

void read_path(std::span<const uint8_t> bytes) {
  const PathDefinition d = PathDefinition::read(bytes);
  ++tally.accepted;
  const Bytes again = bytes_of(d);
  must(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()),
       "a path_def is canonical");
}

void read_counts(std::span<const uint8_t> bytes) {
  const CountsDefinition d = CountsDefinition::read(bytes);
  ++tally.accepted;
  const Bytes again = bytes_of(d);
  must(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()),
       "a counts_def is canonical");
  if (d.by.property)
    must(CountedBy::parse(d.by.words()).property == d.by.property, "a property is itself again");
}

template <class State>
void read_state(std::span<const uint8_t> bytes, auto fresh, auto use) {
  State state = fresh();
  Reader reader(bytes);
  state.read(reader);
  ++tally.accepted;
  const Bytes again = bytes_of(state);
  State back = fresh();
  Reader more(again);
  back.read(more);
  must(more.done(), "a state reads all that it wrote");
  must(bytes_of(back) == again, "a state is itself again");
  use(state);
  back.merge(state);
  use(back);
  const Bytes both = bytes_of(back);
  State last = fresh();
  Reader end(both);
  last.read(end);
  must(bytes_of(last) == both, "joined states are a state");
}

void use_durations(const Durations& d) {
  if (d.empty()) return;
  const int64_t low = d.percentile(0), middle = d.percentile(0.5), high = d.percentile(1);
  must(0 <= low && low <= middle && middle <= high, "percentiles ascend");
}

void read_length(std::string_view text) {
  const auto length = length_from_text(text);
  if (!length) return;
  ++tally.accepted;
  must(*length <= INT64_MAX, "a length fits");
  must(length_from_text(length_to_text(*length)) == length, "a length is itself again");
}

std::string random_selector(testing::Random& random) {
  static constexpr const char* some[] = {"a", "web:b", "c*", "#3", "a|b", "x[k=v]", "\"q r\""};
  return some[random.below(std::size(some))];
}

FunnelDefinition random_funnel(testing::Random& random) {
  FunnelDefinition d;
  d.order = static_cast<StepOrder>(random.below(2));
  d.strict_order = random.one_in(3);
  d.allow_reentry = d.strict_order && random.one_in(2);
  d.strict_deduplication = random.one_in(3);
  d.shared = random.one_in(3);
  for (auto n = 1 + random.below(4); n > 0; --n) d.steps.push_back(random_selector(random));
  if (random.one_in(2)) d.within = random.any_width() >> 1;
  if (random.one_in(3))
    for (size_t i = 1; i < d.steps.size(); ++i) d.step_windows.push_back(random.below(1000));
  if (d.steps.size() > 1 && random.one_in(2)) d.exclusions.push_back("z@1-2");
  d.natural_day = random.one_in(4);
  return d;
}

/// A state of a few customers with random events.
template <class State>
void write_paths(testing::Random& random, Bytes& out) {
  PathDefinition d;
  if (random.one_in(2)) d.session_gap = random.below(100);
  d.times = random.one_in(2);
  if (random.one_in(2)) d.top = 1 + static_cast<int64_t>(random.below(3));
  const Bytes definition = bytes_of(d);
  Vocabulary names;
  std::vector<PathKind> kinds;
  for (uint32_t i = 0; i < 1 + random.below(5); ++i) {
    names.labels.emplace_back(1, static_cast<char>('a' + i));
    kinds.push_back({i});
  }
  PathFinder finder(d);
  State state(std::pmr::get_default_resource());
  for (auto customers = random.below(5); customers > 0; --customers) {
    std::vector<Micros> at(random.below(9));
    std::vector<uint16_t> kind(at.size());
    Micros now = 0;
    for (size_t i = 0; i < at.size(); ++i) {
      at[i] = now += static_cast<Micros>(random.below(200));
      kind[i] = static_cast<uint16_t>(random.below(kinds.size()));
    }
    state.add(definition, finder, {at, kind}, kinds, names);
  }
  state.write(out);
}

CountsDefinition random_counts(testing::Random& random) {
  CountsDefinition d;
  d.period = static_cast<CountPeriod>(random.below(8));
  d.by.channel = random.one_in(2);
  d.by.event = random.one_in(2);
  d.by.event_type = random.one_in(3);
  if (random.one_in(3)) d.by.property = "类别";
  if (random.one_in(3)) d.since = static_cast<Micros>(random.any_width() >> 8);
  if (random.one_in(3)) d.until = static_cast<Micros>(random.any_width() >> 8);
  if (random.one_in(2)) d.session_gap = random.any_width() >> 1;
  d.time_zone = "UTC";
  return d;
}

LocalClock::Offset utc(const void*, Micros) { return {0, INT64_MAX}; }

/// Counts of a few customers with random events.
void write_counts(testing::Random& random, Bytes& out) {
  const CountsDefinition d = random_counts(random);
  const CountLabels::Names names{{{{1, 0}, {2, 1}}, {"", "店"}}, {{{1, 0}}, {"buy"}}, {}};
  EventCounter counter(d, CountLabels(d.by, std::nullopt, names), utc, nullptr);
  CountsSummary summary(std::pmr::get_default_resource());
  summary.start(bytes_of(d));
  for (auto customers = random.below(4); customers > 0; --customers) {
    const Bytes journey = testing::packed(testing::random_events(random, 12));
    counter.add(Journey(journey), summary);
  }
  summary.write(out);
}

Bytes random_value(testing::Random& random, unsigned kind) {
  Bytes out;
  if (kind == 0) {
    random_funnel(random).write(out);
  } else if (kind == 1) {
    PathDefinition d;
    if (random.one_in(2)) d.session_gap = random.below(1000);
    if (random.one_in(2)) d.start_at = random_selector(random);
    if (random.one_in(2)) d.max_length = 1 + static_cast<int64_t>(random.below(9));
    if (random.one_in(2)) d.keep = random_selector(random);
    for (auto n = random.below(3); n > 0; --n) d.groups.push_back("购=" + random_selector(random));
    d.ends = random.one_in(2);
    if (random.one_in(2)) d.top = 1 + static_cast<int64_t>(random.below(9));
    if (random.one_in(2)) d.rest = random_selector(random);
    d.write(out);
  } else if (kind == 2) {
    const FunnelDefinition d = random_funnel(random);
    FunnelSummary summary(std::pmr::get_default_resource());
    summary.start(bytes_of(d), static_cast<int>(d.steps.size()));
    for (auto n = random.below(6); n > 0; --n) {
      std::vector<Micros> chain(random.below(d.steps.size() + 1));
      Micros at = 0;
      for (Micros& t : chain) t = at += static_cast<Micros>(random.any_width() >> 3);
      summary.add(chain);
    }
    summary.write(out);
  } else if (kind == 6) {
    write_paths<PathCounts>(random, out);
  } else if (kind == 7) {
    write_paths<DwellSummary>(random, out);
  } else if (kind == 3 && random.one_in(2)) {
    write_paths<PathSummary>(random, out);
  } else if (kind == 3) {  // as the first version wrote it
    PathDefinition d;
    d.times = random.one_in(2);
    d.by_step = random.one_in(2);
    const Bytes definition = bytes_of(d);
    Writer w(out);
    w.u8(1);
    w.counted(definition);
    w.varint(5);
    const uint64_t labels = 1 + random.below(6), steps = d.by_step ? 1 + random.below(20) : 1;
    w.varint(labels);
    for (uint64_t i = 0; i < labels; ++i) w.text(std::string(1, static_cast<char>('a' + i)));
    Bytes links;
    Writer l(links);
    uint64_t count = 0;
    for (uint64_t cell = 0; cell < steps * labels * labels; ++cell) {
      if (!random.one_in(1 + labels)) continue;
      ++count;
      l.varint(d.by_step ? 1 + cell / labels / labels : 0);
      l.varint(cell / labels % labels);
      l.varint(cell % labels);
      const uint64_t customers = 1 + random.below(5);
      l.varint(customers);
      l.varint(customers);
      Durations times;
      for (uint64_t i = 0; i < customers; ++i)
        times.add(static_cast<int64_t>(random.any_width() >> 1));
      if (d.times) times.write(links);
    }
    w.varint(count);
    out.insert(out.end(), links.begin(), links.end());
  } else if (kind == 8) {
    const Bytes definition = bytes_of(random_funnel(random));
    const size_t steps = FunnelDefinition::read(definition).steps.size();
    BottleneckSummary summary(std::pmr::get_default_resource());
    for (auto n = random.below(5); n > 0; --n) {
      std::vector<uint64_t> reached(steps);
      uint64_t most = random.any_width() >> 20;
      for (uint64_t& here : reached) here = most = random.below(most + 1);
      const std::string name(random.below(3), 'a');
      summary.add(random.one_in(4) ? std::nullopt : std::optional<std::string_view>(name),
                  definition, reached);
    }
    summary.write(out);
  } else if (kind == 10) {
    write_counts(random, out);
  } else if (kind == 11) {
    random_counts(random).write(out);
  } else if (kind == 9) {
    Vocabulary vocabulary;
    vocabulary.labels = {"a", "web:b", "浏览"};
    FunnelDefinition d = random_funnel(random);
    d.steps.emplace_back("a");
    if (!d.step_windows.empty() || d.steps.size() == 2) d.step_windows.clear();
    const Bytes definition = bytes_of(d);
    CorrelationSummary summary(std::pmr::get_default_resource());
    summary.define({definition, 1, 2});
    for (auto n = random.below(9); n > 0; --n) {
      std::vector<uint32_t> labels(random.below(4));
      for (uint32_t& label : labels) label = static_cast<uint32_t>(random.below(3));
      summary.add(random.one_in(2), labels, vocabulary);
    }
    summary.write(out);
  } else {
    Durations d;
    for (auto n = random.below(random.one_in(50) ? 70000 : 9); n > 0; --n)
      d.add(static_cast<int64_t>(random.any_width() >> 1));
    d.write(out);
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ++tally.runs;
  if (size == 0) return 0;
  const std::span<const uint8_t> bytes(data + 1, size - 1);
  const unsigned kind = data[0] % 12;
  tally.opened += size > 1 && (kind == 4 || kind == 5 || data[1] == 1);
  auto* memory = std::pmr::get_default_resource();
  const auto ignore = [](const auto&) {};
  try {
    switch (kind) {
      case 0:
        read_funnel(bytes);
        break;
      case 1:
        read_path(bytes);
        break;
      case 2:
        read_state<FunnelSummary>(
            bytes, [&] { return FunnelSummary(memory); }, ignore);
        break;
      case 3:
        read_state<PathSummary>(
            bytes, [&] { return PathSummary(memory); }, [](const PathSummary& s) { s.links(); });
        break;
      case 6:
        read_state<PathCounts>(
            bytes, [&] { return PathCounts(memory); }, [](const PathCounts& s) { s.list(); });
        break;
      case 7:
        read_state<DwellSummary>(
            bytes, [&] { return DwellSummary(memory); }, [](const DwellSummary& s) { s.list(); });
        break;
      case 4:
        read_state<Durations>(
            bytes, [] { return Durations(); }, use_durations);
        break;
      case 8:
        read_state<BottleneckSummary>(
            bytes, [&] { return BottleneckSummary(memory); },
            [](const BottleneckSummary& s) { s.steps(0, Correction::bh); });
        break;
      case 9:
        read_state<CorrelationSummary>(
            bytes, [&] { return CorrelationSummary(memory); },
            [](const CorrelationSummary& s) { s.events(0, Correction::holm); });
        break;
      case 10:
        read_state<CountsSummary>(
            bytes, [&] { return CountsSummary(memory); },
            [](const CountsSummary& s) {
              const auto labels = s.labels();
              s.each([&](int64_t, uint32_t label, const CountsSummary::Cell& cell) {
                must(label < labels.size() && cell.customers >= 1, "a count is of someone");
              });
            });
        break;
      case 11:
        read_counts(bytes);
        break;
      default:
        read_length(fuzz::text_of(bytes));
    }
  } catch (const Error&) {
  }
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
  testing::Random random(seed);
  if (size != 0 && !random.one_in(4)) return LLVMFuzzerMutate(data, size, most);
  const auto kind = static_cast<unsigned>(random.below(12));
  if (kind == 5) return LLVMFuzzerMutate(data, size, most);
  Bytes value = random_value(random, kind);
  value.insert(value.begin(), static_cast<uint8_t>(kind));
  if (!random.one_in(4))
    value[random.below(value.size())] ^= static_cast<uint8_t>(1 << random.below(8));
  return fuzz::replace(data, size, most, value);
}
