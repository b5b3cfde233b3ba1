// SPDX-License-Identifier: PostgreSQL
// The questions about activity, intervals and lifecycles, and the states of their aggregates, as
// bytes from outside; and both over random customers in a random order.
#include "engagement/activity/counter.hpp"
#include "engagement/activity/rows.hpp"
#include "engagement/intervals/pairs.hpp"
#include "fuzz.hpp"
#include "lifecycle/moves.hpp"

using namespace clientele;
using fuzz::bytes_of;
using fuzz::must;

namespace {

fuzz::Tally tally("past the version", "read");

LocalClock::Offset clock_of(const void*, Micros at) {
  const int64_t n = at / (100 * day) - (at % (100 * day) < 0);
  return {n % 2 == 0 ? hour : 30 * minute, (n + 1) * 100 * day};
}

template <class Definition>
void read_definition(std::span<const uint8_t> bytes) {
  const Definition d = Definition::read(bytes);
  ++tally.accepted;
  must(std::ranges::equal(bytes_of(d), bytes), "a definition is canonical");
  d.check();
}

template <class State>
void read_state(std::span<const uint8_t> bytes, auto use) {
  auto* const memory = std::pmr::get_default_resource();
  State state(memory);
  Reader reader(bytes);
  state.read(reader);
  ++tally.accepted;
  const Bytes again = bytes_of(state);
  State back(memory);
  Reader more(again);
  back.read(more);
  must(more.done() && bytes_of(back) == again, "a state is itself again");
  use(state);
  back.merge(state);
  use(back);
  const Bytes both = bytes_of(back);
  State last(memory);
  Reader end(both);
  last.read(end);
  must(bytes_of(last) == both, "joined states are a state");
}

void use_activity(const ActivitySummary& summary) {
  const auto d = ActivityDefinition::read(summary.definition());
  Periods periods(d.period, clock_of, nullptr);
  const ShownPeriods shown(d, periods);
  if (shown.last - shown.first > 100'000 || summary.stickiness().size() > 1000) return;
  uint64_t new_ones = 0;
  for (const LifecyclePeriod& p : lifecycle_rows(summary, shown)) {
    must(p.fresh + p.returning + p.resurrected == p.active, "who is active is one of three");
    new_ones += p.fresh;
  }
  must(new_ones <= summary.customers(), "customers are new once");
  for (const ActivePeriod& p : active_rows(summary, shown))
    must(p.active <= p.rolling && p.rolling <= summary.customers(), "a window holds its period");
  frequency_rows(summary, d.bins);
}

void use_intervals(const IntervalSummary& summary) {
  if (summary.pairs() == 0) return;
  must(summary.shortest() <= summary.mean() && summary.mean() <= summary.longest(), "the mean");
  must(summary.percentile(0.1) <= summary.percentile(0.9), "percentiles ascend");
}

void use_lifecycle(const LifecycleSummary& summary) {
  int64_t shown = 0;
  try {
    summary.each([&](int64_t, const std::vector<int64_t>& moves) {
      if (++shown > 1000) throw Error(sqlstate::limit_exceeded, "enough");
      int64_t all = 0;
      for (const int64_t n : moves) all += n;
      must(0 < all || shown > 1, "a first period has customers");
      must(all <= static_cast<int64_t>(summary.customers()), "customers are in one stage");
    });
  } catch (const Error&) {
  }
}

ActivityDefinition random_activity(testing::Random& random) {
  ActivityDefinition d;
  if (random.one_in(2)) d.selector = "#1|购买";
  d.period = static_cast<PeriodUnit>(random.below(6));
  d.window_periods = static_cast<int32_t>(1 + random.below(40));
  if (random.one_in(2)) d.bins = {0, 1, 5};
  if (random.one_in(2)) d.since = static_cast<Micros>(random.below(100)) * day;
  d.until = static_cast<Micros>(random.below(200)) * day;
  d.time_zone = "上海";
  return d;
}

IntervalDefinition random_intervals(testing::Random& random) {
  IntervalDefinition d;
  d.from_event = "#1|#3";
  d.to_event = "#2|#3";
  d.pick = static_cast<IntervalPick>(random.below(2));
  if (random.one_in(2)) d.within = random.any_width() >> 1;
  if (random.one_in(2)) d.since = static_cast<Micros>(random.below(100)) * day;
  d.until = static_cast<Micros>(random.below(200)) * day;
  return d;
}

LifecycleDefinition random_lifecycle(testing::Random& random) {
  LifecycleDefinition d;
  static const std::vector<std::string> all{"识别期=*", "b=#1", "c=#2", "d=#2", "e=*"};
  d.set_stages(std::span(all).first(1 + random.below(all.size())));
  for (Stage& stage : d.stages) {
    stage.at_least = static_cast<int32_t>(1 + random.below(4));
    if (random.one_in(3)) stage.within = (10 + random.below(90)) * day;
    if (random.one_in(3)) stage.silence = random.below(10) * day;
  }
  d.days = random.one_in(2);
  d.period = static_cast<PeriodUnit>(1 + random.below(5));
  if (random.one_in(2)) d.since = static_cast<Micros>(random.below(100)) * day;
  d.until = static_cast<Micros>(random.below(200)) * day;
  d.time_zone = "上海";
  return d;
}

Bytes random_journey(testing::Random& random) {
  EventList list;
  for (auto n = random.below(12); n > 0; --n)
    list.add(static_cast<Micros>(random.below(220)) * day + static_cast<Micros>(random.below(3)) -
                 1 + static_cast<Micros>(random.below(24)) * hour,
             static_cast<int32_t>(1 + random.below(3)));
  return testing::packed(list);
}

/// A summary of some customers, which is the same if they come in two parts.
template <class Summary>
Bytes counted(testing::Random& random, auto start, auto add) {
  auto* const memory = std::pmr::get_default_resource();
  Summary whole(memory), left(memory), right(memory);
  for (Summary* s : {&whole, &left, &right}) start(*s);
  for (auto n = random.below(5); n > 0; --n) {
    const Bytes journey = random_journey(random);
    add(whole, journey);
    add(random.one_in(2) ? left : right, journey);
  }
  right.merge(left);
  const Bytes bytes = bytes_of(whole);
  must(bytes_of(right) == bytes, "parts add up to the whole");
  return bytes;
}

Bytes random_value(testing::Random& random, unsigned kind) {
  switch (kind) {
    case 0:
      return bytes_of(random_activity(random));
    case 1:
      return bytes_of(random_intervals(random));
    case 2:
      return bytes_of(random_lifecycle(random));
    case 3: {
      const ActivityDefinition d = random_activity(random);
      ActivityCounter counter(d, std::vector<int32_t>{1, 2}, clock_of, nullptr);
      return counted<ActivitySummary>(
          random, [&](ActivitySummary& s) { s.start(bytes_of(d)); },
          [&](ActivitySummary& s, const Bytes& journey) { counter.add(Journey(journey), s); });
    }
    case 4: {
      const IntervalDefinition d = random_intervals(random);
      PairFinder finder(d, {1, 3}, {2, 3});
      return counted<IntervalSummary>(
          random, [&](IntervalSummary& s) { s.start(bytes_of(d)); },
          [&](IntervalSummary& s, const Bytes& journey) { finder.add(Journey(journey), s); });
    }
    default: {
      const LifecycleDefinition d = random_lifecycle(random);
      std::vector<PickedTypeIds> types;
      for (const Stage& stage : d.stages)
        types.push_back(stage.selector == "*" ? PickedTypeIds()
                                              : std::vector{stage.selector == "#1" ? 1 : 2});
      MoveCounter counter(d, types, clock_of, nullptr);
      return counted<LifecycleSummary>(
          random, [&](LifecycleSummary& s) { s.start(bytes_of(d), d.stages.size()); },
          [&](LifecycleSummary& s, const Bytes& journey) { counter.add(Journey(journey), s); });
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ++tally.runs;
  if (size == 0) return 0;
  const std::span<const uint8_t> bytes(data + 1, size - 1);
  tally.opened += size > 1 && data[1] == 1;
  try {
    switch (data[0] % 6) {
      case 0:
        read_definition<ActivityDefinition>(bytes);
        break;
      case 1:
        read_definition<IntervalDefinition>(bytes);
        break;
      case 2:
        read_definition<LifecycleDefinition>(bytes);
        break;
      case 3:
        read_state<ActivitySummary>(bytes, use_activity);
        break;
      case 4:
        read_state<IntervalSummary>(bytes, use_intervals);
        break;
      default:
        read_state<LifecycleSummary>(bytes, use_lifecycle);
    }
  } catch (const Error&) {
  }
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
  testing::Random random(seed);
  if (size != 0 && !random.one_in(4)) return LLVMFuzzerMutate(data, size, most);
  const auto kind = static_cast<unsigned>(random.below(6));
  Bytes value = random_value(random, kind);
  value.insert(value.begin(), static_cast<uint8_t>(kind));
  if (!random.one_in(4))
    value[random.below(value.size())] ^= static_cast<uint8_t>(1 << random.below(8));
  return fuzz::replace(data, size, most, value);
}
