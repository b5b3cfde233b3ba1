// SPDX-License-Identifier: PostgreSQL
#include "sequences/matching/matching.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>

#include "sequences/matching/raw.hpp"
#include "unit/random_events.hpp"

namespace clientele {
namespace {

using testing::Random;

struct Row {
  Micros at;
  std::string met;  // the letters of the conditions that it meets
};

void add(RawSequence& sequence, const std::vector<Row>& rows) {
  std::vector<uint8_t> flags(sequence.conditions());
  for (const Row& row : rows) {
    for (size_t i = 0; i < flags.size(); ++i)
      flags[i] = row.met.find(static_cast<char>('A' + i)) != std::string::npos;
    sequence.add(row.at, Conditions(flags.data(), nullptr, flags.size()));
  }
}

RawSequence defined(std::string_view pattern, size_t conditions = 3) {
  RawSequence sequence(std::pmr::get_default_resource());
  sequence.define(pattern, conditions);
  return sequence;
}

/// Whether there is a match, how many, and the times of the first: "t 2 1,3".
std::string answer(const RawSequence& sequence) {
  const SequencePattern pattern = SequencePattern::parse(sequence.pattern(), sequence.conditions());
  RawSequence::Sorted sorted;
  SequenceSearch search;
  const auto loaded = [&]() -> SequenceSearch& {
    sorted.load(sequence, pattern, search);
    return search;
  };
  std::string out = loaded().matches() ? "t " : "f ";
  out += std::to_string(loaded().count()) + " ";
  bool first = true;
  for (const Micros at : loaded().events()) {
    out += (first ? "" : ",") + std::to_string(at);
    first = false;
  }
  return out;
}

std::string answer(std::string_view pattern, const std::vector<Row>& rows) {
  RawSequence sequence = defined(pattern);
  add(sequence, rows);
  return answer(sequence);
}

std::vector<Row> seconds(std::vector<Row> rows) {
  for (Row& row : rows) row.at *= second;
  return rows;
}

TEST(Sequence, TakesRowsDirectlyOrNot) {
  const std::vector<Row> rows = {{1, "A"}, {2, "C"}, {3, "B"}, {4, "A"}, {5, "B"}};
  EXPECT_EQ(answer("(?1)(?2)", rows), "t 1 4,5");
  EXPECT_EQ(answer("(?1).*(?2)", rows), "t 2 1,3");
  EXPECT_EQ(answer("(?1).(?2)", rows), "t 1 1,3");
  EXPECT_EQ(answer("(?2)(?1)(?2)(?3)", rows), "f 0 3,4,5");
  EXPECT_EQ(answer("(?3)(?3)", rows), "f 0 2");
  EXPECT_EQ(answer("(?1)", {}), "f 0 ");
  EXPECT_EQ(answer(".", {{1, "A"}, {2, "C"}, {3, "B"}}), "t 3 ");
  EXPECT_EQ(answer("(?2)..(?1)", {{1, "A"}}), "f 0 ");
}

TEST(Sequence, PassesOverRowsThatMeetNothing) {
  EXPECT_EQ(answer("(?1)(?2)", {{1, "A"}, {2, ""}, {3, "B"}}), "t 1 1,3");
}

TEST(Sequence, OrdersEqualTimesByConditions) {
  EXPECT_EQ(answer("(?1)(?2)", {{1, "B"}, {1, "A"}}), "t 1 1,1");
  EXPECT_EQ(answer("(?2)(?1)", {{1, "B"}, {1, "A"}}), "f 0 1");
  EXPECT_EQ(answer("(?3)(?2)", {{1, "AB"}, {1, "AC"}}), "f 0 1");
  EXPECT_EQ(answer("(?2)(?3)", {{1, "AC"}, {1, "AB"}}), "t 1 1,1");
}

TEST(Sequence, BindsTimesToElements) {
  const std::vector<Row> late = seconds({{1, "A"}, {101, "B"}});
  EXPECT_EQ(answer("(?1).*(?t<=5)(?2)", late).substr(0, 3), "f 0");
  EXPECT_EQ(answer("(?1).*(?t>5)(?2)", late).substr(0, 3), "t 1");
  EXPECT_EQ(answer("(?1)(?t<=5).*(?2)", seconds({{1, "A"}, {4, "C"}, {101, "B"}})), "f 0 1000000");
  // The first A has no B in time, the second one has.
  EXPECT_EQ(answer("(?1)(?t<=5)(?2)", seconds({{1, "A"}, {9, "A"}, {14, "B"}})),
            "t 1 9000000,14000000");
  EXPECT_EQ(answer("(?1)(?t!=5)(?t>=5)(?t<7)(?2)", seconds({{1, "A"}, {6, "B"}, {7, "B"}})),
            "t 1 1000000,7000000");
  EXPECT_EQ(answer("(?1)(?t>1)(?t<1)(?2)", seconds({{1, "A"}, {2, "B"}})), "f 0 1000000");
}

TEST(Sequence, LeavesOutPointsAtTheEndForTimes) {
  // A point takes a row of its own for the match, but no time is waited for.
  EXPECT_EQ(answer("(?2).*(?t<=5).", seconds({{2, "B"}, {16, "B"}, {17, "A"}})), "t 1 2000000");
}

TEST(Sequence, KnowsMicroseconds) {
  EXPECT_EQ(answer("(?1)(?t>=0.000002)(?2)", {{0, "A"}, {1, "B"}}), "f 0 0");
  EXPECT_EQ(answer("(?1)(?t>=0.000002)(?2)", {{0, "A"}, {2, "B"}}), "t 1 0,2");
  EXPECT_EQ(answer("(?1)(?t>=18446744073709)(?2)", {{first_instant, "A"}, {end_of_time - 1, "B"}}),
            "f 0 " + std::to_string(first_instant));
  EXPECT_EQ(answer("(?1)(?t>9223372036854)(?2)", {{first_instant, "A"}, {end_of_time - 1, "B"}}),
            "t 1 " + std::to_string(first_instant) + "," + std::to_string(end_of_time - 1));
}

// The same by definition, on rows that are in order: where element i can stand is tried with every
// pair of rows.
class Defined {
 public:
  Defined(const SequencePattern& pattern, const std::vector<Row>& rows)
      : pattern_(pattern), rows_(rows) {}

  std::string answer() const {
    const size_t length = pattern_.elements().size();
    uint64_t count = 0;
    for (size_t from = 0;;) {
      const std::optional<std::vector<size_t>> match = first(length, from);
      if (!match) break;
      ++count;
      from = match->back() + 1;
    }
    std::string out = (count > 0 ? "t " : "f ") + std::to_string(count) + " ";
    for (size_t n = length; n > 0; --n) {
      if (pattern_.any_row(pattern_.elements()[n - 1])) continue;
      const std::optional<std::vector<size_t>> match = first(n, 0);
      if (!match) continue;
      std::string times;
      for (size_t i = 0; i < n; ++i)
        if (!pattern_.any_row(pattern_.elements()[i]))
          times += (times.empty() ? "" : ",") + std::to_string(rows_[(*match)[i]].at);
      return out + times;
    }
    return out;
  }

 private:
  bool takes(size_t i, size_t row) const {
    const auto& e = pattern_.elements()[i];
    const auto condition = static_cast<char>('A' + pattern_.kinds()[e.kind] - 1);
    return pattern_.any_row(e) || rows_[row].met.find(condition) != std::string::npos;
  }
  bool follows(size_t i, size_t before, size_t row) const {
    const auto& e = pattern_.elements()[i];
    if (e.directly) return row == before + 1;
    const uint64_t t = elapsed(rows_[before].at, rows_[row].at);
    return row > before && std::ranges::any_of(pattern_.times(e), [&](const auto& time) {
             return time.least <= t && t <= time.most;
           });
  }
  std::optional<std::vector<size_t>> first(size_t length, size_t from) const {
    const size_t n = rows_.size();
    std::vector<std::vector<bool>> can(length, std::vector<bool>(n));
    for (size_t i = length; i-- > 0;)
      for (size_t p = 0; p < n; ++p) {
        can[i][p] = takes(i, p) && i + 1 == length;
        for (size_t q = p + 1; q < n && takes(i, p) && !can[i][p]; ++q)
          can[i][p] = i + 1 < length && can[i + 1][q] && follows(i + 1, p, q);
      }
    std::vector<size_t> places;
    for (size_t i = 0; i < length; ++i) {
      size_t p = i == 0 ? from : places.back() + 1;
      while (p < n && !(can[i][p] && (i == 0 || follows(i, places.back(), p)))) ++p;
      if (p >= n) return std::nullopt;
      places.push_back(p);
    }
    return places;
  }

  const SequencePattern& pattern_;
  const std::vector<Row>& rows_;
};

std::string random_pattern(Random& random) {
  static constexpr const char* comparisons[] = {"<=", "<", ">=", ">", "==", "!="};
  std::string pattern;
  for (uint64_t left = 1 + random.below(5); left > 0; --left) {
    pattern += random.one_in(6) ? "." : "(?" + std::to_string(1 + random.below(3)) + ")";
    if (left == 1) break;
    if (random.one_in(3)) pattern += ".*";
    for (uint64_t times = random.one_in(2) ? random.below(4) : 0; times > 0; --times)
      pattern += std::string("(?t") + comparisons[random.below(6)] + "0.00000" +
                 std::to_string(random.below(10)) + ")";
  }
  return pattern;
}

TEST(Sequence, EqualsItsDefinition) {
  Random random(11);
  for (int round = 0; round < 2000; ++round) {
    // Rows in order, with different conditions at one time only as the order wants them.
    const size_t most = round % 20 == 0 ? 200 : 12;
    const uint64_t gap = 1 + random.below(4), letters = 1 + random.below(3);
    std::vector<Row> rows;
    Micros at = 0;
    for (uint64_t n = random.below(most); n > 0; --n) {
      at += static_cast<Micros>(1 + random.below(gap));
      std::string met(1, static_cast<char>('A' + random.below(letters)));
      if (random.one_in(5)) met += 'C';
      rows.push_back({at, met});
    }
    RawSequence sequence = defined(random_pattern(random));
    std::vector<Row> shuffled = rows;
    std::shuffle(shuffled.begin(), shuffled.end(), random);
    add(sequence, shuffled);
    const SequencePattern pattern = SequencePattern::parse(sequence.pattern(), 3);
    ASSERT_EQ(answer(sequence), Defined(pattern, rows).answer())
        << "round " << round << " " << sequence.pattern();
  }
}

// Work is counted by the times that the loops poll.
size_t polls = 0;

size_t work(std::string_view text, size_t n) {
  const SequencePattern pattern = SequencePattern::parse(text, 3);
  SequenceSearch search;
  polls = 0;
  poll_hook = [] { ++polls; };
  for (const int question : {0, 1, 2}) {
    search.start(pattern, n);
    for (size_t i = 0; i < n; ++i) {
      const uint64_t met = i % 3 == 0 ? 3 : 1;
      search.add(static_cast<Micros>(i), &met);
    }
    if (question == 0) search.matches();
    if (question == 1) search.count();
    if (question == 2) search.events();
  }
  poll_hook = nullptr;
  return polls;
}

TEST(Sequence, TakesTimeInProportionToRows) {
  for (const char* const pattern : {"(?1).*(?1).*(?1).*(?3)", "(?1)(?1)(?1).(?3)",
                                    "(?1)(?t>=0.05)(?2)(?t<=0.1)(?1)(?t>0.1)(?3)",
                                    "(?1)(?t!=0.001)(?t!=0.002)(?1).*(?t<=0.5)(?2)"}) {
    const size_t small = work(pattern, 100'000), large = work(pattern, 400'000);
    EXPECT_GT(small, 3u) << pattern;
    EXPECT_LT(large, 5 * small) << pattern;
    EXPECT_LT(large, 100 * size_t{400'000} / 65536) << pattern;
  }
}

std::string code_of(auto action) {
  try {
    action();
  } catch (const Error& e) {
    return e.code();
  }
  return "";
}

TEST(RawSequence, PartsMakeTheWhole) {
  Random random(3);
  for (int round = 0; round < 300; ++round) {
    const size_t conditions = round % 3 == 0 ? 70 : 3;
    std::vector<Row> rows;
    for (uint64_t n = random.below(20); n > 0; --n)
      rows.push_back(
          {static_cast<Micros>(random.below(8)), std::string(1, "ABC "[random.below(4)])});
    const std::string pattern = random_pattern(random);
    RawSequence whole = defined(pattern, conditions), merged(std::pmr::get_default_resource());
    add(whole, rows);
    const auto middle = rows.begin() + static_cast<ptrdiff_t>(random.below(rows.size() + 1));
    for (const std::vector<Row>& part :
         {std::vector<Row>(middle, rows.end()), std::vector<Row>(rows.begin(), middle)}) {
      RawSequence one = defined(pattern, conditions), sent(std::pmr::get_default_resource());
      add(one, part);
      Bytes bytes, again;
      one.write(bytes);
      Reader reader(bytes);
      sent.read(reader);
      EXPECT_TRUE(reader.done());
      sent.write(again);
      EXPECT_EQ(bytes, again);
      merged.merge(sent);
    }
    merged.merge(RawSequence(std::pmr::get_default_resource()));
    EXPECT_EQ(answer(merged), answer(whole)) << round;
  }
}

TEST(RawSequence, HasOneDefinition) {
  RawSequence one = defined("(?1)", 2);
  EXPECT_EQ(code_of([&] { one.check("(?1)", 2); }), "");
  EXPECT_EQ(code_of([&] { one.check("(?1)", 3); }), "22023");
  EXPECT_EQ(code_of([&] { one.check("(?2)", 2); }), "22023");
  EXPECT_EQ(code_of([&] { one.merge(defined("(?2)", 2)); }), "22023");
  EXPECT_EQ(code_of([] { defined("(?1)", 0); }), "22023");
}

TEST(RawSequence, ChecksItsBytes) {
  RawSequence sequence = defined("(?1)", 70);
  add(sequence, {{1, "A"}, {2, "B"}});
  Bytes bytes;
  sequence.write(bytes);
  for (size_t n = 0; n < bytes.size(); ++n) {
    RawSequence half(std::pmr::get_default_resource());
    Reader reader(std::span<const uint8_t>(bytes).first(n));
    EXPECT_EQ(code_of([&] { half.read(reader); }), "XX001") << n;
  }
  ++bytes[0];
  RawSequence newer(std::pmr::get_default_resource());
  Reader reader(bytes);
  EXPECT_EQ(code_of([&] { newer.read(reader); }), "XX001");
}

TEST(Conditions, AreBits) {
  Random random(5);
  for (size_t n = 1; n < 200; ++n) {
    std::vector<uint8_t> values, present(n / 8 + 1);
    std::vector<uint64_t> wanted(condition_words(n)), got(condition_words(n));
    const bool nulls = random.one_in(2);
    for (size_t i = 0; i < n; ++i) {
      if (nulls && random.one_in(3)) continue;
      present[i / 8] |= static_cast<uint8_t>(1 << i % 8);
      values.push_back(random.one_in(2));
      wanted[i / 64] |= uint64_t{values.back()} << (i % 64);
    }
    Conditions(values.data(), nulls ? present.data() : nullptr, n).bits(got.data());
    EXPECT_EQ(got, wanted) << n;
  }
}

}  // namespace
}  // namespace clientele
