// SPDX-License-Identifier: PostgreSQL
// The parts of the demo's importer: records, times, numbers, columns.
#include <gtest/gtest.h>

#include <unistd.h>

#include <string>
#include <vector>

#include "../../../demo/columns.hpp"
#include "../../../demo/csv.hpp"
#include "../../../demo/plan.hpp"
#include "../../../demo/source.hpp"
#include "base/calendar.hpp"

namespace demo {
namespace {

using Row = std::vector<std::string>;

struct Parsed {
  std::vector<Row> rows;
  std::vector<Fault> faults;
  std::vector<uint64_t> lines;
};

/// A source over a string, through a pipe as the program has it.
class Piped {
 public:
  explicit Piped(const std::string& bytes, const std::string& encoding = {}) {
    file_ = std::tmpfile();
    std::fwrite(bytes.data(), 1, bytes.size(), file_);
    std::fflush(file_);
    ::lseek(fileno(file_), 0, SEEK_SET);
    source_.emplace(fileno(file_), encoding);
  }
  ~Piped() { std::fclose(file_); }
  Source& operator*() { return *source_; }

 private:
  std::FILE* file_;
  std::optional<Source> source_;
};

Parsed parse(const std::string& bytes, char delimiter = ',', const std::string& encoding = {}) {
  Piped file(bytes, encoding);
  CsvReader reader(*file, delimiter);
  Parsed parsed;
  for (Record record; reader.next(record);) {
    parsed.rows.emplace_back(record.fields.begin(), record.fields.end());
    parsed.faults.push_back(record.fault);
    parsed.lines.push_back(record.line);
  }
  return parsed;
}

TEST(Csv, ReadsWhatRfc4180Says) {
  const Parsed p = parse("a,b\r\n\"x, \"\"y\"\"\",\"two\nlines\"\r\n,\"\"\nlast,5\" nail");
  ASSERT_EQ(p.rows.size(), 4U);
  EXPECT_EQ(p.rows[0], (Row{"a", "b"}));
  EXPECT_EQ(p.rows[1], (Row{"x, \"y\"", "two\nlines"}));
  EXPECT_EQ(p.rows[2], (Row{"", ""}));
  EXPECT_EQ(p.rows[3], (Row{"last", "5\" nail"}));
  EXPECT_EQ(p.lines, (std::vector<uint64_t>{1, 2, 4, 5}));
}

TEST(Csv, KeepsManyEscapedFieldsApart) {
  const Parsed p = parse("\"a\"\"b\",\"\"\"\",plain,\"c\"\"\"\n");
  EXPECT_EQ(p.rows.at(0), (Row{"a\"b", "\"", "plain", "c\""}));
}

TEST(Csv, TakesEveryLineEndAndAByteOrderMark) {
  EXPECT_EQ(parse("\xEF\xBB\xBF"
                  "a\rb\nc\r\nd")
                .rows,
            (std::vector<Row>{{"a"}, {"b"}, {"c"}, {"d"}}));
}

TEST(Csv, LosesOneRowToALostQuote) {
  const Parsed p = parse("1,\"open\n2,b\n3,\"c\"\n4,\"end");
  EXPECT_EQ(p.faults, (std::vector<Fault>{Fault::text_after_quote, Fault::none, Fault::none,
                                          Fault::unterminated_quote}));
  EXPECT_EQ(p.rows[2], (Row{"3", "c"}));
}

TEST(Csv, RefusesBytesThatAreNoText) {
  const Parsed p =
      parse(std::string("a\0b,1\nc\xFF,2\n\xED\xA0\x80,3\ngood,4\n", 22), ',', "UTF-8");
  EXPECT_EQ(p.faults, (std::vector<Fault>{Fault::nul_byte, Fault::invalid_text, Fault::invalid_text,
                                          Fault::none}));
}

TEST(Csv, PassesOverRowsLongerThanAnyRow) {
  const std::string huge(CsvText::longest_record * 3, 'x');
  Parsed p = parse("a,b\n" + huge + ",c\nd,e\n");
  ASSERT_EQ(p.rows.size(), 3U);
  EXPECT_EQ(p.faults[1], Fault::too_long);
  EXPECT_EQ(p.rows[2], (Row{"d", "e"}));
  EXPECT_EQ(p.lines[2], 3U);
  p = parse("a,b\n\"" + huge + "\nd,e\n");
  ASSERT_EQ(p.rows.size(), 3U);
  EXPECT_EQ(p.faults[1], Fault::unterminated_quote);
  EXPECT_EQ(p.rows[2], (Row{"d", "e"}));
}

TEST(Csv, RecordsCrossTheEdgesOfTheBuffer) {
  std::string text;
  const int rows = 400'000;  // well beyond the head that is read at once
  for (int i = 0; i < rows; ++i)
    text += std::to_string(i) + ",\"" + std::string(160 + i % 7, 'y') + "\n\"\"\"\r\n";
  const Parsed p = parse(text);
  ASSERT_EQ(p.rows.size(), static_cast<size_t>(rows));
  for (int i = 0; i < rows; i += 997) {
    EXPECT_EQ(p.rows[i][0], std::to_string(i));
    EXPECT_EQ(p.rows[i][1].size(), 162U + i % 7);
    EXPECT_EQ(p.lines[i], 2U * i + 1);
  }
}

TEST(Csv, AQuotedFieldBeyondAnyRowIsOneRow) {
  std::string lines;
  while (lines.size() < CsvText::longest_record * 4) lines += "c9,2026-03-01,text of a mail\n";
  const Parsed p = parse("a,\"" + lines + "\",\"" + lines + "\"\nb,c\n");
  ASSERT_EQ(p.rows.size(), 2U);
  EXPECT_EQ(p.faults[0], Fault::too_long);
  EXPECT_EQ(p.rows[1], (Row{"b", "c"}));
  EXPECT_EQ(p.lines[1],
            2U + 2 * static_cast<uint64_t>(std::count(lines.begin(), lines.end(), '\n')));
}

TEST(Csv, PassesOverMarksOfByteOrderWithin) {
  const Parsed p = parse("a,b\n\xEF\xBB\xBF\"c,d\",e\n");
  EXPECT_EQ(p.rows.at(1), (Row{"c,d", "e"}));
}

TEST(Source, RecognisesChineseAndUtf16) {
  const std::string gb = "\xBF\xCD\xBB\xA7,\xCA\xB1\xBC\xE4\n\xCD\xF5,2026-01-02\n";  // 客户,时间
  EXPECT_EQ(parse(gb).rows.at(0), (Row{"客户", "时间"}));
  const std::string utf16(
      "\xFF\xFE"
      "a\0,\0\xE9\0\n\0",
      10);
  EXPECT_EQ(parse(utf16).rows.at(0), (Row{"a", "é"}));
  EXPECT_EQ(parse("caf\xE9,1\n", ',', "LATIN1").rows.at(0), (Row{"café", "1"}));
}

std::string iso(std::string_view text, DayOrder order = DayOrder::unknown) {
  const auto moment = parse_time(text, {.order = order});
  if (!moment) return "none";
  std::string out;
  clientele::append_iso(out, moment->unix_micros - 946'684'800'000'000);
  return out;
}

TEST(Moment, ReadsManyForms) {
  EXPECT_EQ(iso("2026-01-02"), "2026-01-02T00:00:00Z");
  EXPECT_EQ(iso("2026-01-02 03:04:05"), "2026-01-02T03:04:05Z");
  EXPECT_EQ(iso("2026-01-02T03:04:05.678+08:00"), "2026-01-01T19:04:05.678Z");
  EXPECT_EQ(iso("2026-01-02 03:04:05.123456789Z"), "2026-01-02T03:04:05.123457Z");
  EXPECT_EQ(iso("2026/1/2 3:04"), "2026-01-02T03:04:00Z");
  EXPECT_EQ(iso("20260102"), "2026-01-02T00:00:00Z");
  EXPECT_EQ(iso("20260102030405"), "2026-01-02T03:04:05Z");
  EXPECT_EQ(iso("1767323045"), "2026-01-02T03:04:05Z");
  EXPECT_EQ(iso("1767323045.25"), "2026-01-02T03:04:05.25Z");
  EXPECT_EQ(iso("1767323045678"), "2026-01-02T03:04:05.678Z");
  EXPECT_EQ(iso("1767323045678901"), "2026-01-02T03:04:05.678901Z");
  EXPECT_EQ(iso("2026年1月2日"), "2026-01-02T00:00:00Z");
  EXPECT_EQ(iso("2026年1月2日 下午3时4分"), "2026-01-02T15:04:00Z");
  EXPECT_EQ(iso("2026年1月2日03:04:05"), "2026-01-02T03:04:05Z");
  EXPECT_EQ(iso("Fri, 02 Jan 2026 03:04:05 GMT"), "2026-01-02T03:04:05Z");
  EXPECT_EQ(iso("Jan 2, 2026 3:04 PM"), "2026-01-02T15:04:00Z");
  EXPECT_EQ(iso("02-Jan-26"), "2026-01-02T00:00:00Z");
  EXPECT_EQ(iso("12/31/2025 12:05 am"), "2025-12-31T00:05:00Z");
  EXPECT_EQ(iso("2026-01-02 24:00"), "2026-01-03T00:00:00Z");
}

TEST(Moment, DaysAndMonthsByOrder) {
  EXPECT_EQ(iso("1/2/2026", DayOrder::day_first), "2026-02-01T00:00:00Z");
  EXPECT_EQ(iso("1/2/2026", DayOrder::month_first), "2026-01-02T00:00:00Z");
  EXPECT_EQ(iso("13/2/2026", DayOrder::month_first), "none");
  EXPECT_EQ(iso("2/13/2026", DayOrder::day_first), "none");
  EXPECT_TRUE(parse_moment("1/2/2026")->open);
  EXPECT_FALSE(parse_moment("13/2/2026")->open);
  EXPECT_EQ(iso("2/13/2026"), "2026-02-13T00:00:00Z");
  EXPECT_EQ(iso("26/03/01", DayOrder::year_first), "2026-03-01T00:00:00Z");
}

TEST(Moment, RefusesWhatIsNone) {
  for (const char* text : {"",
                           "now",
                           "yesterday",
                           "2026-02-30",
                           "2026-13-01",
                           "2026-01-02 25:00",
                           "2026-01-02 03:60",
                           "12",
                           "123456",
                           "99999999",
                           "2026-01-02x",
                           "2026-01-02 03:04:05 CST",
                           "31/31/2026",
                           "1/2/3/2026",
                           "2026年13月1日",
                           "-1767323045",
                           "999999999999999999",
                           "Jan 2026",
                           "0000-01-01",
                           "0001-01-01 00:00+01:00",
                           "9999-12-31 24:00"})
    EXPECT_EQ(iso(text), "none") << text;
}

std::string amount(std::string_view text, bool comma = false) {
  const auto number = parse_number(text, comma);
  if (!number) return "none";
  bool rounded = false;
  const auto millionths = to_millionths(*number, rounded);
  return millionths ? std::to_string(*millionths) + (rounded ? "~" : "") : "range";
}

TEST(Money, ReadsNumbers) {
  EXPECT_EQ(amount("19.99"), "19990000");
  EXPECT_EQ(amount("-0.000001"), "-1");
  EXPECT_EQ(amount("1,234,567.5"), "1234567500000");
  EXPECT_EQ(amount("¥1,234"), "1234000000");
  EXPECT_EQ(amount("-$5"), "-5000000");
  EXPECT_EQ(amount("12 元"), "12000000");
  EXPECT_EQ(amount("3.5e2"), "350000000");
  EXPECT_EQ(amount("1.234,5", true), "1234500000");
  EXPECT_EQ(amount("0.1234565"), "123457~");
  EXPECT_EQ(amount("-0.12345649999"), "-123456~");
  EXPECT_EQ(amount("999999999999.999999"), "999999999999999999");
  EXPECT_EQ(amount("1000000000000"), "range");
  EXPECT_EQ(amount("1e40"), "range");
  EXPECT_EQ(amount("0e40"), "0");
  for (const char* bad : {"", "-", ".", "1,23", "12,5", "1.2.3", "1e", "0x10", "NaN", "inf", "1 2"})
    EXPECT_EQ(amount(bad), "none") << bad;
  bool rounded = false;
  EXPECT_EQ(to_millionths(multiply(*parse_number("-12"), *parse_number("2.55")), rounded),
            -30600000);
}

std::vector<ColumnFacts> columns_of(const std::vector<Row>& rows, bool header) {
  std::vector<ColumnFacts> columns(rows[0].size());
  for (size_t i = 0; i < columns.size(); ++i) {
    columns[i].name = header ? rows[0][i] : std::to_string(i + 1);
    for (size_t r = header ? 1 : 0; r < rows.size(); ++r) columns[i].see(rows[r][i]);
  }
  return columns;
}

/// Which column a file's rows would give each role, as "customer=0 time=2 …".
std::string chosen(const std::vector<Row>& rows, bool header = true, const Wishes& wishes = {}) {
  const auto columns = columns_of(rows, header);
  const auto choices = ColumnChooser(columns, header, wishes).choose();
  std::string out;
  for (size_t r = 0; r < role_count; ++r)
    if (choices[r].column)
      out += (out.empty() ? "" : " ") + std::string(role_names[r]) + "=" +
             std::to_string(*choices[r].column);
  return out;
}

TEST(Columns, KnowsNamesInTwoLanguages) {
  EXPECT_EQ(
      chosen({{"InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID"},
              {"536365", "85123A", "6", "2010-12-01 08:26:00", "2.55", "17850"}}),
      "customer=5 time=3 item=1 quantity=2 price=4");
  EXPECT_EQ(chosen({{"客户", "时间", "事件", "渠道", "商品", "金额"},
                    {"甲", "2026年1月2日", "购买", "门店", "绿茶", "12.5"}}),
            "customer=0 time=1 event=2 channel=3 item=4 amount=5");
  EXPECT_EQ(chosen({{"customer_id", "date", "number_of_cds", "dollar_value"},
                    {"1", "1997-01-01", "1", "11.77"}}),
            "customer=0 time=1 amount=3");
  EXPECT_EQ(chosen({{"uuid", "timestamp", "url"}, {"47dc", "2014-01-07 00:00:15", "https://a/b"}}),
            "customer=0 time=1 item=2");
}

TEST(Columns, ContentDecidesWhereNamesMislead) {
  // A text that is not a time, and one that is not a number.
  EXPECT_EQ(
      chosen({{"user_id", "time", "created_at", "value"}, {"7", "fast", "2026-01-02", "high"}}),
      "customer=0 time=2");
}

TEST(Columns, GuessesWithoutNames) {
  std::vector<Row> rows;
  for (int i = 0; i < 100; ++i)
    rows.push_back({std::to_string(i), "2026-01-0" + std::to_string(1 + i % 9),
                    "u" + std::to_string(i % 37), i % 3 != 0 ? "view" : "buy",
                    std::to_string(i) + ".5"});
  EXPECT_EQ(chosen(rows, false), "customer=2 time=1 event=3 amount=4");
}

TEST(Columns, ObeysWishes) {
  const std::vector<Row> rows{{"user_id", "ts", "event", "price"}, {"7", "2026-01-02", "buy", "3"}};
  Wishes wishes;
  wishes.none[static_cast<size_t>(Role::event)] = true;
  wishes.column[static_cast<size_t>(Role::customer)] = "3";
  EXPECT_EQ(chosen(rows, true, wishes), "customer=2 time=1 amount=3");
  wishes.column[static_cast<size_t>(Role::time)] = "nothing";
  EXPECT_THROW(chosen(rows, true, wishes), UsageError);
}

/// The same for the kinds of identifiers.
std::string known_by(const std::vector<Row>& rows) {
  const auto columns = columns_of(rows, true);
  const auto found = find_identifiers(columns, ColumnChooser(columns, true, {}).choose());
  std::string out;
  for (size_t k = 0; k < identifier_count; ++k)
    if (found[k])
      out += (out.empty() ? "" : " ") + std::string(identifier_names[k]) + "=" +
             std::to_string(*found[k]);
  return out;
}

TEST(Identifiers, OfEachKindTheFirstColumnIsTaken) {
  EXPECT_EQ(known_by({{"时间", "客户编号", "邮箱", "手机", "姓名", "金额"},
                      {"2026-01-02", "K1", "a@b.cn", "13900000001", "王伟", "1.5"}}),
            "customer=1 email=2 phone=3");
  EXPECT_EQ(known_by({{"time", "visitor_id", "login", "page"},
                      {"2026-01-02 10:00", "v1", "a@b.cn", "/"}}),
            "email=2 cookie=1");
  EXPECT_EQ(known_by({{"timestamp", "device_id", "user_id", "event", "device_model"},
                      {"2026-01-02 10:00", "d1", "7", "open", "X"}}),
            "customer=2 device=1");
  EXPECT_EQ(known_by({{"Datum", "Telefon", "E-Mail", "E-Mail 2"},
                      {"2.1.2026", "+49 30 1234567", "a@b.de", "c@b.de"}}),
            "email=2 phone=1");
}

TEST(Identifiers, ANameServesWhereNothingElseDoes) {
  EXPECT_EQ(known_by({{"date", "customer name", "amount"}, {"2026-01-02", "Ann Lee", "5.5"}}),
            "customer=1");
  EXPECT_EQ(known_by({{"date", "customer name", "email"}, {"2026-01-02", "Ann Lee", "a@b.de"}}),
            "email=2");
}

TEST(Columns, TellsHeadersFromRows) {
  ColumnFacts times;
  times.see("2026-01-02");
  const std::vector<ColumnFacts> below{times, times};
  EXPECT_TRUE(is_header({"foo", "bar"}, below));
  EXPECT_TRUE(is_header({"customer", "time"}, {}));
  EXPECT_TRUE(is_header({"customer", "time", "2019"}, {}));
  EXPECT_FALSE(is_header({"web", "2026-01-02"}, below));
  EXPECT_FALSE(is_header({"x", "17"}, below));
}

}  // namespace
}  // namespace demo
