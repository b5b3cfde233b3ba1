// SPDX-License-Identifier: PostgreSQL
// The aggregate dwell, its state type dwell_summary, and dwell_times.
#include "base/poll.hpp"
#include "paths/dwell/dwell.hpp"
#include "paths/found/question_pg.hpp"

using namespace clientele;
using clientele::pg::guarded;

CLIENTELE_FUNCTION(clientele_dwell_summary_in) { return pg::state_in<DwellSummary>(fcinfo); }
CLIENTELE_FUNCTION(clientele_dwell_summary_recv) { return pg::state_receive<DwellSummary>(fcinfo); }
CLIENTELE_FUNCTION(clientele_dwell_summary_out) { return pg::state_out(fcinfo); }

CLIENTELE_FUNCTION(clientele_dwell_accum) {
  return count_paths<DwellSummary>(fcinfo, &PathQuestion::whole_finder);
}

CLIENTELE_FUNCTION(clientele_dwell_combine) { return pg::combined<DwellSummary>(fcinfo); }

CLIENTELE_FUNCTION(clientele_dwell_times) {
  const pg::RowSink rows(fcinfo);
  return guarded([&] {
    return pg::with_state<DwellSummary>(fcinfo, 0, [&](const DwellSummary& summary) {
      const DwellTimes found = summary.list();
      for (const DwellTime& e : found.events) {
        poll();
        const uint64_t passed = e.stands - e.lasts;  // those with a time
        const bool timed = e.times != nullptr && passed > 0;
        const unsigned __int128 mean = passed > 0 ? (e.total + passed / 2) / passed : 0;
        const int64_t median = timed ? e.times->percentile(0.5) : 0;
        const int64_t p90 = timed ? e.times->percentile(0.9) : 0;
        const Datum name = pg::make_text(e.event);
        pg::call_pg([&] {
          Datum values[] = {name,
                            Int64GetDatum(static_cast<int64_t>(passed)),
                            Int64GetDatum(static_cast<int64_t>(e.lasts)),
                            Int64GetDatum(static_cast<int64_t>(e.customers.value_or(0))),
                            pg::make_long_interval(e.total),
                            pg::make_interval(static_cast<int64_t>(mean)),
                            pg::make_interval(median),
                            pg::make_interval(p90)};
          bool nulls[] = {false,       false,       false,  !e.customers,
                          passed == 0, passed == 0, !timed, !timed};
          rows.put(values, nulls);
        });
      }
      return Datum{};
    });
  });
}
