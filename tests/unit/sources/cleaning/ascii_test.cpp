// SPDX-License-Identifier: PostgreSQL
// The way of ASCII values against the general way.
#include "sources/cleaning/ascii.hpp"

#include <gtest/gtest.h>

#include "sources/cleaning/email.hpp"
#include "unit/random_events.hpp"

namespace clientele {
namespace {

using testing::Random;

/// Pieces of values, the rest of them at random.
template <size_t n>
std::string value_of(Random& random, const char* const (&pieces)[n]) {
  std::string text;
  for (uint64_t i = random.below(10); i > 0; --i) {
    if (random.one_in(12))
      text += static_cast<char>(random.below(random.one_in(20) ? 0x7F : 0x60) + 1);
    else
      text += pieces[random.below(n)];
  }
  return text;
}

class Ascii : public ::testing::Test {
 protected:
  void TearDown() override { ascii::enabled = true; }

  /// The same answer both ways for many values. `shown` makes a text of it.
  template <size_t n, class Shown>
  void agrees(const char* const (&pieces)[n], Shown shown) {
    const uint64_t seed = std::random_device()();
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    size_t normal_forms = 0;
    for (int i = 0; i < 30'000; ++i) {
      const std::string value = value_of(random, pieces);
      const uint64_t options = random.below(1'000'000);
      ascii::enabled = true;
      const std::string fast = shown(value, options);
      ascii::enabled = false;
      ASSERT_EQ(fast, shown(value, options)) << "of \"" << value << "\", options " << options;
      normal_forms += fast.front() == '=';
    }
    EXPECT_GT(normal_forms, 300u);
  }

  const std::string words_[3] = {"keine", "2026-01-02", "12"};
  const StandIns mine_{words_};
  const StandIns& stand_ins(uint64_t options) const {
    return options % 3 == 0 ? mine_ : StandIns::standard();
  }
};

std::string shown(const Cleaned& c) { return c.reason != nullptr ? c.reason : "=" + c.value; }

constexpr const char* key_pieces[] = {"a",  "B",    " ",   "\t",    "\x07", "\x7f", "0",
                                      "-1", "null", "N/A", "Keine", "\x1f", ".",    "-",
                                      "{",  "}",    "\\N", "?",     "12",   "A0EE", "-9C0B"};

TEST_F(Ascii, keys) {
  agrees(key_pieces, [&](const std::string& value, uint64_t options) {
    return shown(clean_key(value, static_cast<KeyForm>(options / 3 % 4), stand_ins(options)));
  });
  agrees({"A0EEBC99", "-", "9C0B4EF8", "bb6d", "{", "}", "00000000", "0000", " "},
         [&](const std::string& value, uint64_t options) {
           const std::string whole = value + "A0EEBC999C0B4EF8BB6D6BB9BD380A11";
           return shown(
               clean_key(whole.substr(0, 30 + options % 10), KeyForm::uuid, stand_ins(options)));
         });
}

TEST_F(Ascii, events) {
  agrees(key_pieces, [&](const std::string& value, uint64_t) { return shown(clean_event(value)); });
}

TEST_F(Ascii, emails) {
  agrees(
      {"a",    "B",    "@",       "@shop.de", "@",         ".",
       "..",   "-",    "_",       "+x",       "gmail.com", "@GoogleMail.com",
       "<",    ">",    "mailto:", "MAILTO:",  " ",         "\t",
       "\x07", "null", "\"",      "1",        "localpart", ".co",
       "keine"},
      [&](const std::string& value, uint64_t options) {
        const std::string long_one = options % 50 == 0 ? std::string(60, 'x') : "";
        const std::string end = options % 5 == 0 ? "@x.de" : options % 7 == 0 ? "@gmail.com" : "";
        return shown(clean_email(long_one + value + end, options / 3 % 2 == 1, stand_ins(options)));
      });
}

TEST_F(Ascii, amounts) {
  agrees({"1", "23", "456", "7890", ",", ".", "-", "+", " ", "0", "000", "12", "$", "e3", "nan",
          "EUR", "\x07", "999999999999"},
         [&](const std::string& value, uint64_t options) {
           const CleanedAmount a = clean_amount(value, static_cast<DecimalMark>(options / 3 % 3),
                                                options % 2 == 0 ? "EUR" : "", stand_ins(options));
           return a.reason != nullptr ? a.reason : "=" + std::to_string(a.millionths);
         });
}

TEST_F(Ascii, currencies) {
  agrees(
      {"u", "S", "D", "usd", "EUR", "$", "RMB", "HK", "null", " ", "cny", "\x07", "keine"},
      [&](const std::string& value, uint64_t options) {
        return shown(clean_currency(value, options / 3 % 2 == 0 ? "CNY" : "", stand_ins(options)));
      });
}

TEST_F(Ascii, times) {
  agrees({"1", "2", "-", ":", ".", "Z", " ", "+", "T", "0", "59", "\x07", "Jan", ""},
         [&](const std::string& value, uint64_t options) {
           constexpr const char* starts[] = {"",
                                             "2026-01-02",
                                             "2026-01-02 03:04",
                                             "2026-01-02T03:04:05",
                                             "2026-02-3",
                                             "2026-01-02 03:04:05",
                                             "9999-12-31 23:59:59",
                                             "0000-00-00",
                                             "1767323045",
                                             "1767323045678",
                                             "176732304567",
                                             "2026-01-02 03:04:05.",
                                             "0001-01-01",
                                             "1970-01-01T24:00",
                                             "2026-01-02T03:04:05.1234567",
                                             "2026-01-02 03:04:05+"};
           TimeOptions time;
           time.order = static_cast<DateOrder>(options % 4);
           time.unit = options % 3 == 0 ? TimeUnit::none : static_cast<TimeUnit>(options / 4 % 7);
           time.stand_ins = &stand_ins(options / 28);
           time.instant = [](const void*, const std::string& zone, Micros local, Micros& at) {
             at = local - 8 * hour;
             return zone.empty();
           };
           const std::string text =
               starts[options / 100 % std::size(starts)] + value.substr(0, options / 7 % 8);
           const CleanedTime t = clean_time(text, time);
           return t.reason != nullptr ? t.reason : "=" + std::to_string(t.at);
         });
}

TEST_F(Ascii, codes_of_currencies_ascend) {
  for (const char* code : {"AED", "CNY", "MXN", "USD", "ZWL"}) EXPECT_TRUE(is_currency(code));
  for (const char* code : {"", "AAA", "CN", "CNYX", "ED ", "ZZZ", "usd"})
    EXPECT_FALSE(is_currency(code)) << code;
}

}  // namespace
}  // namespace clientele
