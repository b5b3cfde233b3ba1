// SPDX-License-Identifier: PostgreSQL
#include <numeric>

#include <gtest/gtest.h>

#include "journey/journey.hpp"
#include "unit/random_events.hpp"

namespace clientele {
namespace {

using testing::packed;
using testing::Random;
using testing::Row;
using testing::rows;

std::vector<Row> decoded(const Bytes& bytes) {
  EventList list;
  Journey(bytes).decode(list);
  return rows(list);
}

bool accepted(std::span<const uint8_t> bytes) {
  try {
    validate(bytes);
    return true;
  } catch (const Error& e) {
    EXPECT_STREQ(e.code(), sqlstate::invalid_binary);
    return false;
  }
}

/// All that must hold of any events.
void check(const EventList& list) {
  std::vector<Row> want = rows(list);
  testing::sort_rows(want);
  const Bytes bytes = packed(list);
  ASSERT_EQ(decoded(bytes), want);
  ASSERT_TRUE(accepted(bytes));
  const Journey journey(bytes);
  ASSERT_EQ(journey.size(), want.size());
  ASSERT_EQ(journey.has_items(),
            std::any_of(want.begin(), want.end(), [](auto& r) { return r.extra.has_item; }));
  ASSERT_EQ(journey.has_amounts(),
            std::any_of(want.begin(), want.end(), [](auto& r) { return r.extra.has_amount; }));
  if (want.empty()) return;
  ASSERT_EQ(journey.first_at(), want.front().at);
  ASSERT_EQ(journey.last_at(), want.back().at);
  ASSERT_TRUE(std::is_sorted(journey.types().begin(), journey.types().end()));
  ASSERT_LE(journey.types().size(), journey.code_limit());
  Journey::Scan scan(journey);
  Micros at[Journey::block];
  uint16_t code[Journey::block];
  size_t k = 0;
  while (const size_t n = scan.next()) {
    ASSERT_EQ(scan.begin(), k);
    scan.times(at);
    scan.codes(code);
    for (size_t i = 0; i < n; ++i, ++k) {
      ASSERT_EQ(at[i], want[k].at);
      ASSERT_EQ(journey.types()[code[i]], want[k].type);
    }
  }
  ASSERT_EQ(k, want.size());
}

EventList simple(std::initializer_list<std::pair<Micros, int>> events) {
  EventList list;
  for (const auto& [at, type] : events) list.add(at, type);
  return list;
}

TEST(Codec, Empty) {
  const Bytes bytes = packed(EventList{});
  EXPECT_EQ(bytes, (Bytes{1, 0, 0}));
  check(EventList{});
}

TEST(Codec, HandWritten) {
  // Two events a second apart: version, unit s, 2 events, 1 type (3), first 1 s, widths 0001, gaps.
  EXPECT_EQ(packed(simple({{2 * second, 3}, {1 * second, 3}})),
            (Bytes{1, 2, 2, 0, 3, 2, 0x00, 0x10, 0x0c, 1}));
}

TEST(Codec, RandomEvents) {
  for (uint64_t seed = 1; seed <= 3000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    check(testing::random_events(random, seed % 100 == 0 ? 20000 : seed % 10 == 0 ? 1000 : 40));
    if (HasFatalFailure()) return;
  }
}

TEST(Codec, OrderOfInputDoesNotMatter) {
  for (uint64_t seed = 1; seed <= 500; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    const EventList list = testing::random_events(random, 300);
    const Bytes bytes = packed(list);
    EventList other = list, parts, late;
    std::shuffle(other.events.begin(), other.events.end(), random);
    ASSERT_EQ(packed(other), bytes);
    // Merged from two parts, and rebuilt so that the extras stand in another order.
    for (const Event& e : other.events)
      (random.one_in(2) ? parts : late).add(e.at, e.type, other.extra(e));
    parts.append(late);
    ASSERT_EQ(packed(parts), bytes);
  }
}

TEST(Codec, ExtrasThatNoEventUsesLeaveNoTrace) {
  Random random(11);
  for (int i = 0; i < 200; ++i) {
    EventList list = testing::random_events(random, 60), rest;
    list.events.resize(list.events.size() / 2);
    for (const Event& e : list.events) rest.add(e.at, e.type, list.extra(e));
    ASSERT_EQ(packed(list), packed(rest)) << i;
  }
}

TEST(Codec, ExtrasMayBeShared) {
  EventList list = simple({{0, 1}, {second, 1}, {2 * second, 1}}), want;
  list.extras.push_back({42, 0, true, false});
  for (Event& e : list.events) e.extra = 0, want.add(e.at, e.type, {42, 0, true, false});
  EXPECT_EQ(packed(list), packed(want));
}

TEST(Codec, TiesOfEveryKind) {
  EventList list;
  for (int copy = 0; copy < 2; ++copy)
    for (const int type : {2, 1})
      for (const int64_t item : {-1, 5, 4, -7})
        for (const int64_t amount : {-1, 3, 2, -5})
          list.add(0, type, {item, amount, item != -1, amount != -1});
  check(list);
}

TEST(Codec, EveryUnitAndWhatItCosts) {
  for (const int64_t unit : testing::unit_sizes) {
    EventList list;
    for (int i = 0; i < 1000; ++i) list.add(unit * (7 + i), 0);
    check(list);
    const Bytes bytes = packed(list);
    EXPECT_LE(bytes.size(), 1000 + 250 + 16U) << unit;
    EXPECT_EQ(testing::unit_sizes[bytes[1] & 7], unit);
  }
}

TEST(Codec, EqualTimesCostTwoBitsEach) {
  EventList list;
  for (int i = 0; i < 1000; ++i) list.add(12345, 9);
  check(list);
  EXPECT_LE(packed(list).size(), 265U);
}

TEST(Codec, Extremes) {
  EventList list;
  for (const Micros at : {first_instant, end_of_time - 1, Micros{0}, Micros{-1}})
    for (const int type : {0, INT32_MAX})
      for (const int64_t item : {INT64_MIN, INT64_MAX, int64_t{0}})
        for (const int64_t amount : {amount_limit - 1, 1 - amount_limit, int64_t{0}})
          list.add(at, type, {item, amount, true, true});
  check(list);
  check(simple({{first_instant, 0}, {end_of_time - 1, INT32_MAX}}));
  check(simple({{end_of_time - day, 7}}));
  check(simple({{first_instant, 7}}));
}

TEST(Codec, TypeCountsAtEveryWidth) {
  for (const int n : {1, 2, 3, 4, 5, 16, 17, 64, 65, 255, 256, 257, 4096, 65535, 65536}) {
    SCOPED_TRACE(std::to_string(n) + " types");
    Random random(static_cast<uint64_t>(n));
    EventList list;
    for (int i = 0; i < 2 * n; ++i)
      list.add(static_cast<Micros>(random.below(1000000)) * second, (i % n) * 30011);
    check(list);
    if (HasFatalFailure()) return;
  }
}

TEST(Codec, TooManyTypesIsAnError) {
  for (const int n : {65537, 70000, 400000}) {
    EventList list;
    for (int i = 0; i < n; ++i) list.add(i, n - i);
    try {
      packed(list);
      FAIL() << n;
    } catch (const Error& e) {
      EXPECT_STREQ(e.code(), sqlstate::limit_exceeded);
      EXPECT_FALSE(e.hint().empty());
    }
  }
}

TEST(Codec, NegativeTypesAreAnError) {
  for (const int type : {-1, INT32_MIN}) EXPECT_THROW(packed(simple({{0, type}})), Error) << type;
  EXPECT_THROW(packed(simple({{0, 1}, {1, -1}})), Error);
}

TEST(Codec, TooManyEventsIsAnError) {
  EventList list;
  list.events.resize(max_journey_events + 1);
  Bytes out;
  try {
    encode(list, out);
    FAIL();
  } catch (const Error& e) {
    EXPECT_STREQ(e.code(), sqlstate::limit_exceeded);
  }
  list.events.pop_back();
  encode(list, out);
  EXPECT_EQ(Journey(out).size(), max_journey_events);
  // A header that promises more is refused before anything is allocated.
  Bytes bytes(size_t{1} << 24);
  bytes[0] = 1;
  Writer w(bytes);
  bytes.resize(2);
  w.varint(max_journey_events + 1);
  bytes.resize(size_t{1} << 24);
  EXPECT_THROW(Journey{bytes}, Error);
}

TEST(Codec, AMillionEvents) {
  Random random(99);
  EventList list;
  Micros at = 0;
  for (int i = 0; i < 1000000; ++i) {
    at += static_cast<Micros>(random.below(100000)) * millisecond;
    list.add(at, static_cast<int>(random.below(12)),
             {static_cast<int64_t>(random.below(5000)), static_cast<int64_t>(random.below(100000)),
              random.one_in(3), random.one_in(5)});
  }
  std::shuffle(list.events.begin(), list.events.end(), random);
  check(list);
}

TEST(Codec, EveryCutIsAnErrorToValidate) {
  Random random(3);
  for (int i = 0; i < 60; ++i) {
    const Bytes bytes = packed(testing::random_events(random, 50));
    for (size_t n = 0; n < bytes.size(); ++n) {
      const std::vector<uint8_t> cut(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(n));
      ASSERT_FALSE(accepted(cut)) << n;
      try {
        EventList list;
        Journey(cut).decode(list);
      } catch (const Error&) {
      }
    }
    Bytes longer = bytes;
    longer.push_back(0);
    ASSERT_FALSE(accepted(longer));
  }
}

TEST(Codec, EveryFlippedBitIsAnErrorOrAnotherJourney) {
  Random random(4);
  for (int i = 0; i < 100; ++i) {
    const Bytes bytes = packed(testing::random_events(random, 40));
    for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
      std::vector<uint8_t> bad(bytes.begin(), bytes.end());
      bad[bit / 8] = static_cast<uint8_t>(bad[bit / 8] ^ 1 << bit % 8);
      if (accepted(bad)) {
        EventList list;
        Journey(bad).decode(list);
        Bytes again = packed(list);
        ASSERT_TRUE(std::equal(again.begin(), again.end(), bad.begin(), bad.end()));
      } else {
        try {
          EventList list;
          Journey(bad).decode(list);
        } catch (const Error&) {
        }
      }
    }
  }
}

TEST(Codec, UnknownVersionsSaySo) {
  Bytes bytes = packed(simple({{0, 1}}));
  bytes[0] = 2;
  try {
    Journey journey(bytes);
    FAIL();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("version 2"), std::string::npos);
    EXPECT_FALSE(e.hint().empty());
  }
}

TEST(Codec, OtherSpellingsAreNotCanonical) {
  const Bytes good = packed(simple({{1 * second, 3}, {2 * second, 3}}));
  ASSERT_TRUE(accepted(good));
  const std::vector<Bytes> bad = {
      {1, 2, 0x82, 0, 0, 3, 2, 0x00, 0x10, 0x0c, 1},        // a padded count
      {1, 2, 2, 0, 3, 2, 0x10, 0x11, 0x0c, 1},              // widths 0 1 1 1: not the smallest
      {1, 2, 2, 0, 3, 2, 0x11, 0x11, 0x00, 0, 1},           // a wasted byte
      {1, 2, 2, 0, 3, 2, 0x00, 0x10, 0x4c, 1},              // bits behind the last control
      {1, 18, 2, 0, 3, 2, 0x00, 0x10, 0x0c, 1},             // items everywhere, yet no items
      {1, 2, 2, 1, 3, 0, 0, 2, 0x00, 0x10, 0x0c, 1},        // type 4 is never used
      {1, 1, 2, 0, 3, 0xd0, 0x0f, 0, 0x20, 0x0c, 0xe8, 3},  // milliseconds would do as seconds
      {1, 1, 0},                                            // empty with a unit
      {1, 0, 0, 0},
  };
  for (size_t i = 0; i < bad.size(); ++i) EXPECT_FALSE(accepted(bad[i])) << i;
  // Unsorted: the codes of two events at one time in falling order.
  EXPECT_TRUE(accepted(Bytes{1, 5, 2, 1, 3, 0, 2, 0, 0, 0, 0}));
  EXPECT_FALSE(accepted(Bytes{1, 5, 2, 1, 3, 0, 1, 0, 0, 0, 0}));
}

TEST(Codec, TimesOutsideTimestamptzAreRefused) {
  EXPECT_FALSE(accepted(packed(simple({{end_of_time, 1}}))));
  EXPECT_FALSE(accepted(packed(simple({{first_instant - 1, 1}}))));
  EXPECT_FALSE(accepted(packed(simple({{INT64_MAX, 1}}))));
  EXPECT_FALSE(accepted(packed(simple({{INT64_MIN, 1}}))));
}

TEST(Codec, TimesReadAreOrderedAndInRangeWhateverTheBytes) {
  // Gaps of all widths, of any value, in any unit, over several blocks.
  int ended = 0;
  for (uint64_t seed = 1; seed <= 20000; ++seed) {
    Random random(seed);
    const size_t n = 1 + random.below(random.one_in(20) ? 600 : 6);
    std::vector<uint64_t> gaps(n);
    const uint64_t shift = random.below(64);
    for (uint64_t& gap : gaps) gap = random.one_in(3) ? random.any_width() : random() >> shift;
    Bytes bytes;
    Writer w(bytes);
    w.u8(Journey::version);
    w.u8(static_cast<uint8_t>(random.below(6)));
    w.varint(n);
    w.varint(0);
    w.varint(7);
    w.signed_varint(static_cast<int64_t>(random.any_width()) >> random.below(64));
    write_column(bytes, gaps);
    try {
      EventList list;
      Journey(bytes).decode(list);
      ++ended;
      Micros before = first_instant;
      for (const Event& e : list.events) {
        ASSERT_LE(before, e.at) << "seed " << seed;
        ASSERT_LT(e.at, end_of_time) << "seed " << seed;
        before = e.at;
      }
    } catch (const Error& e) {
      ASSERT_STREQ(e.code(), sqlstate::corrupted);
    }
  }
  EXPECT_GT(ended, 1000);
  EXPECT_LT(ended, 19000);
}

TEST(Codec, WorksInAnArena) {
  std::pmr::monotonic_buffer_resource arena;
  EventList list(&arena);
  for (int i = 0; i < 1000; ++i) list.add(i * second, i % 40);
  Bytes out(&arena);
  encode(list, out);
  EventList back(&arena);
  Journey(out).decode(back);
  EXPECT_EQ(rows(back), rows(list));
}

}  // namespace
}  // namespace clientele
