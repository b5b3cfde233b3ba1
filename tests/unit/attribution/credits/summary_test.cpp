// SPDX-License-Identifier: PostgreSQL
#include "attribution/credits/summary.hpp"

#include <gtest/gtest.h>

#include <random>

#include "attribution/credits/credits.hpp"
#include "attribution/credits/wide_amount.hpp"
#include "journey/journey.hpp"

namespace clientele {
namespace {

Bytes question(std::mt19937& random) {
  AttributionDefinition d;
  d.conversion = "x";
  d.direct = {"频道1"};
  d.collapse = random() % 2;
  d.after_previous = random() % 2;
  d.lookback = random() % 3 != 0 ? std::optional<uint64_t>(random() % 20) : std::nullopt;
  d.half_life = 3;
  if (random() % 2 != 0) d.since = 10;
  d.until = 35;
  for (int m = 0; m < credit_models; ++m) d.models.push_back(static_cast<CreditModel>(m));
  Bytes bytes;
  d.write(bytes);
  return bytes;
}

// Types 0 to 4 are touches of channels, 5 is a conversion, 6 is neither.
void add(AttributionSummary& summary, const Bytes& definition, const Bytes& bytes,
         const Vocabulary& vocabulary) {
  const AttributionDefinition d = AttributionDefinition::read(definition);
  WindowFinder finder({d.lookback, d.after_previous, d.nulls, d.since, d.until});
  const Journey journey(bytes);
  TouchCodes codes;
  for (const int type : journey.types()) {
    codes.role.push_back(type == 6   ? TouchRole::none
                         : type == 5 ? TouchRole::conversion
                                     : TouchRole::touch);
    codes.rank.push_back(static_cast<uint64_t>(100 - type));
    codes.label.push_back(static_cast<uint32_t>(type % 5));
  }
  finder.find(journey, codes);
  summary.start(definition, true);
  summary.add(finder, vocabulary);
}

TEST(AttributionSummary, DoesNotDependOnWhoCountsWhom) {
  std::mt19937 random(1);
  Vocabulary vocabulary;
  for (int i = 0; i < 5; ++i) vocabulary.labels.push_back("频道" + std::to_string(i));
  for (int round = 0; round < 300; ++round) {
    const Bytes definition = question(random);
    auto* const memory = std::pmr::get_default_resource();
    AttributionSummary left(memory), right(memory), all(memory);
    for (size_t customers = 1 + random() % 5; customers > 0; --customers) {
      EventList events;
      for (size_t n = random() % 10; n > 0; --n)
        events.add(random() % 45, static_cast<int32_t>(random() % 7),
                   {0, static_cast<int64_t>(random() % 100), false, random() % 2 == 0});
      events.sort();
      Bytes journey;
      encode(events, journey);
      add(random() % 2 != 0 ? left : right, definition, journey, vocabulary);
      add(all, definition, journey, vocabulary);
    }
    if (right.started()) {
      Bytes bytes;
      right.write(bytes);
      AttributionSummary read(memory);
      Reader reader(bytes);
      read.read(reader);
      EXPECT_TRUE(reader.done());
      left.merge(read);
    }
    Bytes merged, whole;
    left.write(merged);
    all.write(whole);
    ASSERT_EQ(merged, whole) << "round " << round;
    double sums[credit_models] = {};
    for (const CreditRow& row : attribution_credits(left))
      sums[static_cast<int>(row.model)] += row.conversions;
    for (const double sum : sums)
      ASSERT_NEAR(sum, static_cast<double>(left.conversions()), 1e-9) << "round " << round;
  }
}

TEST(WideAmount, IsRoundedToTwelveDecimals) {
  for (const char* text : {"0", "-1.5", "3.195", "999999999999999999.000000000001"})
    EXPECT_EQ(wide_amount_text(parse_wide_amount(text)), text);
  EXPECT_EQ(wide_amount_text(parse_wide_amount("3.1950000000000003")), "3.195");
  EXPECT_EQ(wide_amount_text(parse_wide_amount("-0.0000000000005")), "-0.000000000001");
  for (const char* text : {"", "NaN", "Infinity", "1000000000000000000"})
    EXPECT_THROW(parse_wide_amount(text), Error);
}

}  // namespace
}  // namespace clientele
