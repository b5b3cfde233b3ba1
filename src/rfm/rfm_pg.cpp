// SPDX-License-Identifier: PostgreSQL
// rfm_score: as a window function over all rows of a partition, and by stored cuts.
#include "base/poll.hpp"
#include "rfm/values_pg.hpp"

namespace clientele {

using pg::ByteView;
using pg::guarded;

RfmKey RecencyArgument::key_of_interval(const Interval& interval) {
  if (interval.month != 0)
    throw Error(sqlstate::invalid_parameter,
                "recency must be a fixed length of time, without months or years",
                "Subtract times, as in now() - last_purchase; age() gives months.");
  int64_t days = 0, micros = 0;
  if (__builtin_mul_overflow(static_cast<int64_t>(interval.day), day, &days) ||
      __builtin_add_overflow(days, interval.time, &micros))
    throw Error(sqlstate::invalid_parameter, "recency is too long");
  return key_of_length(micros);
}

Datum make_rfm(FunctionCallInfo fcinfo, RfmRow& row, const RfmScores& scores) {
  if (row.form == nullptr) {
    const MemoryContext before = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
    row.form =
        BlessTupleDesc(lookup_rowtype_tupdesc_copy(get_func_rettype(fcinfo->flinfo->fn_oid), -1));
    MemoryContextSwitchTo(before);
  }
  Datum values[rfm_dimensions + 1];
  bool nulls[rfm_dimensions + 1];
  for (int d = 0; d < rfm_dimensions; ++d) {
    values[d] = Int32GetDatum(scores.score[d]);
    nulls[d] = scores.score[d] == 0;
  }
  values[rfm_dimensions] = Int32GetDatum(scores.buckets);
  nulls[rfm_dimensions] = false;
  return HeapTupleGetDatum(heap_form_tuple(row.form, values, nulls));
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

// One argument of all rows, batch by batch. Every other time from the last row to the first: that
// way the window's rows are read one by one and never skipped through.
void read_column(WindowObject window, int argument, Recency kind, bool backwards,
                 std::span<RfmKey> keys, std::span<uint8_t> null) {
  constexpr size_t batch = 512;
  std::vector<RecencyArgument> values;
  values.reserve(batch);
  const MemoryContext scratch = pg::call_pg([] {
    return AllocSetContextCreate(CurrentMemoryContext, "clientele rfm", ALLOCSET_DEFAULT_SIZES);
  });
  const auto dimension = static_cast<RfmDimension>(argument);
  const size_t n = keys.size();
  const auto row = [&](size_t i) { return backwards ? n - 1 - i : i; };
  for (size_t begin = 0; begin < n; begin += batch) {
    poll();
    const size_t end = std::min(begin + batch, n);
    values.clear();
    pg::call_pg([&] {
      // What evaluating the arguments leaves behind goes with each batch.
      const MemoryContext before = MemoryContextSwitchTo(scratch);
      for (size_t i = begin; i < end; ++i) {
        bool is_null = false, outside = false;
        const Datum datum = WinGetFuncArgInPartition(window, argument, static_cast<int>(row(i)),
                                                     WINDOW_SEEK_HEAD, false, &is_null, &outside);
        null[row(i)] = is_null || outside;
        values.push_back(RecencyArgument(null[row(i)] ? Recency::time : kind, datum));
      }
      MemoryContextSwitchTo(before);
      MemoryContextReset(scratch);
    });
    for (size_t i = begin; i < end; ++i) {
      if (null[row(i)]) continue;
      const RecencyArgument& v = values[i - begin];
      keys[row(i)] =
          argument == rfm_recency ? v.key() : key_of_amount(dimension, DatumGetFloat8(v.datum));
    }
  }
  pg::call_pg([&] { MemoryContextDelete(scratch); });
}

Datum score_window(FunctionCallInfo fcinfo, Recency kind) {
  const WindowObject window = PG_WINDOW_OBJECT();
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
      std::pmr::vector<RfmKey> keys(static_cast<size_t>(rows), &memory);
      std::pmr::vector<uint8_t> null(static_cast<size_t>(rows), &memory);
      for (int d = 0; d < rfm_dimensions; ++d) {
        read_column(window, d, d == rfm_recency ? kind : Recency::number, d % 2 == 1, keys, null);
        score_column(keys, null, buckets, partition->score + d, rfm_dimensions, &memory);
      }
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
    const RfmCuts cuts = RfmCuts::read(bytes);
    if (known && cuts.has[rfm_recency] && cuts.recency != kind) {
      static constexpr const char* kinds[] = {"", "a timestamptz", "an interval", "a number"};
      throw Error(sqlstate::invalid_parameter, std::string("these cuts are for recency as ") +
                                                   kinds[static_cast<int>(cuts.recency)] +
                                                   ", not as " + kinds[static_cast<int>(kind)]);
    }
    Result r{{{}, cuts.buckets}, &pg::kept<RfmRow>(fcinfo)};
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
