// SPDX-License-Identifier: PostgreSQL
// How fast the core packs, reads and prints: events a second, on journeys like the benchmark's. How
// long the cleaning of a value takes, and the decision which jobs start.
#include <benchmark/benchmark.h>

#include "../unit/jobs/schedule/zone.hpp"
#include "../unit/random_events.hpp"
#include "jobs/decision/decision.hpp"
#include "journey/text.hpp"
#include "sources/cleaning/amount.hpp"
#include "sources/cleaning/email.hpp"
#include "sources/cleaning/time.hpp"

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

/// A thousand values by a pattern in which # is a digit, and Cleaning::NAME over them.
std::vector<std::string> values_like(std::string_view pattern) {
  testing::Random random(1);
  std::vector<std::string> values(1000, std::string(pattern));
  for (std::string& value : values)
    for (char& c : value)
      if (c == '#') c = static_cast<char>('0' + random.below(10));
  return values;
}
template <class Clean>
void clean(benchmark::State& state, std::string_view pattern, Clean clean_one) {
  const auto values = values_like(pattern);
  size_t k = 0;
  for (auto _ : state) benchmark::DoNotOptimize(clean_one(values[k++ % values.size()]));
}
const auto key = [](std::string_view v) { return clean_key(v, KeyForm::key); };
const auto nocase = [](std::string_view v) { return clean_key(v, KeyForm::nocase); };
const auto uuid = [](std::string_view v) { return clean_key(v, KeyForm::uuid); };
const auto email = [](std::string_view v) { return clean_email(v, false); };
const auto amount = [](std::string_view v) { return clean_amount(v, DecimalMark::point, "CNY"); };
const auto currency = [](std::string_view v) { return clean_currency(v, "CNY"); };
const auto time_of = [](std::string_view v) { return clean_time(v, {}); };
BENCHMARK_CAPTURE(clean, key, "C########", key);
BENCHMARK_CAPTURE(clean, long_key, "oUp_##########-############", key);
BENCHMARK_CAPTURE(clean, key_to_trim, " C####   #### ", key);
BENCHMARK_CAPTURE(clean, chinese_key, "客户########", key);
BENCHMARK_CAPTURE(clean, nocase, "Device-########", nocase);
BENCHMARK_CAPTURE(clean, uuid, "A0EEBC99-9C0B-4EF8-BB6D-6BB9########", uuid);
BENCHMARK_CAPTURE(clean, event, "view_item_#", clean_event);
BENCHMARK_CAPTURE(clean, email, "customer.####@shop-##.example.com", email);
BENCHMARK_CAPTURE(clean, email_to_fold, " Customer.####@Shop-##.Example.COM ", email);
BENCHMARK_CAPTURE(clean, amount, "1####.##", amount);
BENCHMARK_CAPTURE(clean, amount_in_groups, "CNY 1,###.##", amount);
BENCHMARK_CAPTURE(clean, currency, "usd", currency);
BENCHMARK_CAPTURE(clean, iso_time, "2026-01-1# 03:04:0#.######", time_of);
BENCHMARK_CAPTURE(clean, iso_time_zone, "2026-01-1#T03:04:0#+08:00", time_of);
BENCHMARK_CAPTURE(clean, epoch_time, "17673########", time_of);
BENCHMARK_CAPTURE(clean, named_time, "1# Jan 2026 03:04:05", time_of);

/// Of 500 and 5,000 jobs, of which none is due. A scheduler that is idle decides once a minute.
void Decide(benchmark::State& state) {
  const testing::Zone zone = testing::berlin();
  const auto cron = [&](std::string_view expression) {
    return Schedule::cron(expression, testing::look_at, &zone);
  };
  const Micros now = testing::instant("2026-03-10T12:00:30Z");
  const Schedule schedules[] = {
      cron("* * * * *"),
      cron("*/5 * * * *"),
      cron("30 2 * * *"),
      cron("0 0 1 * *"),
      Schedule::every(0, 0, minute, now - 30 * second - 20 * day, testing::look_at, &zone),
      Schedule::every(1, 0, 0, now - 100 * day, testing::look_at, &zone)};
  std::vector<jobs::Job> all(state.range(0));
  for (size_t i = 0; i < all.size(); ++i) {
    all[i].job_id = static_cast<int64_t>(i);
    all[i].name = "a job like others";
    all[i].schedule = &schedules[i % std::size(schedules)];
    all[i].jitter = i % 2 == 0 ? 0 : 10 * second;
    all[i].since = now - 200 * day;
    all[i].last_due = all[i].schedule->passed(now - 100 * day, now).last;
  }
  for (auto _ : state) benchmark::DoNotOptimize(jobs::decide(all, now).wake);
  if (!jobs::decide(all, now).queue.empty()) state.SkipWithError("a job is due");
  state.counters["jobs/s"] = benchmark::Counter(
      static_cast<double>(state.iterations() * state.range(0)), benchmark::Counter::kIsRate);
}
BENCHMARK(Decide)->Arg(500)->Arg(5000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace clientele

BENCHMARK_MAIN();
