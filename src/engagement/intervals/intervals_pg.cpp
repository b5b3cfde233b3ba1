// SPDX-License-Identifier: PostgreSQL
// The aggregate event_intervals(journey, interval_def), its state interval_summary, and
// interval_percentiles(interval_summary).
#include <memory>

#include "engagement/intervals/pairs.hpp"
#include "journey/asked_pg.hpp"
#include "pg/expanded.hpp"
#include "pg/memory.hpp"

namespace clientele {
namespace {

using pg::ByteView;
using pg::guarded;

/// An interval_def under the current snapshot, with the time that it means now.
class AskedIntervals {
 public:
  explicit AskedIntervals(ByteView bytes) : AskedIntervals(settled<IntervalDefinition>(bytes)) {}

  void add(ByteView journey, IntervalSummary& summary) {
    if (!summary.started()) summary.start(resolved_);
    if (!same_bytes(summary.definition(), resolved_))
      throw Error(sqlstate::invalid_parameter,
                  "the interval_def must be the same for every row of a group",
                  "Group by the definition to ask several questions at once.");
    finder_.add(Journey(journey), summary);
  }

 private:
  explicit AskedIntervals(const IntervalDefinition& d)
      : finder_(d, resolve_selector(d.from_event), resolve_selector(d.to_event)) {
    d.write(resolved_);
  }

  Bytes resolved_;
  PairFinder finder_;
};

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_event_intervals_accum) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  if (PG_ARGISNULL(1) || PG_ARGISNULL(2)) return pg::unchanged_state(fcinfo);
  const ByteView journey = pg::detoast(PG_GETARG_DATUM(1));
  const ByteView definition = pg::detoast(PG_GETARG_DATUM(2));
  return guarded([&] {
    AskedIntervals& asked = pg::kept<SettledQuestion<AskedIntervals>>(fcinfo).get(definition);
    auto* const state = pg::state_to_change<IntervalSummary>(fcinfo, context);
    asked.add(journey, state->value);
    return state->datum();
  });
}

CLIENTELE_FUNCTION(clientele_event_intervals_combine) {
  return pg::combined<IntervalSummary>(fcinfo);
}
CLIENTELE_FUNCTION(clientele_interval_summary_in) { return pg::state_in<IntervalSummary>(fcinfo); }
CLIENTELE_FUNCTION(clientele_interval_summary_out) { return pg::state_out(fcinfo); }
CLIENTELE_FUNCTION(clientele_interval_summary_recv) {
  return pg::state_receive<IntervalSummary>(fcinfo);
}

CLIENTELE_FUNCTION(clientele_interval_percentiles) {
  const pg::RowSink rows(fcinfo);
  return guarded([&] {
    return pg::with_state<IntervalSummary>(fcinfo, 0, [&](const IntervalSummary& summary) {
      static constexpr double percents[] = {0.1, 0.25, 0.5, 0.75, 0.9};
      constexpr int times = 8;
      int64_t time[times] = {};
      const bool any = summary.pairs() > 0;
      if (any) {
        int64_t* next = time;
        *next++ = summary.shortest();
        for (const double p : percents) *next++ = summary.percentile(p);
        *next++ = summary.longest();
        *next = summary.mean();
      }
      pg::call_pg([&] {
        Datum values[2 + times] = {Int64GetDatum(static_cast<int64>(summary.pairs())),
                                   Int64GetDatum(static_cast<int64>(summary.customers()))};
        bool nulls[2 + times] = {};
        for (int i = 0; i < times; ++i) {
          values[2 + i] = any ? pg::make_interval(time[i]) : Datum{};
          nulls[2 + i] = !any;
        }
        rows.put(values, nulls);
      });
      return Datum{};
    });
  });
}
