// SPDX-License-Identifier: PostgreSQL
#include "sources/rows/cleaner.hpp"

#include <gtest/gtest.h>

#include "base/decimal.hpp"
#include "sources/rows/row_reasons.hpp"
#include "unit/random_events.hpp"

namespace clientele::sources {
namespace {

using testing::Random;
using Kind = Value::Kind;

Value text(std::string_view s) { return {Kind::text, s}; }

struct Cleaning {
  SourceRules rules;
  std::unique_ptr<RowCleaner> cleaner;
  RowValues row;
  CleanRow clean;

  Cleaning() {
    rules.kinds = {{"customer", SourceRules::Form::key}, {"email", SourceRules::Form::email}};
    rules.identities = {1, 0};
    rules.time.oldest = -10956 * day;
    rules.time.latest = 20000 * day;
    row.identities = {text("Anna@Example.COM"), text("c1")};
    row.at = text("2026-01-02 03:04:05");
    row.event = text("view");
  }
  bool run() {
    if (cleaner == nullptr)
      cleaner = std::make_unique<RowCleaner>(rules, std::pmr::get_default_resource());
    return cleaner->clean(row, clean);
  }
  std::string reason() { return run() ? "" : cleaner->refusal().reason; }
};

TEST(RowCleaner, PutsTheStrongestIdentifierFirst) {
  Cleaning c;
  ASSERT_TRUE(c.run());
  const auto who = c.cleaner->who(c.clean);
  ASSERT_EQ(who.size(), 2U);
  EXPECT_EQ(c.cleaner->identifiers().value(who[0]), "c1");
  EXPECT_EQ(c.cleaner->identifiers().value(who[1]), "anna@example.com");
  // Of one kind, by value.
  c = {};
  c.rules.identities = {0, 0};
  c.row.identities = {text("c2"), text("c10")};
  ASSERT_TRUE(c.run());
  EXPECT_EQ(c.cleaner->identifiers().value(c.cleaner->home(c.clean)), "c10");
  c.row.identities = {text("c2"), text(" c2")};
  ASSERT_TRUE(c.run());
  EXPECT_EQ(c.cleaner->who(c.clean).size(), 1U);
}

TEST(RowCleaner, LeavesABadIdentifierOutAndSaysSo) {
  Cleaning c;
  c.row.identities[0] = text("no address");
  ASSERT_TRUE(c.run());
  ASSERT_EQ(c.cleaner->dropped(c.clean).size(), 1U);
  EXPECT_STREQ(RowCleaner::drop_reason(c.cleaner->dropped(c.clean)[0]), reason::bad_email);
  c.row.identities[1] = text("n/a");
  EXPECT_EQ(c.reason(), reason::bad_identity);
  EXPECT_EQ(c.cleaner->refusal().detail, "email: no address, customer: n/a");
  c.row.identities[0] = text(" ");
  EXPECT_EQ(c.reason(), reason::missing_customer);
}

TEST(RowCleaner, GivesTheFirstReasonOfTheList) {
  // Each step corrects what was wrong first.
  Cleaning c;
  c.rules.has_event_id = c.rules.strict = true;
  c.rules.reporting = "CNY";
  c.rules.event_names["view"] = {};
  const std::string long_item(2001, 'x');
  c.rules.properties = {"p"};
  c.rules.properties_hook = [](std::string& json) -> const char* {
    return json == R"({"p": "bad"})" ? reason::bad_properties : nullptr;
  };
  c.row = {{{}, {}},  {text("bad")},  {}, {}, {}, {}, text(long_item),
           text("x"), text("shells"), {}, {}};
  const auto expect = [&](const char* why, auto correct) {
    EXPECT_EQ(c.reason(), why);
    correct();
  };
  expect(reason::missing_event_id, [&] { c.row.event_id = {Kind::whole, {}, 1}; });
  expect(reason::missing_customer, [&] { c.row.identities[0] = text("@"); });
  expect(reason::bad_identity, [&] { c.row.identities[1] = text("c1"); });
  expect(reason::missing_time, [&] { c.row.at = text("32.1.2026"); });
  expect(reason::bad_time, [&] { c.row.at = {Kind::instant, {}, INT64_MAX}; });
  expect(reason::time_out_of_range, [&] { c.row.at = {Kind::instant, {}, -20000 * day}; });
  expect(reason::time_too_old, [&] { c.row.at = {Kind::instant, {}, 20000 * day + 1}; });
  expect(reason::time_in_future, [&] { c.row.at = {Kind::instant, {}, 20000 * day}; });
  expect(reason::missing_event, [&] { c.row.event = text("sneeze"); });
  expect(reason::unknown_event, [&] { c.row.event = text(" view "); });
  expect(reason::bad_amount, [&] { c.row.amount = text("1e12"); });
  expect(reason::amount_out_of_range, [&] { c.row.amount = text("1"); });
  expect(reason::bad_currency, [&] { c.row.currency = text("usd"); });
  expect(reason::no_rate, [&] { c.row.currency = text("cny"); });
  expect(reason::bad_properties, [&] { c.row.properties[0] = text("good"); });
  expect(reason::too_long, [&] { c.row.item = text("shoes"); });
  EXPECT_EQ(c.reason(), "");
}

TEST(RowCleaner, CleansTheSameValueOfEachTypeAlike) {
  Cleaning c;
  const auto at = [&](Value v) {
    c.row.at = v;
    return c.run() ? c.clean.at : INT64_MIN;
  };
  const Micros wanted = at(text("2026-01-02 03:04:05Z"));
  EXPECT_EQ(at({Kind::instant, {}, wanted}), wanted);
  EXPECT_EQ(at({Kind::local, {}, wanted}), wanted);
  EXPECT_EQ(at({Kind::whole, {}, 1767323045}), wanted);
  EXPECT_EQ(at({Kind::whole, {}, 1767323045000}), wanted);
  EXPECT_EQ(at({Kind::number, "1767323045.000000"}), wanted);
  EXPECT_EQ(at({Kind::whole, {}, INT64_MAX}), INT64_MIN);
  c.row.at = {Kind::instant, {}, wanted};
  const auto amount = [&](Value v) {
    c.row.amount = v;
    return c.run() ? c.clean.amount : INT64_MIN;
  };
  EXPECT_EQ(amount(text("12.50")), 12'500'000);
  EXPECT_EQ(amount({Kind::number, "12.500000000"}), 12'500'000);
  EXPECT_EQ(amount({Kind::whole, {}, -12}), -12'000'000);
  EXPECT_EQ(amount({Kind::whole, {}, 1'000'000'000'000}), INT64_MIN);
  EXPECT_EQ(amount({Kind::number, "NaN"}), INT64_MIN);
  c = {};
  c.rules.decimal = DecimalMark::comma;
  EXPECT_EQ(amount(text("12,5")), 12'500'000);
  EXPECT_EQ(amount({Kind::number, "12.5"}), 12'500'000);
}

// The short way for plain decimals must not accept or refuse anything else.
TEST(RowCleaner, ReadsPlainDecimalsAsCleanAmountDoes) {
  Random random(5);
  size_t plain = 0;
  for (int i = 0; i < 50'000; ++i) {
    std::string s;
    for (size_t n = random() % 12; s.size() < n;) s += "0123456789.-+, e"[random() % 16];
    std::string_view rest = s;
    int64_t millionths = 0;
    if (parse_amount(rest, millionths) != nullptr || !rest.empty()) continue;
    ++plain;
    const CleanedAmount other = clean_amount(s, DecimalMark::point, "");
    ASSERT_EQ(other.reason, nullptr) << s;
    ASSERT_EQ(other.millionths, millionths) << s;
  }
  EXPECT_GT(plain, 1000U);
}

TEST(Rates, RoundHalfAwayFromZero) {
  const auto converted = [](int64_t millionths, const char* rate) {
    return convert(millionths, rate_of(rate)) ? millionths : INT64_MIN;
  };
  EXPECT_EQ(converted(1'000'000, "7.25"), 7'250'000);
  EXPECT_EQ(converted(1, "0.5"), 1);
  EXPECT_EQ(converted(-1, "0.5"), -1);
  EXPECT_EQ(converted(1, "0.49999999999999999"), 0);
  EXPECT_EQ(converted(3, "1.5"), 5);
  EXPECT_EQ(converted(999'999'999'999'999'999, "1"), 999'999'999'999'999'999);
  EXPECT_EQ(converted(999'999'999'999'999'999, "1.1"), INT64_MIN);
  EXPECT_EQ(converted(999'999'999'999'999'999, "999999999999.999999"), INT64_MIN);
  EXPECT_EQ(converted(999'999'999'999'999'999, "0.000000000000000000000000000000000001"), 0);
  EXPECT_EQ(converted(1'000'000, "0.3333333333333333333333"), 333'333);
  EXPECT_EQ(converted(1'000'000, "0.0000005"), 1);
}

TEST(RowCleaner, TakesTheRateOfTheLocalDay) {
  Cleaning c;
  c.rules.reporting = "CNY";
  const int64_t first = days_to_date(2026, 1, 2);
  c.rules.rates["USD"] = {{first, rate_of("7")}, {first + 1, rate_of("8")}};
  LocalClock clock(
      [](const void*, Micros) {
        return LocalClock::Offset{8 * hour, INT64_MAX};
      },
      nullptr);
  c.rules.clock = &clock;
  c.row.amount = text("1");
  const auto amount = [&](const char* at) {
    c.row.at = text(at);
    return c.run() ? c.clean.amount / amount_scale : -1;
  };
  c.rules.reporting = "CNY";
  c.row.currency = text("USD");
  EXPECT_EQ(amount("2026-01-01 15:59:59Z"), -1);
  EXPECT_EQ(amount("2026-01-01 16:00:00Z"), 7);
  EXPECT_EQ(amount("2026-01-02 16:00:00Z"), 8);
  EXPECT_EQ(amount("2027-01-01 00:00:00Z"), 8);
}

}  // namespace
}  // namespace clientele::sources
