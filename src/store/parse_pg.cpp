// SPDX-License-Identifier: PostgreSQL
// Reads values from text as PostgreSQL does, but gives NULL instead of an error: a loader must not
// stop at row 12,345,678. Only PostgreSQL's regime here, and none of its functions that are called
// raises an error about its input.
#include <string_view>

#include "pg/postgres.hpp"
#include "pg/values.hpp"

extern "C" {
#include "common/jsonapi.h"
#include "mb/pg_wchar.h"
}

namespace clientele {
namespace {

std::string_view trimmed(std::string_view s) {
  constexpr std::string_view blanks = " \t\r\n\f\v";
  const size_t begin = s.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return s.substr(begin, s.find_last_not_of(blanks) - begin + 1);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

size_t leading_digits(std::string_view s) {
  size_t n = 0;
  while (n < s.size() && is_digit(s[n])) ++n;
  return n;
}

/// A sign, digits, perhaps a point, perhaps an exponent of at most three digits.
bool is_number(std::string_view s) {
  if (!s.empty() && (s[0] == '-' || s[0] == '+')) s.remove_prefix(1);
  size_t digits = leading_digits(s);
  s.remove_prefix(digits);
  if (!s.empty() && s[0] == '.') {
    const size_t decimals = leading_digits(s.substr(1));
    digits += decimals;
    s.remove_prefix(1 + decimals);
  }
  if (digits == 0) return false;
  if (!s.empty() && (s[0] == 'e' || s[0] == 'E')) {
    s.remove_prefix(1);
    if (!s.empty() && (s[0] == '-' || s[0] == '+')) s.remove_prefix(1);
    const size_t exponent = leading_digits(s);
    return exponent >= 1 && exponent <= 3 && exponent == s.size();
  }
  return s.empty();
}

TimestampTz since_1970(int64 microseconds) {
  constexpr int64 days = POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE;
  return microseconds - days * USECS_PER_DAY;
}

/// Microseconds in a unit of an epoch that is written with this many digits from 2001 to 2286.
int64 epoch_unit(size_t digits) {
  return digits == 10 ? 1'000'000 : digits == 13 ? 1'000 : digits == 16 ? 1 : 0;
}

/// Seconds, milliseconds or microseconds since 1970, distinguished by 10, 13 or 16 digits.
bool epoch_time(std::string_view s, TimestampTz& at) {
  const size_t digits = leading_digits(s);
  if (digits != s.size() || epoch_unit(digits) == 0) return false;
  int64 n = 0;
  for (char c : s) n = n * 10 + (c - '0');
  at = since_1970(n * epoch_unit(digits));
  return true;
}

/// A time of the calendar written as YYYYMMDD, with HH, MM, SS and milliseconds as far as it goes.
struct DigitTime {
  pg_tm tm;
  int milliseconds;
};
bool digit_time(std::string_view s, int first_year, int last_year, DigitTime& result) {
  const size_t n = s.size();
  if ((n != 8 && n != 10 && n != 12 && n != 14 && n != 17) || leading_digits(s) != n) return false;
  const auto part = [&](size_t begin, size_t length) {
    int value = 0;
    if (begin < n)
      for (char c : s.substr(begin, length)) value = value * 10 + (c - '0');
    return value;
  };
  pg_tm tm{};
  tm.tm_year = part(0, 4);
  tm.tm_mon = part(4, 2);
  tm.tm_mday = part(6, 2);
  tm.tm_hour = part(8, 2);
  tm.tm_min = part(10, 2);
  tm.tm_sec = part(12, 2);
  tm.tm_isdst = -1;
  result = {tm, part(14, 3)};
  return tm.tm_year >= first_year && tm.tm_year <= last_year && tm.tm_mon >= 1 &&
         tm.tm_mon <= MONTHS_PER_YEAR && tm.tm_mday >= 1 &&
         tm.tm_mday <= day_tab[isleap(tm.tm_year)][tm.tm_mon - 1] && tm.tm_hour < HOURS_PER_DAY &&
         tm.tm_min < MINS_PER_HOUR && tm.tm_sec < SECS_PER_MINUTE;
}

/// Digits that are hardly anything else: a date between 1900 and 2100.
bool looks_like_time(std::string_view s) {
  DigitTime time;
  return digit_time(s, 1900, 2100, time);
}

bool digits_as_time(std::string_view s, TimestampTz& at) {
  DigitTime time;
  if (!digit_time(s, 1, 9999, time)) return false;
  int zone = DetermineTimeZoneOffset(&time.tm, session_timezone);
  return tm2timestamp(&time.tm, time.milliseconds * 1000, &zone, &at) == 0;
}

/// How the digits of one column are read.
struct Reading {
  int32 calendar;  // bit n: n digits are a time of the calendar
  int32 unit;      // of other numbers: 10, 13 or 16 as above; 0 goes by their size
  bool calendar_of(size_t digits) const { return digits < 31 && ((calendar >> digits) & 1) != 0; }
};

/// A number as a column of a table has it; one that is too large is infinite.
struct Number {
  bool negative;
  bool whole;
  std::string_view digits;    // before the point
  std::string_view decimals;  // after it
};
bool split_number(std::string_view s, Number& number) {
  number.negative = !s.empty() && s[0] == '-';
  if (number.negative) s.remove_prefix(1);
  number.digits = s.substr(0, leading_digits(s));
  s.remove_prefix(number.digits.size());
  number.decimals = {};
  if (!s.empty() && s[0] == '.') {
    s.remove_prefix(1);
    number.decimals = s.substr(0, leading_digits(s));
    s.remove_prefix(number.decimals.size());
  }
  number.whole = number.decimals.find_first_not_of('0') == std::string_view::npos;
  return s.empty() && !number.digits.empty();
}

bool number_time(std::string_view s, const Reading& reading, TimestampTz& at) {
  Number number;
  if (!split_number(s, number) || number.digits.size() > 18) {
    if (!s.empty() && s[0] == '-')
      TIMESTAMP_NOBEGIN(at);
    else
      TIMESTAMP_NOEND(at);
    return true;
  }
  const size_t n = number.digits.size();
  if (!number.negative && number.whole && reading.calendar_of(n))
    return digits_as_time(number.digits, at);
  int64 whole = 0;
  for (char c : number.digits) whole = whole * 10 + (c - '0');
  int64 unit = number.negative ? 0 : epoch_unit(n);
  if (unit == 0) unit = epoch_unit(static_cast<size_t>(reading.unit));
  if (unit == 0)
    unit = whole >= 100'000'000'000'000 ? 1 : whole >= 100'000'000'000 ? 1'000 : 1'000'000;
  int64 fraction = 0, scale = 1;  // rounded to microseconds
  for (char c : number.decimals.substr(0, 7)) {
    fraction = fraction * 10 + (c - '0');
    scale *= 10;
  }
  const __int128 micros =
      static_cast<__int128>(whole) * unit + (fraction * unit * 2 + scale) / (scale * 2);
  // Beyond the years 1 to 9999, and within what timestamptz holds.
  if (micros > (number.negative ? 200'000'000'000'000'000 : 300'000'000'000'000'000)) {
    if (number.negative)
      TIMESTAMP_NOBEGIN(at);
    else
      TIMESTAMP_NOEND(at);
  } else {
    at = since_1970(static_cast<int64>(number.negative ? -micros : micros));
  }
  return true;
}

/// Words that mean another time tomorrow have no place in data.
bool is_moving(const char* field) {
  for (const char* word : {"now", "today", "tomorrow", "yesterday", "epoch", "allballs"})
    if (std::strcmp(field, word) == 0) return true;
  return false;
}

/// After a date such a field can only be the name of a time zone, and DecodeDateTime raises an
/// error for one that it does not know.
bool is_unknown_zone(char** field, const int* type, int at) {
  if (type[at] != DTK_DATE || is_digit(field[at][0])) return false;
  for (int i = 0; i < at; ++i)
    if (type[i] == DTK_DATE || type[i] == DTK_NUMBER) return pg_tzset(field[at]) == nullptr;
  return false;
}

bool calendar_time(const char* s, TimestampTz& at) {
  char work[MAXDATELEN + MAXDATEFIELDS];
  char* field[MAXDATEFIELDS];
  int type[MAXDATEFIELDS];
  int fields = 0, kind = 0, zone = 0;
  pg_tm tm{};
  fsec_t fraction = 0;
  if (ParseDateTime(s, work, sizeof work, field, type, MAXDATEFIELDS, &fields) != 0) return false;
  for (int i = 0; i < fields; ++i)
    if (is_moving(field[i]) || is_unknown_zone(field, type, i)) return false;
#if PG_VERSION_NUM >= 160000
  DateTimeErrorExtra extra;
  if (DecodeDateTime(field, type, fields, &kind, &tm, &fraction, &zone, &extra) != 0) return false;
#else
  if (DecodeDateTime(field, type, fields, &kind, &tm, &fraction, &zone) != 0) return false;
#endif
  if (kind == DTK_EARLY) {
    TIMESTAMP_NOBEGIN(at);
  } else if (kind == DTK_LATE) {
    TIMESTAMP_NOEND(at);
  } else if (kind != DTK_DATE) {
    return false;
  } else if (tm2timestamp(&tm, fraction, &zone, &at) != 0) {
    if (tm.tm_year > 0)
      TIMESTAMP_NOEND(at);
    else
      TIMESTAMP_NOBEGIN(at);
  }
  return true;
}

bool text_time(std::string_view s, TimestampTz& at) {
  if (epoch_time(s, at)) return true;
  char copy[MAXDATELEN + 1];
  s.copy(copy, s.size());
  copy[s.size()] = '\0';
  return calendar_time(copy, at);
}

/// The parser knows no limits of numbers; numeric does.
struct NumberCheck {
  bool failed;
};
#if PG_VERSION_NUM >= 160000
using ActionResult = JsonParseErrorType;
constexpr ActionResult action_done = JSON_SUCCESS;
#else
using ActionResult = void;
#define action_done
#endif
ActionResult check_number(void* state, char* token, JsonTokenType type) {
  if (type == JSON_TOKEN_NUMBER && !is_number(token))
    static_cast<NumberCheck*>(state)->failed = true;
  return action_done;
}

constexpr size_t longest_json = 10'000;  // so that its depth is bounded, too

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_parse_time) {
  const std::string_view s = trimmed(pg::text_view(PG_GETARG_DATUM(0)));
  if (s.empty() || s.size() > MAXDATELEN) PG_RETURN_NULL();
  TimestampTz at;
  const bool read = looks_like_time(s) ? digits_as_time(s, at) : text_time(s, at);
  if (!read) PG_RETURN_NULL();
  PG_RETURN_TIMESTAMPTZ(at);
}

CLIENTELE_FUNCTION(clientele_load_time) {
  const std::string_view s = trimmed(pg::text_view(PG_GETARG_DATUM(0)));
  const Reading reading{PG_GETARG_INT32(1), PG_GETARG_INT32(2)};
  if (s.empty()) PG_RETURN_NULL();
  TimestampTz at;
  bool read;
  if (PG_GETARG_BOOL(3))
    read = number_time(s, reading, at);
  else if (s.size() > MAXDATELEN)
    read = false;
  else if (leading_digits(s) == s.size() && reading.calendar_of(s.size()))
    read = digits_as_time(s, at);
  else
    read = text_time(s, at);
  if (!read) PG_RETURN_NULL();
  PG_RETURN_TIMESTAMPTZ(at);
}

CLIENTELE_FUNCTION(clientele_time_form) {
  const std::string_view s = trimmed(pg::text_view(PG_GETARG_DATUM(0)));
  Number number;
  if (s.empty() || s.size() > MAXDATELEN || !split_number(s, number)) PG_RETURN_NULL();
  const auto n = static_cast<int16>(number.digits.size());
  if (number.negative || n < 8 || n > 17) PG_RETURN_INT16(0);
  PG_RETURN_INT16(number.whole && looks_like_time(number.digits) ? n : -n);
}

CLIENTELE_FUNCTION(clientele_parse_number) {
  const std::string_view s = trimmed(pg::text_view(PG_GETARG_DATUM(0)));
  char copy[201];
  if (s.size() >= sizeof copy) PG_RETURN_NULL();
  s.copy(copy, s.size());
  copy[s.size()] = '\0';
  if (!is_number(s) && pg_strcasecmp(copy, "nan") != 0 && pg_strcasecmp(copy, "infinity") != 0 &&
      pg_strcasecmp(copy, "-infinity") != 0)
    PG_RETURN_NULL();
  PG_RETURN_DATUM(DirectFunctionCall3(numeric_in, CStringGetDatum(copy),
                                      ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
}

CLIENTELE_FUNCTION(clientele_parse_json) {
  const std::string_view s = pg::text_view(PG_GETARG_DATUM(0));
  if (s.size() > longest_json) PG_RETURN_NULL();
  char* copy = pnstrdup(s.data(), s.size());
  NumberCheck check{false};
  JsonSemAction actions{};
  actions.semstate = &check;
  actions.scalar = check_number;
#if PG_VERSION_NUM >= 170000
  JsonLexContext* lex = makeJsonLexContextCstringLen(nullptr, copy, static_cast<int>(s.size()),
                                                     GetDatabaseEncoding(), true);
#else
  JsonLexContext* lex =
      makeJsonLexContextCstringLen(copy, static_cast<int>(s.size()), GetDatabaseEncoding(), true);
#endif
  if (pg_parse_json(lex, &actions) != JSON_SUCCESS || check.failed) PG_RETURN_NULL();
  PG_RETURN_DATUM(DirectFunctionCall1(jsonb_in, CStringGetDatum(copy)));
}
