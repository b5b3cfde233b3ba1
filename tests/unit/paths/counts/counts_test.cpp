// SPDX-License-Identifier: PostgreSQL
#include "paths/counts/counts.hpp"

#include <map>
#include <set>

#include "unit/paths/world.hpp"

namespace clientele {
namespace {

using testing::fresh;
using testing::Names;
using testing::PathCustomer;
using testing::PathWorld;

TEST(PathCounts, EqualACountByHand) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const PathWorld world(seed, seed % 2 == 0 ? 3 : 40, 30);
    const PathDefinition& d = world.definition;
    struct Expected {
      std::set<size_t> customers;
      std::vector<Micros> times;
    };
    std::map<Names, Expected> expected;
    const auto counts = fresh<PathCounts>();
    for (size_t c = 0; c < world.customers.size(); ++c) {
      const PathCustomer& customer = world.customers[c];
      world.add(*counts, customer);
      PathFinder finder(d);
      finder.each(customer.events(), customer.kinds, [&](const FoundPath& path) {
        Names names;
        for (const PathNode& node : path.nodes)
          names.push_back(customer.vocabulary->labels[node.label]);
        Expected& e = expected[names];
        e.customers.insert(c);
        e.times.push_back(std::abs(path.nodes.back().at - path.nodes.front().at));
        return true;
      });
    }
    EXPECT_EQ(counts->customers(), world.customers.size());
    std::vector<std::tuple<int, int, Names>> order;
    for (const auto& [names, e] : expected)
      order.emplace_back(-int(e.customers.size()), -int(e.times.size()), names);
    std::ranges::sort(order);
    uint64_t rest = 0;
    size_t shown = 0;
    const std::vector<PathCount> list = counts->list();
    for (size_t i = 0; i < order.size(); ++i) {
      const auto& [customers, paths, names] = order[i];
      if (d.top && i >= static_cast<size_t>(*d.top)) {
        rest += static_cast<uint64_t>(-paths);
      } else if (-customers >= d.min_weight) {
        ASSERT_LT(shown, list.size());
        const PathCount& path = list[shown++];
        std::vector<std::string_view> found;
        counts->names(path.number.value(), found);
        EXPECT_EQ(Names(found.begin(), found.end()), names) << "seed " << seed;
        EXPECT_EQ(path.customers, -customers);
        EXPECT_EQ(path.paths, -paths);
        ASSERT_EQ(path.times != nullptr, d.times);
        Durations times;
        for (const Micros t : expected[names].times) times.add(t);
        if (d.times) {
          EXPECT_EQ(path.times->percentile(0.5), times.percentile(0.5));
        }
      }
    }
    ASSERT_EQ(list.size(), shown + (rest > 0));
    if (rest == 0) continue;
    EXPECT_EQ(list.back().number, std::nullopt);
    EXPECT_EQ(list.back().customers, std::nullopt);
    EXPECT_EQ(list.back().paths, rest);
  }
}

TEST(PathCounts, OrderAndSplitDoNotShow) {
  for (uint64_t seed = 0; seed < 200; ++seed)
    testing::order_and_split_do_not_show<PathCounts>(seed, seed % 2 == 0 ? 4 : 60, false);
}

TEST(PathCounts, BadBytesAreErrorsOrOtherSummaries) {
  PathDefinition d;
  d.session_gap = 3;
  testing::bad_bytes<PathCounts>(10, d, [](const PathCounts& counts) {
    std::vector<std::string_view> names;
    for (const PathCount& path : counts.list()) {
      if (path.number) counts.names(*path.number, names);
      if (path.times != nullptr) path.times->percentile(0.5);
    }
  });
}

}  // namespace
}  // namespace clientele
