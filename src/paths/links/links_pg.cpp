// SPDX-License-Identifier: PostgreSQL
// The aggregate path_links and its state type path_summary.
#include "base/poll.hpp"
#include "paths/found/question_pg.hpp"
#include "paths/links/summary.hpp"

using namespace clientele;
using clientele::pg::guarded;

CLIENTELE_FUNCTION(clientele_path_summary_in) { return pg::state_in<PathSummary>(fcinfo); }
CLIENTELE_FUNCTION(clientele_path_summary_recv) { return pg::state_receive<PathSummary>(fcinfo); }
CLIENTELE_FUNCTION(clientele_path_summary_out) { return pg::state_out(fcinfo); }

CLIENTELE_FUNCTION(clientele_path_links_accum) {
  return count_paths<PathSummary>(fcinfo, &PathQuestion::finder);
}

CLIENTELE_FUNCTION(clientele_path_links_combine) { return pg::combined<PathSummary>(fcinfo); }

CLIENTELE_FUNCTION(clientele_path_links_final) {
  if (PG_ARGISNULL(0)) PG_RETURN_NULL();
  const Oid element = get_element_type(get_func_rettype(fcinfo->flinfo->fn_oid));
  const TupleDesc row = BlessTupleDesc(lookup_rowtype_tupdesc_copy(element, -1));
  // The type had six columns in the first release.
  constexpr int columns = 8;
  if (row->natts > columns)
    ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("path_link has other columns")));
  return guarded([&] {
    return pg::with_state<PathSummary>(fcinfo, 0, [&](const PathSummary& summary) {
      const PathLinks found = summary.links();
      const auto customers = static_cast<double>(summary.customers());
      std::vector<Datum> rows;
      rows.reserve(found.links.size());
      for (const PathLink& link : found.links) {
        poll();
        const bool timed = link.times != nullptr && !link.times->empty();
        const int64_t median = timed ? link.times->percentile(0.5) : 0;
        const auto weight = static_cast<double>(link.customers.value_or(0));
        rows.push_back(pg::call_pg([&] {
          const auto text = [](std::string_view s) {
            return PointerGetDatum(cstring_to_text_with_len(s.data(), static_cast<int>(s.size())));
          };
          Datum values[columns] = {Int32GetDatum(static_cast<int32_t>(link.step)),
                                   text(link.source),
                                   text(link.target.value_or("")),
                                   Int64GetDatum(static_cast<int64_t>(link.customers.value_or(0))),
                                   Int64GetDatum(static_cast<int64_t>(link.paths)),
                                   pg::make_interval(median),
                                   Float8GetDatum(weight / customers),
                                   Float8GetDatum(static_cast<double>(link.paths) /
                                                  static_cast<double>(link.passages.value_or(1)))};
          bool nulls[columns] = {link.step == 0, false,  !link.target,    !link.customers,
                                 false,          !timed, !link.customers, !link.passages};
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
