// SPDX-License-Identifier: PostgreSQL
#include "unit/code_of.hpp"
#include "value/purchases/collected.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "unit/hundred_days.hpp"
#include "unit/random_events.hpp"

namespace clientele {
namespace {

using testing::code_of;
using testing::Random;

/// Counts the bytes that are not returned, by the sizes that both calls state.
class Counted final : public std::pmr::memory_resource {
 public:
  size_t held() const { return held_; }

 private:
  void* do_allocate(size_t bytes, size_t alignment) override {
    held_ += bytes;
    return std::pmr::new_delete_resource()->allocate(bytes, alignment);
  }
  void do_deallocate(void* p, size_t bytes, size_t alignment) override {
    held_ -= bytes;
    std::pmr::new_delete_resource()->deallocate(p, bytes, alignment);
  }
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
    return this == &other;
  }

  size_t held_ = 0;
};

/// Frees a block at the end of a test.
class Collected {
 public:
  Collected(PurchaseCounter& counter, Counted& memory)
      : memory_(memory), state_(CollectedPurchases::ready(nullptr, counter, memory)) {}
  Collected(CollectedPurchases* state, Counted& memory) : memory_(memory), state_(state) {}
  Collected(const Collected&) = delete;
  Collected& operator=(const Collected&) = delete;
  ~Collected() { memory_.deallocate(state_, state_->bytes(), alignof(CollectedPurchases)); }

  void add(const Purchase& p) { state_ = state_->with(p, memory_); }
  void add_all(const CollectedPurchases& other) { state_ = state_->with_all(other, memory_); }
  CollectedPurchases* operator->() const { return state_; }
  CollectedPurchases& operator*() const { return *state_; }
  CollectedPurchases* get() const { return state_; }

 private:
  Counted& memory_;
  CollectedPurchases* state_;
};

PurchaseCounter counter_until(int64_t until) {
  PurchaseDefinition d;
  d.until = until;
  d.holdout_until = until + 3;
  d.time_zone = "UTC";
  Bytes bytes;
  d.write(bytes);
  return {bytes, d, LocalClock(testing::hundred_days, nullptr)};
}

std::vector<Purchase> random_purchases(Random& random, size_t max) {
  std::vector<Purchase> rows;
  for (uint64_t n = random.below(max); n > 0; --n)
    rows.push_back({static_cast<int64_t>(random.below(20)),
                    random.one_in(3) ? no_amount : static_cast<double>(random.below(99)) / 7});
  return rows;
}

void expect_equal(double a, double b) {
  EXPECT_TRUE(a == b || (std::isnan(a) && std::isnan(b))) << a << " and " << b;
}

void expect_same_answers(const CollectedPurchases& state, std::vector<Purchase> rows) {
  const PurchaseDefinition& d = state.counter().definition;
  auto copy = state.copied(std::pmr::get_default_resource());
  const auto got = summarise(copy, d), want = summarise(rows, d);
  ASSERT_EQ(got.has_value(), want.has_value());
  if (!want) return;
  EXPECT_EQ(got->x, want->x);
  EXPECT_EQ(got->holdout_x, want->holdout_x);
  expect_equal(got->t_x, want->t_x);
  expect_equal(got->age, want->age);
  expect_equal(got->monetary, want->monetary);
  expect_equal(got->holdout_monetary, want->holdout_monetary);
}

TEST(CollectedPurchases, AnswersAreThoseOfAllRowsAndNoMemoryIsLost) {
  Random random(3);
  Counted memory;
  for (int i = 0; i < 1000; ++i) {
    PurchaseCounter counter = counter_until(static_cast<int64_t>(random.below(20)));
    const std::vector<Purchase> rows = random_purchases(random, random.one_in(20) ? 3000 : 40);
    {
      Collected state(counter, memory);
      EXPECT_TRUE(state->marked());
      for (const Purchase& p : rows) state.add(p);
      EXPECT_TRUE(state->marked());
      EXPECT_EQ(memory.held(), state->bytes());
      expect_same_answers(*state, rows);
    }
    EXPECT_EQ(memory.held(), 0U);
  }
}

TEST(CollectedPurchases, RowsThatChangeNothingTakeNoRoom) {
  Counted memory;
  PurchaseCounter counter = counter_until(5);
  Collected state(counter, memory);
  for (int i = 0; i < 1000; ++i) state.add({counter.definition.last() + 1, 1});
  EXPECT_TRUE(state->all().empty());
  for (int i = 0; i < 100'000; ++i) state.add({i % 7, no_amount});
  EXPECT_LE(state->bytes(), 32 * sizeof(Purchase));
  for (int i = 0; i < 1000; ++i) state.add({i % 7, 1});
  EXPECT_GE(state->all().size(), 1000U) << "each has an amount";
}

TEST(CollectedPurchases, AnEmptyBlockIsSmallAndTheRoomAskedForIsThere) {
  Counted memory;
  PurchaseCounter counter = counter_until(5);
  EXPECT_EQ(Collected(counter, memory)->bytes(), 4 * sizeof(Purchase));
  for (const size_t room : {1, 3, 4, 7, 8, 1000}) {
    Collected state(CollectedPurchases::ready(nullptr, counter, memory, room), memory);
    const CollectedPurchases* const before = state.get();
    for (size_t i = 0; i < room; ++i) state.add({0, 1});
    EXPECT_EQ(state.get(), before) << room;
  }
}

TEST(CollectedPurchases, PartsAddUp) {
  Random random(11);
  Counted memory;
  for (int i = 0; i < 300; ++i) {
    PurchaseCounter counter = counter_until(10), other = counter_until(10);
    std::vector<Purchase> rows = random_purchases(random, 200);
    const size_t cut = random.below(rows.size() + 1);
    Collected left(counter, memory), right(other, memory);
    for (size_t k = 0; k < rows.size(); ++k) (k < cut ? left : right).add(rows[k]);
    const std::vector<Purchase> before(right->all().begin(), right->all().end());
    EXPECT_EQ(CollectedPurchases::ready(left.get(), other, memory), left.get());
    left.add_all(*right);
    expect_same_answers(*left, rows);
    EXPECT_TRUE(std::ranges::equal(right->all(), before, [](const Purchase& a, const Purchase& b) {
      return a.period == b.period && (a.amount == b.amount || (a.bare() && b.bare()));
    }));
  }
}

TEST(CollectedPurchases, AnotherDefinitionIsAnError) {
  Counted memory;
  PurchaseCounter counter = counter_until(5), other = counter_until(6);
  const Collected state(counter, memory);
  EXPECT_EQ(code_of([&] { CollectedPurchases::ready(state.get(), other, memory); }), "22023");
}

TEST(CollectedPurchases, BytesReadBack) {
  Random random(17);
  Counted memory;
  PurchaseCounter counter = counter_until(12);
  const auto counter_of = [&](std::span<const uint8_t> bytes) -> PurchaseCounter& {
    EXPECT_TRUE(counter.made_from(bytes));
    return counter;
  };
  for (int i = 0; i < 300; ++i) {
    const std::vector<Purchase> rows = random_purchases(random, 60);
    Collected state(counter, memory);
    for (const Purchase& p : rows) state.add(p);
    Bytes bytes;
    state->write(bytes);
    const Collected again(CollectedPurchases::read(bytes, counter_of, memory), memory);
    EXPECT_TRUE(again->marked());
    EXPECT_EQ(again->all().size(), state->all().size());
    expect_same_answers(*again, rows);
    const size_t held = memory.held();
    const std::span<const uint8_t> shorter(bytes.data(), random.below(bytes.size()));
    EXPECT_EQ(code_of([&] { CollectedPurchases::read(shorter, counter_of, memory); }), "XX001");
    bytes[0] ^= 0x40;
    EXPECT_EQ(code_of([&] { CollectedPurchases::read(bytes, counter_of, memory); }), "XX001");
    EXPECT_EQ(memory.held(), held) << "nothing is allocated for bytes that are not read";
  }
}

}  // namespace
}  // namespace clientele
