// SPDX-License-Identifier: PostgreSQL
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "engagement/counts/counter.hpp"
#include "unit/code_of.hpp"
#include "unit/hundred_days.hpp"
#include "unit/random_events.hpp"

namespace clientele {
namespace {

using testing::code_of;
using testing::hundred_days;
using testing::packed;
using testing::Random;

CountsSummary empty() { return CountsSummary(std::pmr::get_default_resource()); }

Bytes written(const auto& value) {
  Bytes out;
  value.write(out);
  return out;
}

CountsSummary read(std::span<const uint8_t> bytes) {
  CountsSummary summary = empty();
  Reader reader(bytes);
  summary.read(reader);
  if (!reader.done()) Reader::fail("bytes are left over");
  return summary;
}

/// Types 1 to 4 in two channels; type 5 is not in the dictionary.
CountLabels::Names names() {
  return {{{{1, 0}, {2, 0}, {3, 1}, {4, 1}}, {"", "店"}},
          {{{1, 0}, {2, 1}, {3, 0}, {4, 1}}, {"buy", "look"}},
          {{{2, 0}}, {"shoes"}}};
}

CountsDefinition in_a_zone() {
  CountsDefinition d;
  d.time_zone = "UTC";
  return d;
}

EventCounter counter_of(const CountsDefinition& d) {
  std::optional<std::vector<int32_t>> types;
  if (d.selector != "*") types = {1, 3, 5};
  return {d, CountLabels(d.by, types, names()), hundred_days, nullptr};
}

void add(EventCounter& counter, const EventList& list, CountsSummary& summary) {
  const Bytes bytes = packed(list);
  counter.add(Journey(bytes), summary);
}

TEST(Counts, DefinitionsAreReadAsTheyWereWritten) {
  CountsDefinition d;
  d.selector = "购买|web:*";
  d.period = CountPeriod::hour_of_week;
  d.by = CountedBy::parse({"event", "property:channel", "event_type", "channel"});
  d.since = -day;
  d.until = 7;
  d.session_gap = 0;
  d.time_zone = "Asia/Shanghai";
  const Bytes bytes = written(d);
  const CountsDefinition again = CountsDefinition::read(bytes);
  EXPECT_EQ(written(again), bytes);
  EXPECT_EQ(again.by.words(),
            (std::vector<std::string>{"channel", "event", "event_type", "property:channel"}));
  for (size_t i = 0; i < bytes.size(); ++i)
    EXPECT_NE(code_of([&] { CountsDefinition::read(std::span(bytes).first(i)); }), "none") << i;
  for (const auto period : {CountPeriod::hour, CountPeriod::all, CountPeriod::hour_of_week})
    EXPECT_EQ(parse_count_period(count_period_name(period)), period);
  EXPECT_EQ(code_of([] { parse_count_period("decade"); }), "22023");
  EXPECT_EQ(code_of([] { CountedBy::parse({"a", "b"}); }), "22023");
  EXPECT_EQ(CountedBy::parse({"a", "a"}).words(), std::vector<std::string>{"a"});
}

TEST(Counts, LabelsSayWhatTheyAreOf) {
  EXPECT_EQ(CountLabel().text(), std::nullopt);
  EXPECT_EQ((CountLabel{{}, "web", "buy", "shoes"}.text()), "web:buy / shoes");
  EXPECT_EQ((CountLabel{{}, "", "buy", {}}.text()), "buy");
  EXPECT_EQ((CountLabel{7, {}, {}, {}}.text()), "#7");
  EXPECT_EQ((CountLabel{{}, "", {}, {}}.text()), "");
}

struct Wanted {
  uint64_t events = 0, amounts = 0;
  __int128 amount = 0;
  std::set<size_t> customers;
  std::set<std::pair<size_t, int>> sessions;
};

/// The number of the period of an instant, by the clock of hundred_days.
int64_t period_of(CountPeriod unit, Micros at) {
  const auto floor_div = [](int64_t a, int64_t b) { return a / b - (a % b < 0); };
  const Micros local = at + hundred_days(nullptr, at).offset;
  if (unit == CountPeriod::all) return 0;
  if (unit == CountPeriod::hour) return floor_div(at, hour);  // clocks are set by whole hours
  if (unit == CountPeriod::day) return floor_div(local, day);
  if (unit == CountPeriod::week) return floor_div(local - 2 * day, 7 * day);
  const int64_t hours = floor_div(local, hour) + 5 * 24;
  return hours - floor_div(hours, 168) * 168;
}

TEST(Counts, AreThoseOfEachEventByItself) {
  Random random(14);
  for (int turn = 0; turn < 300; ++turn) {
    CountsDefinition d = in_a_zone();
    const CountPeriod units[] = {CountPeriod::hour, CountPeriod::day, CountPeriod::week,
                                 CountPeriod::hour_of_week, CountPeriod::all};
    d.period = units[random.below(5)];
    d.by.channel = random.one_in(2);
    d.by.event = random.one_in(2);
    d.by.event_type = random.one_in(4);
    if (random.one_in(2)) d.by.property = "类别";
    if (random.one_in(2)) d.selector = "#1|#3|#5";
    if (random.one_in(3)) d.since = static_cast<Micros>(random.below(9)) * day;
    if (random.one_in(3)) d.until = static_cast<Micros>(random.below(9)) * day;
    d.session_gap = static_cast<uint64_t>(random.below(3) * hour);

    std::map<std::pair<int64_t, CountLabel>, Wanted> wanted;
    CountsSummary whole = empty(), left = empty(), right = empty();
    EventCounter counter = counter_of(d), other = counter_of(d);
    for (CountsSummary* s : {&whole, &left, &right}) s->start(written(d));
    CountLabels labels(d.by, std::nullopt, names());
    const size_t customers = random.below(5);
    for (size_t customer = 0; customer < customers; ++customer) {
      EventList list;
      for (auto n = random.below(random.one_in(9) ? 600 : 9); n > 0; --n) {
        Extra x;
        x.has_amount = random.one_in(2);
        x.amount = static_cast<int64_t>(random.below(1000)) - 500;
        list.add((static_cast<Micros>(random.below(4000)) - 100) * 40 * minute,
                 static_cast<int32_t>(1 + random.below(5)), x);
      }
      list.sort();
      int session = 0;
      Micros before = 0;
      for (const Event& e : list.events) {
        session += &e != list.events.data() && elapsed(before, e.at) > d.session_gap;
        before = e.at;
        if ((d.selector != "*" && e.type % 2 == 0) || e.at < d.since.value_or(INT64_MIN) ||
            e.at >= d.until.value_or(INT64_MAX))
          continue;
        Wanted& w = wanted[{period_of(d.period, e.at), labels[labels.of(e.type)]}];
        ++w.events;
        w.customers.insert(customer);
        w.sessions.insert({customer, session});
        w.amounts += list.extra(e).has_amount;
        w.amount += list.extra(e).amount;
      }
      add(counter, list, whole);
      add(customer % 2 == 0 ? counter : other, list, customer % 2 == 0 ? left : right);
    }

    const auto check = [&](const CountsSummary& summary) {
      const std::vector<const CountLabel*> order = summary.labels();
      auto next = wanted.begin();
      summary.each([&](int64_t period, uint32_t label, const CountsSummary::Cell& cell) {
        ASSERT_NE(next, wanted.end());
        EXPECT_EQ(next->first, std::pair(period, *order[label]));
        EXPECT_EQ(next->second.events, cell.events);
        EXPECT_EQ(next->second.customers.size(), cell.customers);
        EXPECT_EQ(next->second.sessions.size(), cell.sessions);
        EXPECT_EQ(next->second.amounts, cell.amounts);
        EXPECT_TRUE(next->second.amount == cell.amount);
        ++next;
      });
      EXPECT_EQ(next, wanted.end());
    };
    check(whole);
    const Bytes bytes = written(whole);
    EXPECT_EQ(written(read(bytes)), bytes);
    CountsSummary joined = read(written(right));
    joined.merge(left);
    EXPECT_EQ(written(joined), bytes);
    check(joined);
    left.merge(right);
    EXPECT_EQ(written(left), bytes);
    // Counting goes on after joining and reading.
    EventList more;
    more.add(5 * day, 1);
    add(counter, more, joined);
    add(other, more, whole);
    EXPECT_EQ(written(joined), written(whole));
  }
}

TEST(Counts, SumsAreExactBeyond64Bits) {
  CountsDefinition d = in_a_zone();
  EventCounter counter = counter_of(d);
  CountsSummary summary = empty();
  summary.start(written(d));
  EventList list;
  for (int i = 0; i < 100; ++i) list.add(i, 1, {0, -(amount_limit - 1), false, true});
  add(counter, list, summary);
  const CountsSummary again = read(written(summary));
  again.each([](int64_t, uint32_t, const CountsSummary::Cell& cell) {
    EXPECT_TRUE(cell.amount == -100 * __int128{amount_limit - 1});
  });
}

TEST(Counts, OtherQuestionsAreNotJoined) {
  CountsSummary a = empty(), b = empty(), none = empty();
  CountsDefinition d = in_a_zone();
  a.start(written(d));
  d.period = CountPeriod::week;
  b.start(written(d));
  EXPECT_EQ(code_of([&] { a.merge(b); }), "22023");
  a.merge(none);
  none.merge(a);
  EXPECT_EQ(written(none), written(a));
}

TEST(Counts, DamagedSummariesAreRefusedOrReadAsOthers) {
  CountsDefinition d = in_a_zone();
  d.by.channel = d.by.event = true;
  EventCounter counter = counter_of(d);
  CountsSummary summary = empty();
  summary.start(written(d));
  EventList list;
  for (int i = 0; i < 5; ++i) list.add(i * day, 1 + i, {0, 100 * i, false, i % 2 == 0});
  add(counter, list, summary);
  const Bytes bytes = written(summary);
  for (size_t i = 0; i < bytes.size(); ++i) {
    EXPECT_EQ(code_of([&] { read(std::span(bytes).first(i)); }), "XX001") << i;
    for (int bit = 0; bit < 8; ++bit) {
      Bytes damaged = bytes;
      damaged[i] ^= static_cast<uint8_t>(1 << bit);
      code_of([&] {
        const CountsSummary other = read(damaged);
        EXPECT_EQ(written(other), damaged) << i << " " << bit;
      });
    }
  }
}

}  // namespace
}  // namespace clientele
