// SPDX-License-Identifier: PostgreSQL
// The values that the demo's importer reads: times, amounts, texts, encodings, in many spellings.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "../../../demo/encoding.hpp"
#include "../../../demo/facts.hpp"
#include "../../../demo/plan.hpp"
#include "base/calendar.hpp"
#include "base/decimal.hpp"

namespace demo {
namespace {

using Pairs = std::vector<std::pair<const char*, const char*>>;

std::string iso(int64_t micros) {
  std::string out;
  clientele::append_iso(out, micros - 946'684'800'000'000);
  return out;
}

std::string time_of(std::string_view text, const TimeStyle& style = {}) {
  const auto moment = parse_time(text, style);
  return moment ? iso(moment->unix_micros) : "none";
}

TEST(Values, TimesInManySpellings) {
  for (const auto& [text, wanted] : Pairs{
           {"2026.3.5", "2026-03-05T00:00:00Z"},
           {"2026. 3. 5. 오후 3:04:05", "2026-03-05T15:04:05Z"},
           {"2026년 3월 5일", "2026-03-05T00:00:00Z"},
           {"2026年3月5日 9时5分", "2026-03-05T09:05:00Z"},
           {"2026年03月05日09時05分07秒", "2026-03-05T09:05:07Z"},
           {"2026年3月5日 星期四 上午9:05", "2026-03-05T09:05:00Z"},
           {"2026年3月5日(木) 21:05", "2026-03-05T21:05:00Z"},
           {"2026/3/5 下午 9:05", "2026-03-05T21:05:00Z"},
           {"2026/3/5 中午12:30", "2026-03-05T12:30:00Z"},
           {"2026/3/5 凌晨12:30", "2026-03-05T00:30:00Z"},
           {"2026/3/5 午後9:05", "2026-03-05T21:05:00Z"},
           {"２０２６－０３－０５　０９：０５", "2026-03-05T09:05:00Z"},
           {"3/15/2026, 9:05:00\u202FPM", "2026-03-15T21:05:00Z"},
           {"3/15/26 9:05\u00A0a.m.", "2026-03-15T09:05:00Z"},
           {"15/3/2026 9:05 p. m.", "2026-03-15T21:05:00Z"},
           {"3/15/2026 9 PM", "2026-03-15T21:00:00Z"},
           {"Thursday, March 5, 2026", "2026-03-05T00:00:00Z"},
           {"March 5, 2026 at 9:05:07 AM GMT+8", "2026-03-05T01:05:07Z"},
           {"Mar 1, 2026 12:23:45 AM PST", "2026-03-01T08:23:45Z"},
           {"Thu Mar 05 2026 09:05:07 GMT+0800 (中国标准时间)", "2026-03-05T01:05:07Z"},
           {"Thu Mar  5 09:05:07 2026", "2026-03-05T09:05:07Z"},
           {"Thu Mar 05 09:05:07 +0000 2026", "2026-03-05T09:05:07Z"},
           {"05/Mar/2026:09:05:07 +0800", "2026-03-05T01:05:07Z"},
           {"2026-03-05 09:05:07 +0000 UTC", "2026-03-05T09:05:07Z"},
           {"2026-03-05T09:05:07+01:00[Europe/Paris]", "2026-03-05T08:05:07Z"},
           {"2026-03-05 09:05:07,123", "2026-03-05T09:05:07.123Z"},
           {"2026-03-05 09:05:07.123456+00", "2026-03-05T09:05:07.123456Z"},
           {"2026-03-05 09:05:07 -0530", "2026-03-05T14:35:07Z"},
           {"20260305T090507Z", "2026-03-05T09:05:07Z"},
           {"5. März 2026 09:05 Uhr", "2026-03-05T09:05:00Z"},
           {"Do, 5. März 2026", "2026-03-05T00:00:00Z"},
           {"5 de marzo de 2026", "2026-03-05T00:00:00Z"},
           {"1er août 2026", "2026-08-01T00:00:00Z"},
           {"mar. 3 févr. 2026 à 21h05", "2026-02-03T21:05:00Z"},
           {"5 марта 2026", "2026-03-05T00:00:00Z"},
           {"5 września 2026", "2026-09-05T00:00:00Z"},
           {"5 maart 2026", "2026-03-05T00:00:00Z"},
           {"5 dic 2026", "2026-12-05T00:00:00Z"},
           {"05MAR2026", "2026-03-05T00:00:00Z"},
           {"2026-Mar-05", "2026-03-05T00:00:00Z"},
           {"Mar 5th, 2026", "2026-03-05T00:00:00Z"},
           {"05.03.2026 09.05", "2026-03-05T09:05:00Z"},
           {"2026030509", "2026-03-05T09:00:00Z"},
           {"202603050905", "2026-03-05T09:05:00Z"},
           {"20260305090507123", "2026-03-05T09:05:07.123Z"},
           {"1772701507", "2026-03-05T09:05:07Z"},
           {"1772701507123456789", "2026-03-05T09:05:07.123456Z"},
           {"5 jui 2026", "none"},
           {"2026-03-05 09:05:07 CST", "none"},
           {"2026-03-05 13:05 AM", "none"},
           {"20261305", "none"},
           {"12345678901", "none"},
       })
    EXPECT_EQ(time_of(text), wanted) << text;
}

TEST(Values, FiguresAsTheFileMeansThem) {
  EXPECT_EQ(time_of("2026030509", {.figures = Figures::epoch}), "2034-03-15T10:15:09Z");
  EXPECT_EQ(time_of("1772701507", {.figures = Figures::calendar}), "none");
  const TimeStyle excel{.figures = Figures::excel}, mac{.figures = Figures::excel_1904};
  EXPECT_EQ(time_of("46082.378472", excel), "2026-03-01T09:05:00Z");
  EXPECT_EQ(time_of("46082,378472", excel), "2026-03-01T09:05:00Z");
  EXPECT_EQ(time_of("46082.3784722222", excel), "2026-03-01T09:05:00Z");
  EXPECT_EQ(time_of("46082", excel), "2026-03-01T00:00:00Z");
  EXPECT_EQ(time_of("44620", mac), "2026-03-01T00:00:00Z");
  EXPECT_EQ(time_of("2026-03-01", excel), "2026-03-01T00:00:00Z");
  EXPECT_EQ(time_of("2026-03-05 09:05", {.zone = 8 * 3'600'000'000LL}), "2026-03-05T01:05:00Z");
  EXPECT_EQ(time_of("2026-03-05 09:05Z", {.zone = 8 * 3'600'000'000LL}), "2026-03-05T09:05:00Z");
}

TEST(Values, TimesOfDay) {
  for (const auto& [text, wanted] : Pairs{{"09:05", "09:05:00Z"},
                                          {"9:05:07 PM", "21:05:07Z"},
                                          {"下午3时4分", "15:04:00Z"},
                                          {"21h05", "21:05:00Z"},
                                          {"9", "09:00:00Z"},
                                          {"905", "09:05:00Z"},
                                          {"090507", "09:05:07Z"},
                                          {"0.378472", "09:05:00Z"}}) {
    const auto micros = only_figures(text) ? parse_clock_figures(text) : parse_clock(text);
    EXPECT_EQ(micros ? iso(*micros) : "none", std::string("1970-01-01T") + wanted) << text;
  }
  for (const char* text : {"10.50", "25:00", "9:75"}) EXPECT_FALSE(parse_clock(text)) << text;
  for (const char* text : {"2460", "99", "1.5"}) EXPECT_FALSE(parse_clock_figures(text)) << text;
}

std::string order_of(const std::vector<const char*>& values) {
  TimeFacts facts;
  for (const char* value : values) facts.see(value);
  const OrderChoice choice = choose_order(facts);
  return std::string(order_names[static_cast<size_t>(choice.order)]) + (choice.sure ? "" : "?");
}

TEST(Values, TheOrderIsFoundFromAllValues) {
  EXPECT_EQ(order_of({"26/03/01", "26/03/15", "26/03/28"}), "year, month, day?");
  EXPECT_EQ(order_of({"26/03/01", "26/03/15", "32/03/28"}), "year, month, day");
  EXPECT_EQ(order_of({"01/02/2026", "13/02/2026"}), "day, month, year");
  EXPECT_EQ(order_of({"01/02/2026", "02/13/2026"}), "month, day, year");
  EXPECT_EQ(order_of({"01.02.2026", "02.02.2026"}), "day, month, year?");
  EXPECT_EQ(order_of({"1/2/2026 9:05 AM"}), "month, day, year?");
  EXPECT_EQ(order_of({"2026-01-02"}), "not known");
}

std::string amount(std::string_view text, bool comma = false) {
  const auto number = parse_number(text, comma);
  if (!number) return "none";
  bool rounded = false;
  const auto millionths = to_millionths(*number, rounded);
  if (!millionths) return "range";
  std::string out;
  clientele::append_amount(out, *millionths);
  return out;
}

TEST(Values, AmountsInManySpellings) {
  for (const auto& [text, wanted] : Pairs{
           {"(10.50)", "-10.5"},
           {"($1,234.50)", "-1234.5"},
           {"-$5", "-5"},
           {"$-5", "-5"},
           {"- 5.25", "-5.25"},
           {"\u22125.25", "-5.25"},
           {"5.25-", "-5.25"},
           {"5.25- EUR", "-5.25"},
           {"+5", "5"},
           {"1 234.56", "1234.56"},
           {"1\u202F234.56", "1234.56"},
           {"1'234.56", "1234.56"},
           {"1’234.56", "1234.56"},
           {"1,23,456.78", "123456.78"},
           {"12,34,567", "1234567"},
           {"￥１，２３４．５", "1234.5"},
           {"¥19.00元", "none"},
           {"19元", "19"},
           {"R$ 5.5", "5.5"},
           {"5.5 kr", "5.5"},
           {"kr 5.5", "5.5"},
           {"5.5zł", "5.5"},
           {"US$5.5", "5.5"},
           {"EUR5.50", "5.5"},
           {"5.50 EUR", "5.5"},
           {"CHF 1'234.50", "1234.5"},
           {"Rs. 1,200/-", "1200"},
           {"NT$1,200", "1200"},
           {"₩19,000", "19000"},
           {"10.50 CR", "10.5"},
           {"10.50DR", "-10.5"},
           {"1.5E+03", "1500"},
           {".5", "0.5"},
           {"12.-", "12"},
           {"12%", "none"},
           {"1,23", "none"},
           {"1,2345", "none"},
           {"0,500", "none"},
           {"1.2万", "none"},
           {"10.50 credits", "none"},
           {"12 34", "none"},
           {"1,234 567", "none"},
           {"$", "none"},
           {"()", "none"},
           {"--5", "none"},
           {"ABC 5", "none"},
       })
    EXPECT_EQ(amount(text), wanted) << text;
  for (const auto& [text, wanted] : Pairs{{"1.234,56 €", "1234.56"},
                                          {"1 234,56", "1234.56"},
                                          {"1.234", "1234"},
                                          {"1.234.567", "1234567"},
                                          {"12,-", "12"},
                                          {"88,50-", "-88.5"},
                                          {"0.500", "none"},
                                          {"12.50", "none"}})
    EXPECT_EQ(amount(text, true), wanted) << text;
}

std::string decimal_of(const std::vector<const char*>& values, char delimiter, bool dotted,
                       const DecimalVotes& others = {}) {
  DecimalVotes own, all = others;
  for (const char* value : values) own.see(value);
  all.add(own);
  const DecimalChoice choice = choose_decimal(own, all, delimiter, dotted);
  return std::string(choice.comma ? "comma" : "point") + (choice.sure ? "" : "?");
}

TEST(Values, TheDecimalSignIsFoundFromAllValues) {
  EXPECT_EQ(decimal_of({"1.234", "12,5"}, ',', false), "comma");
  EXPECT_EQ(decimal_of({"1,234", "12.5"}, ';', true), "point");
  EXPECT_EQ(decimal_of({"1.234", "1.234.567"}, ',', false), "comma");
  EXPECT_EQ(decimal_of({"1.234"}, ';', true), "comma?");
  EXPECT_EQ(decimal_of({"1.234"}, ',', false), "point?");
  EXPECT_EQ(decimal_of({"1,000"}, ';', true), "comma?");
  EXPECT_EQ(decimal_of({"1,000"}, ',', false), "point?");
  EXPECT_EQ(decimal_of({"1,000"}, ';', true, {.comma = 3}), "comma");
  EXPECT_EQ(decimal_of({"12.5", "12.5", "12,5"}, ',', false), "point?");
}

TEST(Values, TextsAreWhatStandsInThem) {
  for (const auto& [text, wanted] : Pairs{{"=\"000123\"", "000123"},
                                          {"'000123", "000123"},
                                          {"`000123", "000123"},
                                          {"\u3000 000123\u00A0", "000123"},
                                          {"\uFEFF000123\t", "000123"},
                                          {"'abc'", "abc"},
                                          {"d'Arc", "d'Arc"},
                                          {"'s-Gravenhage", "'s-Gravenhage"},
                                          {"NULL", ""},
                                          {"n/a", ""},
                                          {"空", ""},
                                          {"\\N", ""},
                                          {"-", ""},
                                          {"nobody", "nobody"},
                                          {"No", "No"},
                                          {"=\"\"", ""}})
    EXPECT_EQ(clean(text), wanted) << text;
}

TEST(Values, NamesOfColumns) {
  EXPECT_EQ(normal_name("用户实付金额（元）"), "用户实付金额");
  EXPECT_EQ(normal_name("Date + hour (YYYYMMDDHH)"), "datehour");
  EXPECT_EQ(normal_name("Stückzahl"), "stuckzahl");
  EXPECT_EQ(normal_name("N° Client"), "nclient");
  EXPECT_EQ(normal_name("ID клиента"), "idклиента");
  for (const char* name :
       {"用户实付金额(元)", "客户数量", "user_count", "Customer Since", "会员等级", "order_id",
        "订单号", "InvoiceNo", "客户下单时间", "user_agent"})
    EXPECT_EQ(name_rank(Role::customer, name), 0) << name;
  for (const char* name :
       {"买家", "手机", "distinct_id", "user_pseudo_id", "Kundennummer", "N° client",
        "customer_email", "会员卡号", "顧客ID", "고객번호", "Klant", "cliente"})
    EXPECT_GT(name_rank(Role::customer, name), exact_name) << name;
  for (const char* name :
       {"Discount Amount", "退款金额", "Refunded Amount", "Tax amount", "优惠金额"})
    EXPECT_EQ(name_rank(Role::amount, name), 0) << name;
}

TEST(Values, EncodingsByTheirWords) {
  const auto guess = [](const char* encoding, std::string_view text) {
    std::string bytes;
    // From UTF-8 to the encoding: one byte or a pair each, as iconv has it.
    iconv_t to = ::iconv_open(encoding, "UTF-8");
    char* in = const_cast<char*>(text.data());
    size_t left = text.size();
    bytes.resize(4 * text.size());
    char* out = bytes.data();
    size_t room = bytes.size();
    EXPECT_EQ(::iconv(to, &in, &left, &out, &room), 0U) << text;
    ::iconv_close(to);
    bytes.resize(bytes.size() - room);
    const EncodingGuess found = guess_encoding(bytes);
    return found.sure ? found.name : "not sure";
  };
  EXPECT_EQ(guess("GBK", "客户,日期\n王伟,2026-03-01\n李娜,2026-03-02\n"), "GB18030");
  EXPECT_EQ(guess("GB18030", "customer,city\n王芳,杭州\n李𠮷,上海\n"), "GB18030");
  EXPECT_EQ(guess("BIG5", "會員,日期\n陳國華,2026-03-01\n"), "BIG5-HKSCS");
  EXPECT_EQ(guess("CP932", "顧客,日付\n田中花子,2026-03-01\nサトウ,2026-03-02\n"), "CP932");
  EXPECT_EQ(guess("CP949", "고객,날짜\n김지은,2026-03-01\n"), "CP949");
  EXPECT_EQ(guess("WINDOWS-1252", "name\nJürgen Groß\nHélène\n"), "WINDOWS-1252");
  EXPECT_EQ(guess("WINDOWS-1252", "name,amount\nc1,\"10,50 €\"\n"), "WINDOWS-1252");
  EXPECT_EQ(guess("WINDOWS-1250", "name\nŻółta filiżanka\nJiří Dvořák\n"), "WINDOWS-1250");
  EXPECT_EQ(guess("WINDOWS-1251", "name\nАнна Иванова\nПётр\n"), "WINDOWS-1251");
  EXPECT_EQ(guess("WINDOWS-1254", "name\nAyşe Yıldız\nÇağrı\n"), "WINDOWS-1254");
  EXPECT_EQ(guess("UTF-8", "name\n王伟\n"), "UTF-8");
  EXPECT_FALSE(guess_encoding("a,b\n\xfe\xff\xaa\xac,1\n\xa6\xd7\xf7\xf8,2\n").sure);
}

}  // namespace
}  // namespace demo
