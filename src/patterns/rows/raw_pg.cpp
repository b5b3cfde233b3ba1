// SPDX-License-Identifier: PostgreSQL
// The open door: journey_matches and journey_match_count over raw rows.
#include "patterns/rows/raw.hpp"

#include <memory>

#include "pg/collected.hpp"
#include "pg/remembered.hpp"

namespace clientele {
namespace {

using pg::ByteView;
using pg::guarded;

using RawState = pg::Collected<RawMatches, 0x686374614d776152>;

/// The names of a query are kept by the function that makes states: they live as long as these.
RawState* new_state(FunctionCallInfo fcinfo, MemoryContext context) {
  RawState* const state = pg::new_collected<RawState>(context);
  state->value.use(pg::kept<EventNames>(fcinfo));
  return state;
}

const FoundMatches& found(FunctionCallInfo fcinfo, const RawState* state, Wanted wanted) {
  auto& kept = pg::kept<pg::Remembered<std::unique_ptr<RawPattern>>>(fcinfo);
  const ByteView definition = state->value.definition();
  RawPattern& pattern =
      *kept.get(definition, [&] { return std::make_unique<RawPattern>(definition); });
  return pattern.find(state->value, wanted);
}

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_raw_matches_row) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  RawState* state = pg::collected_argument<RawState>(fcinfo, 0);
  if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3)) return pg::unchanged_state(fcinfo);
  const TimestampTz at = PG_GETARG_TIMESTAMPTZ(1);
  const std::string_view event = pg::text_view(PG_GETARG_DATUM(2));
  const ByteView definition = pg::detoast(PG_GETARG_DATUM(3));
  return guarded([&] {
    if (state == nullptr) state = new_state(fcinfo, context);
    state->value.define(definition);
    state->value.add(pg::finite_time(at), event);
    return PointerGetDatum(state);
  });
}

CLIENTELE_FUNCTION(clientele_journey_matches_combine) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  RawState* left = pg::collected_argument<RawState>(fcinfo, 0);
  const RawState* right = pg::collected_argument<RawState>(fcinfo, 1);
  if (right == nullptr) return pg::unchanged_state(fcinfo);
  return guarded([&] {
    if (left == nullptr) left = new_state(fcinfo, context);
    left->merge(*right);
    return PointerGetDatum(left);
  });
}

CLIENTELE_FUNCTION(clientele_journey_matches_serialize) {
  return pg::serialize_collected<RawState>(fcinfo);
}

CLIENTELE_FUNCTION(clientele_journey_matches_deserialize) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return guarded([&] {
    RawState* const state = new_state(fcinfo, CurrentMemoryContext);
    Reader reader(bytes);
    state->value.read(reader);
    return PointerGetDatum(state);
  });
}

CLIENTELE_FUNCTION(clientele_raw_matches_final) {
  const RawState* state = pg::collected_argument<RawState>(fcinfo, 0);
  if (state == nullptr) PG_RETURN_NULL();
  return guarded([&] { return BoolGetDatum(!found(fcinfo, state, Wanted::any).matches.empty()); });
}

CLIENTELE_FUNCTION(clientele_raw_match_count_final) {
  const RawState* state = pg::collected_argument<RawState>(fcinfo, 0);
  if (state == nullptr) PG_RETURN_NULL();
  return guarded([&] {
    const size_t count = found(fcinfo, state, Wanted::matches).matches.size();
    return Int32GetDatum(static_cast<int32_t>(count));
  });
}
