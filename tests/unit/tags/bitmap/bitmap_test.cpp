// SPDX-License-Identifier: PostgreSQL
// Containers and bitmaps against CRoaring. Of its functions only those are used that releases 0.2
// and 4 both have.
#include <gtest/gtest.h>
#include <roaring/roaring.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <set>

#include "tags/bitmap/bitmap.hpp"
#include "unit/random_events.hpp"

namespace roaring::api {}
using namespace roaring::api;

namespace clientele::tags {
namespace {

using testing::Random;
using Values = std::vector<uint32_t>;

struct Freed {
  void operator()(roaring_bitmap_t* r) const { roaring_bitmap_free(r); }
};
using Theirs = std::unique_ptr<roaring_bitmap_t, Freed>;

Theirs theirs_of(const Values& values) {
  Theirs made(roaring_bitmap_create());
  roaring_bitmap_add_many(made.get(), values.size(), values.data());
  return made;
}
Values values_of(const roaring_bitmap_t* theirs) {
  Values values(roaring_bitmap_get_cardinality(theirs));
  roaring_bitmap_to_uint32_array(theirs, values.data());
  return values;
}
Theirs combined(SetOp op, const roaring_bitmap_t* a, const roaring_bitmap_t* b) {
  return Theirs(op == SetOp::both      ? roaring_bitmap_and(a, b)
                : op == SetOp::either  ? roaring_bitmap_or(a, b)
                : op == SetOp::without ? roaring_bitmap_andnot(a, b)
                                       : roaring_bitmap_xor(a, b));
}

std::vector<char> bytes_of(roaring_bitmap_t* theirs) {
  roaring_bitmap_run_optimize(theirs);
  std::vector<char> bytes(roaring_bitmap_portable_size_in_bytes(theirs));
  roaring_bitmap_portable_serialize(theirs, bytes.data());
  return bytes;
}
std::vector<char> bytes_of(const Bitmap& ours) {
  std::vector<char> bytes(ours.written_size());
  auto* const start = reinterpret_cast<uint8_t*>(bytes.data());
  EXPECT_EQ(ours.write(start), start + bytes.size());
  return bytes;
}

// Values below 65,536: few, about as many as a list may have, dense, all, in few runs or in about
// as many as are worth it, and near both ends.
std::vector<uint16_t> random_lows(Random& random) {
  std::set<uint32_t> all;
  const auto scatter = [&](uint64_t n, uint64_t from, uint64_t width) {
    while (n-- > 0) all.insert(static_cast<uint32_t>(from + random.below(width)));
  };
  const auto runs = [&](uint64_t n, uint64_t longest, uint64_t gap) {
    for (uint64_t at = random.below(30); n > 0 && at < 65536; --n) {
      for (uint64_t k = 1 + random.below(longest); k > 0 && at < 65536; --k)
        all.insert(all.end(), static_cast<uint32_t>(at++));
      at += 1 + random.below(gap);
    }
  };
  switch (random.below(10)) {
    case 0:
      scatter(1 + random.below(5), 0, 65536);
      break;
    case 1:
      scatter(random.below(400), random.below(65000), 536);
      break;
    case 2:
      scatter(random.below(6000), 0, 65536);
      break;
    case 3:  // about 4,096 values
      for (uint32_t i = 0, n = 4090 + static_cast<uint32_t>(random.below(12)); i < n; ++i)
        all.insert(all.end(), 15 * i);
      break;
    case 4:
      for (uint32_t i = 0; i < 65536; ++i)
        if (random() >> 63 != 0) all.insert(all.end(), i);
      break;
    case 5:
      runs(1 + random.below(6), 30000, 9000);
      break;
    case 6:  // about 2,047 runs
      runs(2040 + random.below(14), 1 + random.below(25), 6);
      break;
    case 7:
      runs(random.below(500), 200, 100);
      break;
    case 8:
      runs(1, 65536, 1);
      all.insert(65535);
      break;
    default:
      for (uint32_t i = 0; i < 65536; ++i) all.insert(all.end(), i);
      for (uint64_t n = random.below(4); n > 0; --n)
        all.erase(static_cast<uint32_t>(random.one_in(2) ? 65535 : random.below(65536)));
  }
  return {all.begin(), all.end()};
}

// Much the same values, all of them, or some.
std::vector<uint16_t> near(Random& random, const std::vector<uint16_t>& lows) {
  std::vector<uint16_t> result;
  const uint64_t part = 1 + random.below(4);
  for (const uint16_t v : lows)
    if (random.below(8) >= part || random.one_in(2)) result.push_back(v);
  return result;
}

// These values in some form that can hold them.
Container made(Random& random, uint16_t key, const std::vector<uint16_t>& lows) {
  Container c(key);
  std::vector<Run> runs(lows.size());
  runs.resize(list_runs(lows, runs.data()));
  const uint64_t form = random.below(3);
  if (form == 0 && lows.size() <= longest_list) {
    c.assign(ValueList(lows));
  } else if (form == 1 && runs.size() <= 2047) {
    c.assign(RunList(runs), static_cast<uint32_t>(lows.size()));
  } else if (lows.size() >= 128) {  // fewer would not stay bits
    const Values values(lows.begin(), lows.end());
    for (size_t i = 0; i < lows.size(); i += 1000)
      c.append(std::span(values).subspan(i, std::min<size_t>(1000, lows.size() - i)));
    c.to_bits();
  } else {
    c.append(Values(lows.begin(), lows.end()));
  }
  return c;
}

Values listed(const Container& c) {
  Values all(c.count());
  EXPECT_EQ(c.values(0, all.data(), all.size()), all.size());
  return all;
}

constexpr SetOp ops[] = {SetOp::both, SetOp::either, SetOp::without, SetOp::one};

TEST(Container, AgreesWithCRoaring) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  std::set<std::tuple<Form, Form>> met;
  for (int round = 0; round < 150; ++round) {
    const auto key = static_cast<uint16_t>(random.one_in(3) ? 65535 : random.below(65536));
    std::vector<uint16_t> lows[3] = {random_lows(random), random_lows(random), random_lows(random)};
    if (random.one_in(3)) lows[1] = near(random, lows[0]);
    std::vector<Container> ours;
    std::vector<Theirs> theirs;
    for (const std::vector<uint16_t>& some : lows) {
      ours.push_back(made(random, key, some));
      Values values(some.begin(), some.end());
      for (uint32_t& v : values) v |= uint32_t{key} << 16;
      theirs.push_back(theirs_of(values));
      ASSERT_EQ(listed(ours.back()), values);
      const Values runs_of = [&] {
        Values all;
        ours.back().each_run([&](uint32_t first, uint32_t last) {
          for (uint64_t v = first; v <= last; ++v) all.push_back(static_cast<uint32_t>(v));
        });
        return all;
      }();
      ASSERT_EQ(runs_of, values);
      if (values.empty()) continue;
      ASSERT_EQ(ours.back().base() + ours.back().first(), values.front());
      ASSERT_EQ(ours.back().base() + ours.back().last(), values.back());
      const auto place = static_cast<uint32_t>(random.below(values.size()));
      ASSERT_EQ(ours.back().base() + ours.back().at(place), values[place]);
    }
    const Container &a = ours[0], &b = ours[1], &c = ours[2];
    met.insert({a.form(), b.form()});
    const Theirs common = combined(SetOp::both, theirs[0].get(), theirs[1].get());
    ASSERT_EQ(count_common(a, b), roaring_bitmap_get_cardinality(common.get()));
    ASSERT_EQ(count_common(a, b, c), roaring_bitmap_and_cardinality(common.get(), theirs[2].get()));
    ASSERT_EQ(a == b, roaring_bitmap_equals(theirs[0].get(), theirs[1].get()));
    for (const SetOp op : ops) {
      Container result(a);
      combine(op, result, b);
      const Theirs expected = combined(op, theirs[0].get(), theirs[1].get());
      ASSERT_EQ(listed(result), values_of(expected.get())) << static_cast<int>(op);
      // And once more, on whatever form that has.
      combine(op, result, c);
      ASSERT_EQ(listed(result), values_of(combined(op, expected.get(), theirs[2].get()).get()));
    }
    Container more(a);
    for (int i = 0; i < 20; ++i) {
      const auto low = static_cast<uint16_t>(random.below(65536));
      ASSERT_EQ(more.contains(low), roaring_bitmap_contains(theirs[0].get(), a.base() + low));
      more.add(low);
      roaring_bitmap_add(theirs[0].get(), a.base() + low);
    }
    ASSERT_EQ(listed(more), values_of(theirs[0].get()));
  }
  EXPECT_EQ(met.size(), 9u) << "each form must meet each";
}

// Memory after the values of a list may belong to others.
TEST(Container, KeepsNoMoreThanItHas) {
  constexpr uint16_t untouched = 54321;
  std::vector<uint16_t> some, more;
  for (uint16_t v = 0; v < 300; v += 3) some.push_back(v);
  for (uint16_t v = 0; v < 900; v += 3) more.push_back(v);
  std::vector<uint16_t> out(some);
  out.push_back(untouched);
  EXPECT_EQ(keep(ValueList(out).first(some.size()), ValueList(more), true, out.data()),
            some.size());
  EXPECT_EQ(out.back(), untouched);
  out.pop_back();
  EXPECT_EQ(out, some);
}

struct Pair {
  Bitmap ours;
  Theirs theirs;
};

Pair random_pair(Random& random, const Values& near_to) {
  Values values;
  static constexpr uint32_t keys[] = {0, 1, 2, 9, 0x7fff, 0x8000, 0xfffe, 0xffff};
  for (const uint32_t key : keys) {
    if (random.one_in(2)) continue;
    for (const uint16_t low : random_lows(random)) values.push_back(key << 16 | low);
  }
  if (!near_to.empty() && random.one_in(3)) {
    values.clear();
    for (const uint32_t v : near_to)
      if (!random.one_in(5)) values.push_back(v);
  }
  Pair pair{Bitmap(), theirs_of(values)};
  const uint64_t way = random.below(3);
  if (way == 0) {
    pair.ours = Bitmap(values);
  } else {  // runs in order, or in no order
    std::vector<std::pair<uint32_t, uint32_t>> runs;
    Bitmap(values).each_run([&](uint32_t first, uint32_t last) { runs.emplace_back(first, last); });
    if (way == 2 && runs.size() < 3000)
      for (size_t i = runs.size(); i > 1; --i) std::swap(runs[i - 1], runs[random.below(i)]);
    for (const auto& [first, last] : runs) pair.ours.add_range(first, last);
  }
  return pair;
}

TEST(Bitmap, AgreesWithCRoaring) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  for (int round = 0; round < 25; ++round) {
    const Pair a = random_pair(random, {});
    const Pair b = random_pair(random, values_of(a.theirs.get()));
    ASSERT_EQ(a.ours.size(), roaring_bitmap_get_cardinality(a.theirs.get()));
    ASSERT_EQ(Bitmap::and_size(a.ours, b.ours),
              roaring_bitmap_and_cardinality(a.theirs.get(), b.theirs.get()));
    ASSERT_EQ(a.ours == b.ours, roaring_bitmap_equals(a.theirs.get(), b.theirs.get()));
    ASSERT_EQ(a.ours.includes(b.ours), roaring_bitmap_is_subset(b.theirs.get(), a.theirs.get()));
    ASSERT_EQ(a.ours.overlaps(b.ours), roaring_bitmap_intersect(a.theirs.get(), b.theirs.get()));
    if (!a.ours.empty()) {
      ASSERT_EQ(a.ours.first(), roaring_bitmap_minimum(a.theirs.get()));
      ASSERT_EQ(a.ours.last(), roaring_bitmap_maximum(a.theirs.get()));
    }
    for (const SetOp op : ops) {
      Bitmap result = a.ours;
      op == SetOp::both      ? result &= b.ours
      : op == SetOp::either  ? result |= b.ours
      : op == SetOp::without ? result -= b.ours
                             : result ^= b.ours;
      const Theirs expected = combined(op, a.theirs.get(), b.theirs.get());
      const Values values = values_of(expected.get());
      Values got(values.size() + 1);
      ASSERT_EQ(result.values(0, got), values.size());
      got.pop_back();
      ASSERT_EQ(got, values);
      if (values.empty()) {
        ASSERT_TRUE(result.empty());
        continue;
      }
      const std::vector<char> bytes = bytes_of(result);
      ASSERT_EQ(bytes, bytes_of(expected.get()));
      Reader r({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
      const Bitmap back = Bitmap::read(r);
      ASSERT_TRUE(r.done());
      ASSERT_TRUE(back == result);
      ASSERT_EQ(bytes_of(back), bytes);
      // Some from somewhere on, and some by their places.
      const uint32_t from =
          random.one_in(2) ? values[random.below(values.size())] : static_cast<uint32_t>(random());
      Values some(random.below(5000));
      some.resize(result.values(from, some));
      const auto first = std::ranges::lower_bound(values, from);
      ASSERT_LE(some.size(), static_cast<size_t>(values.end() - first));
      ASSERT_TRUE(std::equal(some.begin(), some.end(), first));
      std::vector<uint64_t> places;
      const uint64_t step = 1 + random.below(random.one_in(2) ? 20 : 20000);
      for (uint64_t at = random.below(step); at < values.size(); at += step) places.push_back(at);
      size_t next = 0;
      result.at_places(places, [&](uint32_t v) { next += v == values[places[next]]; });
      ASSERT_EQ(next, places.size());
    }
  }
}

}  // namespace
}  // namespace clientele::tags
