// SPDX-License-Identifier: PostgreSQL
#include "journey/ordered.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "journey/groups.hpp"
#include "unit/random_events.hpp"

namespace clientele {
namespace {

using testing::Random;

/// Time, rank, whether there is an amount, the amount; items are not shown, but order.
using Row = std::tuple<Micros, uint64_t, bool, int64_t, bool, int64_t>;

TEST(OrderedEvents, FollowTimeRankItemAmount) {
  Random random(7);
  OrderedEvents plain, priced;
  for (int round = 0; round < 500; ++round) {
    EventList list;
    const size_t types = 1 + random.below(6);
    std::vector<uint64_t> rank_of(types);
    for (size_t k = 0; k < types; ++k) rank_of[k] = 10 * k + 5;
    std::shuffle(rank_of.begin(), rank_of.end(), random);
    const bool amounts = !random.one_in(4);
    for (size_t n = random.below(40); n > 0; --n) {
      Extra extra;
      extra.has_item = random.one_in(2);
      extra.item = extra.has_item ? static_cast<int64_t>(random.below(3)) : 0;
      extra.has_amount = amounts && random.one_in(2);
      extra.amount = extra.has_amount ? static_cast<int64_t>(random.below(5)) - 2 : 0;
      list.add(static_cast<Micros>(random.below(8)), static_cast<int32_t>(random.below(types)),
               extra);
    }
    list.sort();
    Bytes bytes;
    encode(list, bytes);
    const Journey journey(bytes);
    std::vector<uint64_t> ranks;
    for (const int32_t type : journey.types()) ranks.push_back(rank_of[type]);
    std::vector<Row> wanted;
    for (const Event& e : list.events) {
      const Extra x = list.extra(e);
      wanted.emplace_back(e.at, rank_of[e.type], x.has_item, x.item, x.has_amount, x.amount);
    }
    std::ranges::sort(wanted);
    plain.read(journey, ranks);
    priced.read_with_amounts(journey, ranks);
    ASSERT_EQ(plain.size(), wanted.size());
    ASSERT_EQ(priced.size(), wanted.size());
    EXPECT_TRUE(plain.amount.empty());
    ASSERT_EQ(priced.amount.size(), journey.has_amounts() ? wanted.size() : 0);
    for (size_t i = 0; i < wanted.size(); ++i) {
      const auto& [at, rank, has_item, item, has_amount, amount] = wanted[i];
      EXPECT_EQ(plain.at[i], at);
      EXPECT_EQ(ranks[plain.code[i]], rank);
      EXPECT_EQ(priced.at[i], at);
      EXPECT_EQ(ranks[priced.code[i]], rank);
      if (priced.amount.empty()) continue;
      EXPECT_EQ(priced.has_amount[i] != 0, has_amount);
      EXPECT_EQ(priced.amount[i], amount);
    }
  }
}

std::vector<NamedSelector> groups(std::vector<std::string> texts) { return parse_groups(texts); }

TEST(Groups, SplitAtTheFirstSignOutsideQuotesAndBrackets) {
  using V = std::vector<NamedSelector>;
  EXPECT_EQ(groups({"pay=buy|web:buy[sort=a]"}), (V{{"pay", "buy|web:buy[sort=a]"}}));
  EXPECT_EQ(groups({" 付款 = \"a=b\""}), (V{{"付款", " \"a=b\""}}));
  EXPECT_EQ(groups({"\"a=b\"=c", "x[a=b]=!d"}), (V{{"a=b", "c"}, {"x[a=b]", "!d"}}));
  EXPECT_EQ(groups({"\"say \"\"hi\"\"\"=c"}), (V{{"say \"hi\"", "c"}}));
  EXPECT_EQ(groups({"\"a\" or \"b\"=c"}), (V{{"\"a\" or \"b\"", "c"}}));
  EXPECT_EQ(groups({}), V{});
  for (const char* bad : {"", "a", "=a", " =a", "\"a=b", "\"\"=a", "a=", "a=b[", "a=b|", "a[b=c"})
    EXPECT_THROW(groups({bad}), Error) << bad;
}

}  // namespace
}  // namespace clientele
