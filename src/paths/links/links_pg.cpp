// SPDX-License-Identifier: PostgreSQL
// The aggregate path_links and its state type path_summary.
#include "base/poll.hpp"
#include "paths/found/question_pg.hpp"
#include "paths/links/summary.hpp"
#include "pg/expanded.hpp"

using namespace clientele;
using clientele::pg::ByteView;
using clientele::pg::guarded;

CLIENTELE_FUNCTION(clientele_path_summary_in) { return pg::state_in<PathSummary>(fcinfo); }
CLIENTELE_FUNCTION(clientele_path_summary_recv) { return pg::state_receive<PathSummary>(fcinfo); }
CLIENTELE_FUNCTION(clientele_path_summary_out) { return pg::state_out(fcinfo); }

CLIENTELE_FUNCTION(clientele_path_links_accum) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  if (PG_ARGISNULL(1) || PG_ARGISNULL(2)) return pg::unchanged_state(fcinfo);
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(1));
  const ByteView definition = pg::detoast(PG_GETARG_DATUM(2));
  return guarded([&] {
    PathQuestion& question = pg::kept<KeptQuestions>(fcinfo).get(definition);
    auto* const state = pg::state_to_change<PathSummary>(fcinfo, context);
    const PathEvents<uint16_t> events = question.events_of(Journey(bytes));
    state->value.add(definition, question.finder(), events, question.kinds(),
                     question.vocabulary());
    return state->datum();
  });
}

CLIENTELE_FUNCTION(clientele_path_links_combine) { return pg::combined<PathSummary>(fcinfo); }

CLIENTELE_FUNCTION(clientele_path_links_final) {
  if (PG_ARGISNULL(0)) PG_RETURN_NULL();
  const Oid element = get_element_type(get_func_rettype(fcinfo->flinfo->fn_oid));
  const TupleDesc row = BlessTupleDesc(lookup_rowtype_tupdesc_copy(element, -1));
  return guarded([&] {
    return pg::with_state<PathSummary>(fcinfo, 0, [&](const PathSummary& summary) {
      const std::vector<PathLink> links = summary.links();
      std::vector<Datum> rows;
      rows.reserve(links.size());
      for (const PathLink& link : links) {
        poll();
        const bool timed = link.times != nullptr && !link.times->empty();
        const int64_t median = timed ? link.times->percentile(0.5) : 0;
        rows.push_back(pg::call_pg([&] {
          Datum values[] = {Int32GetDatum(static_cast<int32_t>(link.step)),
                            PointerGetDatum(cstring_to_text_with_len(
                                link.source.data(), static_cast<int>(link.source.size()))),
                            PointerGetDatum(cstring_to_text_with_len(
                                link.target.data(), static_cast<int>(link.target.size()))),
                            Int64GetDatum(static_cast<int64_t>(link.customers)),
                            Int64GetDatum(static_cast<int64_t>(link.paths)),
                            pg::make_interval(median)};
          bool nulls[] = {link.step == 0, false, false, false, false, !timed};
          return HeapTupleGetDatum(heap_form_tuple(row, values, nulls));
        }));
      }
      return pg::call_pg([&] {
        return PointerGetDatum(construct_array(rows.data(), static_cast<int>(rows.size()), element,
                                               -1, false, TYPALIGN_DOUBLE));
      });
    });
  });
}
