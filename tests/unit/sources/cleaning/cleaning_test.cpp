// SPDX-License-Identifier: PostgreSQL
#include <gtest/gtest.h>

#include "sources/cleaning/amount.hpp"
#include "sources/cleaning/email.hpp"
#include "sources/cleaning/phone.hpp"
#include "sources/cleaning/reasons.hpp"
#include "sources/cleaning/time.hpp"
#include "sources/cleaning/unicode_tables.hpp"
#include "sources/cleaning/written_time.hpp"
#include "unit/code_of.hpp"

namespace clientele {
namespace {

using testing::code_of;

/// Full-width ASCII and the blanks, which is all that these tests need of NFKC.
std::u32string widths(Form form, std::u32string_view text) {
  std::u32string out(text);
  for (char32_t& c : out) {
    if (form != Form::nfkc) break;
    if (c > 0xFF00 && c < 0xFF5F) c -= 0xFEE0;
    if (c == 0x3000 || c == 0xA0) c = ' ';
  }
  return out;
}

class Cleaning : public ::testing::Test {
 protected:
  void SetUp() override { normalize_hook = widths; }
  void TearDown() override {
    normalize_hook = nullptr;
    domain_hook = nullptr;
    phone_hook = nullptr;
  }
};

std::string shown(const Cleaned& c) { return c.reason != nullptr ? c.reason : "'" + c.value + "'"; }
std::string key(std::string_view value, KeyForm form = KeyForm::key) {
  return shown(clean_key(value, form));
}
std::string email(std::string_view value, bool fold = false) {
  return shown(clean_email(value, fold));
}
std::string amount(std::string_view value, std::string_view mark = ".", const char* own = "") {
  const CleanedAmount a = clean_amount(value, decimal_mark_named(mark), own);
  return a.reason != nullptr ? a.reason : std::to_string(a.millionths);
}
std::string time_of(std::string_view value, const TimeOptions& options = {}) {
  const CleanedTime t = clean_time(value, options);
  if (t.reason != nullptr) return t.reason;
  std::string out;
  append_iso(out, t.at);
  return out;
}

TEST_F(Cleaning, tables_ascend) {
  for (size_t i = 1; i < unicode::fold_count; ++i)
    EXPECT_LT(unicode::folds[i - 1].from, unicode::folds[i].from);
  for (size_t i = 1; i < unicode::ignorable_count; ++i)
    EXPECT_LT(unicode::ignorable[i - 1].last, unicode::ignorable[i].first);
  for (size_t i = 1; i < unicode::white_space_count; ++i)
    EXPECT_LT(unicode::white_space[i - 1].last, unicode::white_space[i].first);
  EXPECT_GT(unicode::fold_count, 1500u);
}

TEST_F(Cleaning, text_comes_back_and_bad_utf8_does_not_pass) {
  for (const char* text : {"", "a", "é", "购买", "😀", "\xF4\x8F\xBF\xBF"})
    EXPECT_EQ(utf8_of(characters(text)), text);
  for (const char* text :
       {"\x80", "\xC0\x80", "\xC3", "\xE4\xBD", "\xF5\x80\x80\x80", "\xFF", "a\xC3z"})
    EXPECT_EQ(code_of([&] { characters(text); }), "22021") << text;
}

TEST_F(Cleaning, keys) {
  EXPECT_EQ(key(" Ａ１２\t"), "'A12'");
  EXPECT_EQ(key("A\xE2\x80\x8B\x07"
                "1  2"),
            "'A1 2'");
  EXPECT_EQ(key("007"), "'007'");
  EXPECT_EQ(key(" 　"), "blank");
  for (const char* word : {"NULL", "N/A", "0", "-1", "?", "\\N", "无", "暂无"})
    EXPECT_EQ(key(word), reason::stand_in);
  EXPECT_EQ(key("Straße", KeyForm::nocase), "'strasse'");
  EXPECT_EQ(key("İI", KeyForm::nocase), "'i\xCC\x87i'");
  EXPECT_EQ(key(" Ａ ", KeyForm::exact), "'Ａ'");
  EXPECT_EQ(key(std::string(10'001, 'a')), "text_too_long");
  EXPECT_EQ(code_of([] { key_form_named("upper"); }), "22023");
}

TEST_F(Cleaning, uuids) {
  EXPECT_EQ(key("{A0EEBC999C0B4EF8BB6D6BB9BD380A11}", KeyForm::uuid),
            "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'");
  EXPECT_EQ(key("a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11", KeyForm::uuid),
            "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'");
  for (const char* bad : {"{a0eebc99", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1", "x",
                          "a0eebc999c0b4ef8bb6d6bb9bd380a11-", "a0e-ebc999c0b4ef8bb6d6bb9bd380a11"})
    EXPECT_EQ(key(bad, KeyForm::uuid), "bad_uuid") << bad;
  EXPECT_EQ(key("{00000000000000000000000000000000}", KeyForm::uuid), reason::stand_in);
}

TEST_F(Cleaning, emails) {
  EXPECT_EQ(email(" Ann.Lee@Shop.DE "), "'ann.lee@shop.de'");
  EXPECT_EQ(email("Ann <MAILTO:ann@shop.de>"), "'ann@shop.de'");
  EXPECT_EQ(email("ann@shop。cn"), "'ann@shop.cn'");
  EXPECT_EQ(email("A.N.N+x@GoogleMail.com", true), "'ann@gmail.com'");
  EXPECT_EQ(email("a.n+x@shop.de", true), "'a.n+x@shop.de'");
  for (const char* bad : {"ann",
                          "@shop.de",
                          "ann@",
                          "ann@@shop.de",
                          ".a@b.c",
                          "a.@b.c",
                          "a..b@c.d",
                          "a b@c.d",
                          "\"a\"@b.c",
                          "a@b",
                          "a@b..c",
                          "a@-b.c",
                          "a@b-.c",
                          "a@b_c.d",
                          "a@b.c.",
                          "a@1.2.3.4",
                          "a@[1.2.3.4]",
                          "<a@b.c",
                          "a@b.c>",
                          "mailto:mailto:a@b.c",
                          "a@b.c?subject=x"})
    EXPECT_EQ(email(bad), "bad_email") << bad;
  EXPECT_EQ(email("+@gmail.com", true), "bad_email");
  EXPECT_EQ(email(std::string(64, 'a') + "@b.c"), "'" + std::string(64, 'a') + "@b.c'");
  EXPECT_EQ(email(std::string(65, 'a') + "@b.c"), "bad_email");
}

TEST_F(Cleaning, domains_beyond_ascii) {
  EXPECT_EQ(code_of([] { email("a@münchen.de"); }), "0A000");
  EXPECT_EQ(email("a@mün chen.de"), "bad_email");
  EXPECT_EQ(email("a@mün_chen.de"), "bad_email");
  domain_hook = [](const std::string& domain, std::string& ascii) {
    ascii = "xn--mnchen-3ya.de";
    return domain == "münchen.de";
  };
  EXPECT_EQ(email("a@münchen.de"), "'a@xn--mnchen-3ya.de'");
  EXPECT_EQ(email("a@zürich.ch"), "bad_email");
}

TEST_F(Cleaning, amounts) {
  EXPECT_EQ(amount("12.50"), "12500000");
  EXPECT_EQ(amount("(12.50)"), "-12500000");
  EXPECT_EQ(amount("12.50-"), "-12500000");
  EXPECT_EQ(amount("1,234,567.89"), "1234567890000");
  EXPECT_EQ(amount("12,34,567.5"), "1234567500000");
  EXPECT_EQ(amount("1'299"), "1299000000");
  EXPECT_EQ(amount("25e-1"), "2500000");
  EXPECT_EQ(amount("999999999999.999999"), "999999999999999999");
  EXPECT_EQ(amount("1.234,56", ","), "1234560000");
  EXPECT_EQ(amount("0,299", "auto"), "299000");
  EXPECT_EQ(amount("1299,000", "auto"), "1299000000");
  EXPECT_EQ(amount("1.234.567", "auto"), "1234567000000");
  for (const char* bad :
       {"1,29",  "1,234,56", "0,123", "--5", "(-5)",    "1e", "1,000e3", "1e4000", "0x1F", "12%",
        "1.2.3", "1, 299",   ".",     "- 5", "1 2,345", "e5", "1e+",     "1.5.",   "()",   "(5"})
    EXPECT_EQ(amount(bad), "bad_amount") << bad;
  for (const char* question : {"1,299", "1.299", "12.345"})
    EXPECT_EQ(amount(question, "auto"), "bad_amount");
  for (const char* far : {"NaN", "-inf", "1000000000000", "1e400", "0.1234567", "1e-400"})
    EXPECT_EQ(amount(far), "amount_out_of_range") << far;
  EXPECT_EQ(amount("-"), "blank");
  EXPECT_EQ(amount("0"), "0");
}

TEST_F(Cleaning, symbols) {
  EXPECT_EQ(amount("¥1,299.00", ".", "CNY"), "1299000000");
  EXPECT_EQ(amount("12,50 €", ",", "EUR"), "12500000");
  EXPECT_EQ(amount("($5.00)", ".", "USD"), "-5000000");
  EXPECT_EQ(amount("HK$100", ".", "HKD"), "100000000");
  EXPECT_EQ(amount("US$5", ".", "CAD"), "bad_currency");
  EXPECT_EQ(amount("5円", ".", "CNY"), "bad_currency");
  EXPECT_EQ(amount("人民币5元", ".", "CNY"), "bad_amount");
  EXPECT_EQ(amount("$5"), "5000000");
  EXPECT_EQ(shown(clean_currency("rmb", "")), "'CNY'");
  EXPECT_EQ(shown(clean_currency("$", "")), "bad_currency");
  EXPECT_EQ(shown(clean_currency("$", "CAD")), "'CAD'");
  EXPECT_EQ(shown(clean_currency("元", "TWD")), "'TWD'");
  EXPECT_EQ(shown(clean_currency("", "EUR")), "'EUR'");
  EXPECT_EQ(shown(clean_currency("D A", "")), "bad_currency");
  EXPECT_EQ(code_of([] { currency_named("XAU", "currency"); }), "22023");
}

TEST_F(Cleaning, written_times) {
  const char* const wanted = "2026-01-02T15:04:05Z";
  for (const char* text :
       {"2026-01-02 15:04:05", "2026-01-02T15:04:05Z", "20260102150405", "20260102T150405",
        "2026/1/2 3:04:05 PM", "2026年1月2日 下午3:04:05", "2026年01月02日15时04分05秒",
        "Fri, 02 Jan 2026 15:04:05 +0000", "Jan 2, 2026, 15:04:05", "2-January-2026 15:04:05 utc",
        "2026-01-02 23:04:05+08", "2026-01-02 10:34:05 -4:30", "1767366245", "1767366245000"})
    EXPECT_EQ(time_of(text), wanted) << text;
  for (const char* bad : {"02.01.2026",
                          "26-01-02",
                          "2026-01-02 25:00",
                          "2026-01-02 24:00:01",
                          "2026-01-02 15:04:05 CST",
                          "2026-02-30",
                          "2026-13-01",
                          "2026-01",
                          "12:30",
                          "now",
                          "12345",
                          "2026-01-02 13:00 PM",
                          "2026-01-02/15:04",
                          "2026-01/02",
                          "2026-01-02T",
                          "2026-01-02 15:04 x/",
                          "1767366245.5",
                          "2026-01-02 15:04 Foo/Bar3",
                          "2026-01-02 15:04 +16",
                          "0000-01-01",
                          "2026-01-02 15:04:05."})
    EXPECT_EQ(time_of(bad), "bad_time") << bad;
  EXPECT_EQ(time_of("2026-01-02 03:04:05.1234565"), "2026-01-02T03:04:05.123457Z");
  EXPECT_EQ(time_of("2026-01-02 23:59:60"), "2026-01-03T00:00:00Z");
  for (const char* far : {"infinity", "10000-01-01", "0044-03-15 BC"})
    EXPECT_EQ(time_of(far), "time_out_of_range");
  for (const char* none : {"", "null", "0000-00-00", "0000-00-00 00:00:00"})
    EXPECT_EQ(time_of(none), "missing_time");
}

TEST_F(Cleaning, orders_and_units) {
  TimeOptions options;
  options.order = DateOrder::dmy;
  EXPECT_EQ(time_of("2.1.26", options), "2026-01-02T00:00:00Z");
  EXPECT_EQ(time_of("2.1.70", options), "1970-01-02T00:00:00Z");
  EXPECT_EQ(time_of("2026-01-02", options), "2026-01-02T00:00:00Z");
  EXPECT_EQ(time_of("2.1.026", options), "bad_time");
  options.order = DateOrder::ymd;
  EXPECT_EQ(time_of("26-1-2", options), "2026-01-02T00:00:00Z");
  options.unit = TimeUnit::excel;
  EXPECT_EQ(time_of("45292.5", options), "2024-01-01T12:00:00Z");
  EXPECT_EQ(time_of("61", options), "1900-03-01T00:00:00Z");
  EXPECT_EQ(time_of("59", options), "1900-02-28T00:00:00Z");
  EXPECT_EQ(time_of("1", options), "1900-01-01T00:00:00Z");
  for (const char* bad : {"60", "60.5", "0.5", "-1"})
    EXPECT_EQ(time_of(bad, options), "bad_time") << bad;
  EXPECT_EQ(time_of("2958466", options), "time_out_of_range");
  EXPECT_EQ(time_of("99999999999999999999", options), "time_out_of_range");
  options.unit = TimeUnit::excel1904;
  EXPECT_EQ(time_of("43830", options), "2024-01-01T00:00:00Z");
  options.unit = TimeUnit::epoch;
  EXPECT_EQ(time_of("1767323045.5", options), "2026-01-02T03:04:05.5Z");
  EXPECT_EQ(time_of("1767323045678", options), "2026-01-02T03:04:05.678Z");
  EXPECT_EQ(time_of("1767323045678901", options), "2026-01-02T03:04:05.678901Z");
  options.unit = TimeUnit::s;
  EXPECT_EQ(time_of("20260102", options), "1970-08-23T11:48:22Z");
  EXPECT_EQ(time_of("1e400", options), "bad_time");
  EXPECT_EQ(code_of([] { time_unit_named("days"); }), "22023");
  EXPECT_EQ(code_of([] { date_order_named("DMY"); }), "22023");
}

TEST_F(Cleaning, columns_of_numbers) {
  const struct {
    int64_t number;
    const char* at;
  } cases[] = {{1767323045, "2026-01-02T03:04:05Z"},
               {1767323045678, "2026-01-02T03:04:05.678Z"},
               {1767323045678901, "2026-01-02T03:04:05.678901Z"},
               {20260102, "2026-01-02T00:00:00Z"},
               {20260102030405, "2026-01-02T03:04:05Z"},
               {19000101, "1900-01-01T00:00:00Z"},
               {21001231, "2100-12-31T00:00:00Z"},
               {20261302, "1970-08-23T12:08:22Z"},
               {21010101, "1970-09-01T04:08:21Z"},
               {18991231, "1970-08-08T19:20:31Z"}};
  for (const auto& c : cases) {
    for (const CleanedTime& t :
         {clean_whole_time(c.number, {}), clean_number_time(std::to_string(c.number), {})}) {
      std::string out;
      append_iso(out, t.at);
      EXPECT_EQ(t.reason, nullptr) << c.number;
      EXPECT_EQ(out, c.at) << c.number;
    }
  }
  TimeOptions seconds;
  seconds.unit = TimeUnit::s;
  std::string out;
  append_iso(out, clean_whole_time(20260102, seconds).at);
  EXPECT_EQ(out, "1970-08-23T11:48:22Z");
}

/// What reaches the library, and a number that is not valid.
bool echoed(const std::string& text, const std::string& country, std::string& number) {
  number = country + "|" + text;
  return text.find('9') == std::string::npos;
}

TEST_F(Cleaning, phones) {
  EXPECT_EQ(code_of([] { clean_phone("1", ""); }), "0A000");
  phone_hook = echoed;
  const auto phone = [](std::string_view v, const std::string& country = "") {
    return shown(clean_phone(v, country));
  };
  EXPECT_EQ(phone(" １３８\xE2\x80\x8B０ ", "CN"), "'CN|1380'");
  EXPECT_EQ(phone("1   2"), "'|1 2'");
  for (const char* word : {"转", "轉", "分机", "分機"})
    EXPECT_EQ(phone("010" + std::string(word) + "801"), "'|010 ext 801'") << word;
  EXPECT_EQ(phone("9"), "bad_phone");
  EXPECT_EQ(phone(" "), "blank");
  EXPECT_EQ(phone("N/A"), reason::stand_in);
  EXPECT_EQ(phone(std::string(250, '1')), "'|" + std::string(250, '1') + "'");
  EXPECT_EQ(phone(std::string(251, '1')), "bad_phone");
  EXPECT_EQ(phone(std::string(10'001, '1')), "text_too_long");
  EXPECT_EQ(country_named("de"), "DE");
  for (const char* bad : {"", "D", "DEU", "4A", "Ö"})
    EXPECT_EQ(code_of([&] { country_named(bad); }), "22023") << bad;
}

TEST_F(Cleaning, other_stand_ins) {
  const std::string words[] = {" Ｋeine", "n/a", "1900-01-01", "0", "-99", ""};
  const StandIns mine{words};
  for (const char* word : {"KEINE", "keine ", "N/A", "0", "-99"})
    EXPECT_STREQ(clean_key(word, KeyForm::key, mine).reason, reason::stand_in) << word;
  EXPECT_EQ(shown(clean_key("null", KeyForm::key, mine)), "'null'");
  EXPECT_EQ(shown(clean_key("", KeyForm::key, mine)), "blank");
  constexpr char nil[] = "00000000-0000-0000-0000-000000000000";
  EXPECT_EQ(shown(clean_key(nil, KeyForm::uuid, mine)), std::string("'") + nil + "'");
  EXPECT_EQ(shown(clean_key("{00000000000000000000000000000000}", KeyForm::uuid)),
            reason::stand_in);
  EXPECT_EQ(shown(clean_email("keine", false, mine)), reason::stand_in);
  EXPECT_STREQ(clean_amount("-99", DecimalMark::point, "", mine).reason, "blank");
  EXPECT_EQ(clean_amount("0", DecimalMark::point, "", mine).reason, nullptr);
  EXPECT_EQ(shown(clean_currency("keine", "CNY", mine)), "'CNY'");
  TimeOptions options;
  options.stand_ins = &mine;
  EXPECT_EQ(time_of("1900-01-01", options), "missing_time");
  EXPECT_EQ(shown(clean_key("0", KeyForm::key, StandIns({}))), "'0'");
}

TEST_F(Cleaning, bounds_and_zones) {
  TimeOptions options;
  options.oldest = 0;
  options.latest = day;
  EXPECT_EQ(time_of("1999-12-31 23:59:59.999999", options), "time_too_old");
  EXPECT_EQ(time_of("2000-01-01", options), "2000-01-01T00:00:00Z");
  EXPECT_EQ(time_of("2000-01-02", options), "2000-01-02T00:00:00Z");
  EXPECT_EQ(time_of("2000-01-02 00:00:00.000001", options), "time_in_future");
  options.instant = [](const void*, const std::string& zone, Micros local, Micros& at) {
    at = local - 8 * hour;
    return zone.empty() || zone == "Asia/Shanghai";
  };
  EXPECT_EQ(time_of("2000-01-01 09:00", options), "2000-01-01T01:00:00Z");
  EXPECT_EQ(time_of("2000-01-01 09:00 Asia/Shanghai", options), "2000-01-01T01:00:00Z");
  EXPECT_EQ(time_of("2000-01-01 09:00 Asia/Nowhere", options), "bad_time");
  EXPECT_EQ(time_of("2000-01-01 09:00Z", options), "2000-01-01T09:00:00Z");
}

}  // namespace
}  // namespace clientele
