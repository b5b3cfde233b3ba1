// SPDX-License-Identifier: PostgreSQL
#include "retention/table/summary.hpp"

#include <gtest/gtest.h>

#include "unit/code_of.hpp"
#include "unit/random_events.hpp"

namespace clientele {
namespace {

using testing::code_of;
using testing::Random;

RetentionDefinition definition() {
  RetentionDefinition d;
  d.start_at = "注册";
  d.return_at = "购买|#3";
  d.until = 400 * day;
  d.since = -day;
  d.amounts = true;
  d.time_zone = "Asia/Shanghai";
  d.set_up_to({}, std::vector<int32_t>{0, 1, 3, 7});
  return d;
}

Bytes written(const auto& value) {
  Bytes out;
  value.write(out);
  return out;
}

RetentionSummary empty() { return RetentionSummary(std::pmr::get_default_resource()); }

std::string read_code(const Bytes& bytes) {
  return code_of([&] {
    RetentionSummary s = empty();
    Reader r(bytes);
    s.read(r);
    if (!r.done()) Reader::fail("bytes are left over");
  });
}

void add_random(RetentionSummary& summary, Random& random) {
  std::vector<Returned> returned;
  for (size_t s = 0; s < 3; ++s)
    if (random.one_in(2)) {
      const uint64_t n = 1 + random.below(9);
      const auto amounts = random.below(n + 1);
      const __int128 sum = amounts == 0 ? 0 : static_cast<__int128>(random.below(1000)) - 500;
      returned.push_back({s, n, {sum, amounts}});
    }
  summary.add(static_cast<Micros>(random.below(20)) * day, returned);
}

TEST(RetentionDefinition, IsItselfAgain) {
  const Bytes bytes = written(definition());
  EXPECT_EQ(written(RetentionDefinition::read(bytes)), bytes);
  EXPECT_EQ(written(RetentionDefinition::read(written(RetentionDefinition()))),
            written(RetentionDefinition()));
  for (size_t n = 0; n < bytes.size(); ++n) {
    Bytes cut(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(n));
    EXPECT_NE(code_of([&] { RetentionDefinition::read(cut); }), "none") << n;
  }
}

TEST(RetentionDefinition, RefusesWhatMakesNoSense) {
  const auto refused = [](auto change) {
    RetentionDefinition d = definition();
    return code_of([&] { change(d), d.check(); });
  };
  EXPECT_EQ(refused([](auto& d) { d.start_at = "a["; }), "22023");
  EXPECT_EQ(refused([](auto& d) { d.brackets = {0, 3, 3}; }), "22023");
  EXPECT_EQ(refused([](auto& d) { d.brackets = {-1, 3}; }), "22023");
  EXPECT_EQ(refused([](auto& d) { d.min_count = 0; }), "22023");
  EXPECT_EQ(refused([](auto& d) { d.set_up_to(3, std::vector<int32_t>{0, 1}); }), "22023");
  EXPECT_EQ(refused([](auto& d) { d.set_up_to(-1, {}); }), "22023");
  EXPECT_EQ(refused([](auto& d) { d.set_up_to(10'000, {}); }), "54000");
  EXPECT_EQ(refused([](auto& d) { d.set_up_to(9'999, {}); }), "none");
  EXPECT_EQ(
      refused([](auto& d) { d.windows = RetentionWindows::elapsed, d.period = PeriodUnit::month; }),
      "22023");
}

TEST(RetentionSummary, DoesNotDependOnOrder) {
  Random random(7);
  const Bytes d = written(definition());
  RetentionSummary whole = empty(), left = empty(), right = empty();
  for (RetentionSummary* s : {&whole, &left, &right}) s->start(d);
  for (int i = 0; i < 500; ++i) {
    Random again(random());
    Random same = again;
    add_random(whole, again);
    add_random(i % 3 == 0 ? left : right, same);
  }
  RetentionSummary merged = empty();
  merged.merge(right);
  merged.merge(empty());
  merged.merge(left);
  EXPECT_EQ(written(merged), written(whole));
  EXPECT_EQ(read_code(written(whole)), "none");
  RetentionSummary back = empty();
  const Bytes bytes = written(whole);
  Reader r(bytes);
  back.read(r);
  EXPECT_EQ(written(back), bytes);
}

TEST(RetentionSummary, RefusesOtherQuestionsAndOtherBytes) {
  RetentionSummary a = empty(), b = empty();
  a.start(written(definition()));
  RetentionDefinition other = definition();
  other.until = 401 * day;
  b.start(written(other));
  EXPECT_EQ(code_of([&] { a.merge(b); }), "22023");

  other.until.reset();
  RetentionSummary open = empty();
  open.start(written(other));
  EXPECT_EQ(read_code(written(open)), "XX001");

  const std::vector<Returned> one = {{1, 2, {5, 1}}};
  a.add(day, one);
  Bytes good = written(a);
  EXPECT_EQ(read_code(good), "none");
  for (size_t i = 0; i + 1 < good.size(); ++i)
    EXPECT_EQ(read_code(Bytes(good.begin(), good.begin() + static_cast<ptrdiff_t>(i))), "XX001");
  a.add(2 * day, {});
  const std::vector<Returned> few = {{1, 0, {}}};  // a return that is not counted
  a.add(2 * day, few);
  EXPECT_EQ(read_code(written(a)), "XX001");
}

}  // namespace
}  // namespace clientele
