// SPDX-License-Identifier: PostgreSQL
#include "funnel/correlation/correlation.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "funnel/steps/definition.hpp"
#include "unit/random_events.hpp"

namespace clientele {
namespace {

using testing::Random;

Bytes definition(std::vector<std::string> steps) {
  FunnelDefinition d;
  d.steps = std::move(steps);
  Bytes out;
  d.write(out);
  return out;
}

const Bytes three = definition({"search", "cart", "purchase"});

CorrelationSummary empty() {
  CorrelationSummary s(std::pmr::get_default_resource());
  return s;
}

Bytes written(const CorrelationSummary& s) {
  Bytes out;
  s.write(out);
  return out;
}

Vocabulary vocabulary(std::vector<std::string> labels) {
  Vocabulary v;
  v.labels = std::move(labels);
  return v;
}

void add(CorrelationSummary& s, const Vocabulary& v, bool converted, std::vector<uint32_t> labels,
         int times) {
  s.define({three, 1, 3});
  for (int i = 0; i < times; ++i) s.add(converted, labels, v);
}

CorrelationSummary some(const Vocabulary& v, uint32_t help, uint32_t coupon) {
  CorrelationSummary s = empty();
  add(s, v, true, {help, help}, 30);
  add(s, v, true, {}, 10);
  add(s, v, false, {help, coupon}, 20);
  add(s, v, false, {coupon, help, coupon}, 5);
  add(s, v, false, {}, 35);
  return s;
}

TEST(Correlation, OddsAndOrder) {
  const std::vector<EventCorrelation> rows =
      some(vocabulary({"web:help", "优惠券"}), 0, 1).events(1, Correction::none);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].event, "优惠券");
  EXPECT_EQ(rows[0].converted_with, 0U);
  EXPECT_EQ(rows[0].converted_without, 40U);
  EXPECT_EQ(rows[0].lost_with, 25U);
  EXPECT_EQ(rows[0].lost_without, 35U);
  EXPECT_DOUBLE_EQ(rows[0].odds_ratio, 0.5 * 35.5 / (40.5 * 25.5));
  EXPECT_EQ(rows[0].p, chance_of(100, 25, 40, 0));
  EXPECT_EQ(rows[1].event, "web:help");
  EXPECT_EQ(rows[1].converted_with, 30U);
  EXPECT_EQ(rows[1].lost_with, 25U);
  const double odds = 30.5 * 35.5 / (10.5 * 25.5);
  const double half = 1.959963984540054 * std::sqrt(1 / 30.5 + 1 / 10.5 + 1 / 25.5 + 1 / 35.5);
  EXPECT_NEAR(rows[1].odds_ratio, odds, 1e-12);
  EXPECT_NEAR(std::log(rows[1].low), std::log(odds) - half, 1e-12);
  EXPECT_NEAR(std::log(rows[1].high), std::log(odds) + half, 1e-12);
  EXPECT_EQ(some(vocabulary({"a", "b"}), 0, 1).events(26, Correction::bh).size(), 1U);
}

TEST(Correlation, EqualProbabilitiesAreInOrderOfStrengthAndName) {
  const Vocabulary v = vocabulary({"z", "a", "up", "down"});
  CorrelationSummary s = empty();
  add(s, v, true, {0, 1}, 20);
  add(s, v, false, {0, 1}, 20);
  add(s, v, true, {2}, 5);
  add(s, v, false, {3}, 5);
  std::string order;
  for (const EventCorrelation& e : s.events(1, Correction::holm))
    order += std::string(e.event) + ' ';
  EXPECT_EQ(order, "down up a z ");
}

TEST(Correlation, DependsOnTheCustomersOnly) {
  const CorrelationSummary all = some(vocabulary({"web:help", "优惠券"}), 0, 1);
  // Another query numbers the labels in another way.
  const Vocabulary v = vocabulary({"unused", "优惠券", "web:help"});
  CorrelationSummary left = empty(), right = empty(), joined = empty();
  add(right, v, false, {1, 2}, 25);
  add(right, v, false, {}, 35);
  add(left, v, true, {2}, 30);
  add(left, v, true, {}, 10);
  joined.merge(right);
  joined.merge(empty());
  joined.merge(left);
  EXPECT_EQ(written(joined), written(all));
  const Bytes bytes = written(all);
  CorrelationSummary back = empty();
  Reader reader(bytes);
  back.read(reader);
  EXPECT_TRUE(reader.done());
  EXPECT_EQ(written(back), bytes);
  for (size_t size = 0; size < bytes.size(); ++size) {
    CorrelationSummary cut = empty();
    Reader part({bytes.data(), size});
    EXPECT_THROW(cut.read(part), Error) << size;
  }
}

TEST(Correlation, WhatIsRefused) {
  for (const auto& [from, to] : {std::pair(0, 1), {1, 1}, {2, 1}, {1, 4}, {-1, 2}})
    EXPECT_THROW(empty().define({three, from, to}), Error) << from << ' ' << to;
  CorrelationSummary s = empty();
  s.define({three, 1, 2});
  EXPECT_NO_THROW(s.define({three, 1, 2}));
  EXPECT_THROW(s.define({three, 1, 3}), Error);
  EXPECT_THROW(s.define({definition({"a", "b"}), 1, 2}), Error);
}

TEST(CodesBetween, MarksWhatLiesBetween) {
  Random random(7);
  CodesBetween between;
  for (const size_t size : {0, 1, 5, 255, 256, 257, 2000}) {
    EventList list;
    for (size_t i = 0; i < size; ++i)
      list.add(static_cast<Micros>(random.below(500)), static_cast<int32_t>(random.below(20)));
    list.sort();
    Bytes bytes;
    encode(list, bytes);
    const Journey journey(bytes);
    for (int i = 0; i < 50; ++i) {
      const auto after = static_cast<Micros>(random.below(520)) - 10;
      const Micros last =
          i % 10 == 0 ? INT64_MAX : after + static_cast<Micros>(random.below(100)) - 5;
      const std::span<const uint8_t> marked = between.mark(journey, after, last);
      for (size_t code = 0; code < journey.types().size(); ++code) {
        bool wanted = false;
        for (const Event& e : list.events)
          wanted |= e.type == journey.types()[code] && e.at > after && e.at <= last;
        ASSERT_EQ(marked[code], wanted) << size << ' ' << after << ' ' << last;
      }
    }
  }
}

}  // namespace
}  // namespace clientele
