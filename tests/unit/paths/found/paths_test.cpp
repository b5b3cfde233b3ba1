// SPDX-License-Identifier: PostgreSQL
#include "paths/found/paths.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "journey/ordered.hpp"
#include "paths/found/raw.hpp"
#include "paths/links/summary.hpp"
#include "unit/random_events.hpp"

namespace clientele {
namespace {

using testing::Random;
using Names = std::vector<std::string>;
using Row = std::pair<Micros, std::string>;

Bytes encoded(const PathDefinition& d) {
  Bytes bytes;
  d.write(bytes);
  return bytes;
}

std::optional<Names> path_of(const RawPath& raw) {
  std::optional<Names> found;
  raw.path(
      [&](std::span<const std::string_view> names) { found = Names(names.begin(), names.end()); });
  return found;
}

/// The path of raw rows, or nothing.
std::optional<Names> path_of(const std::vector<Row>& rows, const PathDefinition& definition) {
  RawPath raw(std::pmr::get_default_resource());
  raw.define(encoded(definition));
  for (const auto& [at, event] : rows) raw.add(at, event);
  return path_of(raw);
}

PathDefinition random_definition(Random& random) {
  PathDefinition d;
  if (random.one_in(2)) d.session_gap = random.below(6);
  if (random.one_in(3)) d.start_at = random.one_in(4) ? "a*|b" : "a";
  if (random.one_in(3)) d.end_at = random.one_in(4) ? "*" : "b";
  d.collapse = random.one_in(2);
  d.reverse = random.one_in(3);
  if (random.one_in(3)) d.max_length = 1 + static_cast<int64_t>(random.below(5));
  d.by_step = random.one_in(2);
  d.times = random.one_in(2);
  d.min_weight = 1 + static_cast<int64_t>(random.below(3));
  return d;
}

const Names all_names = {"a", "aa", "b", "c", "d", "e"};

struct Customer {
  std::vector<Micros> at;
  std::vector<uint16_t> kind;
  std::vector<PathKind> kinds;
  Vocabulary* vocabulary;
  PathEvents<uint16_t> events() const { return {at, kind}; }
};

/// Summaries of random customers whose vocabularies number the same names differently.
struct World {
  Random random;
  PathDefinition definition;
  Vocabulary forward, backward;
  std::vector<Customer> customers;

  World(uint64_t seed, size_t names, size_t most) : random(seed) {
    definition = random_definition(random);
    for (size_t i = 0; i < names; ++i)
      forward.labels.push_back(i < all_names.size() ? all_names[i] : "e" + std::to_string(i));
    backward.labels.assign(forward.labels.rbegin(), forward.labels.rend());
    for (size_t c = 0; c < most; ++c) {
      Customer customer;
      customer.vocabulary = random.one_in(2) ? &forward : &backward;
      std::vector<uint64_t> ranks;
      for (size_t k = 0; k < names; ++k) {
        const std::string& name = customer.vocabulary->labels[k];
        ranks.push_back(static_cast<uint64_t>(name[0]));
        customer.kinds.push_back({static_cast<uint32_t>(k), true, name == "a", name == "b"});
      }
      Micros at = 0;
      for (size_t n = random.below(20); n > 0; --n) {
        at += static_cast<Micros>(random.below(8));
        customer.at.push_back(at);
        customer.kind.push_back(static_cast<uint16_t>(random.below(names)));
      }
      order_ties<uint16_t>(customer.at, customer.kind, ranks);
      customers.push_back(std::move(customer));
    }
  }

  void add(PathSummary& summary, const Customer& c) const {
    PathFinder finder(definition);
    summary.add(encoded(definition), finder, c.events(), c.kinds, *c.vocabulary);
  }
};

Bytes bytes_of(const PathSummary& summary) {
  Bytes bytes;
  summary.write(bytes);
  return bytes;
}

PathSummary* fresh() { return new PathSummary(std::pmr::get_default_resource()); }

TEST(Paths, TiesFollowTheNamesNotTheInput) {
  const Names expected = {"a", "b", "c"};
  EXPECT_EQ(path_of({{1, "c"}, {1, "a"}, {1, "b"}}, {}), expected);
  EXPECT_EQ(path_of({{1, "b"}, {1, "c"}, {1, "a"}}, {}), expected);
  EXPECT_EQ(path_of({}, {}), std::nullopt);
}

TEST(Paths, GapOfTheLimitStaysInTheSession) {
  PathDefinition d;
  d.session_gap = 10;
  EXPECT_EQ(path_of({{0, "a"}, {10, "b"}, {21, "c"}}, d), (Names{"a", "b"}));
}

TEST(Paths, StartAndEnd) {
  PathDefinition d;
  d.start_at = "a";
  EXPECT_EQ(path_of({{0, "b"}, {1, "a"}, {2, "c"}}, d), (Names{"a", "c"}));
  EXPECT_EQ(path_of({{0, "b"}}, d), std::nullopt);
  d.end_at = "a";
  EXPECT_EQ(path_of({{0, "b"}, {1, "a"}, {2, "c"}}, d), std::nullopt)
      << "the end is after the start";
  EXPECT_EQ(path_of({{0, "a"}, {1, "c"}, {2, "a"}, {3, "a"}}, d), (Names{"a", "c", "a"}));
  d.start_at.reset();
  EXPECT_EQ(path_of({{0, "a"}, {1, "c"}, {2, "a"}}, d), (Names{"a"}));
  EXPECT_EQ(path_of({{0, "c"}, {1, "b"}}, d), std::nullopt);
}

TEST(Paths, ALaterSessionMayHaveTheFirstPath) {
  PathDefinition d;
  d.session_gap = 10;
  d.start_at = "x";
  EXPECT_EQ(path_of({{0, "a"}, {100, "x"}, {101, "b"}, {200, "x"}}, d), (Names{"x", "b"}));
}

TEST(Paths, CollapseThenReverseThenCut) {
  PathDefinition d;
  d.collapse = true;
  const std::vector<Row> rows = {{0, "a"}, {1, "a"}, {2, "b"}, {3, "b"}, {4, "c"}};
  EXPECT_EQ(path_of(rows, d), (Names{"a", "b", "c"}));
  d.max_length = 2;
  EXPECT_EQ(path_of(rows, d), (Names{"a", "b"}));
  d.reverse = true;
  EXPECT_EQ(path_of(rows, d), (Names{"c", "b"}));
  d.collapse = false;
  d.max_length = 3;
  EXPECT_EQ(path_of(rows, d), (Names{"c", "b", "b"}));
}

TEST(Paths, SelectorsOfNames) {
  EXPECT_TRUE(NameSelector("buy").picks("buy"));
  EXPECT_FALSE(NameSelector("buy").picks("web:buy"));
  EXPECT_TRUE(NameSelector("web:buy").picks("web:buy"));
  EXPECT_TRUE(NameSelector("web:*").picks("web:buy"));
  EXPECT_FALSE(NameSelector("web:*").picks("app:buy"));
  EXPECT_TRUE(NameSelector("view_*|x").picks("view_item"));
  EXPECT_FALSE(NameSelector("view_*").picks("viewXitem")) << "_ is not a wildcard";
  EXPECT_TRUE(NameSelector("\"100% \\ok\"").picks("100% \\ok"));
  EXPECT_TRUE(NameSelector("*a*b*").picks("xaxabx"));
  EXPECT_FALSE(NameSelector("*a*b").picks("xaxabx"));
  EXPECT_TRUE(NameSelector("加购*").picks("加购成功"));
  EXPECT_TRUE(NameSelector("!buy").picks("web:buy"));
  EXPECT_FALSE(NameSelector("!buy|!view_*").picks("buy"));
  EXPECT_FALSE(NameSelector("web:*|!web:buy").picks("web:buy"));
  EXPECT_FALSE(NameSelector("!web:buy|web:*").picks("app:buy"));
  EXPECT_TRUE(NameSelector("web:!buy").picks("web:!buy")) << "only before a term";
  EXPECT_THROW(NameSelector("a|#3"), Error);
  EXPECT_THROW(NameSelector("a[x=1]"), Error);
}

TEST(Paths, DefinitionsKeepTheirBytes) {
  Random random(3);
  for (int i = 0; i < 2000; ++i) {
    const PathDefinition d = random_definition(random);
    const Bytes bytes = encoded(d);
    EXPECT_EQ(encoded(PathDefinition::read(bytes)), bytes);
    Bytes bad = bytes;
    bad[random.below(bad.size())] = static_cast<uint8_t>(random());
    if (random.one_in(3)) bad.resize(random.below(bad.size()));
    try {
      EXPECT_EQ(encoded(PathDefinition::read(bad)), bad) << "what is accepted is canonical";
    } catch (const Error&) {
    }
  }
}

TEST(Paths, RawStatesTravelAndCombine) {
  Random random(4);
  for (int i = 0; i < 500; ++i) {
    const PathDefinition d = random_definition(random);
    RawPath whole(std::pmr::get_default_resource()), left(std::pmr::get_default_resource()),
        right(std::pmr::get_default_resource()), back(std::pmr::get_default_resource());
    for (RawPath* p : {&whole, &left, &right}) p->define(encoded(d));
    for (size_t n = random.below(30); n > 0; --n) {
      const auto at = static_cast<Micros>(random.below(40));
      const std::string& name = all_names[random.below(all_names.size())];
      whole.add(at, name);
      (random.one_in(2) ? left : right).add(at, name);
    }
    left.merge(right);
    Bytes bytes;
    left.write(bytes);
    Reader reader(bytes);
    back.read(reader);
    EXPECT_TRUE(reader.done());
    EXPECT_EQ(path_of(whole), path_of(back));
  }
}

TEST(PathLinks, EqualACountByHand) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const World world(seed, seed % 3 == 0 ? 6 : seed % 3 == 1 ? 40 : 600, 30);
    const PathDefinition& d = world.definition;
    struct Expected {
      std::set<size_t> customers;
      std::vector<Micros> times;
    };
    std::map<std::tuple<uint32_t, std::string, std::string>, Expected> expected;
    std::unique_ptr<PathSummary> summary(fresh());
    for (size_t c = 0; c < world.customers.size(); ++c) {
      const Customer& customer = world.customers[c];
      world.add(*summary, customer);
      PathFinder finder(d);
      finder.each(customer.events(), customer.kinds, [&](const FoundPath& found) {
        const std::span<const PathNode> path = found.nodes;
        for (size_t i = 1; i < path.size(); ++i) {
          const auto& labels = customer.vocabulary->labels;
          Expected& e = expected[{d.by_step ? static_cast<uint32_t>(i) : 0,
                                  labels[path[i - 1].label], labels[path[i].label]}];
          e.customers.insert(c);
          e.times.push_back(std::abs(path[i].at - path[i - 1].at));
        }
        return true;
      });
    }
    size_t shown = 0;
    for (const auto& [key, e] : expected)
      shown += e.customers.size() >= static_cast<size_t>(d.min_weight);
    const PathLinks found_links = summary->links();
    const std::vector<PathLink>& links = found_links.links;
    ASSERT_EQ(links.size(), shown) << "seed " << seed;
    for (const PathLink& link : links) {
      Expected& e =
          expected.at({link.step, std::string(link.source), std::string(link.target.value())});
      EXPECT_EQ(link.customers, e.customers.size());
      EXPECT_EQ(link.paths, e.times.size());
      ASSERT_EQ(link.times != nullptr, d.times);
      if (!d.times) continue;
      Durations times;
      for (const Micros t : e.times) times.add(t);
      EXPECT_EQ(link.times->percentile(0.5), times.percentile(0.5));
    }
  }
}

TEST(PathLinks, OrderAndSplitDoNotShow) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    World world(seed, seed % 2 == 0 ? 6 : 300, 25);
    std::unique_ptr<PathSummary> whole(fresh()), left(fresh()), right(fresh()), turned(fresh());
    for (const Customer& c : world.customers) {
      world.add(*whole, c);
      world.add(world.random.one_in(2) ? *left : *right, c);
    }
    std::shuffle(world.customers.begin(), world.customers.end(), world.random);
    for (const Customer& c : world.customers) world.add(*turned, c);
    const Bytes bytes = bytes_of(*whole);
    EXPECT_EQ(bytes_of(*turned), bytes) << "seed " << seed;
    std::unique_ptr<PathSummary> back(fresh());
    {
      const Bytes half = bytes_of(*left);
      Reader reader(half);
      if (half.size() > 3) {  // a side may have got no customer
        back->read(reader);
        EXPECT_TRUE(reader.done());
      }
    }
    back->merge(*right);
    EXPECT_EQ(bytes_of(*back), bytes) << "seed " << seed;
  }
}

TEST(PathLinks, BadBytesAreErrorsOrOtherSummaries) {
  Random random(9);
  World world(5, 6, 30);
  world.definition = {};
  std::unique_ptr<PathSummary> summary(fresh());
  for (const Customer& c : world.customers) world.add(*summary, c);
  const Bytes good = bytes_of(*summary);
  for (int i = 0; i < 5000; ++i) {
    Bytes bad = good;
    for (size_t n = 1 + random.below(3); n > 0; --n)
      bad[random.below(bad.size())] = static_cast<uint8_t>(random());
    if (random.one_in(4)) bad.resize(random.below(bad.size()));
    std::unique_ptr<PathSummary> back(fresh());
    Reader reader(bad);
    try {
      back->read(reader);
      back->merge(*summary);
      for (const PathLink& link : back->links().links)
        if (link.times != nullptr) link.times->percentile(0.5);
      bytes_of(*back);
    } catch (const Error&) {
    }
  }
}

TEST(PathLinks, OneDefinitionForAll) {
  World world(1, 6, 2);
  std::unique_ptr<PathSummary> summary(fresh());
  world.add(*summary, world.customers[0]);
  world.definition.collapse = !world.definition.collapse;
  EXPECT_THROW(world.add(*summary, world.customers[1]), Error);
}

}  // namespace
}  // namespace clientele
