// SPDX-License-Identifier: PostgreSQL
#include "base/poll.hpp"
#include "journey/journey.hpp"
#include "pg/calls.hpp"
#include "pg/memory.hpp"
#include "pg/values.hpp"
#include "sessions/sessions.hpp"

namespace clientele {
namespace {

using pg::ByteView;
using pg::guarded;

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_session_count) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  const Interval* gap = PG_GETARG_INTERVAL_P(1);
  return guarded([&] {
    const uint64_t limit = pg::fixed_length(*gap, "gap");
    return Int32GetDatum(static_cast<int32_t>(count_sessions(Journey(bytes), limit)));
  });
}

CLIENTELE_FUNCTION(clientele_sessions) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  const Interval* gap = PG_GETARG_INTERVAL_P(1);
  const pg::RowSink rows(fcinfo);
  return guarded([&] {
    const uint64_t limit = pg::fixed_length(*gap, "gap");
    pg::ContextMemory memory(CurrentMemoryContext);
    EventList list(&memory);
    Journey(bytes).decode(list);
    const std::vector<Session> sessions = list_sessions(list, limit);
    for (size_t begin = 0; begin < sessions.size(); begin += 1024) {
      poll();
      const size_t end = std::min(begin + 1024, sessions.size());
      pg::call_pg([&] {
        for (size_t i = begin; i < end; ++i) {
          const Session& s = sessions[i];
          const uint64_t length = std::min<uint64_t>(elapsed(s.started_at, s.ended_at), INT64_MAX);
          Datum values[] = {Int32GetDatum(static_cast<int32_t>(i + 1)),
                            TimestampTzGetDatum(s.started_at),
                            TimestampTzGetDatum(s.ended_at),
                            Int32GetDatum(s.events),
                            pg::make_interval(static_cast<int64_t>(length)),
                            Int32GetDatum(s.first_event),
                            Int32GetDatum(s.last_event),
                            s.has_amount ? pg::numeric_of_sum(s.amount) : Datum{}};
          bool nulls[] = {false, false, false, false, false, false, false, !s.has_amount};
          rows.put(values, nulls);
        }
      });
    }
    return Datum{};
  });
}

/// A window function: PostgreSQL feeds it the partition in the window's order, row by row.
CLIENTELE_FUNCTION(clientele_sessionize) {
  const WindowObject window = pg::window_of(fcinfo);
  auto* const clock =
      static_cast<SessionClock*>(WinGetPartitionLocalMemory(window, sizeof(SessionClock)));
  bool no_time = false, no_gap = false;
  const Datum at = WinGetFuncArgCurrent(window, 0, &no_time);
  const Datum gap = WinGetFuncArgCurrent(window, 1, &no_gap);
  if (no_time || no_gap) PG_RETURN_NULL();
  return guarded([&] {
    const Micros now = pg::finite_time(DatumGetTimestampTz(at));
    clock->set_gap(pg::fixed_length(*DatumGetIntervalP(gap), "gap"));
    if (clock->started() && now < clock->last())
      throw Error(sqlstate::invalid_parameter, "sessionize needs its rows in time order",
                  "Give the window an order: OVER (PARTITION BY customer ORDER BY at).");
    return Int64GetDatum(clock->session_at(now));
  });
}
