// SPDX-License-Identifier: PostgreSQL
#include "journey/measures.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "unit/hundred_days.hpp"
#include "unit/random_events.hpp"

namespace clientele {
namespace {

using testing::hundred_days;
using testing::packed;
using testing::Random;

LocalClock::Offset no_offset(const void*, Micros) { return {0, INT64_MAX}; }

int64_t floor_div(int64_t a, int64_t b) { return (a - ((a % b) + b) % b) / b; }

/// Some types have a name, of some few; ascending.
TypeNames some_names(Random& random, const EventList& list) {
  TypeNames names;
  names.names = {"", "app", "web", "客户"};
  std::set<int32_t> types;
  for (const Event& e : list.events) types.insert(e.type);
  for (const int32_t type : types)
    if (!random.one_in(4)) names.types.push_back({type, static_cast<int32_t>(random.below(4))});
  return names;
}

TEST(Measures, AreWhatTheirDefinitionsSay) {
  Random random(20260105);
  LocalClock clock(hundred_days, nullptr);
  int with_items = 0, with_amounts = 0, with_names = 0;
  for (int round = 0; round < 3000; ++round) {
    EventList list = testing::random_events(random, random.one_in(10) ? 1500 : 60);
    const Bytes bytes = packed(list);
    list.sort();
    const Journey journey(bytes);
    const uint64_t one_in = 1 + random.below(4);
    const auto picks = [&](int32_t type) { return static_cast<uint32_t>(type) % one_in == 0; };
    const PickedCodes picked(journey, picks);
    const TypeNames names = some_names(random, list);

    std::vector<Micros> times;
    std::set<int64_t> dates;
    std::map<int64_t, int> weekdays, hours, items;
    std::map<int32_t, int> named;
    std::vector<int32_t> order;
    std::optional<__int128> sum;
    for (const Event& e : list.events) {
      if (!picks(e.type)) continue;
      times.push_back(e.at);
      const Micros local = e.at + hundred_days(nullptr, e.at).offset;
      const int64_t date = floor_div(local, day);
      dates.insert(date);
      ++weekdays[((date + 5) % 7 + 7) % 7];  // 2000-01-01 is a Saturday
      ++hours[floor_div(local, hour) - 24 * date];
      const Extra x = list.extra(e);
      if (x.has_item) ++items[x.item];
      if (x.has_amount) sum = sum.value_or(0) + x.amount;
      if (const int32_t name = names.find(e.type); name != TypeNames::none) {
        if (named[name]++ == 0) order.push_back(name);
      }
    }
    const auto most = [](const auto& counts) {
      auto top = counts.begin();
      for (auto i = counts.begin(); i != counts.end(); ++i)
        if (i->second > top->second) top = i;
      return top->first;
    };
    const auto first = first_picked(journey, picked), last = last_picked(journey, picked);
    ASSERT_EQ(picked.any(), !times.empty());
    ASSERT_EQ(first.has_value(), !times.empty());
    ASSERT_EQ(last.has_value(), !times.empty());
    ASSERT_EQ(count_days(journey, picked, clock), static_cast<int64_t>(dates.size()));
    const auto total = sum_amounts(journey, picked);
    ASSERT_EQ(total.has_value(), sum.has_value());
    if (sum) {
      ASSERT_TRUE(*total == *sum);
    }
    const auto item = top_item(journey, picked);
    ASSERT_EQ(item.has_value(), !items.empty());
    if (item) {
      ASSERT_EQ(*item, most(items));
    }
    ASSERT_EQ(top_name(journey, picked, names), named.empty() ? TypeNames::none : most(named));
    ASSERT_EQ(names_in_order(journey, picked, names), order);
    const WeekClock week(journey, picked, clock);
    ASSERT_EQ(week.total(), times.size());
    for (int d = 0; d < 7; ++d) ASSERT_EQ(week.on_weekday(d), static_cast<uint64_t>(weekdays[d]));
    for (int h = 0; h < 24; ++h) ASSERT_EQ(week.at_hour(h), static_cast<uint64_t>(hours[h]));
    if (times.empty()) {
      ASSERT_EQ(week.usual_weekday(), -1);
      ASSERT_EQ(week.usual_hour(), -1);
    } else {
      ASSERT_EQ(*first, times.front());
      ASSERT_EQ(*last, times.back());
      ASSERT_EQ(week.usual_weekday(), most(weekdays));
      ASSERT_EQ(week.usual_hour(), most(hours));
    }
    with_items += item.has_value(), with_amounts += sum.has_value(), with_names += !named.empty();
  }
  EXPECT_GT(with_items, 300);
  EXPECT_GT(with_amounts, 300);
  EXPECT_GT(with_names, 300);
}

TEST(Measures, WeeksBeginOnMonday) {
  EventList list;
  list.add(2 * day, 1);               // Monday 2000-01-03 00:00
  list.add(9 * day + 23 * hour, 1);   // a Monday later
  list.add(-1, 1);                    // Friday 1999-12-31 23:59:59.999999
  list.add(-5 * day + 12 * hour, 2);  // Monday 1999-12-27 12:00
  const Bytes bytes = packed(list);
  const Journey journey(bytes);
  LocalClock clock(no_offset, nullptr);
  const WeekClock all(journey, PickedCodes(journey, [](int32_t) { return true; }), clock);
  EXPECT_EQ(all.on_weekday(0), 3);
  EXPECT_EQ(all.on_weekday(4), 1);
  EXPECT_EQ(all.at_hour(23), 2);
  EXPECT_EQ(all.usual_weekday(), 0);
  EXPECT_EQ(all.usual_hour(), 23);
}

TEST(Measures, SumsExceedWhatOneAmountMayBe) {
  EventList list;
  for (int i = 0; i < 40; ++i) list.add(i, 1, {0, amount_limit - 1, false, true});
  const Bytes bytes = packed(list);
  const Journey journey(bytes);
  const auto sum = sum_amounts(journey, PickedCodes(journey, [](int32_t) { return true; }));
  ASSERT_TRUE(sum.has_value());
  EXPECT_TRUE(*sum == __int128{40} * (amount_limit - 1));
}

}  // namespace
}  // namespace clientele
