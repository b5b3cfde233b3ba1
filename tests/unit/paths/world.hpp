// SPDX-License-Identifier: PostgreSQL
// Random customers and questions about their paths.
#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "journey/ordered.hpp"
#include "journey/vocabulary.hpp"
#include "paths/found/paths.hpp"
#include "unit/random_events.hpp"

namespace clientele::testing {

using Names = std::vector<std::string>;

inline Bytes encoded(const PathDefinition& d) {
  Bytes bytes;
  d.write(bytes);
  return bytes;
}

inline PathDefinition random_definition(Random& random) {
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
  if (random.one_in(4)) d.keep = "!c";
  if (random.one_in(3)) d.groups = {"a=b|c", "支付=e*"};
  d.ends = random.one_in(2);
  if (random.one_in(2)) d.top = 1 + static_cast<int64_t>(random.below(4));
  if (random.one_in(3)) d.rest = "d";
  return d;
}

inline const Names all_names = {"a", "aa", "b", "c", "d", "e"};

struct PathCustomer {
  std::vector<Micros> at;
  std::vector<uint16_t> kind;
  std::vector<PathKind> kinds;
  Vocabulary* vocabulary;
  PathEvents<uint16_t> events() const { return {at, kind}; }
};

/// Summaries of random customers whose vocabularies number the same names differently.
struct PathWorld {
  Random random;
  PathDefinition definition;
  Vocabulary forward, backward;
  std::vector<PathCustomer> customers;

  PathWorld(uint64_t seed, size_t names, size_t most) : random(seed) {
    definition = random_definition(random);
    for (size_t i = 0; i < names; ++i)
      forward.labels.push_back(i < all_names.size() ? all_names[i] : "e" + std::to_string(i));
    backward.labels.assign(forward.labels.rbegin(), forward.labels.rend());
    for (size_t c = 0; c < most; ++c) {
      PathCustomer customer;
      customer.vocabulary = random.one_in(2) ? &forward : &backward;
      std::vector<uint64_t> ranks;
      for (size_t k = 0; k < names; ++k) {
        const std::string& name = customer.vocabulary->labels[k];
        ranks.push_back(static_cast<uint64_t>(name[0]));
        customer.kinds.push_back(
            {static_cast<uint32_t>(k), !definition.keep || name != "c", name == "a", name == "b"});
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

  template <class Summary>
  void add(Summary& summary, const PathCustomer& c, bool whole = false) const {
    PathDefinition d = definition;
    if (whole) d.reverse = false, d.max_length.reset();
    PathFinder finder(d);
    summary.add(encoded(definition), finder, c.events(), c.kinds, *c.vocabulary);
  }
};

Bytes bytes_of(const auto& summary) {
  Bytes bytes;
  summary.write(bytes);
  return bytes;
}

template <class Summary>
std::unique_ptr<Summary> fresh() {
  return std::make_unique<Summary>(std::pmr::get_default_resource());
}

/// Neither the order of customers shows in a summary, nor how they were split and sent around.
template <class Summary>
void order_and_split_do_not_show(uint64_t seed, size_t names, bool whole_paths) {
  PathWorld world(seed, names, 25);
  const auto whole = fresh<Summary>(), left = fresh<Summary>(), right = fresh<Summary>(),
             turned = fresh<Summary>(), back = fresh<Summary>();
  for (const PathCustomer& c : world.customers) {
    world.add(*whole, c, whole_paths);
    world.add(world.random.one_in(2) ? *left : *right, c, whole_paths);
  }
  std::shuffle(world.customers.begin(), world.customers.end(), world.random);
  for (const PathCustomer& c : world.customers) world.add(*turned, c, whole_paths);
  const Bytes bytes = bytes_of(*whole);
  EXPECT_EQ(bytes_of(*turned), bytes) << "seed " << seed;
  const Bytes half = bytes_of(*left);
  if (half.size() > 4) {  // a side may have got no customer
    Reader reader(half);
    back->read(reader);
    EXPECT_TRUE(reader.done());
  }
  back->merge(*right);
  EXPECT_EQ(bytes_of(*back), bytes) << "seed " << seed;
}

/// Damaged bytes are an error or another summary, of which `use` asks everything.
template <class Summary>
void bad_bytes(uint64_t seed, PathDefinition definition, auto use) {
  Random random(seed);
  PathWorld world(5, 6, 30);
  world.definition = std::move(definition);
  const auto summary = fresh<Summary>();
  for (const PathCustomer& c : world.customers) world.add(*summary, c);
  const Bytes good = bytes_of(*summary);
  for (int i = 0; i < 3000; ++i) {
    Bytes bad = good;
    for (size_t n = 1 + random.below(3); n > 0; --n)
      bad[random.below(bad.size())] = static_cast<uint8_t>(random());
    if (random.one_in(4)) bad.resize(random.below(bad.size()));
    const auto back = fresh<Summary>();
    Reader reader(bad);
    try {
      back->read(reader);
      back->merge(*summary);
      use(*back);
      bytes_of(*back);
    } catch (const Error&) {
    }
  }
}

}  // namespace clientele::testing
