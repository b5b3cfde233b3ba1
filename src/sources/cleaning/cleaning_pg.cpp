// SPDX-License-Identifier: PostgreSQL
// Each value has two functions: clean_x gives the normal form, clean_x_reason why there is none.
// Both take the same arguments, and an option that is NULL has its default; as_of has none.
#include <algorithm>
#include <optional>

#include "base/decimal.hpp"
#include "base/error.hpp"
#include "sources/cleaning/amount.hpp"
#include "sources/cleaning/email.hpp"
#include "sources/cleaning/local_time_pg.hpp"
#include "sources/cleaning/phone.hpp"
#include "sources/cleaning/reasons.hpp"
#include "sources/cleaning/time.hpp"
#include "pg/remembered.hpp"
#include "pg/memory.hpp"

namespace clientele {
namespace {

using pg::Answer;
using pg::guarded;

/// An argument as it was given; NULL has no text. Plain data.
struct Given {
  std::string_view text;
  bool null = true;
};

/// PostgreSQL regime.
Given given(FunctionCallInfo fcinfo, int i) {
  if (PG_ARGISNULL(i)) return {};
  return {pg::text_view(PG_GETARG_DATUM(i)), false};
}

/// The value to be cleaned; NULL is empty.
std::string_view checked(const Given& value) {
  if (GetDatabaseEncoding() != PG_UTF8 &&
      std::any_of(value.text.begin(), value.text.end(), [](char c) { return (c & 0x80) != 0; }))
    throw Error(sqlstate::not_supported, "text beyond ASCII can be cleaned in UTF8 databases only",
                std::string("The encoding of this database is ") + GetDatabaseEncodingName() + ".");
  return value.text;
}

/// The words of an array that take the place of the standard ones. An array that is there is of
/// text, as nothing else reads it. Plain data, made in the PostgreSQL regime.
struct GivenWords {
  pg::ByteView bytes;
  Datum array = 0;
};
GivenWords given_words(FunctionCallInfo fcinfo, int i) {
  if (PG_ARGISNULL(i)) return {};
  return {pg::detoast(PG_GETARG_DATUM(i)), PG_GETARG_DATUM(i)};
}

/// C++ regime.
const StandIns& stand_ins_of(FunctionCallInfo fcinfo, const GivenWords& words) {
  if (words.bytes.data() == nullptr) return StandIns::standard();
  return pg::kept<pg::Remembered<StandIns>>(fcinfo).get(words.bytes, [&] {
    const std::vector<std::string> texts = pg::text_elements(words.array, "absent_words");
    for (const std::string& text : texts) checked({text, false});
    return StandIns(texts);
  });
}

Answer reason_answer(const char* why) {
  if (why == nullptr) return {0, true};
  return {pg::make_text(why), false};
}

/// The normal form, or with `wants_reason` the reason.
Answer answer(const Cleaned& cleaned, bool wants_reason) {
  if (wants_reason) return reason_answer(cleaned.reason);
  if (cleaned.reason != nullptr) return {0, true};
  return {pg::make_text(cleaned.value), false};
}

Datum email(FunctionCallInfo fcinfo, bool wants_reason) {
  const Given value = given(fcinfo, 0), gmail = given(fcinfo, 1);
  const GivenWords words = given_words(fcinfo, 2);
  return pg::returned(
      fcinfo, guarded([&] {
        if (!gmail.null && gmail.text != "keep" && gmail.text != "fold")
          throw Error(sqlstate::invalid_parameter,
                      "gmail must be keep or fold, not \"" + std::string(gmail.text) + "\"");
        return answer(
            clean_email(checked(value), gmail.text == "fold", stand_ins_of(fcinfo, words)),
            wants_reason);
      }));
}

Datum key(FunctionCallInfo fcinfo, bool wants_reason) {
  const Given value = given(fcinfo, 0), form = given(fcinfo, 1);
  const GivenWords words = given_words(fcinfo, 2);
  return pg::returned(
      fcinfo, guarded([&] {
        const KeyForm wanted = form.null ? KeyForm::key : key_form_named(form.text);
        return answer(clean_key(checked(value), wanted, stand_ins_of(fcinfo, words)), wants_reason);
      }));
}

Datum phone(FunctionCallInfo fcinfo, bool wants_reason) {
  const Given value = given(fcinfo, 0), country = given(fcinfo, 1);
  const GivenWords words = given_words(fcinfo, 2);
  return pg::returned(
      fcinfo, guarded([&] {
        const std::string known = country.null ? std::string() : country_named(country.text);
        return answer(clean_phone(checked(value), known, stand_ins_of(fcinfo, words)),
                      wants_reason);
      }));
}

Datum event(FunctionCallInfo fcinfo, bool wants_reason) {
  const Given value = given(fcinfo, 0);
  return pg::returned(fcinfo,
                      guarded([&] { return answer(clean_event(checked(value)), wants_reason); }));
}

Currency currency_or_none(const Given& code, const char* argument) {
  return code.null ? Currency() : currency_named(code.text, argument);
}

Datum currency(FunctionCallInfo fcinfo, bool wants_reason) {
  const Given value = given(fcinfo, 0), own = given(fcinfo, 1);
  const GivenWords words = given_words(fcinfo, 2);
  return pg::returned(fcinfo, guarded([&] {
                        const Currency known = currency_or_none(own, "currency");
                        return answer(
                            clean_currency(checked(value), known, stand_ins_of(fcinfo, words)),
                            wants_reason);
                      }));
}

/// PostgreSQL regime.
void check_rate(Datum rate) {
  const Datum zero = DirectFunctionCall1(int8_numeric, Int64GetDatum(0));
  const Datum limit = DirectFunctionCall1(int8_numeric, Int64GetDatum(1'000'000'000'000));
  // NaN is above all numbers.
  if (!DatumGetBool(DirectFunctionCall2(numeric_gt, rate, zero)) ||
      !DatumGetBool(DirectFunctionCall2(numeric_lt, rate, limit)))
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("rate must be above 0 and below 10^12")));
}

/// amount × rate, rounded to six decimals half away from zero.
CleanedAmount converted(int64_t millionths, Datum rate) {
  const char* const text = pg::call_pg([&] {
    const Datum product = DirectFunctionCall2(numeric_mul, pg::numeric_of(millionths), rate);
    return DatumGetCString(DirectFunctionCall1(
        numeric_out, DirectFunctionCall2(numeric_round, product, Int32GetDatum(6))));
  });
  std::string_view rest = text;
  int64_t result = 0;
  if (parse_amount(rest, result) != nullptr) return {0, reason::amount_out_of_range};
  return {result};
}

Datum amount(FunctionCallInfo fcinfo, bool wants_reason) {
  const Given value = given(fcinfo, 0), mark = given(fcinfo, 1), own = given(fcinfo, 2),
              reporting = given(fcinfo, 3);
  const bool has_rate = !PG_ARGISNULL(4);
  const Datum rate = has_rate ? NumericGetDatum(PG_GETARG_NUMERIC(4)) : 0;
  if (has_rate) check_rate(rate);
  const GivenWords words = given_words(fcinfo, 5);
  return pg::returned(
      fcinfo, guarded([&]() -> Answer {
        const DecimalMark decimal = mark.null ? DecimalMark::point : decimal_mark_named(mark.text);
        const Currency wanted = currency_or_none(reporting, "reporting");
        const Currency known = own.null ? wanted : currency_named(own.text, "currency");
        CleanedAmount cleaned =
            clean_amount(checked(value), decimal, known, stand_ins_of(fcinfo, words));
        if (cleaned.reason == nullptr && !wanted.empty() && wanted != known)
          cleaned =
              has_rate ? converted(cleaned.millionths, rate) : CleanedAmount{0, reason::no_rate};
        if (wants_reason) return reason_answer(cleaned.reason);
        if (cleaned.reason != nullptr) return {0, true};
        return {pg::call_pg([&] { return pg::numeric_of(cleaned.millionths); }), false};
      }));
}

Datum time(FunctionCallInfo fcinfo, bool wants_reason) {
  const Given value = given(fcinfo, 0), zone = given(fcinfo, 1), order = given(fcinfo, 2),
              unit = given(fcinfo, 3);
  const TimestampTz oldest = PG_ARGISNULL(4) ? -10956 * day : PG_GETARG_TIMESTAMPTZ(4);
  const Interval* const future = PG_ARGISNULL(5) ? nullptr : PG_GETARG_INTERVAL_P(5);
  // Without it no time is too late. The present would make the function's result depend on more
  // than its arguments.
  const TimestampTz as_of = PG_ARGISNULL(6) ? DT_NOEND : PG_GETARG_TIMESTAMPTZ(6);
  const GivenWords words = given_words(fcinfo, 7);
  return pg::returned(
      fcinfo, guarded([&]() -> Answer {
        TimeOptions options;
        if (!order.null) options.order = date_order_named(order.text);
        if (!unit.null) options.unit = time_unit_named(unit.text);
        options.oldest = oldest;
        const uint64_t ahead =
            future == nullptr ? static_cast<uint64_t>(day) : pg::fixed_length(*future, "future");
        if (TIMESTAMP_NOT_FINITE(as_of) ||
            __builtin_add_overflow(as_of, static_cast<int64_t>(ahead), &options.latest))
          options.latest = as_of == DT_NOBEGIN ? as_of : INT64_MAX;
        options.context = pg::time_zone_named(zone.null ? "UTC" : std::string(zone.text));
        options.instant = instant_of;
        options.stand_ins = &stand_ins_of(fcinfo, words);
        const CleanedTime cleaned = clean_time(checked(value), options);
        if (wants_reason) return reason_answer(cleaned.reason);
        return {TimestampTzGetDatum(cleaned.at), cleaned.reason != nullptr};
      }));
}

}  // namespace

/// A local time in a gap of the clock has the offset before it, one that comes twice standard time.
bool instant_of(const void* own_zone, const std::string& name, Micros local, Micros& at) {
  const char* const text = name.c_str();
  const auto* own = static_cast<pg_tz*>(const_cast<void*>(own_zone));
  const bool other = !name.empty();
  struct Found {
    bool good;
    int offset;
  };
  const Found found = pg::call_pg([&]() -> Found {
    pg_tz* const zone = other ? pg_tzset(text) : const_cast<pg_tz*>(own);
    pg_tm tm;
    fsec_t fraction = 0;
    if (zone == nullptr || timestamp2tm(local, nullptr, &tm, &fraction, nullptr, nullptr) != 0)
      return {false, 0};
    return {true, DetermineTimeZoneOffset(&tm, zone)};
  });
  if (found.good) at = local + found.offset * second;
  return found.good;
}

CLIENTELE_FUNCTION(clientele_clean_email) { return email(fcinfo, false); }
CLIENTELE_FUNCTION(clientele_clean_email_reason) { return email(fcinfo, true); }
CLIENTELE_FUNCTION(clientele_clean_key) { return key(fcinfo, false); }
CLIENTELE_FUNCTION(clientele_clean_key_reason) { return key(fcinfo, true); }
CLIENTELE_FUNCTION(clientele_clean_phone) { return phone(fcinfo, false); }
CLIENTELE_FUNCTION(clientele_clean_phone_reason) { return phone(fcinfo, true); }
CLIENTELE_FUNCTION(clientele_clean_event) { return event(fcinfo, false); }
CLIENTELE_FUNCTION(clientele_clean_event_reason) { return event(fcinfo, true); }
CLIENTELE_FUNCTION(clientele_clean_currency) { return currency(fcinfo, false); }
CLIENTELE_FUNCTION(clientele_clean_currency_reason) { return currency(fcinfo, true); }
CLIENTELE_FUNCTION(clientele_clean_amount) { return amount(fcinfo, false); }
CLIENTELE_FUNCTION(clientele_clean_amount_reason) { return amount(fcinfo, true); }
CLIENTELE_FUNCTION(clientele_clean_time) { return time(fcinfo, false); }
CLIENTELE_FUNCTION(clientele_clean_time_reason) { return time(fcinfo, true); }

}  // namespace clientele
