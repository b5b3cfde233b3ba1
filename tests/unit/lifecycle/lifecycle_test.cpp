// SPDX-License-Identifier: PostgreSQL
#include <gtest/gtest.h>

#include <map>

#include "lifecycle/moves.hpp"
#include "unit/code_of.hpp"
#include "unit/hundred_days.hpp"
#include "unit/random_events.hpp"

namespace clientele {
namespace {

using testing::code_of;
using testing::hundred_days;
using testing::packed;
using testing::Random;

using Happened = std::vector<std::pair<Micros, int32_t>>;
using Moves = std::map<std::pair<int64_t, size_t>, int64_t>;

Bytes written(const auto& value) {
  Bytes out;
  value.write(out);
  return out;
}

LifecycleSummary empty() { return LifecycleSummary(std::pmr::get_default_resource()); }

LifecycleDefinition definition(const std::vector<std::string>& stages) {
  LifecycleDefinition d;
  d.set_stages(stages);
  d.until = 400 * day;
  d.time_zone = "here";
  return d;
}

/// '*', '#1' and '#2' are all that these tests ask for.
std::vector<PickedTypeIds> types_of(const LifecycleDefinition& d) {
  std::vector<PickedTypeIds> types;
  for (const Stage& stage : d.stages)
    types.push_back(stage.selector == "*" ? PickedTypeIds()
                                          : std::vector<int32_t>{stage.selector[1] - '0'});
  return types;
}

Bytes journey_of(const Happened& events) {
  EventList list;
  for (const auto& [at, type] : events) list.add(at, type);
  return packed(list);
}

LifecycleSummary summary_of(const LifecycleDefinition& d, const std::vector<Happened>& customers) {
  MoveCounter counter(d, types_of(d), hundred_days, nullptr);
  LifecycleSummary summary = empty();
  summary.start(written(d), d.stages.size());
  for (const Happened& events : customers) {
    const Bytes bytes = journey_of(events);
    counter.add(Journey(bytes), summary);
  }
  return summary;
}

/// The definition, word for word.
size_t stage_at(const LifecycleDefinition& d, Happened events, Micros at) {
  std::ranges::sort(events);
  size_t found = 0;
  for (size_t s = 0; s < d.stages.size(); ++s) {
    const Stage& stage = d.stages[s];
    int32_t count = 0;
    int64_t last_date = INT64_MIN;
    std::optional<Micros> last;
    for (const auto& [t, type] : events) {
      if (t >= at || (stage.selector != "*" && stage.selector[1] - '0' != type)) continue;
      last = t;
      const Micros local = t + hundred_days(nullptr, t).offset;
      const int64_t date = local / day - (local % day < 0);
      if (d.days && date <= last_date) continue;
      last_date = date;
      count += !stage.within || elapsed(t, at) <= *stage.within;
    }
    if (count >= stage.at_least && (!stage.silence || elapsed(*last, at) >= *stage.silence))
      found = s + 1;
  }
  return found;
}

Moves expected(const LifecycleDefinition& d, const std::vector<Happened>& customers) {
  Moves moves;
  Periods periods(d.period, hundred_days, nullptr);
  const size_t n = d.stages.size() + 1;
  for (const Happened& events : customers) {
    if (events.empty() || std::ranges::min(events).first >= *d.until) continue;
    int64_t period = periods.number(std::ranges::min(events).first);
    if (d.since) period = std::max(period, periods.number(*d.since));
    for (; periods.begin(period) < *d.until; ++period) {
      const size_t from = stage_at(d, events, periods.begin(period));
      const size_t to = stage_at(d, events, std::min(periods.end(period), *d.until));
      if (from + to > 0) ++moves[{period, from * n + to}];
    }
  }
  return moves;
}

Moves shown(const LifecycleSummary& summary) {
  Moves moves;
  summary.each([&](int64_t period, const std::vector<int64_t>& cells) {
    for (size_t i = 0; i < cells.size(); ++i)
      if (cells[i] != 0) moves[{period, i}] = cells[i];
  });
  return moves;
}

LifecycleDefinition random_definition(Random& random) {
  static const std::vector<std::string> all{"a=*", "成交期=#1", "c=#2", "d=#1", "e=*"};
  LifecycleDefinition d = definition({all.begin(), all.begin() + 1 + random.below(5)});
  for (Stage& stage : d.stages) {
    stage.at_least = static_cast<int32_t>(1 + random.below(3));
    if (random.one_in(3)) stage.within = (20 + random.below(60)) * day;
    if (random.one_in(3)) stage.silence = random.below(20) * day;
  }
  d.days = random.one_in(2);
  d.period = static_cast<PeriodUnit>(1 + random.below(4));
  if (random.one_in(2)) d.since = static_cast<Micros>(random.below(200)) * day + 1;
  d.until =
      static_cast<Micros>(100 + random.below(300)) * day + static_cast<Micros>(random.below(2));
  return d;
}

std::vector<Happened> random_customers(Random& random) {
  std::vector<Happened> customers(random.below(5));
  for (Happened& events : customers)
    for (auto n = random.below(9); n > 0; --n)
      events.emplace_back(static_cast<Micros>(random.below(350)) * day +
                              static_cast<Micros>(random.below(3)) * hour - 1 +
                              static_cast<Micros>(random.below(3)),
                          static_cast<int32_t>(1 + random.below(3)));
  return customers;
}

TEST(Lifecycle, IsWhatItsDefinitionSays) {
  Random random(20261127);
  size_t moves = 0;
  for (int round = 0; round < 400; ++round) {
    const LifecycleDefinition d = random_definition(random);
    const std::vector<Happened> customers = random_customers(random);
    const LifecycleSummary summary = summary_of(d, customers);
    ASSERT_EQ(summary.customers(), customers.size());
    const Moves wanted = expected(d, customers);
    ASSERT_EQ(shown(summary), wanted);
    moves += wanted.size();
    StageClock clock(d, types_of(d), hundred_days, nullptr);
    for (const Happened& events : customers) {
      const Bytes bytes = journey_of(events);
      const Micros at = events.empty() ? 0 : events[0].first + static_cast<Micros>(random.below(2));
      ASSERT_EQ(clock.stage_of(Journey(bytes), at), stage_at(d, events, at));
    }
  }
  EXPECT_GT(moves, 5000U);
}

TEST(Lifecycle, JoinsAndReadsWhatItWrote) {
  Random random(5);
  for (int round = 0; round < 200; ++round) {
    const LifecycleDefinition d = random_definition(random);
    const std::vector<Happened> customers = random_customers(random);
    const auto cut = customers.begin() + static_cast<ptrdiff_t>(random.below(customers.size() + 1));
    const Bytes bytes = written(summary_of(d, customers));
    LifecycleSummary joined = summary_of(d, {cut, customers.end()});
    joined.merge(summary_of(d, {customers.begin(), cut}));
    ASSERT_EQ(written(joined), bytes);
    LifecycleSummary read = empty();
    Reader reader(bytes);
    read.read(reader);
    ASSERT_TRUE(reader.done());
    ASSERT_EQ(written(read), bytes);
  }
}

TEST(Lifecycle, GoesThroughALongTimeInFewSteps) {
  LifecycleDefinition d = definition({"a=*", "silent=*"});
  d.stages[1].silence = 90 * day;
  d.period = PeriodUnit::hour;
  d.until = end_of_time - day;
  const LifecycleSummary summary = summary_of(d, {{{first_instant, 1}, {0, 1}}});
  EXPECT_LT(written(summary).size(), 200U);
  EXPECT_EQ(code_of([&] { summary.each([](int64_t, const auto&) {}); }), "54000");
}

TEST(Lifecycle, RefusesQuestionsWithoutMeaning) {
  const auto code = [](auto change) {
    LifecycleDefinition d = definition({"a=*", "b=#1"});
    change(d);
    return code_of([&] { d.check(); });
  };
  EXPECT_EQ(code([](auto&) {}), "none");
  EXPECT_EQ(code([](auto& d) { d.stages[0].at_least = 0; }), "22023");
  EXPECT_EQ(code([](auto& d) { d.stages[0].within = 1, d.stages[0].silence = 2; }), "22023");
  EXPECT_EQ(code([](auto& d) { d.stages[0].within = 1, d.stages[0].at_least = 20'000; }), "54000");
  EXPECT_EQ(code_of([] { definition({}); }), "22023");
  EXPECT_EQ(code_of([] { definition({"a=*", "a=#1"}); }), "22023");
  EXPECT_EQ(code_of([] { definition({"a"}); }), "22023");
  EXPECT_EQ(code_of([] { definition(std::vector<std::string>(33, "a=*")); }), "54000");
  const LifecycleDefinition d = definition({"识别期=*", "b=#1"});
  EXPECT_EQ(written(LifecycleDefinition::read(written(d))), written(d));
}

}  // namespace
}  // namespace clientele
