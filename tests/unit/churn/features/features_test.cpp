// SPDX-License-Identifier: PostgreSQL
#include "churn/features/features.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "unit/hundred_days.hpp"
#include "unit/random_events.hpp"

namespace clientele {
namespace {

using testing::hundred_days;
using testing::Random;

constexpr uint8_t bit(FeatureRole role) { return static_cast<uint8_t>(1 << role); }

LocalClock::Offset no_offset(const void*, Micros) { return {0, INT64_MAX}; }

Bytes packed(EventList list) {
  list.sort();
  Bytes out;
  encode(list, out);
  return out;
}

/// Types 1 to 6 have one role each, 7 to 9 none; 9 is not in the dictionary.
EventRoles usual_roles() {
  EventRoles roles;
  for (int32_t type = 1; type <= 8; ++type) roles.add(type, 0, 1 + type % 3);
  for (int r = 0; r < feature_roles; ++r) roles.add(1 + r, static_cast<uint8_t>(1 << r), 0);
  roles.finish();
  return roles;
}

double value(const ChurnFeatures& f, std::string_view name) {
  for (int i = 0; i < churn_feature_count; ++i)
    if (name == churn_feature_info[i].name) return f[i];
  ADD_FAILURE() << name;
  return 0;
}

/// Sets all features by their definitions, one after the other, from unpacked events.
std::map<std::string, double> naive(const EventList& list, Micros at, const FeaturesDefinition& d,
                                    const EventRoles& roles, LocalClock clock) {
  std::vector<Event> seen, own;
  for (const Event& e : list.events)
    if (e.at < at) seen.push_back(e);
  std::ranges::stable_sort(seen, {}, &Event::at);
  const auto is = [&](const Event& e, FeatureRole r) {
    return (roles.find(e.type).roles & bit(r)) != 0;
  };
  for (const Event& e : seen)
    if (!is(e, promotion_role) && !is(e, passive_role)) own.push_back(e);
  const auto in_days = [](Micros a, Micros b) { return static_cast<double>(b - a) / 86'400e6; };
  const double none = unknown_feature;
  std::map<std::string, double> f;
  for (const FeatureInfo& info : churn_feature_info) f[info.name] = 0;
  const bool any = !own.empty();
  f["recency_days"] = any ? in_days(own.back().at, at) : none;
  f["tenure_days"] = any ? in_days(own.front().at, at) : none;
  f["events"] = static_cast<double>(own.size());
  std::set<int64_t> dates, types, channels, items;
  std::vector<double> gaps;
  for (size_t i = 0; i < own.size(); ++i) {
    const Micros local = clock.local(own[i].at);
    dates.insert((local - (local % day + day) % day) / day);
    types.insert(own[i].type);
    if (roles.find(own[i].type).channel > 0) channels.insert(roles.find(own[i].type).channel);
    if (list.extra(own[i]).has_item) items.insert(list.extra(own[i]).item);
    if (i > 0 && own[i].at - own[i - 1].at > d.session_gap)
      gaps.push_back(in_days(own[i - 1].at, own[i].at));
    f["events_last_period"] += own[i].at >= at - d.period;
    f["events_previous_period"] += own[i].at < at - d.period && own[i].at >= at - 2 * d.period;
  }
  f["active_days"] = static_cast<double>(dates.size());
  f["event_types"] = static_cast<double>(types.size());
  f["channels"] = any && channels.empty() ? none : static_cast<double>(channels.size());
  f["items"] = static_cast<double>(items.size());
  f["sessions"] = any ? static_cast<double>(gaps.size() + 1) : 0;
  f["activity_trend"] = std::log((f["events_last_period"] + 1) / (f["events_previous_period"] + 1));
  const auto mean = [](auto first, auto last) {
    double sum = 0;
    for (auto p = first; p != last; ++p) sum += *p;
    return sum / static_cast<double>(last - first);
  };
  const auto half = static_cast<ptrdiff_t>(gaps.size() / 2);
  f["session_gap_trend"] =
      half == 0
          ? none
          : std::log(mean(gaps.end() - half, gaps.end()) / mean(gaps.begin(), gaps.begin() + half));
  f["session_gap_mean_days"] = gaps.empty() ? none : mean(gaps.begin(), gaps.end());
  f["recency_ratio"] = f["recency_days"] / f["session_gap_mean_days"];
  std::ranges::sort(gaps);
  f["session_gap_median_days"] =
      gaps.empty() ? none : (gaps[gaps.size() / 2] + gaps[(gaps.size() - 1) / 2]) / 2;

  std::set<Micros> bought, priced;
  double lines = 0, total = 0;
  for (const Event& e : seen) {
    if (is(e, purchase_role)) {
      bought.insert(e.at);
      ++lines;
      if (list.extra(e).has_amount) {
        priced.insert(e.at);
        total += static_cast<double>(list.extra(e).amount) / 1e6;
      }
    }
    f["returns"] += is(e, return_role);
    f["complaints"] += is(e, complaint_role);
    f["complaints_last_period"] += is(e, complaint_role) && e.at >= at - d.period;
    if (!is(e, promotion_role)) continue;
    ++f["promotions"];
    Micros next = at;
    for (const Event& o : seen)
      if (is(o, promotion_role) && o.at > e.at) next = std::min(next, o.at);
    f["promotions_answered"] += std::ranges::any_of(
        seen, [&](const Event& o) { return is(o, answer_role) && o.at >= e.at && o.at < next; });
  }
  const auto n = static_cast<double>(bought.size());
  f["purchases"] = n;
  f["purchases_last_period"] =
      static_cast<double>(std::distance(bought.lower_bound(at - d.period), bought.end()));
  f["days_since_purchase"] = n > 0 ? in_days(*bought.rbegin(), at) : none;
  f["purchase_gap_mean_days"] = n > 1 ? in_days(*bought.begin(), *bought.rbegin()) / (n - 1) : none;
  f["purchase_recency_ratio"] = f["days_since_purchase"] / f["purchase_gap_mean_days"];
  f["items_per_purchase"] = n > 0 ? lines / n : none;
  f["amount_total"] = n > 0 && priced.empty() ? none : total;
  f["amount_mean"] = priced.empty() ? none : total / static_cast<double>(priced.size());
  f["return_share"] = lines > 0 ? f["returns"] / lines : none;
  f["answer_rate"] = f["promotions"] > 0 ? f["promotions_answered"] / f["promotions"] : none;
  return f;
}

TEST(EventRoles, AreFoundWhateverTheNumber) {
  Random random(7);
  std::map<int32_t, EventRoles::Entry> want;
  EventRoles roles;
  for (int i = 0; i < 3000; ++i) {
    const auto type = static_cast<int32_t>(random.below(random.one_in(2) ? 5000 : INT32_MAX));
    const auto role = static_cast<uint8_t>(random.below(64));
    const auto channel = static_cast<int32_t>(random.below(3));
    roles.add(type, role, channel);
    want[type].roles |= role;
    want[type].channel = std::max(want[type].channel, channel);
  }
  roles.finish();
  for (int32_t type = 0; type < 6000; ++type) want.try_emplace(type);
  for (const auto& [type, entry] : want) {
    EXPECT_EQ(roles.find(type).roles, entry.roles) << type;
    EXPECT_EQ(roles.find(type).channel, entry.channel) << type;
  }
}

TEST(ChurnFeatures, AreTheirDefinitions) {
  Random random(1);
  FeatureMaker maker;
  FeaturesDefinition d;
  d.time_zone = "UTC";
  int compared = 0;
  for (int round = 0; round < 4000; ++round) {
    EventRoles roles = usual_roles();
    if (random.one_in(4)) {  // an event may be several things at once
      for (int32_t type = 1; type < 9; ++type)
        roles.add(type, static_cast<uint8_t>(random()) & 63, 0);
      roles.finish();
    }
    const Micros step =
        testing::unit_sizes[random.below(5)] * static_cast<int64_t>(1 + random.below(30));
    const Micros base = static_cast<Micros>(random.below(2000)) * day - 1000 * day;
    d.period = static_cast<int64_t>(1 + random.below(20)) * step;
    d.session_gap = static_cast<int64_t>(random.below(4)) * step;
    EventList list;
    const uint64_t n = random.below(random.one_in(5) ? 900 : 40),
                   spread = 1 + random.below(2 * n + 2);
    const uint64_t with_item = random.below(3), with_amount = random.below(3);
    for (uint64_t i = 0; i < n; ++i) {
      Extra x;
      x.has_item = random.below(2) < with_item;
      x.item = static_cast<int64_t>(random.below(12)) - 3;
      x.has_amount = random.below(2) < with_amount;
      x.amount = static_cast<int64_t>(random.below(1'000'000'000)) - 300'000'000;
      list.add(base + static_cast<Micros>(random.below(spread)) * step,
               static_cast<int32_t>(1 + random.below(9)), x);
    }
    const Micros at = base + static_cast<Micros>(random.below(spread + 20)) * step +
                      static_cast<Micros>(random.below(2));
    const Bytes bytes = packed(list);
    LocalClock clock(hundred_days, nullptr);
    ChurnFeatures got;
    const bool any = std::ranges::any_of(list.events, [&](const Event& e) { return e.at < at; });
    ASSERT_EQ(maker.make(Journey(bytes), at, d, roles, clock, got), any);
    if (!any) continue;
    ++compared;
    const auto want = naive(list, at, d, roles, clock);
    ASSERT_EQ(want.size(), static_cast<size_t>(churn_feature_count));
    for (const auto& [name, w] : want) {
      const double g = value(got, name);
      EXPECT_EQ(std::isnan(g), std::isnan(w)) << name << " round " << round;
      EXPECT_FALSE(std::isinf(g)) << name;
      EXPECT_TRUE(std::isnan(w) || std::abs(g - w) <= 1e-9 * (1 + std::abs(w)))
          << name << " round " << round << ": " << g << ", not " << w;
      if (::testing::Test::HasFailure()) return;
    }
  }
  EXPECT_GT(compared, 2500);
}

TEST(ChurnFeatures, DatesThatComeAgainCountOnce) {
  // On 1 January 2000 at 12:00 clocks are set back by 13 hours; dates are those before.
  const auto back = [](const void*, Micros at) {
    return at < 12 * hour ? LocalClock::Offset{0, 12 * hour}
                          : LocalClock::Offset{-13 * hour, INT64_MAX};
  };
  const auto active = [&](std::vector<Micros> times) {
    EventList list;
    for (const Micros t : times) list.add(t, 8);
    FeaturesDefinition d;
    LocalClock clock(back, nullptr);
    ChurnFeatures f;
    EXPECT_TRUE(FeatureMaker().make(Journey(packed(list)), 1000 * day, d, usual_roles(), clock, f));
    return value(f, "active_days");
  };
  EXPECT_EQ(active({11 * hour, 12 * hour}), 2);         // 1 January, 31 December
  EXPECT_EQ(active({-hour, 11 * hour, 12 * hour}), 2);  // 31, 1, 31
  EXPECT_EQ(active({-hour, 11 * hour, 12 * hour, 14 * hour}), 2);
  EXPECT_EQ(active({-25 * hour, 11 * hour, 12 * hour, 14 * hour}), 3);
  EXPECT_EQ(active({-70 * day, 11 * hour, 12 * hour, 12 * hour}), 3);
}

TEST(ChurnFeatures, ExtremesAreFinite) {
  EventList list;
  Extra x;
  x.has_amount = true;
  x.amount = amount_limit - 1;
  for (const Micros t : {first_instant, first_instant + 1, int64_t{0}, end_of_time - 2})
    for (int k = 0; k < 40; ++k) list.add(t, 1, x);
  const Bytes bytes = packed(list);
  FeatureMaker maker;
  FeaturesDefinition d;
  LocalClock clock(no_offset, nullptr);
  for (const Micros at : {first_instant + 1, int64_t{5}, end_of_time - 1})
    for (const int64_t period : {int64_t{1}, INT64_MAX})
      for (const int64_t gap : {int64_t{0}, INT64_MAX}) {
        d.period = period;
        d.session_gap = gap;
        ChurnFeatures f;
        ASSERT_TRUE(maker.make(Journey(bytes), at, d, usual_roles(), clock, f));
        for (const double v : f) EXPECT_FALSE(std::isinf(v));
        EXPECT_EQ(value(f, "amount_mean"), value(f, "amount_total") / value(f, "purchases"));
        EXPECT_NEAR(value(f, "amount_mean"), 40e12, 1e3);
      }
  ChurnFeatures f;
  EXPECT_FALSE(maker.make(Journey(bytes), first_instant, d, usual_roles(), clock, f));
}

TEST(ChurnFeatures, DefinitionsAreRead) {
  FeaturesDefinition d;
  d.time_zone = "Asia/Shanghai";
  d.selector[purchase_role] = "web:buy|购买";
  d.selector[passive_role] = "#3";
  d.period = 7 * day;
  Bytes bytes;
  d.write(bytes);
  EXPECT_EQ(FeaturesDefinition::read(bytes), d);
  const auto code_of = [](auto run) -> std::string {
    try {
      run();
    } catch (const Error& e) {
      return e.code();
    }
    return "";
  };
  for (size_t n = 0; n < bytes.size(); ++n)
    EXPECT_EQ(code_of([&] { FeaturesDefinition::read(std::span(bytes).first(n)); }), "XX001");
  bytes.push_back(0);
  EXPECT_EQ(code_of([&] { FeaturesDefinition::read(bytes); }), "XX001");
  for (const auto& spoil : std::initializer_list<void (*)(FeaturesDefinition&)>{
           [](FeaturesDefinition& f) { f.period = 0; },
           [](FeaturesDefinition& f) { f.period = -1; },
           [](FeaturesDefinition& f) { f.session_gap = -1; },
           [](FeaturesDefinition& f) { f.time_zone = ""; },
           [](FeaturesDefinition& f) { f.selector[answer_role] = ""; }}) {
    FeaturesDefinition bad = d;
    spoil(bad);
    EXPECT_EQ(code_of([&] { bad.check(); }), "22023");
  }
}

}  // namespace
}  // namespace clientele
