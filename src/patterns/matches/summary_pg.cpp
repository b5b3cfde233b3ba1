// SPDX-License-Identifier: PostgreSQL
// The aggregate pattern_matches, its state pattern_summary, and pattern_groups(pattern_summary).
#include "base/wilson.hpp"
#include "patterns/matches/question_pg.hpp"
#include "patterns/matches/summary.hpp"
#include "pg/expanded.hpp"

using namespace clientele;
using clientele::pg::ByteView;
using clientele::pg::guarded;

CLIENTELE_FUNCTION(clientele_pattern_matches_accum) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  if (PG_ARGISNULL(1) || PG_ARGISNULL(2)) return pg::unchanged_state(fcinfo);
  const ByteView journey = pg::detoast(PG_GETARG_DATUM(1));
  const ByteView pattern = pg::detoast(PG_GETARG_DATUM(2));
  return guarded([&] {
    PatternQuestion& question = pg::kept<AskedPatterns>(fcinfo).get(pattern);
    auto* const state = pg::state_to_change<PatternSummary>(fcinfo, context);
    PatternSummary& summary = state->value;
    if (!summary.started()) summary.start(pattern, question.groups().size());
    if (!same_bytes(summary.definition(), pattern))
      throw Error(sqlstate::invalid_parameter,
                  "the pattern must be the same for every row of a group",
                  "Group by the pattern to ask for several patterns at once.");
    const FoundMatches& found = question.find(Journey(journey), Wanted::groups);
    summary.add(question.times(), found);
    return state->datum();
  });
}

CLIENTELE_FUNCTION(clientele_pattern_matches_combine) {
  return pg::combined<PatternSummary>(fcinfo);
}
CLIENTELE_FUNCTION(clientele_pattern_summary_in) { return pg::state_in<PatternSummary>(fcinfo); }
CLIENTELE_FUNCTION(clientele_pattern_summary_out) { return pg::state_out(fcinfo); }
CLIENTELE_FUNCTION(clientele_pattern_summary_recv) {
  return pg::state_receive<PatternSummary>(fcinfo);
}

CLIENTELE_FUNCTION(clientele_pattern_groups) {
  const pg::RowSink rows(fcinfo);
  return guarded([&] {
    return pg::with_state<PatternSummary>(fcinfo, 0, [&](const PatternSummary& summary) {
      const PatternTree tree = parse_pattern(PatternDefinition::read(summary.definition()).text);
      for (size_t k = 0; k < summary.parts().size(); ++k) {
        poll();
        const PatternSummary::Part& part = summary.parts()[k];
        const uint64_t of = k == 0 ? summary.customers() : summary.parts().front().matched;
        const Proportion share = of > 0 ? wilson(part.matched, of) : Proportion{};
        const bool timed = !part.times.empty();
        const int64_t median = timed ? part.times.percentile(0.5) : 0;
        const int64_t p90 = timed ? part.times.percentile(0.9) : 0;
        const Datum name = k == 0 ? Datum{} : pg::make_text(tree.groups[k - 1]);
        pg::call_pg([&] {
          Datum values[] = {name,
                            Int64GetDatum(static_cast<int64>(of)),
                            Int64GetDatum(static_cast<int64>(part.matched)),
                            Int64GetDatum(static_cast<int64>(part.times.count())),
                            Float8GetDatum(share.value),
                            Float8GetDatum(share.low),
                            Float8GetDatum(share.high),
                            pg::make_interval(median),
                            pg::make_interval(p90)};
          bool nulls[] = {k == 0, false, false, false, of == 0, of == 0, of == 0, !timed, !timed};
          rows.put(values, nulls);
        });
      }
      return Datum{};
    });
  });
}
