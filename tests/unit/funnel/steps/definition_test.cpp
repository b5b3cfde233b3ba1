// SPDX-License-Identifier: PostgreSQL
#include "funnel/steps/definition.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "unit/code_of.hpp"
#include "unit/random_events.hpp"

namespace clientele {
namespace {

using testing::code_of;
using testing::Random;

FunnelDefinition steps(std::vector<std::string> names) {
  FunnelDefinition d;
  d.steps = std::move(names);
  return d;
}

Bytes written(const FunnelDefinition& d) {
  Bytes out;
  d.write(out);
  return out;
}

bool same(const FunnelDefinition& a, const FunnelDefinition& b) {
  return a.steps == b.steps && a.within == b.within && StepModes(a) == StepModes(b) &&
         a.step_windows == b.step_windows && a.exclusions == b.exclusions &&
         a.same_item == b.same_item && a.natural_day == b.natural_day && a.time_zone == b.time_zone;
}

FunnelDefinition random_definition(Random& random) {
  static const char* const names[] = {"search", "web:*",     "浏览商品",
                                      "#3|#4",  "\"a@1-2\"", "buy[k=v@1-2]"};
  FunnelDefinition d;
  for (uint64_t n = 1 + random.below(5); n > 0; --n) d.steps.emplace_back(names[random.below(6)]);
  if (random.one_in(2)) d.within = random.any_width() >> 1;
  d.order = static_cast<StepOrder>(random.below(3));
  if (d.order != StepOrder::any && random.one_in(2))
    for (size_t i = 1; i < d.steps.size(); ++i) {
      d.step_windows.emplace_back();
      if (random.one_in(2)) d.step_windows.back() = random.any_width() >> 1;
    }
  if (d.order != StepOrder::any && d.steps.size() > 2)
    for (uint64_t n = random.below(3); n > 0; --n)
      d.exclusions.push_back(names[random.below(6)] + std::string(random.one_in(2) ? "@1-3" : ""));
  d.same_item = random.one_in(2);
  d.strictly_increasing = random.one_in(2);
  if (d.order != StepOrder::any) {
    d.strict_order = !d.same_item && random.one_in(2);
    d.allow_reentry = d.strict_order && random.one_in(2);
    d.strict_deduplication = !d.same_item && random.one_in(2);
    d.shared = random.one_in(2);
  }
  d.natural_day = random.one_in(2);
  if (random.one_in(2)) d.time_zone = "Asia/Shanghai";
  return d;
}

TEST(FunnelDefinition, RoundTrip) {
  Random random(11);
  for (int i = 0; i < 2000; ++i) {
    const FunnelDefinition d = random_definition(random);
    d.check();
    const Bytes bytes = written(d);
    const FunnelDefinition back = FunnelDefinition::read(bytes);
    EXPECT_TRUE(same(d, back));
    EXPECT_EQ(written(back), bytes);
  }
}

TEST(FunnelDefinition, BadBytesAreErrorsOrOtherDefinitions) {
  Random random(12);
  for (int i = 0; i < 20'000; ++i) {
    Bytes bytes = written(random_definition(random));
    for (uint64_t k = 1 + random.below(3); k > 0 && !bytes.empty(); --k) {
      bytes[random.below(bytes.size())] = static_cast<uint8_t>(random());
      if (random.one_in(4)) bytes.resize(random.below(bytes.size()));
    }
    try {
      const FunnelDefinition d = FunnelDefinition::read(bytes);
      d.check();
      d.question();
    } catch (const Error& e) {
      EXPECT_NE(std::string(e.what()), "");
    }
  }
}

TEST(FunnelDefinition, Versioned) {
  Bytes bytes = written(steps({"a"}));
  bytes[0] = 200;
  EXPECT_EQ(code_of([&] { FunnelDefinition::read(bytes); }), "XX001");
  bytes = written(steps({"a"}));
  bytes.push_back(0);
  EXPECT_EQ(code_of([&] { FunnelDefinition::read(bytes); }), "XX001");
  EXPECT_EQ(code_of([] { FunnelDefinition::read({}); }), "XX001");
}

TEST(FunnelDefinition, Mistakes) {
  const auto check = [](auto change) {
    FunnelDefinition d = steps({"a", "b", "c"});
    change(d);
    return code_of([&] { d.check(); });
  };
  EXPECT_EQ(check([](auto&) {}), "none");
  EXPECT_EQ(check([](auto& d) { d.steps.clear(); }), "22023");
  EXPECT_EQ(check([](auto& d) { d.steps[1] = ""; }), "22023");
  EXPECT_EQ(check([](auto& d) { d.steps[1] = " \t"; }), "22023");
  EXPECT_EQ(check([](auto& d) { d.steps[1] = "a|"; }), "22023");
  EXPECT_EQ(check([](auto& d) { d.steps[1] = "\"open"; }), "22023");
  EXPECT_EQ(check([](auto& d) { d.step_windows.resize(1); }), "22023");
  EXPECT_EQ(check([](auto& d) { d.step_windows.resize(3); }), "22023");
  EXPECT_EQ(check([](auto& d) { d.step_windows.resize(2); }), "none");
  EXPECT_EQ(check([](auto& d) { d.exclusions = {"x@1-4"}; }), "22023");
  EXPECT_EQ(check([](auto& d) { d.exclusions = {"@1-2"}; }), "22023");
  EXPECT_EQ(check([](auto& d) { d.exclusions = {"x[="}; }), "22023");
  EXPECT_EQ(check([](auto& d) { d.exclusions = {"x"}, d.order = StepOrder::any; }), "0A000");
  EXPECT_EQ(check([](auto& d) { d.step_windows.resize(2), d.order = StepOrder::any; }), "0A000");
  EXPECT_EQ(check([](auto& d) { d.exclusions = {"x"}, d.order = StepOrder::strict; }), "none");
  EXPECT_EQ(check([](auto& d) { d.same_item = d.strict_order = true; }), "0A000");
  EXPECT_EQ(check([](auto& d) { d.same_item = d.strict_deduplication = true; }), "0A000");
  EXPECT_EQ(check([](auto& d) { d.same_item = d.shared = true; }), "none");
  EXPECT_EQ(check([](auto& d) { d.exclusions = {"x"}, d.strict_order = true; }), "none");
  EXPECT_EQ(check([](auto& d) { d.allow_reentry = true; }), "22023");
}

TEST(FunnelDefinition, WindowsWithoutALimitAreNone) {
  FunnelDefinition d = steps({"a", "b"});
  d.step_windows.resize(1);
  EXPECT_TRUE(d.question().step_windows.empty());
  EXPECT_EQ(d.question().within, no_limit);
  d.step_windows[0] = 5;
  d.within = 7;
  EXPECT_EQ(d.question().step_windows, std::vector<uint64_t>{5});
  EXPECT_EQ(d.question().within, 7U);
}

TEST(Exclusion, Text) {
  const auto parsed = [](const char* text) {
    const ExclusionText e = parse_exclusion(text, 4);
    return e.selector +
           (e.range ? " " + std::to_string(e.range->from) + " " + std::to_string(e.range->to) : "");
  };
  EXPECT_EQ(parsed("refund"), "refund");
  EXPECT_EQ(parsed("refund@1-3"), "refund 1 3");
  EXPECT_EQ(parsed("web:refund|#3@2-4"), "web:refund|#3 2 4");
  EXPECT_EQ(parsed("\"a@b\"@1-2"), "\"a@b\" 1 2");
  EXPECT_EQ(parsed("\"a@1-2\""), "\"a@1-2\"");
  EXPECT_EQ(parsed("m[to=a@1-2]"), "m[to=a@1-2]");
  EXPECT_EQ(parsed("退款@3-4"), "退款 3 4");
  for (const char* bad : {"x@", "x@1", "x@1-", "x@-2", "x@1-2-3", "x@1-2 ", "x@a-b", "x@0-1",
                          "x@2-2", "x@3-2", "x@1-5", "x@1-99999999999", "a@b"})
    EXPECT_EQ(code_of([&] { parse_exclusion(bad, 4); }), "22023") << bad;
}

}  // namespace
}  // namespace clientele
