// SPDX-License-Identifier: PostgreSQL
#include "paths/links/summary.hpp"

#include <map>
#include <set>
#include <tuple>

#include "unit/paths/world.hpp"

namespace clientele {
namespace {

using testing::bytes_of;
using testing::fresh;
using testing::PathCustomer;
using testing::PathWorld;

using Key = std::tuple<uint32_t, std::string, std::string>;
struct Expected {
  std::set<size_t> customers;
  std::vector<Micros> times;
  bool named = true;
};
const std::string to_end = "\1";  // stands for the target of a path that ends

/// The links of a world one by one, and the names that stand for the rest.
struct ByHand {
  std::map<Key, Expected> links;
  std::map<std::pair<uint32_t, std::string>, size_t> stands;

  ByHand(const PathWorld& world) : d(world.definition) {
    for (size_t c = 0; c < world.customers.size(); ++c) {
      const PathCustomer& customer = world.customers[c];
      PathFinder finder(d);
      finder.each(customer.events(), customer.kinds, [&](const FoundPath& path) {
        const auto& labels = customer.vocabulary->labels;
        for (uint32_t i = 0; i < path.nodes.size(); ++i)
          nodes.push_back(
              {c, d.by_step ? i + 1 : 0, labels[path.nodes[i].label],
               i + 1 < path.nodes.size() ? labels[path.nodes[i + 1].label]
               : path.cut                ? ""
                                         : to_end,
               i + 1 < path.nodes.size() ? std::abs(path.nodes[i + 1].at - path.nodes[i].at) : 0});
        return true;
      });
    }
    for (const Node& n : nodes) {
      if (n.target.empty()) continue;
      const bool ends = n.target == to_end;
      const std::string source = name(n.step, n.source);
      const std::string target = ends ? to_end : name(n.step + (d.by_step ? 1 : 0), n.target);
      Expected& e = links[{n.step, source, target}];
      e.customers.insert(n.customer);
      e.times.push_back(n.time);
      e.named = top(n.step, n.source) && (ends || top(n.step + (d.by_step ? 1 : 0), n.target));
      ++stands[{n.step, source}];
    }
  }

 private:
  struct Node {
    size_t customer;
    uint32_t step;
    std::string source, target;
    Micros time;
  };
  bool top(uint32_t step, const std::string& label) {
    if (!d.top) return true;
    if (label == d.rest) return false;
    auto& best = best_[step];
    if (best.empty()) {
      std::map<std::string, std::pair<std::set<size_t>, int>> counts;
      for (const Node& n : nodes)
        if (n.step == step) counts[n.source].first.insert(n.customer), ++counts[n.source].second;
      std::vector<std::tuple<int, int, std::string>> order;
      for (const auto& [name, n] : counts)
        if (name != d.rest) order.emplace_back(-int(n.first.size()), -n.second, name);
      std::ranges::sort(order);
      for (size_t i = 0; i < order.size() && i < static_cast<size_t>(*d.top); ++i)
        best.insert(std::get<2>(order[i]));
      best.insert("");  // not to look again
    }
    return best.contains(label);
  }
  std::string name(uint32_t step, const std::string& label) {
    return top(step, label) ? label : d.rest;
  }

  const PathDefinition& d;
  std::vector<Node> nodes;
  std::map<uint32_t, std::set<std::string>> best_;
};

TEST(PathLinks, EqualACountByHand) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const PathWorld world(seed, seed % 3 == 0 ? 6 : seed % 3 == 1 ? 40 : 600, 30);
    const PathDefinition& d = world.definition;
    const auto summary = fresh<PathSummary>();
    for (const PathCustomer& c : world.customers) world.add(*summary, c);
    ByHand expected(world);
    const auto is_shown = [&](const Key& key, const Expected& e) {
      return (std::get<2>(key) != to_end || d.ends) &&
             (!e.named || e.customers.size() >= static_cast<size_t>(d.min_weight));
    };
    size_t shown = 0;
    for (const auto& [key, e] : expected.links) shown += is_shown(key, e);
    const PathLinks found = summary->links();
    ASSERT_EQ(found.links.size(), shown) << "seed " << seed;
    for (const PathLink& link : found.links) {
      const Expected& e = expected.links.at(
          {link.step, std::string(link.source), std::string(link.target.value_or(to_end))});
      ASSERT_EQ(link.customers.has_value(), e.named) << "seed " << seed;
      if (e.named) {
        EXPECT_EQ(link.customers, e.customers.size());
      }
      EXPECT_EQ(link.paths, e.times.size());
      EXPECT_EQ(link.passages, expected.stands.at({link.step, std::string(link.source)}));
      ASSERT_EQ(link.times != nullptr && !link.times->empty(), d.times && link.target.has_value());
      if (link.times == nullptr || link.times->empty()) continue;
      Durations times;
      for (const Micros t : e.times) times.add(t);
      EXPECT_EQ(link.times->percentile(0.5), times.percentile(0.5));
    }
  }
}

TEST(PathLinks, OrderAndSplitDoNotShow) {
  for (uint64_t seed = 0; seed < 100; ++seed)
    testing::order_and_split_do_not_show<PathSummary>(seed, seed % 2 == 0 ? 6 : 300, false);
}

TEST(PathLinks, BadBytesAreErrorsOrOtherSummaries) {
  for (const bool top : {false, true}) {
    PathDefinition d;
    d.ends = true;
    if (top) d.top = 2;
    testing::bad_bytes<PathSummary>(9, d, [](const PathSummary& summary) {
      for (const PathLink& link : summary.links().links)
        if (link.times != nullptr && !link.times->empty()) link.times->percentile(0.5);
    });
  }
}

TEST(PathLinks, TheFirstVersionDidNotCountEnds) {
  PathWorld world(3, 6, 20);
  world.definition = {};
  const auto now = fresh<PathSummary>();
  for (const PathCustomer& c : world.customers) world.add(*now, c);
  // Written by hand: two customers, and one of them went from a to b twice, in 2 and 5
  // microseconds.
  Bytes definition, old;
  PathDefinition().write(definition);
  Writer w(old);
  w.u8(1), w.counted(definition), w.varint(2), w.varint(2), w.text("a"), w.text("b"), w.varint(1);
  for (const uint64_t v : {1, 0, 1, 1, 2, 2, 2, 3}) w.varint(v);
  const auto then = fresh<PathSummary>();
  Reader reader(old);
  then->read(reader);
  EXPECT_TRUE(reader.done());
  EXPECT_EQ(bytes_of(*then), old);
  const PathLinks links = then->links();
  ASSERT_EQ(links.links.size(), 1);
  EXPECT_EQ(links.links[0].customers, 1);
  EXPECT_EQ(links.links[0].passages, std::nullopt);
  // With it, the ends of others are not known, either.
  const auto back = fresh<PathSummary>();
  back->merge(*now);
  back->merge(*then);
  then->merge(*now);
  EXPECT_EQ(bytes_of(*then), bytes_of(*back));
  EXPECT_EQ(bytes_of(*then)[0], 1);
  for (const PathLink& link : then->links().links) EXPECT_EQ(link.passages, std::nullopt);
}

TEST(PathLinks, OneDefinitionForAll) {
  PathWorld world(1, 6, 2);
  const auto summary = fresh<PathSummary>();
  world.add(*summary, world.customers[0]);
  world.definition.collapse = !world.definition.collapse;
  EXPECT_THROW(world.add(*summary, world.customers[1]), Error);
}

}  // namespace
}  // namespace clientele
