// SPDX-License-Identifier: PostgreSQL
// How fast the core packs, reads and prints: events a second, on journeys like the benchmark's.
#include <benchmark/benchmark.h>

#include "../unit/random_events.hpp"
#include "journey/text.hpp"

namespace clientele {
namespace {

/// Sessions of clicks seconds apart, days between them, twelve event types, millisecond times.
EventList typical(size_t events, uint64_t seed, bool extras) {
  testing::Random random(seed);
  EventList list;
  Micros at = 800'000'000 * second + static_cast<Micros>(random.below(1'000'000'000)) * millisecond;
  for (size_t i = 0; i < events; ++i) {
    const bool new_session = random.one_in(8);
    at += static_cast<Micros>(random.below(new_session ? 864'000'000 : 90'000)) * millisecond;
    Extra x;
    if (extras && random.one_in(3)) x.has_item = true, x.item = 1 + random.below(20'000);
    if (extras && random.one_in(10)) x.has_amount = true, x.amount = 10'000 * random.below(20'000);
    list.add(at, static_cast<int>(1 + random.below(12)), x);
  }
  return list;
}

/// Enough different journeys that no branch predictor knows them by heart.
std::vector<EventList> many(size_t events, bool extras) {
  std::vector<EventList> lists;
  for (uint64_t seed = 0; seed < std::max<size_t>(4, 40'000 / events); ++seed)
    lists.push_back(typical(events, seed, extras));
  return lists;
}
std::vector<Bytes> many_packed(size_t events, bool extras) {
  std::vector<Bytes> all;
  for (const EventList& list : many(events, extras)) all.push_back(testing::packed(list));
  return all;
}

void rate(benchmark::State& state, size_t events) {
  state.counters["events/s"] = benchmark::Counter(static_cast<double>(state.iterations() * events),
                                                  benchmark::Counter::kIsRate);
}

void Encode(benchmark::State& state) {
  const size_t n = state.range(0);
  const auto lists = many(n, state.range(1) != 0);
  Bytes out;
  size_t i = 0;
  for (auto _ : state) {
    encode(lists[i++ % lists.size()], out);
    benchmark::DoNotOptimize(out.data());
  }
  rate(state, n);
  state.counters["bytes/event"] = static_cast<double>(out.size()) / n;
}
BENCHMARK(Encode)->Args({10, 0})->Args({100, 0})->Args({1000, 0})->Args({100, 1});

void Scan(benchmark::State& state) {
  const size_t n = state.range(0);
  const auto all = many_packed(n, false);
  Micros at[Journey::block];
  uint16_t code[Journey::block];
  size_t k = 0;
  for (auto _ : state) {
    const Journey journey(all[k++ % all.size()]);
    Journey::Scan scan(journey);
    while (scan.next() != 0) {
      scan.times(at);
      scan.codes(code);
      benchmark::DoNotOptimize(at);
      benchmark::DoNotOptimize(code);
    }
  }
  rate(state, n);
}
BENCHMARK(Scan)->Arg(10)->Arg(100)->Arg(1000)->Arg(100'000);

void Decode(benchmark::State& state) {
  const size_t n = state.range(0);
  const auto all = many_packed(n, state.range(1) != 0);
  EventList list;
  size_t k = 0;
  for (auto _ : state) {
    Journey(all[k++ % all.size()]).decode(list);
    benchmark::DoNotOptimize(list.events.data());
  }
  rate(state, n);
}
BENCHMARK(Decode)->Args({100, 0})->Args({1000, 0})->Args({100, 1});

void LastAt(benchmark::State& state) {
  const auto all = many_packed(100, false);
  size_t k = 0;
  for (auto _ : state) benchmark::DoNotOptimize(Journey(all[k++ % all.size()]).last_at());
  rate(state, 100);
}
BENCHMARK(LastAt);

void Validate(benchmark::State& state) {
  const auto all = many_packed(100, true);
  size_t k = 0;
  for (auto _ : state) validate(all[k++ % all.size()]);
  rate(state, 100);
}
BENCHMARK(Validate);

void ToText(benchmark::State& state) {
  const auto all = many_packed(100, true);
  size_t k = 0;
  for (auto _ : state) benchmark::DoNotOptimize(to_text(Journey(all[k++ % all.size()])));
  rate(state, 100);
}
BENCHMARK(ToText);

void FromText(benchmark::State& state) {
  std::vector<std::string> all;
  for (const Bytes& bytes : many_packed(100, true)) all.push_back(to_text(Journey(bytes)));
  EventList list;
  size_t k = 0;
  for (auto _ : state) {
    list.clear();
    from_text(all[k++ % all.size()], list);
    benchmark::DoNotOptimize(list.events.data());
  }
  rate(state, 100);
}
BENCHMARK(FromText);

}  // namespace
}  // namespace clientele

BENCHMARK_MAIN();
