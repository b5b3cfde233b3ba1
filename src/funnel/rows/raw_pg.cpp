// SPDX-License-Identifier: PostgreSQL
// The open door: window_funnel over raw rows, one boolean a step.
#include "funnel/rows/raw.hpp"

#include "pg/collected.hpp"
#include "pg/memory.hpp"
#include "pg/values.hpp"

namespace clientele {
namespace {

using RawState = pg::Collected<RawFunnel, 0x6c656e6e75467761>;

// NULLs take no room in an array's data, and a NULL condition is false.
std::vector<uint8_t> without_nulls(const uint8_t* flags, const bits8* nulls, int count) {
  std::vector<uint8_t> out(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i)
    if ((nulls[i / 8] >> (i % 8) & 1) != 0) out[static_cast<size_t>(i)] = *flags++;
  return out;
}

// Arguments: state, within, at [, mode], conditions.
Datum add_row(FunctionCallInfo fcinfo, bool has_mode) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  RawState* state = pg::collected_argument<RawState>(fcinfo, 0);
  const int n = has_mode ? 4 : 3;
  if (PG_ARGISNULL(n))
    ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
                    errmsg("window_funnel needs its conditions: they must not be a NULL array")));
  if (PG_ARGISNULL(2)) return pg::unchanged_state(fcinfo);
  const Interval* within = PG_ARGISNULL(1) ? nullptr : PG_GETARG_INTERVAL_P(1);
  const TimestampTz at = PG_GETARG_TIMESTAMPTZ(2);
  const std::string_view mode =
      has_mode && !PG_ARGISNULL(3) ? pg::text_view(PG_GETARG_DATUM(3)) : std::string_view();
  ArrayType* const conditions = PG_GETARG_ARRAYTYPE_P(n);
  const int count = ArrayGetNItems(ARR_NDIM(conditions), ARR_DIMS(conditions));
  const auto* const flags = reinterpret_cast<const uint8_t*>(ARR_DATA_PTR(conditions));
  const bits8* const nulls = ARR_NULLBITMAP(conditions);
  return pg::guarded([&] {
    const uint64_t length = within == nullptr ? no_limit : pg::fixed_length(*within, "within");
    if (state == nullptr) state = pg::new_collected<RawState>(context);
    state->value.define(length, static_cast<size_t>(count), mode);
    const Micros time = pg::finite_time(at);
    if (nulls == nullptr)
      state->value.add(time, flags);
    else
      state->value.add(time, without_nulls(flags, nulls, count).data());
    return PointerGetDatum(state);
  });
}

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_window_funnel_accum) { return add_row(fcinfo, false); }
CLIENTELE_FUNCTION(clientele_window_funnel_accum_mode) { return add_row(fcinfo, true); }

CLIENTELE_FUNCTION(clientele_window_funnel_combine) {
  return pg::combine_collected<RawState>(fcinfo);
}

CLIENTELE_FUNCTION(clientele_window_funnel_serialize) {
  return pg::serialize_collected<RawState>(fcinfo);
}

CLIENTELE_FUNCTION(clientele_window_funnel_deserialize) {
  return pg::deserialize_collected<RawState>(fcinfo);
}

CLIENTELE_FUNCTION(clientele_window_funnel_final) {
  const RawState* state = pg::collected_argument<RawState>(fcinfo, 0);
  if (state == nullptr) PG_RETURN_NULL();
  return pg::guarded(
      [&] { return Int32GetDatum(pg::kept<RawSolver>(fcinfo).depth(state->value)); });
}
