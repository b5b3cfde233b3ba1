// SPDX-License-Identifier: PostgreSQL
#include "identity/resolution/partition.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <random>
#include <string>

#include "base/error.hpp"

namespace clientele::identity {
namespace {

enum : uint32_t { customer, email, device, cookie };

/// Identifiers of four kinds: a customer number, e-mail addresses, devices and cookies.
struct World {
  Evidence evidence;
  World() { evidence.kinds = {{true, 1}, {false, 3}, {false, 1}, {false, 2}}; }
  uint32_t add(uint32_t kind) {
    evidence.kind.push_back(kind);
    evidence.ignored.push_back(0);
    return static_cast<uint32_t>(evidence.kind.size() - 1);
  }
  void link(uint32_t a, uint32_t b) { evidence.links.push_back({a, b}); }
  Partition find() const { return partition(evidence); }
};

TEST(Partition, LinksJoin) {
  World w;
  const uint32_t c = w.add(customer), e = w.add(email), d = w.add(device), alone = w.add(cookie);
  w.link(c, e);
  w.link(e, d);
  const Partition p = w.find();
  EXPECT_EQ(p.block, (std::vector<uint32_t>{c, c, c, alone}));
  EXPECT_EQ(p.shared, (std::vector<uint8_t>{0, 0, 0, 0}));
}

TEST(Partition, NoDeviceJoinsTwoCustomers) {
  World w;
  const uint32_t a = w.add(customer), b = w.add(customer), d = w.add(device), k = w.add(cookie);
  w.link(a, d);
  w.link(b, d);
  w.link(d, k);
  const Partition p = w.find();
  EXPECT_EQ(p.block, (std::vector<uint32_t>{a, b, d, k}));  // a shared one links nothing
  EXPECT_TRUE(p.shared[d]);
  EXPECT_FALSE(p.shared[k]);
}

TEST(Partition, TooManyLinks) {
  World w;
  const uint32_t e[] = {w.add(email), w.add(email), w.add(email)}, d = w.add(device),
                 k = w.add(cookie);
  w.link(e[0], d);
  w.link(e[1], d);
  w.link(e[0], k);
  w.link(e[2], k);
  const Partition p = w.find();
  EXPECT_TRUE(p.shared[d]);   // a device may touch one
  EXPECT_FALSE(p.shared[k]);  // a cookie two
  EXPECT_EQ(p.block, (std::vector<uint32_t>{e[0], e[1], e[0], d, e[0]}));
}

// Two e-mail addresses are joined by a link within the kind, though their customers conflict: then
// the link is not followed, and neither address is shared, as each touches one customer.
TEST(Partition, AGroupInConflictFallsApart) {
  World w;
  const uint32_t a = w.add(customer), b = w.add(customer), e = w.add(email), f = w.add(email);
  w.link(a, e);
  w.link(b, f);
  w.link(e, f);
  const Partition p = w.find();
  EXPECT_EQ(p.block, (std::vector<uint32_t>{a, b, a, b}));
  EXPECT_FALSE(p.shared[e] || p.shared[f]);
}

TEST(Partition, NoGiants) {
  World w;
  w.evidence.max_identities = 100;
  const uint32_t c = w.add(customer);
  for (int i = 0; i < 100; ++i) w.link(c, w.add(cookie));
  const Partition p = w.find();
  EXPECT_EQ(p.block[1], 1u);
  EXPECT_EQ(std::count(p.shared.begin(), p.shared.end(), 1), 100);
  w.evidence.max_identities = 101;
  EXPECT_EQ(w.find().block[100], c);
}

TEST(Partition, DecisionsStandAboveLinks) {
  World w;
  const uint32_t a = w.add(customer), b = w.add(customer), e = w.add(email), f = w.add(email);
  w.evidence.same = {{a, b}};
  w.evidence.different = {{a, f}};
  w.link(e, f);
  w.link(a, e);
  const Partition p = w.find();
  EXPECT_EQ(p.block, (std::vector<uint32_t>{a, a, a, f}));
  w.evidence.ignored[e] = 1;
  const Partition q = w.find();
  EXPECT_EQ(q.block, (std::vector<uint32_t>{a, a, e, f}));
  EXPECT_TRUE(q.shared[e]);
}

TEST(Partition, TooManyUniqueKinds) {
  Evidence evidence;
  evidence.kinds.assign(64, {true, 1});
  EXPECT_NO_THROW(partition(evidence));
  evidence.kinds.push_back({true, 1});
  EXPECT_THROW(partition(evidence), Error);
}

// The order of links and their direction do not matter, nor do repetitions. In every partition a
// customer has one number of the kind of which there is one, and shared identifiers are alone.
TEST(Partition, RandomProperties) {
  const char* const given = std::getenv("CLIENTELE_SEED");
  const unsigned seed = given != nullptr ? std::stoul(given) : std::random_device()();
  std::mt19937 random(seed);
  SCOPED_TRACE("CLIENTELE_SEED=" + std::to_string(seed));
  const auto below = [&](uint32_t n) { return static_cast<uint32_t>(random() % n); };
  for (int round = 0; round < 2000; ++round) {
    World w;
    w.evidence.max_identities = below(2) ? 1000 : 4;
    const uint32_t n = 2 + below(12);
    for (uint32_t k = 0, i = 0; k < 4; ++k)
      for (; i < n * (k + 1) / 4; ++i) w.add(k);
    for (uint32_t links = below(2 * n); links > 0; --links) w.link(below(n), below(n));
    if (below(3) == 0) w.evidence.different.push_back({0, 1 + below(n - 1)});
    const Partition p = w.find();
    std::shuffle(w.evidence.links.begin(), w.evidence.links.end(), random);
    for (Pair& link : w.evidence.links)
      if (below(2)) std::swap(link.a, link.b);
    if (!w.evidence.links.empty()) w.link(w.evidence.links[0].b, w.evidence.links[0].a);
    const Partition q = w.find();
    ASSERT_EQ(p.block, q.block);
    ASSERT_EQ(p.shared, q.shared);
    std::vector<uint32_t> numbers(n, 0), size(n, 0);
    for (uint32_t x = 0; x < n; ++x) {
      ASSERT_LE(p.block[x], x);
      ASSERT_EQ(p.block[p.block[x]], p.block[x]);
      numbers[p.block[x]] += w.evidence.kind[x] == customer;
      ++size[p.block[x]];
    }
    for (uint32_t x = 0; x < n; ++x) {
      ASSERT_LE(numbers[x], 1u);
      ASSERT_LE(size[x], w.evidence.max_identities);
      ASSERT_TRUE(!p.shared[x] || size[p.block[x]] == 1);
    }
    for (const Pair& pair : w.evidence.different) ASSERT_NE(p.block[pair.a], p.block[pair.b]);
  }
}

TEST(Numbers, TheLowestNumberStays) {
  // Blocks {0, 1, 2} and {3, 4}: 1 owns number 7, 2 owns 5, and 0 is new; 3 and 4 own nothing.
  const Partition p{{0, 0, 0, 3, 3}, {0, 0, 0, 0, 0}};
  const Numbers n = number(p, {{0, 7, 5, 0, 0}, {1, 0, 0, 0, 1}});
  EXPECT_EQ(n.customer, (std::vector<int64_t>{5, 5, 5, -1, -1}));
  EXPECT_EQ(n.new_owners, (std::vector<uint32_t>{3}));
  ASSERT_EQ(n.takeovers.size(), 1u);
  EXPECT_EQ(n.takeovers[0].customer, 5);
  EXPECT_EQ(n.takeovers[0].owner, 0u);
}

TEST(Numbers, NewOnesComeInOrder) {
  const Partition p{{0, 1, 1, 3}, {0, 0, 0, 0}};
  const Numbers n = number(p, {{0, 0, 9, 0}, {1, 0, 0, 1}});
  EXPECT_EQ(n.customer, (std::vector<int64_t>{-1, 9, 9, -2}));
  EXPECT_TRUE(n.takeovers.empty());  // what was known before takes over nothing
}

}  // namespace
}  // namespace clientele::identity
