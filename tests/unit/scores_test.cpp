// SPDX-License-Identifier: PostgreSQL
// Scores against a std::map.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "base/decimal.hpp"
#include "base/error.hpp"
#include "tags/gathered_scores.hpp"
#include "tags/query.hpp"

namespace clientele::tags {
namespace {

using Plain = std::map<uint64_t, int64_t>;

Scores packed(const Plain& plain) {
  std::vector<Score> list;
  for (const auto& [customer, millionths] : plain) list.push_back({customer, millionths});
  return Scores::of(list);
}

Plain plain_of(const Scores& scores) {
  Plain plain;
  scores.each([&](const Score& s) { plain[s.customer] = s.millionths; });
  return plain;
}

std::vector<uint64_t> ids(const Audience& audience) {
  std::vector<uint64_t> all;
  audience.each([&](uint64_t id) { all.push_back(id); });
  return all;
}

template <class Passes>
std::vector<uint64_t> those(const Plain& plain, Passes passes) {
  std::vector<uint64_t> found;
  for (const auto& [customer, millionths] : plain)
    if (passes(millionths)) found.push_back(customer);
  return found;
}

Bytes bytes_of(const Scores& scores) {
  Bytes bytes;
  scores.write(bytes);
  return bytes;
}

class Random {
 public:
  explicit Random(uint64_t seed) : random_(seed) {}
  uint64_t below(uint64_t n) { return random_() % n; }
  uint64_t customer() {
    switch (below(4)) {
      case 0:
        return below(50);
      case 1:
        return 65530 + below(12);
      case 2:
        return (uint64_t{1} << 32) - 3 + below(6);
      default:
        return random_() >> 1;
    }
  }
  int64_t millionths() {
    const int64_t units[] = {1, 10, 1000, 10000, 1000000, 1000000};
    const int64_t unit = units[below(6)];
    const int64_t most = below(3) == 0 ? 999'999'999'999'999'999 / unit : 300;
    return (static_cast<int64_t>(random_() >> 1) % (2 * most + 1) - most) * unit;
  }
  Plain plain(size_t most) {
    Plain made;
    const int64_t same = millionths();
    const bool alike = below(5) == 0;
    for (size_t n = below(most + 1); made.size() < n;)
      made[customer()] = alike ? same : millionths();
    return made;
  }

 private:
  std::mt19937_64 random_;
};

TEST(Scores, EqualAMap) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  for (int round = 0; round < 150; ++round) {
    Plain plain = random.plain(40);
    const Plain newer = random.plain(10);
    Scores scores = packed(plain);
    ASSERT_EQ(plain_of(scores), plain);
    ASSERT_EQ(bytes_of(Scores::from_text(scores.text(1 << 20))), bytes_of(scores));
    ASSERT_EQ(bytes_of(Scores::read(bytes_of(scores), true)), bytes_of(scores));
    for (int i = 0; i < 20; ++i) {
      const int64_t bound =
          plain.empty() || random.below(3) == 0
              ? random.millionths()
              : std::next(plain.begin(), static_cast<long>(random.below(plain.size())))->second;
      const double x = amount_as_double(bound);
      ASSERT_EQ(ids(scores.from([&](double v) { return v >= x; })),
                those(plain, [&](int64_t m) { return amount_as_double(m) >= x; }));
      ASSERT_EQ(ids(scores.from([&](double v) { return v > x; })),
                those(plain, [&](int64_t m) { return amount_as_double(m) > x; }));
      ASSERT_EQ(ids(scores.up_to([&](double v) { return v < x; })),
                those(plain, [&](int64_t m) { return amount_as_double(m) < x; }));
      ASSERT_EQ(ids(scores.equal(bound)), those(plain, [&](int64_t m) { return m == bound; }));
    }
    Audience some;
    for (int i = 0; i < 5; ++i) some.add(random.customer());
    for (const auto& [customer, millionths] : plain)
      if (random.below(2) == 0) some.add(customer);
    for (const Audience* among :
         {static_cast<const Audience*>(nullptr), const_cast<const Audience*>(&some)}) {
      std::vector<int64_t> numbers;
      __int128 sum = 0;
      for (const auto& [customer, millionths] : plain)
        if (among == nullptr || among->contains(customer)) {
          numbers.push_back(millionths);
          sum += millionths;
        }
      std::ranges::sort(numbers);
      const ScoreSummary s = scores.summary(among);
      ASSERT_EQ(s.customers, numbers.size());
      if (numbers.empty()) continue;
      ASSERT_TRUE(s.sum == sum);
      ASSERT_EQ(s.minimum, numbers.front());
      ASSERT_EQ(s.median, numbers[(numbers.size() - 1) / 2]);
      ASSERT_EQ(s.maximum, numbers.back());
    }
    for (const auto& [customer, millionths] : plain)
      ASSERT_EQ(scores.of_customer(customer), millionths);
    ASSERT_EQ(scores.of_customer(12345),
              plain.contains(12345) ? std::optional(plain[12345]) : std::nullopt);
    // What changes has the bytes of what is made anew.
    Scores less = scores;
    less -= some;
    Plain plain_less = plain;
    std::erase_if(plain_less, [&](const auto& p) { return some.contains(p.first); });
    ASSERT_EQ(bytes_of(less), bytes_of(packed(plain_less)));
    Scores joined = scores;
    joined |= packed(newer);
    Plain plain_joined = newer;
    plain_joined.insert(plain.begin(), plain.end());
    ASSERT_EQ(bytes_of(joined), bytes_of(packed(plain_joined)));
  }
}

TEST(Scores, GatheredInAnyOrder) {
  std::pmr::memory_resource* const memory = std::pmr::get_default_resource();
  GatheredScores a(memory), b(memory), both(memory), empty(memory);
  a.add({7, 19'990'000}), a.add({5, -3'000'000});
  b.add({1, 0}), b.add({7, 19'990'000});
  both.merge(b), both.merge(a), both.merge(empty);
  EXPECT_EQ(both.all().text(100), "{1=0,5=-3,7=19.99}");
  Bytes bytes;
  both.write(bytes);
  GatheredScores again(memory);
  Reader reader(bytes);
  again.read(reader);
  EXPECT_TRUE(reader.done());
  again.add({9, 1});
  EXPECT_EQ(again.all().text(100), "{1=0,5=-3,7=19.99,9=0.000001}");
  again.add({5, 4'000'000});
  try {
    again.all();
    FAIL();
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "customer 5 has two numbers: -3 and 4");
    EXPECT_STREQ(e.code(), "21000");
  }
}

TEST(Scores, Texts) {
  for (const auto& [in, out] : std::map<std::string, std::string>{
           {"{}", "{}"},
           {" { } ", "{}"},
           {"{ 7 = 19.990 , 5=-0.000001,7=19.99 }", "{5=-0.000001,7=19.99}"},
           {"{9223372036854775807=999999999999.999999,0=-999999999999.999999}",
            "{0=-999999999999.999999,9223372036854775807=999999999999.999999}"}})
    EXPECT_EQ(Scores::from_text(in).text(1000), out) << in;
  for (const char* text :
       {"", "{", "{1}", "{1=}", "{1=2", "{1=2,}", "{-1=2}", "{1=2}x", "{,}", "{1=1e5}", "{1=NaN}",
        "{1=1000000000000}", "{1=0.0000001}", "{9223372036854775808=1}", "{1=2 3=4}"})
    EXPECT_THROW(Scores::from_text(text), Error) << text;
  EXPECT_THROW(Scores::from_text("{1=2,1=3}"), Error);
  EXPECT_THROW(Scores::from_text("{1=2,3=4}").text(5), Error);
}

TEST(Scores, QueriesAskDoubles) {
  const Scores scores = Scores::from_text("{1=0.1,2=0.3,3=7,4=7.5,5=-2}");
  const auto asked = [&](const char* query) {
    return audience_where(scores, TagQuery::parse(query).root().leaf).text(100);
  };
  EXPECT_EQ(asked("s>=0.1"), "{1-4}");
  EXPECT_EQ(asked("s>0.1"), "{2-4}");
  EXPECT_EQ(asked("s<=0.3"), "{1,2,5}");
  EXPECT_EQ(asked("s<0.3"), "{1,5}");
  EXPECT_EQ(asked("s between 0.3 and 7"), "{2,3}");
  EXPECT_EQ(asked("s between 7 and 0.3"), "{}");
  EXPECT_EQ(asked("s=7"), "{3}");
  EXPECT_EQ(asked("s=7.0"), "{}");
  EXPECT_EQ(asked("s!=7"), "{1,2,4,5}");
  EXPECT_EQ(asked("s!=x"), "{1-5}");
  EXPECT_EQ(asked("s>1e300"), "{}");
  EXPECT_EQ(asked("s>-1e300"), "{1-5}");
}

TEST(Scores, BytesFromAnywhere) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  for (int round = 0; round < 3000; ++round) {
    Bytes bytes = bytes_of(packed(random.plain(8)));
    for (uint64_t i = 1 + random.below(3); i > 0 && !bytes.empty(); --i) {
      if (random.below(6) == 0)
        bytes.resize(random.below(bytes.size() + 1));
      else
        bytes[random.below(bytes.size())] = static_cast<uint8_t>(random.below(256));
    }
    for (const bool wholly : {false, true}) {
      try {
        const Scores scores = Scores::read(bytes, wholly);
        if (wholly) {
          ASSERT_EQ(bytes_of(packed(plain_of(scores))), bytes);
        }
        // What is not checked wholly may say nonsense, but no more than that.
        scores.each([](const Score&) {});
        scores.summary(nullptr);
        scores.from([](double v) { return v > 3; });
        Scores changed = scores;
        changed |= Scores::from_text("{1=2}");
        changed -= scores.customers();
      } catch (const Error&) {
      }
    }
  }
}

}  // namespace
}  // namespace clientele::tags
