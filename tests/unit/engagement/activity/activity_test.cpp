// SPDX-License-Identifier: PostgreSQL
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "engagement/activity/counter.hpp"
#include "engagement/activity/rows.hpp"
#include "unit/code_of.hpp"
#include "unit/hundred_days.hpp"
#include "unit/random_events.hpp"

namespace clientele {
namespace {

using testing::code_of;
using testing::hundred_days;
using testing::packed;
using testing::Random;

using Customers = std::vector<std::vector<std::pair<Micros, int32_t>>>;

ActivitySummary empty() { return ActivitySummary(std::pmr::get_default_resource()); }

Bytes written(const auto& value) {
  Bytes out;
  value.write(out);
  return out;
}

ActivitySummary summary_of(const ActivityDefinition& d, const Customers& customers) {
  const auto types = d.selector == "*" ? std::nullopt : std::optional(std::vector<int32_t>{1, 3});
  ActivityCounter counter(d, types, hundred_days, nullptr);
  ActivitySummary summary = empty();
  summary.start(written(d));
  for (const auto& events : customers) {
    EventList list;
    for (const auto& [at, type] : events) list.add(at, type);
    const Bytes bytes = packed(list);
    counter.add(Journey(bytes), summary);
  }
  return summary;
}

Customers random_customers(Random& random, Micros step) {
  Customers customers(random.below(6));
  for (auto& events : customers)
    for (auto n = random.below(random.one_in(20) ? 700 : 7); n > 0; --n)
      events.emplace_back(static_cast<Micros>(random.below(40)) * step / 3 - 10 * step +
                              static_cast<Micros>(random.below(3)) - 1,
                          static_cast<int32_t>(1 + random.below(3)));
  return customers;
}

ActivityDefinition random_definition(Random& random, Micros step) {
  ActivityDefinition d;
  if (random.one_in(2)) d.selector = "#1|#3";
  d.period = static_cast<PeriodUnit>(random.below(6));
  d.window_periods = static_cast<int32_t>(1 + random.below(4));
  if (random.one_in(2)) d.bins = {0, 2, 5};
  if (random.one_in(2)) d.since = static_cast<Micros>(random.below(9)) * step / 2 - 6 * step;
  d.until = static_cast<Micros>(random.below(9)) * step / 2;
  d.time_zone = "here";
  return d;
}

/// The definitions, word for word, over sets of periods.
struct Expected {
  std::map<int64_t, LifecyclePeriod> lifecycle;
  std::map<int64_t, ActivePeriod> active;
  std::map<uint32_t, uint64_t> periods, events;
  std::map<size_t, uint64_t> hours;
};

Expected expected(const ActivityDefinition& d, const Customers& customers, int64_t last) {
  Expected e;
  Periods numbers(d.period, hundred_days, nullptr);
  for (const auto& events : customers) {
    std::set<int64_t> ever, within;
    uint32_t count = 0;
    for (const auto& [at, type] : events) {
      if (at >= *d.until || (d.selector != "*" && type == 2)) continue;
      ever.insert(numbers.number(at));
      if (d.since && at < *d.since) continue;
      within.insert(numbers.number(at));
      ++count;
      const Micros local = at + hundred_days(nullptr, at).offset;
      const int64_t hour_number = local / hour - (local % hour < 0);
      ++e.hours[static_cast<size_t>(((hour_number + 5 * 24) % 168 + 168) % 168)];
    }
    ++e.periods[static_cast<uint32_t>(within.size())];
    ++e.events[count];
    for (const int64_t p : ever) {
      LifecyclePeriod& row = e.lifecycle[p];
      ++row.active;
      ++(p == *ever.begin() ? row.fresh : ever.contains(p - 1) ? row.returning : row.resurrected);
      if (!ever.contains(p + 1) && p < last) ++e.lifecycle[p + 1].dormant;
      ++e.active[p].active;
    }
    std::set<int64_t> window;
    for (const int64_t p : ever)
      for (int64_t k = 0; k < d.window_periods && p + k <= last; ++k) window.insert(p + k);
    for (const int64_t p : window) ++e.active[p].rolling;
  }
  return e;
}

TEST(Activity, IsWhatItsDefinitionsSay) {
  Random random(20261127);
  int rows = 0, sticky = 0;
  for (int round = 0; round < 1500; ++round) {
    constexpr Micros steps[] = {hour, day, 7 * day, 30 * day, 400 * day};
    const Micros step = steps[random.below(5)];
    const Customers customers = random_customers(random, step);
    const ActivityDefinition d = random_definition(random, step);
    const ActivitySummary summary = summary_of(d, customers);
    ASSERT_EQ(summary.customers(), customers.size());

    Periods periods(d.period, hundred_days, nullptr);
    const ShownPeriods shown(d, periods);
    EXPECT_LT(periods.begin(shown.last), *d.until);
    EXPECT_GE(periods.end(shown.last), *d.until);
    Expected e = expected(d, customers, shown.last);
    int64_t next = 0;
    for (const LifecyclePeriod& p : lifecycle_rows(summary, shown)) {
      if (next != 0) {
        ASSERT_EQ(p.period, next);
      }
      next = p.period + 1;
      const LifecyclePeriod& w = e.lifecycle[p.period];
      ASSERT_EQ(p.fresh, w.fresh);
      ASSERT_EQ(p.returning, w.returning);
      ASSERT_EQ(p.resurrected, w.resurrected);
      ASSERT_EQ(p.dormant, w.dormant);
      ASSERT_EQ(p.active, w.active);
      e.lifecycle.erase(p.period);
      ++rows;
    }
    for (const auto& [period, left] : e.lifecycle) ASSERT_LT(period, shown.first);
    for (const ActivePeriod& p : active_rows(summary, shown)) {
      const ActivePeriod& w = e.active[p.period];
      ASSERT_EQ(p.active, w.active);
      ASSERT_EQ(p.rolling, w.rolling);
      e.active.erase(p.period);
    }
    for (const auto& [period, left] : e.active) ASSERT_LT(period, shown.first);

    double shares = 0;
    for (const StickyRow& row : stickiness_rows(summary)) {
      ASSERT_EQ(row.customers, e.periods[row.periods]);
      shares += row.share;
      ++sticky;
    }
    if (shares > 0) {
      ASSERT_NEAR(shares, 1, 1e-12);
    }
    for (const FrequencyRow& row : frequency_rows(summary, d.bins)) {
      uint64_t wanted = 0;
      for (const auto& [events, n] : e.events)
        wanted += int64_t{events} >= row.from && (!row.to || int64_t{events} < *row.to) ? n : 0;
      ASSERT_EQ(row.customers, wanted);
    }
    for (size_t h = 0; h < ActivitySummary::week_hours; ++h)
      ASSERT_EQ(summary.hours()[h].events, e.hours[h]);
  }
  EXPECT_GT(rows, 5000);
  EXPECT_GT(sticky, 500);
}

TEST(Activity, JoinsAndReadsWhatItWrote) {
  Random random(7);
  for (int round = 0; round < 300; ++round) {
    const Customers customers = random_customers(random, day);
    const ActivityDefinition d = random_definition(random, day);
    const ActivitySummary whole = summary_of(d, customers);
    const size_t half = random.below(customers.size() + 1);
    const auto cut = customers.begin() + static_cast<ptrdiff_t>(half);
    ActivitySummary joined = summary_of(d, {cut, customers.end()});
    joined.merge(summary_of(d, {customers.begin(), cut}));
    const Bytes bytes = written(whole);
    ASSERT_EQ(written(joined), bytes);
    ActivitySummary read = empty();
    Reader reader(bytes);
    read.read(reader);
    ASSERT_TRUE(reader.done());
    ASSERT_EQ(written(read), bytes);
    // What is read goes on counting.
    read.merge(summary_of(d, customers));
    ASSERT_EQ(read.customers(), 2 * customers.size());
  }
}

// The clock of Auckland's side of the date line, set back over midnight: the 2nd, the 3rd, the 2nd
// again.
LocalClock::Offset back_over_midnight(const void*, Micros at) {
  const Micros change = 2 * day + 10 * minute;
  return at < change ? LocalClock::Offset{0, change} : LocalClock::Offset{-hour, INT64_MAX};
}

TEST(Activity, CountsADateOnceThatComesAgain) {
  ActivityDefinition d;
  d.until = 10 * day;
  d.time_zone = "here";
  ActivityCounter counter(d, std::nullopt, back_over_midnight, nullptr);
  ActivitySummary summary = empty();
  summary.start(written(d));
  EventList list;
  for (const Micros at : {day + hour, 2 * day + minute, 2 * day + 20 * minute, 2 * day + 2 * hour})
    list.add(at, 1);
  const Bytes bytes = packed(list);
  counter.add(Journey(bytes), summary);
  Periods periods(d.period, back_over_midnight, nullptr);
  const auto rows = lifecycle_rows(summary, {d, periods});
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].fresh, 1U);
  EXPECT_EQ(rows[1].returning, 1U);
  EXPECT_EQ(rows[2].dormant, 1U);
  EXPECT_EQ(stickiness_rows(summary).size(), 2U);
}

TEST(Activity, RefusesQuestionsWithoutMeaning) {
  const auto code = [](auto change) {
    ActivityDefinition d;
    change(d);
    return code_of([&] { d.check(); });
  };
  EXPECT_EQ(code([](auto&) {}), "none");
  EXPECT_EQ(code([](auto& d) { d.window_periods = 0; }), "22023");
  EXPECT_EQ(code([](auto& d) { d.bins = {1, 1}; }), "22023");
  EXPECT_EQ(code([](auto& d) { d.bins = {3, 2}; }), "22023");
  EXPECT_EQ(code([](auto& d) { d.bins = {-1, 2}; }), "22023");
  EXPECT_EQ(code([](auto& d) { d.selector = ""; }), "22023");
  EXPECT_EQ(code([](auto& d) { d.selector = std::string(2'000'000, 'x'); }), "54000");
  const ActivityDefinition d;
  EXPECT_EQ(written(ActivityDefinition::read(written(d))), written(d));
}

TEST(Activity, ShowsAMillionPeriodsAtMost) {
  ActivityDefinition d;
  d.period = PeriodUnit::hour;
  d.until = 365 * day * 300;
  d.time_zone = "here";
  const auto rows = [&](Micros first) {
    const ActivitySummary summary = summary_of(d, {{{first, 1}, {*d.until - 1, 1}}});
    Periods periods(d.period, hundred_days, nullptr);
    return lifecycle_rows(summary, {d, periods}).size();
  };
  EXPECT_EQ(rows(*d.until - hour * 900'000), 900'000U);
  EXPECT_EQ(code_of([&] { rows(0); }), "54000");
}

TEST(Activity, RefusesCorruptSummaries) {
  ActivityDefinition d;
  d.until = 10 * day;
  d.time_zone = "here";
  const Bytes bytes = written(summary_of(d, {{{hour, 1}, {day, 1}, {5 * day, 1}}, {}}));
  size_t refused = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    Bytes changed = bytes;
    changed[i] ^= 5;
    ActivitySummary summary = empty();
    Reader reader(changed);
    refused += code_of([&] {
                 summary.read(reader);
                 if (!reader.done()) Reader::fail("bytes are left over");
               }) != "none";
  }
  EXPECT_GT(refused, bytes.size() * 3 / 4);
}

}  // namespace
}  // namespace clientele
