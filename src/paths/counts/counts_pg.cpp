// SPDX-License-Identifier: PostgreSQL
// The aggregate path_counts and its state type path_count_summary.
#include "base/poll.hpp"
#include "paths/counts/counts.hpp"
#include "paths/found/question_pg.hpp"

using namespace clientele;
using clientele::pg::guarded;

CLIENTELE_FUNCTION(clientele_path_count_summary_in) { return pg::state_in<PathCounts>(fcinfo); }
CLIENTELE_FUNCTION(clientele_path_count_summary_recv) {
  return pg::state_receive<PathCounts>(fcinfo);
}
CLIENTELE_FUNCTION(clientele_path_count_summary_out) { return pg::state_out(fcinfo); }

CLIENTELE_FUNCTION(clientele_path_counts_accum) {
  return count_paths<PathCounts>(fcinfo, &PathQuestion::finder);
}

CLIENTELE_FUNCTION(clientele_path_counts_combine) { return pg::combined<PathCounts>(fcinfo); }

CLIENTELE_FUNCTION(clientele_path_counts_final) {
  if (PG_ARGISNULL(0)) PG_RETURN_NULL();
  const Oid element = get_element_type(get_func_rettype(fcinfo->flinfo->fn_oid));
  const TupleDesc row = BlessTupleDesc(lookup_rowtype_tupdesc_copy(element, -1));
  constexpr int columns = 5;
  if (row->natts != columns)
    ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("path_count has other columns")));
  return guarded([&] {
    return pg::with_state<PathCounts>(fcinfo, 0, [&](const PathCounts& counts) {
      const std::vector<PathCount> paths = counts.list();
      const auto customers = static_cast<double>(counts.customers());
      std::vector<Datum> rows;
      rows.reserve(paths.size());
      std::vector<std::string_view> names;
      for (const PathCount& path : paths) {
        poll();
        if (path.number) counts.names(*path.number, names);
        const Datum array = path.number ? pg::make_text_array(names) : Datum{};
        const int64_t median = path.times != nullptr ? path.times->percentile(0.5) : 0;
        const uint64_t weight = path.customers.value_or(0);
        rows.push_back(pg::call_pg([&] {
          Datum values[columns] = {array, Int64GetDatum(static_cast<int64_t>(weight)),
                                   Int64GetDatum(static_cast<int64_t>(path.paths)),
                                   Float8GetDatum(static_cast<double>(weight) / customers),
                                   pg::make_interval(median)};
          bool nulls[columns] = {!path.number, !path.customers, false, !path.customers,
                                 path.times == nullptr};
          const Datum tuple = HeapTupleGetDatum(heap_form_tuple(row, values, nulls));
          if (path.number) pfree(DatumGetPointer(array));
          return tuple;
        }));
      }
      return pg::call_pg([&] {
        return PointerGetDatum(construct_array(rows.data(), static_cast<int>(rows.size()), element,
                                               -1, false, TYPALIGN_DOUBLE));
      });
    });
  });
}
