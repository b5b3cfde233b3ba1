// SPDX-License-Identifier: PostgreSQL
#include <gtest/gtest.h>

#include <string>

#include "base/error.hpp"
#include "jobs/schedule/cron.hpp"

namespace clientele {
namespace {

/// The numbers that a set allows.
std::string numbers(uint64_t set) {
  std::string out;
  for (int i = 0; i < 64; ++i)
    if (set >> i & 1) out += (out.empty() ? "" : " ") + std::to_string(i);
  return out;
}

struct Refusal {
  std::string message, hint;
};
Refusal refusal(std::string_view expression) {
  try {
    parse_cron(expression);
  } catch (const Error& e) {
    EXPECT_STREQ(e.code(), "22023") << expression;
    return {e.what(), e.hint()};
  }
  return {"accepted", ""};
}

TEST(CronText, FieldsAreSets) {
  const Cron c = parse_cron("5,10-12,50/4 */8 1,L feb,6-7 mon-wed,7");
  EXPECT_EQ(numbers(c.minutes), "5 10 11 12 50 54 58");
  EXPECT_EQ(numbers(c.hours), "0 8 16");
  EXPECT_EQ(numbers(c.days), "1");
  EXPECT_TRUE(c.last_day);
  EXPECT_EQ(numbers(c.months), "2 6 7");
  EXPECT_EQ(numbers(c.week), "0 1 2 3");
}

TEST(CronText, AWeekEndsWithSaturdayButMayBeWrittenWithSunday) {
  EXPECT_EQ(numbers(parse_cron("0 0 * * */2").week), "0 2 4 6");
  EXPECT_EQ(numbers(parse_cron("0 0 * * 5/1").week), "5 6");
  EXPECT_EQ(numbers(parse_cron("0 0 * * 7/2").week), "0");
  EXPECT_EQ(numbers(parse_cron("0 0 * * 5-7").week), "0 5 6");
  EXPECT_EQ(numbers(parse_cron("0 0 * * fri-SUN").week), "0 5 6");
  EXPECT_EQ(numbers(parse_cron("0 0 * * Sun-tue").week), "0 1 2");
  EXPECT_EQ(numbers(parse_cron("0 0 * * sun-sun/2").week), "0 2 4 6");
  EXPECT_EQ(numbers(parse_cron("0 0 * * 0-7").week), "0 1 2 3 4 5 6");
}

TEST(CronText, BlanksTabsCaseAndLeadingZeros) {
  const Cron a = parse_cron(" \t 00 \t04  * JAN\tMon "), b = parse_cron("0 4 * 1 1");
  EXPECT_EQ(numbers(a.minutes), numbers(b.minutes));
  EXPECT_EQ(numbers(a.hours), numbers(b.hours));
  EXPECT_EQ(numbers(a.months), numbers(b.months));
  EXPECT_EQ(numbers(a.week), numbers(b.week));
  EXPECT_TRUE(parse_cron("0 0 l * *").last_day);
}

TEST(CronText, Words) {
  const char* const pairs[][2] = {{"@hourly", "0 * * * *"},     {"@Daily", "0 0 * * *"},
                                  {"@midnight", "0 0 * * *"},   {"@weekly", "0 0 * * 0"},
                                  {"@monthly", "0 0 1 * *"},    {"@yearly", "0 0 1 1 *"},
                                  {" @ANNUALLY\t", "0 0 1 1 *"}};
  for (const auto& [word, written] : pairs) {
    const Cron a = parse_cron(word), b = parse_cron(written);
    EXPECT_EQ(a.minutes, b.minutes) << word;
    EXPECT_EQ(a.hours, b.hours) << word;
    EXPECT_EQ(a.days, b.days) << word;
    EXPECT_EQ(a.months, b.months) << word;
    EXPECT_EQ(a.week, b.week) << word;
  }
}

TEST(CronText, ErrorsNameTheFieldAndSayWhatItTakes) {
  const struct {
    const char *expression, *message, *hint;
  } cases[] = {
      {"60 * * * *", "minute \"60\" of a schedule is out of range", "0 to 59"},
      {"* 24 * * *", "hour \"24\" of a schedule is out of range", "0 to 23"},
      {"0 0 0 * *", "day of month \"0\" of a schedule is out of range", "1 to 31"},
      {"0 0 32 * *", "day of month \"32\" of a schedule is out of range", "1 to 31"},
      {"0 0 * 13 *", "month \"13\" of a schedule is out of range", "1 to 12, and jan to dec"},
      {"0 0 * * 8", "day of week \"8\" of a schedule is out of range", "0 and 7 are Sunday"},
      {"00060 * * * *", "minute \"00060\" of a schedule is out of range", ""},
      {"1,99 * * * *", "minute \"99\" of a schedule is out of range", ""},
      {"* * * *", "schedule \"* * * *\" has 4 fields in place of 5", "day of month"},
      {"* * * * * *", "schedule \"* * * * * *\" has 6 fields in place of 5", "seconds"},
      {"5 seconds", "schedule \"5 seconds\" has 2 fields in place of 5", "every"},
      {"5", "schedule \"5\" has 1 field in place of 5", ""},
      {"", "schedule is empty", "@daily"},
      {" \t", "schedule is empty", "@daily"},
      {"0 0 * * *\n", "schedule must be one line", "Blanks and tabs"},
      {"*/0 * * * *", "minute \"*/0\" of a schedule has a step that is out of range", "1 to 60"},
      {"*/61 * * * *", "minute \"*/61\" of a schedule has a step that is out of range", "1 to 60"},
      {"0 0 * * */8", "day of week \"*/8\" of a schedule has a step that is out of range",
       "1 to 7"},
      {"*/99999999999999999999 * * * *",
       "minute \"*/99999999999999999999\" of a schedule has a step that is out of range", ""},
      {"5-1 * * * *", "minute \"5-1\" of a schedule is a range that ends before it begins",
       "Write 5-59,0-1."},
      {"0 22-2 * * *", "hour \"22-2\" of a schedule is a range that ends before it begins",
       "Write 22-23,0-2."},
      {"0 0 * * fri-mon",
       "day of week \"fri-mon\" of a schedule is a range that ends before it begins",
       "Write fri-sat,sun-mon."},
      {"0 0 * * 5-0", "day of week \"5-0\" of a schedule is a range that ends before it begins",
       "Write 5-7, as 7 is Sunday, too."},
      {"0 0 * nov-feb *", "month \"nov-feb\" of a schedule is a range that ends before it begins",
       "Write nov-dec,jan-feb."},
      {"0 0 30 2 *", "schedule \"0 0 30 2 *\" names dates that never come",
       "No month \"2\" has a day \"30\"."},
      {"0 0 31 2,4,6,9,11 *", "schedule \"0 0 31 2,4,6,9,11 *\" names dates that never come", ""},
      {"1,,2 * * * *", "minute \"\" of a schedule is empty", "commas"},
      {"1, * * * *", "minute \"\" of a schedule is empty", "commas"},
      {"*-5 * * * *", "minute \"*-5\" of a schedule is not a range", "a-b"},
      {"1-2-3 * * * *", "minute \"1-2-3\" of a schedule is not valid", "a-b/step"},
      {"1-* * * * *", "minute \"1-*\" of a schedule is not valid", ""},
      {"1/2/3 * * * *", "minute \"1/2/3\" of a schedule is not valid", ""},
      {"1/ * * * *", "minute \"1/\" of a schedule is not valid", ""},
      {"1/x * * * *", "minute \"1/x\" of a schedule is not valid", ""},
      {"1/* * * * *", "minute \"1/*\" of a schedule is not valid", ""},
      {"-1 * * * *", "minute \"-1\" of a schedule is not valid", ""},
      {"+5 * * * *", "minute \"+5\" of a schedule is not valid", ""},
      {"1.5 * * * *", "minute \"1.5\" of a schedule is not valid", ""},
      {"mon * * * *", "minute \"mon\" of a schedule is not valid", "0 to 59"},
      {"@reboot", "schedule \"@reboot\" is not supported", "@hourly"},
      {"@every 5m", "schedule \"@every 5m\" is not a known word", "@hourly"},
      {"@daily x", "schedule \"@daily x\" is not a known word", ""},
      {"? * * * *", "minute \"?\" of a schedule is not supported", "Write *"},
      {"0 0 ? * *", "day of month \"?\" of a schedule is not supported", "Write *"},
      {"0 0 L-1 * *", "day of month \"L-1\" of a schedule is not supported", "L alone"},
      {"0 0 LW * *", "day of month \"LW\" of a schedule is not supported", "L alone"},
      {"0 0 15W * *", "day of month \"15W\" of a schedule is not supported", "weekday"},
      {"0 0 * * 5#2", "day of week \"5#2\" of a schedule is not supported", "command"},
      {"0 0 * * L", "day of week \"L\" of a schedule is not supported", "days of the month"},
      {"0 L * * *", "hour \"L\" of a schedule is not supported", "days of the month"},
      {"0 0 * * 5L", "day of week \"5L\" of a schedule is not valid", ""},
      {"0 0 * * monday", "day of week \"monday\" of a schedule has an unknown name",
       "three letters"},
      {"0 0 * foo *", "month \"foo\" of a schedule is not valid", "jan to dec"},
      {"0 0 * * 周一", "day of week \"周一\" of a schedule is not valid", "sun to sat"},
      {"０ 0 * * *", "minute \"０\" of a schedule is not valid", "0 to 59"},
      {"0\u00A00 * * *", "schedule \"0\u00A00 * * *\" has 4 fields in place of 5", ""},
      {"\"; DROP TABLE x --", "minute \"\"\";\" of a schedule is not valid", ""},
  };
  for (const auto& c : cases) {
    const Refusal got = refusal(c.expression);
    EXPECT_EQ(got.message, c.message) << c.expression;
    EXPECT_NE(got.hint.find(c.hint), std::string::npos) << c.expression << ": " << got.hint;
  }
}

TEST(CronText, LongTextIsRefusedOrShownInPart) {
  EXPECT_EQ(refusal(std::string(10'001, '*')).message, "schedule must have at most 10,000 bytes");
  std::string list = "0";
  while (list.size() < 9'980) list += ",0";
  EXPECT_EQ(numbers(parse_cron(list + " 0 * * *").minutes), "0");
  const std::string chinese = [] {
    std::string s;
    while (s.size() < 3'000) s += "客户";
    return s;
  }();
  const Refusal got = refusal("0 0 * * " + chinese);
  EXPECT_LT(got.message.size(), 150U);
  EXPECT_NE(got.message.find("客户...\""), std::string::npos) << got.message;
  // In databases of other encodings: 星期 in EUC_CN, é in LATIN1.
  EXPECT_EQ(refusal("0 0 * * \xD0\xC7\xC6\xDA").message,
            "day of week \"\xD0\xC7\xC6\xDA\" of a schedule is not valid");
  EXPECT_EQ(refusal("0 0 * * mon\xE9" + std::string(59, 'x')).message,
            "day of week \"mon\xE9" + std::string(56, 'x') + "...\" of a schedule is not valid");
  EXPECT_EQ(refusal("0 0 * * x" + std::string(60, '\xD0')).message,
            "day of week \"x...\" of a schedule is not valid");
}

}  // namespace
}  // namespace clientele
