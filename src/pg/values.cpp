// SPDX-License-Identifier: PostgreSQL
#include <vector>

#include "base/decimal.hpp"
#include "base/error.hpp"
#include "pg/values.hpp"

namespace clientele::pg {

varlena* new_varlena(size_t bytes) {
  if (bytes > MaxAllocSize - VARHDRSZ)
    throw Error(sqlstate::limit_exceeded, "the value would be larger than 1 GB");
  auto* v = static_cast<varlena*>(
      MemoryContextAllocExtended(CurrentMemoryContext, VARHDRSZ + bytes, MCXT_ALLOC_NO_OOM));
  if (v == nullptr) throw std::bad_alloc();
  SET_VARSIZE(v, VARHDRSZ + bytes);
  return v;
}

Datum make_varlena(ByteView bytes) {
  varlena* const v = new_varlena(bytes.size());
  if (!bytes.empty()) std::memcpy(VARDATA(v), bytes.data(), bytes.size());
  return PointerGetDatum(v);
}

pg_tz* time_zone_named(const std::string& name) {
  pg_tz* const zone = call_pg([&] { return pg_tzset(name.c_str()); });
  if (zone == nullptr)
    throw Error(sqlstate::invalid_parameter, "time zone \"" + name + "\" not recognized",
                "Names are listed in pg_timezone_names, such as Asia/Shanghai.");
  return zone;
}

void require_zone_name(const std::string& name) {
  const std::string known = pg_get_timezone_name(time_zone_named(name));
  if (known != name)
    throw Error(sqlstate::invalid_binary,
                "time zone \"" + name + "\" must be written \"" + known + "\" here");
}

int64_t interval_micros(const Interval& interval, const char* name, const char* hint) {
  if (interval.month != 0)
    throw Error(sqlstate::invalid_parameter,
                std::string(name) + " must be a fixed length of time, without months or years",
                hint);
  int64_t days = 0, micros = 0;
  if (__builtin_mul_overflow(static_cast<int64_t>(interval.day), day, &days) ||
      __builtin_add_overflow(days, interval.time, &micros))
    throw Error(sqlstate::invalid_parameter, std::string(name) + " is too long");
  return micros;
}

uint64_t fixed_length(const Interval& interval, const char* name) {
  const int64_t micros =
      interval_micros(interval, name, "Say it in days, such as '30 days'; a day is 24 hours here.");
  if (micros < 0)
    throw Error(sqlstate::invalid_parameter, std::string(name) + " must not be negative");
  return static_cast<uint64_t>(micros);
}

Micros finite_time(TimestampTz at) {
  if (TIMESTAMP_NOT_FINITE(at))
    throw Error(sqlstate::time_out_of_range, "the time of an event must be finite",
                "Leave out rows whose time is infinity or -infinity.");
  return at;
}

std::optional<Micros> optional_time(FunctionCallInfo fcinfo, int n, const char* name) {
  if (PG_ARGISNULL(n)) return std::nullopt;
  const TimestampTz at = PG_GETARG_TIMESTAMPTZ(n);
  if (TIMESTAMP_NOT_FINITE(at))
    ereport(ERROR,
            (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("%s must be finite", name)));
  return at;
}

TupleDesc result_row(FunctionCallInfo fcinfo, TupleDesc& row) {
  if (row == nullptr) {
    const MemoryContext before = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
    row = BlessTupleDesc(lookup_rowtype_tupdesc_copy(get_func_rettype(fcinfo->flinfo->fn_oid), -1));
    MemoryContextSwitchTo(before);
  }
  return row;
}

Datum make_interval(int64_t micros) {
  auto* interval = static_cast<Interval*>(palloc0(sizeof(Interval)));
  interval->time = micros;
  return PointerGetDatum(interval);
}

Datum make_long_interval(unsigned __int128 micros) {
  if (micros <= INT64_MAX) return make_interval(static_cast<int64_t>(micros));
  const unsigned __int128 days = micros / USECS_PER_DAY;
  if (days > INT32_MAX)
    ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
                    errmsg("a sum of times is longer than an interval can be")));
  auto* interval = static_cast<Interval*>(palloc0(sizeof(Interval)));
  interval->day = static_cast<int32>(days);
  interval->time = static_cast<int64>(micros % USECS_PER_DAY);
  return PointerGetDatum(interval);
}

int64_t amount_of(Datum numeric, const char* hint) {
  const char* text =
      call_pg([&] { return DatumGetCString(DirectFunctionCall1(numeric_out, numeric)); });
  std::string_view rest = text;
  int64_t millionths = 0;
  if (const char* why = parse_amount(rest, millionths))
    throw Error(sqlstate::out_of_range,
                std::string(why) + ", which " + std::string(text).substr(0, 40) + " is not", hint);
  return millionths;
}

Datum numeric_of_sum(__int128 millionths) {
  if (millionths >= INT64_MIN && millionths <= INT64_MAX)
    return numeric_of(static_cast<int64_t>(millionths));
  constexpr int64_t part = 1'000'000'000'000;
  const Datum high = numeric_of(static_cast<int64_t>(millionths / part));
  const Datum low = numeric_of(static_cast<int64_t>(millionths % part));
  const Datum factor = DirectFunctionCall1(int8_numeric, Int64GetDatum(part));
  const Datum sum =
      DirectFunctionCall2(numeric_add, DirectFunctionCall2(numeric_mul, high, factor), low);
  return DirectFunctionCall1(numeric_trim_scale, sum);
}

Datum numeric_of(int64_t millionths) {
  const Numeric exact = int64_div_fast_to_numeric(millionths, 6);
  return DirectFunctionCall1(numeric_trim_scale, NumericGetDatum(exact));
}

std::vector<std::string> text_elements(Datum array, const char* name) {
  struct Elements {
    Datum* value;
    bool* null;
    int count;
  };
  const Elements e = call_pg([&] {
    Elements r;
    ArrayType* a = DatumGetArrayTypeP(array);
    if (ARR_NDIM(a) > 1)
      ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
                      errmsg("%s must be a one-dimensional array", name)));
    deconstruct_array(a, TEXTOID, -1, false, TYPALIGN_INT, &r.value, &r.null, &r.count);
    return r;
  });
  std::vector<std::string> result;
  for (int i = 0; i < e.count; ++i) {
    if (e.null[i])
      throw Error(
          sqlstate::null_not_allowed,
          std::string(name) + " must not contain NULL (element " + std::to_string(i + 1) + ")");
    result.emplace_back(text_view(e.value[i]));
  }
  return result;
}

Datum make_text_array(std::span<const std::string_view> values) {
  // A few labels may come many times: what cannot become a value is not begun.
  size_t bytes = 0;
  for (const std::string_view value : values) bytes += VARHDRSZ + INTALIGN(value.size());
  if (bytes > MaxAllocSize - 1024)
    throw Error(sqlstate::limit_exceeded, "the array would be larger than 1 GB");
  std::vector<Datum> elements;
  elements.reserve(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    if (i % 4096 == 0) poll_interrupts();
    elements.push_back(make_text(values[i]));
  }
  return call_pg([&] {
    return PointerGetDatum(construct_array(elements.data(), static_cast<int>(elements.size()),
                                           TEXTOID, -1, false, TYPALIGN_INT));
  });
}

Datum make_time_array(std::span<const Micros> values) {
  std::vector<Datum> elements;
  elements.reserve(values.size());
  for (const Micros at : values) elements.push_back(TimestampTzGetDatum(at));
  return call_pg([&] {
    return PointerGetDatum(construct_array(elements.data(), static_cast<int>(elements.size()),
                                           TIMESTAMPTZOID, sizeof(TimestampTz), true,
                                           TYPALIGN_DOUBLE));
  });
}

}  // namespace clientele::pg
