// SPDX-License-Identifier: PostgreSQL
#include "paths/dwell/dwell.hpp"

#include <map>
#include <set>

#include "unit/paths/world.hpp"

namespace clientele {
namespace {

using testing::fresh;
using testing::PathCustomer;
using testing::PathWorld;

TEST(Dwell, EqualsACountByHand) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const PathWorld world(seed, seed % 2 == 0 ? 6 : 40, 30);
    const PathDefinition& d = world.definition;
    PathDefinition whole = d;
    whole.reverse = false;
    whole.max_length.reset();
    struct Expected {
      std::set<size_t> customers;
      std::vector<Micros> times;
      uint64_t lasts = 0;
    };
    std::map<std::string, Expected> expected;
    const auto summary = fresh<DwellSummary>();
    for (size_t c = 0; c < world.customers.size(); ++c) {
      const PathCustomer& customer = world.customers[c];
      world.add(*summary, customer, true);
      PathFinder finder(whole);
      finder.each(customer.events(), customer.kinds, [&](const FoundPath& path) {
        for (size_t i = 0; i < path.nodes.size(); ++i) {
          Expected& e = expected[customer.vocabulary->labels[path.nodes[i].label]];
          e.customers.insert(c);
          if (i + 1 < path.nodes.size())
            e.times.push_back(path.nodes[i + 1].at - path.nodes[i].at);
          else
            ++e.lasts;
        }
        return true;
      });
    }
    std::vector<std::tuple<int, int, std::string>> order;
    for (const auto& [name, e] : expected)
      order.emplace_back(-int(e.customers.size()), -int(e.times.size() + e.lasts), name);
    std::ranges::sort(order);
    const DwellTimes list = summary->list();
    size_t shown = 0;
    int64_t named = 0;
    Expected rest;
    const auto check = [&](const DwellTime& got, const Expected& e) {
      EXPECT_EQ(got.lasts, e.lasts);
      EXPECT_EQ(got.stands, e.lasts + e.times.size());
      Durations times;
      uint64_t total = 0;
      for (const Micros t : e.times) times.add(t), total += static_cast<uint64_t>(t);
      EXPECT_TRUE(got.total == total);
      ASSERT_EQ(got.times != nullptr, d.times);
      if (d.times && !times.empty()) {
        EXPECT_EQ(got.times->percentile(0.9), times.percentile(0.9));
      }
    };
    for (const auto& [customers, visits, name] : order) {
      const Expected& e = expected[name];
      if (d.top && (name == d.rest || ++named > *d.top)) {
        rest.lasts += e.lasts;
        rest.times.insert(rest.times.end(), e.times.begin(), e.times.end());
      } else if (-customers >= d.min_weight) {
        ASSERT_LT(shown, list.events.size());
        const DwellTime& got = list.events[shown++];
        EXPECT_EQ(got.event, name) << "seed " << seed;
        EXPECT_EQ(got.customers, -customers);
        check(got, e);
      }
    }
    const bool more = rest.lasts + rest.times.size() > 0;
    ASSERT_EQ(list.events.size(), shown + more);
    if (!more) continue;
    EXPECT_EQ(list.events.back().event, d.rest);
    EXPECT_EQ(list.events.back().customers, std::nullopt);
    check(list.events.back(), rest);
  }
}

TEST(Dwell, SumsArePastSixtyFourBits) {
  PathWorld world(1, 1, 0);
  world.definition = {};
  PathCustomer customer;
  customer.vocabulary = &world.forward;
  customer.kinds = {{0}};
  customer.at = {INT64_MIN / 2, INT64_MAX / 2};
  customer.kind = {0, 0};
  const auto half = fresh<DwellSummary>(), both = fresh<DwellSummary>();
  for (int i = 0; i < 3; ++i) world.add(*half, customer);
  both->merge(*half);
  both->merge(*half);
  const DwellTimes list = both->list();
  ASSERT_EQ(list.events.size(), 1);
  const auto passed = static_cast<unsigned __int128>(INT64_MAX / 2 - INT64_MIN / 2);
  EXPECT_TRUE(list.events[0].total == 6 * passed);
  const Bytes bytes = testing::bytes_of(*both);
  const auto back = fresh<DwellSummary>();
  Reader reader(bytes);
  back->read(reader);
  EXPECT_EQ(testing::bytes_of(*back), bytes);
}

TEST(Dwell, OrderAndSplitDoNotShow) {
  for (uint64_t seed = 0; seed < 200; ++seed)
    testing::order_and_split_do_not_show<DwellSummary>(seed, seed % 2 == 0 ? 4 : 60, true);
}

TEST(Dwell, BadBytesAreErrorsOrOtherSummaries) {
  testing::bad_bytes<DwellSummary>(11, {}, [](const DwellSummary& summary) {
    for (const DwellTime& e : summary.list().events)
      if (e.times != nullptr && !e.times->empty()) e.times->percentile(0.9);
  });
}

}  // namespace
}  // namespace clientele
