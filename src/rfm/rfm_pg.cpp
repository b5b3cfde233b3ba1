// SPDX-License-Identifier: PostgreSQL
// rfm_score: as a window function over all rows of a partition, and by stored cuts.
#include "base/poll.hpp"
#include "pg/calls.hpp"
#include "rfm/values_pg.hpp"

namespace clientele {

using pg::ByteView;
using pg::guarded;

RfmKey RecencyArgument::key_of_interval(const Interval& interval, const char* name) {
  return key_of_length(pg::interval_micros(
      interval, name, "Subtract times, as in now() - last_purchase; age() gives months."));
}

Datum make_rfm(FunctionCallInfo fcinfo, RfmRow& row, const RfmScores& scores) {
  Datum values[rfm_dimensions + 1];
  bool nulls[rfm_dimensions + 1];
  for (int d = 0; d < rfm_dimensions; ++d) {
    values[d] = Int32GetDatum(scores.score[d]);
    nulls[d] = scores.score[d] == 0;
  }
  values[rfm_dimensions] = Int32GetDatum(scores.buckets);
  nulls[rfm_dimensions] = false;
  return HeapTupleGetDatum(heap_form_tuple(pg::result_row(fcinfo, row.form), values, nulls));
}

namespace {

constexpr int buckets_argument = rfm_dimensions;

/// The scores of a partition, three a row, 0 for NULL.
struct Partition {
  bool done;
  int32_t buckets;
  uint8_t score[];
};

int32_t buckets_now(WindowObject window) {
  bool null = false;
  const Datum datum = WinGetFuncArgCurrent(window, buckets_argument, &null);
  if (null)
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("buckets must not be NULL")));
  return DatumGetInt32(datum);
}

using Columns = std::array<std::span<RfmKey>, rfm_dimensions>;

// All rows' arguments. A tuplestore on disk reads backwards slowly beyond its buffer, and fetching
// a row again means stepping over it and back; so each few rows are read forth, back and forth.
void read_arguments(WindowObject window, Recency kind, const Columns& columns) {
  constexpr size_t few = 16, batch = 512;
  struct Argument {
    RecencyArgument value;
    bool null;
  };
  std::vector<Argument> arguments(rfm_dimensions * batch, {{Recency::none, Datum{}}, true});
  const MemoryContext scratch = pg::call_pg([] {
    return AllocSetContextCreate(CurrentMemoryContext, "clientele rfm", ALLOCSET_DEFAULT_SIZES);
  });
  const size_t n = columns[0].size();
  for (size_t begin = 0; begin < n; begin += batch) {
    poll();
    const size_t end = std::min(begin + batch, n);
    const auto read = [&](int d, size_t i) {
      Argument& a = arguments[d * batch + i - begin];
      bool outside = false;
      const Datum datum = WinGetFuncArgInPartition(window, d, static_cast<int>(i), WINDOW_SEEK_HEAD,
                                                   false, &a.null, &outside);
      if (!a.null) a.value = RecencyArgument(d == rfm_recency ? kind : Recency::number, datum);
    };
    pg::call_pg([&] {
      // What evaluating the arguments leaves behind goes with each batch.
      const MemoryContext before = MemoryContextSwitchTo(scratch);
      for (size_t first = begin; first < end; first += few) {
        const size_t last = std::min(first + few, end);
        for (size_t i = first; i < last; ++i) read(rfm_recency, i);
        for (size_t i = last; i-- > first;) read(rfm_frequency, i);
        for (size_t i = first; i < last; ++i) read(rfm_monetary, i);
      }
      MemoryContextSwitchTo(before);
      MemoryContextReset(scratch);
    });
    for (const RfmDimension d : {rfm_recency, rfm_frequency, rfm_monetary})
      for (size_t i = begin; i < end; ++i) {
        const Argument& a = arguments[d * batch + i - begin];
        columns[d][i] = a.null             ? rfm_null
                        : d == rfm_recency ? a.value.key()
                                           : key_of_amount(d, DatumGetFloat8(a.value.datum));
      }
  }
  pg::call_pg([&] { MemoryContextDelete(scratch); });
}

Datum score_window(FunctionCallInfo fcinfo, Recency kind) {
  const WindowObject window = pg::window_of(fcinfo);
  const int64 rows = WinGetPartitionRowCount(window);
  auto* const partition = static_cast<Partition*>(WinGetPartitionLocalMemory(
      window, sizeof(Partition) + rfm_dimensions * static_cast<Size>(rows)));
  if (!partition->done) {
    const int32_t buckets = buckets_now(window);
    if (rows > INT32_MAX)
      ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                      errmsg("rfm_score takes at most 2147483647 rows of a partition")));
    guarded([&] {
      check_buckets(buckets);
      pg::ContextMemory memory(CurrentMemoryContext);
      const auto n = static_cast<size_t>(rows);
      std::pmr::vector<RfmKey> keys(rfm_dimensions * n, &memory);
      const std::span<RfmKey> all(keys);
      const Columns columns{all.first(n), all.subspan(n, n), all.last(n)};
      read_arguments(window, kind, columns);
      for (int d = 0; d < rfm_dimensions; ++d)
        score_column(columns[d], buckets, partition->score + d, rfm_dimensions, &memory);
    });
    partition->buckets = buckets;
    partition->done = true;
  } else if (!get_fn_expr_arg_stable(fcinfo->flinfo, buckets_argument) &&
             buckets_now(window) != partition->buckets) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("buckets must be the same for all rows of a partition")));
  }
  const uint8_t* const score = partition->score + rfm_dimensions * WinGetCurrentPosition(window);
  RfmRow& row = *guarded([&] { return &pg::kept<RfmRow>(fcinfo); });
  return make_rfm(fcinfo, row, {{score[0], score[1], score[2]}, partition->buckets});
}

Datum score_by_cuts(FunctionCallInfo fcinfo, Recency kind) {
  if (PG_ARGISNULL(rfm_dimensions)) PG_RETURN_NULL();
  const bool known = !PG_ARGISNULL(rfm_recency);
  const RecencyArgument recency(known ? kind : Recency::time,
                                known ? PG_GETARG_DATUM(rfm_recency) : Datum{});
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(rfm_dimensions));
  struct Result {
    RfmScores scores;
    RfmRow* row;
  };
  const Result result = guarded([&] {
    RfmRow& row = pg::kept<RfmRow>(fcinfo);
    const RfmCuts& cuts = row.cuts_of(bytes);
    if (known && cuts.has[rfm_recency] && cuts.recency != kind) {
      static constexpr const char* kinds[] = {"", "a timestamptz", "an interval", "a number"};
      throw Error(sqlstate::invalid_parameter, std::string("these cuts are for recency as ") +
                                                   kinds[static_cast<int>(cuts.recency)] +
                                                   ", not as " + kinds[static_cast<int>(kind)]);
    }
    Result r{{{}, cuts.buckets}, &row};
    if (known) r.scores.score[rfm_recency] = cuts.score(rfm_recency, recency.key());
    for (const RfmDimension d : {rfm_frequency, rfm_monetary})
      if (!PG_ARGISNULL(d))
        r.scores.score[d] = cuts.score(d, key_of_amount(d, PG_GETARG_FLOAT8(d)));
    return r;
  });
  return make_rfm(fcinfo, *result.row, result.scores);
}

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_rfm_score_time) { return score_window(fcinfo, Recency::time); }
CLIENTELE_FUNCTION(clientele_rfm_score_interval) { return score_window(fcinfo, Recency::interval); }
CLIENTELE_FUNCTION(clientele_rfm_score_number) { return score_window(fcinfo, Recency::number); }
CLIENTELE_FUNCTION(clientele_rfm_score_time_cuts) { return score_by_cuts(fcinfo, Recency::time); }
CLIENTELE_FUNCTION(clientele_rfm_score_interval_cuts) {
  return score_by_cuts(fcinfo, Recency::interval);
}
CLIENTELE_FUNCTION(clientele_rfm_score_number_cuts) {
  return score_by_cuts(fcinfo, Recency::number);
}
