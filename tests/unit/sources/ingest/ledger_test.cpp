// SPDX-License-Identifier: PostgreSQL
// The ledger of whole numbers against std::set.
#include "sources/ingest/ledger.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "unit/code_of.hpp"
#include "unit/random_events.hpp"

namespace clientele::sources {
namespace {

using testing::code_of;
using testing::Random;

/// What the table of the server holds: chunks by their first ids.
class Stored {
 public:
  void add(std::vector<int64_t> numbers) {
    std::sort(numbers.begin(), numbers.end());
    while (!numbers.empty()) {
      auto next = chunks_.upper_bound(numbers.front());
      if (next == chunks_.begin()) {
        next = chunks_.emplace(INT64_MIN, Bytes()).first;
        ++next;
      }
      const auto chunk = std::prev(next);
      auto end = numbers.begin();
      while (end != numbers.end() && (next == chunks_.end() || *end < next->first)) ++end;
      const Runs before = chunk->second.empty() ? Runs() : read_chunk(chunk->first, chunk->second);
      const Runs runs = with_numbers(before, std::span(numbers.begin(), end));
      for (Chunk& made : write_chunks(chunk->first, runs)) {
        EXPECT_LE(made.bytes.size(), chunk_bytes);
        chunks_[made.first_id] = made.bytes;
      }
      numbers.erase(numbers.begin(), end);
    }
  }
  OpenLedger opened() const {
    OpenLedger ledger(std::pmr::get_default_resource());
    for (const auto& [first_id, bytes] : chunks_) ledger.add_chunk(first_id, bytes);
    return ledger;
  }
  size_t bytes() const {
    size_t sum = 0;
    for (const auto& chunk : chunks_) sum += chunk.second.size();
    return sum;
  }
  std::vector<int64_t> numbers() const {
    std::vector<int64_t> all;
    for (const auto& [first_id, bytes] : chunks_)
      for (const auto& run : read_chunk(first_id, bytes))
        for (int64_t i = run.first;; ++i) {
          all.push_back(i);
          if (i == run.last) break;
        }
    return all;
  }
  size_t size() const { return chunks_.size(); }

 private:
  std::map<int64_t, Bytes> chunks_;
};

TEST(Ledger, HoldsWhatASetHolds) {
  Random random(20261126);
  for (int test = 0; test < 300; ++test) {
    // Near each other, far apart, and at both ends of bigint.
    const uint64_t width = uint64_t{1} << random.below(64);
    const int64_t base = test % 3 == 0   ? INT64_MIN
                         : test % 3 == 1 ? static_cast<int64_t>(INT64_MAX - (width - 1))
                                         : static_cast<int64_t>(random());
    Stored stored;
    std::set<int64_t> wanted;
    for (uint64_t batch = 0; batch <= random.below(8); ++batch) {
      std::vector<int64_t> numbers;
      for (uint64_t n = random.below(3000); n > 0; --n)
        numbers.push_back(static_cast<int64_t>(static_cast<uint64_t>(base) + random() % width));
      wanted.insert(numbers.begin(), numbers.end());
      stored.add(numbers);
    }
    ASSERT_EQ(stored.numbers(), std::vector<int64_t>(wanted.begin(), wanted.end())) << test;
    OpenLedger ledger = stored.opened();
    for (int i = 0; i < 500; ++i) {
      const auto number = static_cast<int64_t>(static_cast<uint64_t>(base) + random() % width);
      ASSERT_EQ(ledger.contains(number), wanted.contains(number)) << test << " " << number;
    }
    for (const int64_t number : wanted) ASSERT_TRUE(ledger.contains(number)) << test;

    const int64_t a = static_cast<int64_t>(static_cast<uint64_t>(base) + random() % width);
    const int64_t b = static_cast<int64_t>(static_cast<uint64_t>(base) + random() % width);
    const int64_t floor = std::min(a, b), top = std::max(a, b);
    Runs gaps;
    ASSERT_TRUE(ledger.gaps(floor, top, SIZE_MAX, gaps));
    uint64_t absent = 0;
    for (const auto& gap : gaps) {
      ASSERT_TRUE(floor < gap.first && gap.first <= gap.last && gap.last <= top);
      ASSERT_EQ(wanted.lower_bound(gap.first), wanted.upper_bound(gap.last));
      absent += static_cast<uint64_t>(gap.last) - static_cast<uint64_t>(gap.first) + 1;
    }
    const auto there = std::distance(wanted.upper_bound(floor), wanted.upper_bound(top));
    ASSERT_EQ(absent + static_cast<uint64_t>(there),
              static_cast<uint64_t>(top) - static_cast<uint64_t>(floor));
    if (gaps.size() > 1) {
      Runs some;
      ASSERT_FALSE(ledger.gaps(floor, top, gaps.size() - 1, some));
    }
  }
}

TEST(Ledger, IsSmall) {
  Stored dense;
  std::vector<int64_t> numbers(10000);
  for (int64_t from = 1; from <= 10'000'000; from += 10000) {
    std::iota(numbers.begin(), numbers.end(), from);
    dense.add(numbers);
  }
  EXPECT_EQ(dense.size(), 1U);
  EXPECT_LT(dense.bytes(), 64U);

  // Each number is there with probability 1/2: a bit each.
  Random random(7);
  Stored halves;
  for (int64_t from = 0; from < 1'000'000; from += 1000) {
    numbers.clear();
    for (int64_t i = from; i < from + 1000; ++i)
      if (random.below(2) == 0) numbers.push_back(i);
    halves.add(numbers);
  }
  EXPECT_LT(halves.bytes(), 1'000'000U / 8 * 11 / 10);
}

TEST(Ledger, RefusesDamagedChunks) {
  const auto read = [](std::vector<uint8_t> bytes) {
    return code_of([&] { read_chunk(0, bytes); });
  };
  EXPECT_EQ(read({}), sqlstate::corrupted);
  EXPECT_EQ(read({2}), sqlstate::corrupted);
  EXPECT_EQ(read({0, 5}), sqlstate::corrupted);
  EXPECT_EQ(read({0, 5, 1, 1, 1}), sqlstate::corrupted);  // runs that touch
  EXPECT_EQ(read({1, 5}), sqlstate::corrupted);           // no bits
  EXPECT_EQ(read({0, 5, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}),
            sqlstate::corrupted);
  Random random(1);
  for (int i = 0; i < 20000; ++i) {
    std::vector<uint8_t> bytes(random.below(30));
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
    const auto first = static_cast<int64_t>(random());
    code_of([&] {
      const Runs runs = read_chunk(first, bytes);
      for (size_t k = 0; k < runs.size(); ++k) {
        ASSERT_LE(runs[k].first, runs[k].last);
        ASSERT_LE(first, runs[k].first);
        if (k > 0) {
          ASSERT_LT(runs[k - 1].last, runs[k].first);
        }
      }
    });
  }
}

}  // namespace
}  // namespace clientele::sources
