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

/// Seconds, milliseconds or microseconds since 1970, told apart by 10, 13 or 16 digits.
bool epoch_time(std::string_view s, TimestampTz& at) {
  const size_t digits = leading_digits(s);
  if (digits != s.size() || (digits != 10 && digits != 13 && digits != 16)) return false;
  int64 n = 0;
  for (char c : s) n = n * 10 + (c - '0');
  const int64 scale = digits == 10 ? 1'000'000 : digits == 13 ? 1'000 : 1;
  constexpr int64 days = POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE;
  at = n * scale - days * USECS_PER_DAY;
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
  if (epoch_time(s, at)) PG_RETURN_TIMESTAMPTZ(at);
  char copy[MAXDATELEN + 1];
  std::memcpy(copy, s.data(), s.size());
  copy[s.size()] = '\0';
  if (!calendar_time(copy, at)) PG_RETURN_NULL();
  PG_RETURN_TIMESTAMPTZ(at);
}

CLIENTELE_FUNCTION(clientele_parse_number) {
  const std::string_view s = trimmed(pg::text_view(PG_GETARG_DATUM(0)));
  char copy[201];
  if (s.size() >= sizeof copy) PG_RETURN_NULL();
  std::memcpy(copy, s.data(), s.size());
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
