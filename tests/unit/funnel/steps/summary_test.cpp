// SPDX-License-Identifier: PostgreSQL
#include "funnel/steps/summary.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

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

Bytes written(const FunnelSummary& s) {
  Bytes out;
  s.write(out);
  return out;
}

FunnelSummary empty() { return FunnelSummary(std::pmr::get_default_resource()); }

std::vector<Micros> random_chain(Random& random, size_t steps) {
  std::vector<Micros> chain;
  Micros at = static_cast<Micros>(random.below(1'000'000));
  for (size_t n = random.below(steps + 1); n > 0; --n) {
    chain.push_back(at);
    at += static_cast<Micros>(random.any_width() >> 24);
  }
  return chain;
}

TEST(FunnelSummary, CountsAndPercentiles) {
  Random random(31);
  const Bytes d = definition({"a", "b", "c"});
  FunnelSummary summary = empty();
  summary.start(d, 3);
  std::vector<std::vector<int64_t>> waits(4);
  std::vector<uint64_t> reached(4, 0);
  for (int i = 0; i < 501; ++i) {
    const auto chain = random_chain(random, 3);
    summary.add(chain);
    for (size_t s = 1; s <= chain.size(); ++s) {
      ++reached[s];
      if (s > 1) waits[s].push_back(chain[s - 1] - chain[s - 2]);
    }
  }
  EXPECT_EQ(summary.customers(), 501U);
  for (int s = 1; s <= 3; ++s) EXPECT_EQ(summary.reached(s), reached[s]);
  for (int s = 2; s <= 3; ++s) {
    std::sort(waits[s].begin(), waits[s].end());
    for (const double p : {0.5, 0.9}) {
      const double row = p * static_cast<double>(waits[s].size() - 1);
      const auto low = waits[s][static_cast<size_t>(std::floor(row))];
      const auto high = waits[s][static_cast<size_t>(std::ceil(row))];
      const double expected =
          static_cast<double>(low) + static_cast<double>(high - low) * (row - std::floor(row));
      EXPECT_NEAR(static_cast<double>(summary.wait(s).percentile(p)), expected, 0.6);
    }
  }
}

TEST(FunnelSummary, PartsMakeTheWhole) {
  Random random(32);
  const Bytes d = definition({"a", "b", "c", "d"});
  for (const size_t n : {0, 1, 5, 300, 140'000}) {
    FunnelSummary whole = empty(), a = empty(), b = empty(), none = empty();
    for (FunnelSummary* s : {&whole, &a, &b}) s->start(d, 4);
    for (size_t i = 0; i < n; ++i) {
      const auto chain = random_chain(random, 4);
      whole.add(chain);
      (random.one_in(3) ? a : b).add(chain);
    }
    FunnelSummary turned = empty();
    turned.merge(b);
    turned.merge(a);
    a.merge(none);
    a.merge(b);
    EXPECT_EQ(written(whole), written(a)) << n;
    EXPECT_EQ(written(whole), written(turned)) << n;
    const Bytes bytes = written(whole);
    FunnelSummary back = empty();
    Reader reader(bytes);
    back.read(reader);
    EXPECT_TRUE(reader.done());
    EXPECT_EQ(written(back), bytes);
  }
}

TEST(FunnelSummary, DifferentFunnelsDoNotMix) {
  FunnelSummary a = empty(), b = empty();
  a.start(definition({"a", "b"}), 2);
  b.start(definition({"a", "c"}), 2);
  try {
    a.merge(b);
    FAIL();
  } catch (const Error& e) {
    EXPECT_STREQ(e.code(), "22023");
  }
}

TEST(FunnelSummary, LifetimesApart) {
  FunnelSummary s = empty();
  s.start(definition({"a", "b"}), 2);
  s.add(std::vector<Micros>{first_instant, end_of_time - 1});
  EXPECT_EQ(s.wait(2).percentile(0.5), INT64_MAX);
}

TEST(FunnelSummary, BadBytesAreErrors) {
  Random random(33);
  FunnelSummary summary = empty();
  summary.start(definition({"a", "b", "c"}), 3);
  for (int i = 0; i < 40; ++i) summary.add(random_chain(random, 3));
  const Bytes good = written(summary);
  for (int i = 0; i < 20'000; ++i) {
    Bytes bad = good;
    for (uint64_t k = 1 + random.below(3); k > 0 && !bad.empty(); --k) {
      bad[random.below(bad.size())] = static_cast<uint8_t>(random());
      if (random.one_in(4)) bad.resize(random.below(bad.size()));
    }
    FunnelSummary back = empty();
    Reader reader(bad);
    try {
      back.read(reader);
      for (int s = 2; s <= back.steps(); ++s)
        if (back.reached(s) > 0) back.wait(s).percentile(0.9);
    } catch (const Error&) {
    }
  }
}

}  // namespace
}  // namespace clientele
