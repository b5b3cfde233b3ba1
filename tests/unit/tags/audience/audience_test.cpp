// SPDX-License-Identifier: PostgreSQL
#include <gtest/gtest.h>
#include <roaring/roaring64map.hh>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <set>

#include "unit/tags/audience/audience_checks.hpp"
#include "tags/audience/gathered.hpp"
#include "unit/code_of.hpp"

namespace clientele::tags {
namespace {

using testing::all_ids;
using testing::audience_of;
using testing::bytes_of;
using testing::code_of;
using testing::random_ids;
using Ids = std::set<uint64_t>;

Ids combined(auto algorithm, const Ids& a, const Ids& b) {
  Ids result;
  algorithm(a.begin(), a.end(), b.begin(), b.end(), std::inserter(result, result.end()));
  return result;
}
const auto set_and = [](auto... x) { return std::set_intersection(x...); };
const auto set_or = [](auto... x) { return std::set_union(x...); };
const auto set_without = [](auto... x) { return std::set_difference(x...); };
const auto set_xor = [](auto... x) { return std::set_symmetric_difference(x...); };

// Of the same set by whatever way it was made.
void expect_same(const Audience& a, const Ids& expected) {
  ASSERT_EQ(all_ids(a), std::vector<uint64_t>(expected.begin(), expected.end()));
  ASSERT_EQ(a.size(), expected.size());
  const Bytes bytes = bytes_of(a);
  ASSERT_EQ(bytes, bytes_of(audience_of(expected)));
  ASSERT_EQ(bytes_of(Audience::read(bytes)), bytes);
  ASSERT_EQ(Audience::size_in_head(std::span(bytes).first(Audience::head_bytes)), expected.size());
  ASSERT_TRUE(Audience::read(bytes) == a);
}

TEST(Audience, AgreesWithSets) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  testing::Random random(seed);
  for (int round = 0; round < 100; ++round) {
    const Ids x = random_ids(random), y = random.one_in(8) ? x : random_ids(random, x);
    const Audience a = audience_of(x), b = audience_of(y);
    expect_same(a & b, combined(set_and, x, y));
    expect_same(a | b, combined(set_or, x, y));
    expect_same(a - b, combined(set_without, x, y));
    expect_same(a ^ b, combined(set_xor, x, y));
    if (HasFatalFailure()) return;
    Audience flipped = b;
    expect_same(flipped.flip_within(a), combined(set_without, x, y));
    ASSERT_EQ(Audience::and_size(a, b), combined(set_and, x, y).size());
    const Ids z = random_ids(random, x);
    ASSERT_EQ(Audience::and_size(a, b, audience_of(z)),
              combined(set_and, combined(set_and, x, y), z).size());
    ASSERT_EQ(Audience::or_size(a, b), combined(set_or, x, y).size());
    ASSERT_EQ(Audience::without_size(a, b), combined(set_without, x, y).size());
    ASSERT_EQ(Audience::xor_size(a, b), combined(set_xor, x, y).size());
    ASSERT_EQ(a == b, x == y);
    ASSERT_EQ(a.includes(b), std::ranges::includes(x, y));
    ASSERT_EQ(a.overlaps(b), !combined(set_and, x, y).empty());
    ASSERT_TRUE(a.includes(a & b) && (a | b).includes(b));
    if (!x.empty()) {
      ASSERT_EQ(a.first(), *x.begin());
      ASSERT_EQ(a.last(), *x.rbegin());
    }
    for (const uint64_t id : y) ASSERT_EQ(a.contains(id), x.contains(id));
    // A part of the ids from somewhere on.
    const uint64_t from = random.any_width() >> 1;
    std::vector<uint64_t> some(random.below(100));
    some.resize(a.ids(from, some));
    ASSERT_TRUE(std::equal(some.begin(), some.end(), x.lower_bound(from)));
    // Combined with itself, in place.
    Audience c = a;
    c &= c, c |= c;
    expect_same(c, x);
    c -= c;
    ASSERT_TRUE(c.empty());
    c = a, c ^= c;
    ASSERT_TRUE(c.empty());
    // Runs, and the text made of them.
    Ids of_runs;
    a.each_run([&](uint64_t first, uint64_t last) {
      ASSERT_FALSE(of_runs.contains(first - 1));
      for (uint64_t id = first; id <= last; ++id) of_runs.insert(of_runs.end(), id);
    });
    ASSERT_EQ(of_runs, x);
    expect_same(Audience::from_text(a.text(1 << 30)), x);
    if (HasFatalFailure()) return;
  }
}

TEST(Audience, GathersInAnyOrder) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  testing::Random random(seed);
  for (int round = 0; round < 12; ++round) {
    Gathered whole(std::pmr::get_default_resource()), left = whole, right = whole;
    Ids expected;
    const size_t n = random.below(random.one_in(6) ? 200'000 : 3000);
    const uint64_t width = random.below(40);
    for (size_t i = 0; i < n; ++i) {
      const uint64_t id = random() >> 1 >> width;
      expected.insert(id);
      whole.add(id);
      (random.one_in(2) ? left : right).add(id);
      if (i == n / 2) {
        ASSERT_EQ(whole.all().size(), expected.size());
      }
    }
    left.merge(right);
    expect_same(whole.all(), expected);
    expect_same(left.all(), expected);
  }
}

TEST(Audience, SamplesByPlace) {
  testing::Random random(7);
  for (int round = 0; round < 100; ++round) {
    const Ids x = random_ids(random);
    const Audience a = audience_of(x);
    const uint64_t n = random.below(x.size() + 3);
    const Audience drawn = a.sample(n, round);
    ASSERT_EQ(drawn.size(), std::min<uint64_t>(n, x.size()));
    ASSERT_TRUE(a.includes(drawn));
    ASSERT_TRUE(drawn == a.sample(n, round));
    // The same places of another set.
    const std::vector<uint64_t> ids(x.begin(), x.end());
    Audience places;
    if (!ids.empty()) places.add_range(0, ids.size() - 1);
    std::vector<uint64_t> same;
    places.sample(n, round).each([&](uint64_t place) { same.push_back(ids[place]); });
    ASSERT_EQ(all_ids(drawn), same);
  }
  // Each pair of 5 is as likely: 10 pairs, 10,000 draws, 999 of 1000 chi-squares are below 27.88.
  Audience five;
  five.add_range(10, 14);
  std::map<std::string, int> pairs;
  for (uint64_t seed = 0; seed < 10'000; ++seed) ++pairs[five.sample(2, seed).text(100)];
  ASSERT_EQ(pairs.size(), 10u);
  double square = 0;
  for (const auto& [pair, n] : pairs) square += (n - 1000.0) * (n - 1000.0) / 1000;
  EXPECT_LT(square, 27.88);
}

TEST(Audience, ReadsItsText) {
  const auto same = [](const char* text) { return Audience::from_text(text).text(1000); };
  EXPECT_EQ(same("{}"), "{}");
  EXPECT_EQ(same(" { \n} "), "{}");
  EXPECT_EQ(same("{3, 1,2 ,2, 9 - 12,7}"), "{1-3,7,9-12}");
  EXPECT_EQ(same("{1,2,4}"), "{1,2,4}");
  EXPECT_EQ(same("{4294967295,4294967296,4294967297}"), "{4294967295-4294967297}");
  EXPECT_EQ(same("{0,9223372036854775807}"), "{0,9223372036854775807}");
  EXPECT_EQ(same("{0-4294967295}"), "{0-4294967295}");
  EXPECT_EQ(same("{0-68719476735}"), "{0-68719476735}");
  const auto code = [](const char* text) { return code_of([&] { Audience::from_text(text); }); };
  for (const char* text : {"", "{", "1", "{1", "{1,}", "{,}", "{1 2}", "{1}x", "{1-}", "{a}",
                           "{5-1}", "{1--2}x", "{- 1}", "{+1}", "{1.0}"})
    EXPECT_EQ(code(text)[0], '2') << text;
  EXPECT_EQ(code("{1,}"), "22P02");
  EXPECT_EQ(code("{-1}"), "22003");
  EXPECT_EQ(code("{9223372036854775808}"), "22003");
  EXPECT_EQ(code("{99999999999999999999999}"), "22003");
  EXPECT_EQ(code("{0-9223372036854775807}"), "54000");
  EXPECT_EQ(code("{0-68719476735,5-5}"), "54000");
  EXPECT_EQ(code_of([] { Audience::from_text("{1-3,5}").text(4); }), "54000");
  EXPECT_EQ(code_of([] { customer_id(-1); }), "22003");
}

TEST(Audience, RefusesChangedBytes) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  testing::Random random(seed);
  int refused = 0;
  for (int round = 0; round < 400; ++round) {
    Bytes bytes = bytes_of(audience_of(random_ids(random)));
    if (random.one_in(2))
      bytes.resize(random.below(bytes.size()));
    else
      bytes[random.below(bytes.size())] ^= static_cast<uint8_t>(1 << random.below(8));
    try {
      // Another set, perhaps, but then in its own form.
      ASSERT_EQ(bytes_of(Audience::read(bytes)), bytes);
    } catch (const Error& e) {
      ASSERT_STREQ(e.code(), "XX001");
      ++refused;
    }
  }
  EXPECT_GT(refused, 250);
}

// The bytes of other libraries (here written by hand from the published format).
TEST(Audience, KeepsTheFormat) {
  Audience a;
  a.add(uint64_t{1} << 32 | 0x20005);
  a.add(uint64_t{1} << 32 | 0x20009);
  a.add_range(uint64_t{3} << 32 | 10, uint64_t{3} << 32 | 19);
  const std::vector<uint8_t> expected = {
      1, 12, 0, 0, 0,    0,    0, 0, 0, 2, 0, 0, 0, 0, 0, 0,  0,  // version, 12 ids, 2 parts
      1, 0,  0, 0, 0x3a, 0x30, 0, 0, 1, 0, 0, 0, 2, 0, 1, 0,  16, 0, 0, 0,  // no runs, 1 container
      5, 0,  9, 0,                                                          // an array
      3, 0,  0, 0, 0x3b, 0x30, 0, 0, 1, 0, 0, 9, 0, 1, 0, 10, 0,  9, 0};    // a run of 10
  const Bytes bytes = bytes_of(a);
  EXPECT_EQ(std::vector<uint8_t>(bytes.begin(), bytes.end()), expected);
}

// What CRoaring's own class for 64-bit numbers writes after the first bytes, and reads.
TEST(Audience, KeepsTheFormatOfOthers) {
  testing::Random random(11);
  for (int round = 0; round < 60; ++round) {
    const Ids ids = random_ids(random);
    const Bytes bytes = bytes_of(audience_of(ids));
    Roaring64Map theirs;
    for (const uint64_t id : ids) theirs.add(id);
    theirs.runOptimize();
    std::vector<char> written(theirs.getSizeInBytes());
    theirs.write(written.data());
    ASSERT_EQ(written.size() + Audience::head_bytes, bytes.size());
    ASSERT_EQ(std::memcmp(written.data(), bytes.data() + Audience::head_bytes, written.size()), 0);
    const Roaring64Map back =
        Roaring64Map::read(reinterpret_cast<const char*>(bytes.data()) + Audience::head_bytes);
    ASSERT_EQ(back.cardinality(), ids.size());
    for (const uint64_t id : ids) ASSERT_TRUE(back.contains(id));
  }
}

}  // namespace
}  // namespace clientele::tags
