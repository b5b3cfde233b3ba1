// SPDX-License-Identifier: PostgreSQL
// When a job is due next, and when it is tried again, by the decision itself.
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "jobs/decision/decision.hpp"
#include "jobs/schedule/schedule_pg.hpp"
#include "pg/boundary.hpp"
#include "pg/values.hpp"

namespace clientele {
namespace {

using pg::guarded;

/// Months count 30 days; what is longer than an int64 holds counts as that. The tables have less.
Micros length_of(const Interval& interval) {
  constexpr Micros longest = INT64_MAX;
  Micros days = 0, micros = 0;
  if (__builtin_add_overflow(int64_t{interval.month} * 30, int64_t{interval.day}, &days) ||
      __builtin_mul_overflow(days, day, &micros) ||
      __builtin_add_overflow(micros, interval.time, &micros))
    return longest;
  return micros;
}

/// The state that a run ended in, as far as it matters for retries.
jobs::State state_named(std::string_view name) {
  return name == "failed"      ? jobs::State::failed
         : name == "timed_out" ? jobs::State::timed_out
         : name == "crashed"   ? jobs::State::crashed
                               : jobs::State::succeeded;
}

}  // namespace

CLIENTELE_FUNCTION(clientele_job_next_due) {
  TupleDesc row = nullptr;
  if (get_call_result_type(fcinfo, nullptr, &row) != TYPEFUNC_COMPOSITE)
    elog(ERROR, "job_next_due returns a row");
  Datum values[3] = {};
  bool nulls[3] = {true, true, true};
  const bool cron = !PG_ARGISNULL(1), timed = cron || !PG_ARGISNULL(2);
  bool known = timed;
  for (const int n : {0, 3, 4, 5, 6}) known = known && !PG_ARGISNULL(n);
  if (known) {
    const std::string_view name = pg::text_view(PG_GETARG_DATUM(0));
    const std::string_view expression =
        cron ? pg::text_view(PG_GETARG_DATUM(1)) : std::string_view();
    const Interval every = cron ? Interval{} : *PG_GETARG_INTERVAL_P(2);
    const TimestampTz starting = PG_GETARG_TIMESTAMPTZ(3);
    const char* const zone = text_to_cstring(PG_GETARG_TEXT_PP(4));
    const Interval jitter = *PG_GETARG_INTERVAL_P(5);
    const TimestampTz since = PG_GETARG_TIMESTAMPTZ(6);
    guarded([&] {
      try {
        const pg_tz* const clock = job_zone(zone);
        const Schedule schedule =
            cron ? cron_in(expression, clock) : every_in(every, starting, clock);
        jobs::Job job{};
        job.name = name;
        job.schedule = &schedule;
        job.jitter = length_of(jitter);
        const Micros due = schedule.next(since);
        if (due == never) return;
        values[0] = TimestampTzGetDatum(due);
        values[1] = TimestampTzGetDatum(due + jobs::start_delay(job, due));
        nulls[0] = nulls[1] = false;
      } catch (const Error& e) {
        values[2] = pg::make_text(e.what());
        nulls[2] = false;
      }
    });
  }
  return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(row), values, nulls));
}

CLIENTELE_FUNCTION(clientele_job_retry_at) {
  for (const int n : {0, 1, 2, 4, 5, 6, 7})
    if (PG_ARGISNULL(n)) PG_RETURN_NULL();
  const std::string_view sqlstate =
      PG_ARGISNULL(3) ? std::string_view() : pg::text_view(PG_GETARG_DATUM(3));
  jobs::Job job{};
  job.last_attempt = jobs::Job::Attempt{};
  jobs::Job::Attempt& last = *job.last_attempt;
  last.run_id = PG_GETARG_INT64(0);
  last.attempt = PG_GETARG_INT32(1);
  last.state = state_named(pg::text_view(PG_GETARG_DATUM(2)));
  last.sqlstate = sqlstate;
  last.ended_at = PG_GETARG_TIMESTAMPTZ(4);
  job.max_retries = PG_GETARG_INT32(5);
  job.retry_delay = length_of(*PG_GETARG_INTERVAL_P(6));
  job.retry_cap = length_of(*PG_GETARG_INTERVAL_P(7));
  const pg::Answer answer = guarded([&]() -> pg::Answer {
    const std::optional<Micros> at = jobs::retry_time(job);
    return at ? pg::Answer{TimestampTzGetDatum(*at), false} : pg::Answer{Datum{}, true};
  });
  return pg::returned(fcinfo, answer);
}

}  // namespace clientele
