// SPDX-License-Identifier: PostgreSQL
#include "jobs/schedule/schedule_pg.hpp"

#include <algorithm>
#include <cstring>

#include "base/error.hpp"
#include "base/quoted.hpp"
#include "pg/boundary.hpp"
#include "pg/clock.hpp"
#include "pg/values.hpp"

namespace clientele {
namespace {

constexpr int32_t most_rows = 10'000;

/// Whether pg_timezone_names has this name, by reading all of them. PostgreSQL regime.
bool is_listed(const char* name) {
  bool found = false;
  pg_tzenum* const all = pg_tzenumerate_start();
  while (pg_tz* const zone = pg_tzenumerate_next(all)) {
    CHECK_FOR_INTERRUPTS();
    if (std::strcmp(pg_get_timezone_name(zone), name) == 0) {
      found = true;
      break;
    }
  }
  pg_tzenumerate_end(all);
  return found;
}

/// A POSIX string such as XYZ+3 is a zone without a file, and has a digit. Of the names with files
/// only few have one, such as Etc/GMT-8, so looking through all is rare. C++ regime.
bool has_file(const char* name) {
  static char known[TZ_STRLEN_MAX + 1] = "";
  if (std::none_of(name, name + std::strlen(name), [](char c) { return c >= '0' && c <= '9'; }))
    return true;
  if (std::strcmp(known, name) == 0) return true;
  if (!pg::call_pg([&] { return is_listed(name); })) return false;
  strlcpy(known, name, sizeof known);
  return true;
}

std::string in_quotes(std::string_view text) {
  std::string out;
  append_in_quotes(out, text);
  return out;
}

void require_file(pg_tz* zone, const char* hint) {
  const char* const name = pg_get_timezone_name(zone);
  if (!pg_tz_acceptable(zone))
    throw Error(sqlstate::invalid_parameter, "time zone " + in_quotes(name) + " has leap seconds",
                "PostgreSQL has no leap seconds. Names are listed in pg_timezone_names.");
  if (!has_file(name))
    throw Error(sqlstate::invalid_parameter,
                "time zone " + in_quotes(name) + " is not one of pg_timezone_names", hint);
}

Datum text_of(pg_tz* zone) { return pg::make_text(pg_get_timezone_name(zone)); }

/// The zone of an argument, or the session's if it is NULL. C++ regime.
pg_tz* zone_of(const char* name) { return name == nullptr ? session_job_zone() : job_zone(name); }

/// The name of a time zone, which may be NULL. PostgreSQL regime.
const char* zone_name(FunctionCallInfo fcinfo, int n) {
  if (PG_ARGISNULL(n)) return nullptr;
  const std::string_view name = pg::text_view(PG_GETARG_DATUM(n));
  if (name.size() > TZ_STRLEN_MAX)
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("time_zone must have at most %d bytes", TZ_STRLEN_MAX),
                    errhint("Names are listed in pg_timezone_names, such as Asia/Shanghai.")));
  return pnstrdup(name.data(), name.size());
}

TimestampTz time_or_now(FunctionCallInfo fcinfo, int n) {
  return PG_ARGISNULL(n) ? GetCurrentTransactionStartTimestamp() : PG_GETARG_TIMESTAMPTZ(n);
}

/// PostgreSQL regime.
void require_given(FunctionCallInfo fcinfo, int n, const char* name) {
  if (PG_ARGISNULL(n))
    ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not be NULL", name)));
}

void put_next(const pg::RowSink& sink, const Schedule& schedule, Micros since, int32_t n) {
  if (n < 1 || n > most_rows) throw Error(sqlstate::invalid_parameter, "n must be from 1 to 10000");
  if (TIMESTAMP_NOT_FINITE(since)) throw Error(sqlstate::time_out_of_range, "since must be finite");
  for (; n > 0; --n) {
    since = schedule.next(since);
    if (since == never) return;
    Datum value = TimestampTzGetDatum(since);
    bool null = false;
    pg::call_pg([&] {
      CHECK_FOR_INTERRUPTS();
      sink.put(&value, &null);
    });
  }
}

}  // namespace

pg_tz* job_zone(const std::string& name) {
  pg_tz* const zone = pg::time_zone_named(name);
  require_file(
      zone,
      "POSIX strings are not taken, as their sign is easily mistaken: Etc/GMT-3 is 3 hours "
      "east of Greenwich. Places such as Asia/Shanghai also follow changes of the clocks.");
  return zone;
}

pg_tz* session_job_zone() {
  require_file(session_timezone,
               "It is the TimeZone of this session. Give time_zone, such as Asia/Shanghai.");
  return session_timezone;
}

Schedule cron_in(std::string_view expression, const pg_tz* zone) {
  return Schedule::cron(expression, pg::offset_in, zone);
}

Schedule every_in(const Interval& every, Micros starting, const pg_tz* zone) {
  return Schedule::every(every.month, every.day, every.time, starting, pg::offset_in, zone);
}

CLIENTELE_FUNCTION(clientele_next_runs) {
  require_given(fcinfo, 0, "schedule");
  require_given(fcinfo, 3, "n");
  const std::string_view expression = pg::text_view(PG_GETARG_DATUM(0));
  const char* const zone = zone_name(fcinfo, 1);
  const TimestampTz since = time_or_now(fcinfo, 2);
  const int32_t n = PG_GETARG_INT32(3);
  const pg::RowSink sink(fcinfo, true);
  return pg::guarded([&]() -> Datum {
    put_next(sink, cron_in(expression, zone_of(zone)), since, n);
    return {};
  });
}

CLIENTELE_FUNCTION(clientele_next_every) {
  require_given(fcinfo, 0, "every");
  require_given(fcinfo, 4, "n");
  const Interval every = *PG_GETARG_INTERVAL_P(0);
  const TimestampTz starting = time_or_now(fcinfo, 1);
  const char* const zone = zone_name(fcinfo, 2);
  const TimestampTz since = time_or_now(fcinfo, 3);
  const int32_t n = PG_GETARG_INT32(4);
  const pg::RowSink sink(fcinfo, true);
  return pg::guarded([&]() -> Datum {
    put_next(sink, every_in(every, starting, zone_of(zone)), since, n);
    return {};
  });
}

CLIENTELE_FUNCTION(clientele_check_schedule) {
  require_given(fcinfo, 0, "schedule");
  const std::string_view expression = pg::text_view(PG_GETARG_DATUM(0));
  const char* const zone = zone_name(fcinfo, 1);
  return pg::guarded([&]() -> Datum {
    cron_in(expression, zone_of(zone));
    return {};
  });
}

CLIENTELE_FUNCTION(clientele_job_time_zone) {
  const char* const zone = zone_name(fcinfo, 0);
  return pg::guarded([&] { return text_of(zone_of(zone)); });
}

}  // namespace clientele
