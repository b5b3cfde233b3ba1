// SPDX-License-Identifier: PostgreSQL
// The aggregates audience, audience_union and audience_intersection. Their states are written as
// audiences, so they travel as such.
#include "pg/expanded.hpp"
#include "tags/audience/audience_pg.hpp"
#include "tags/audience/gathered.hpp"

using namespace clientele;
using tags::Audience;
using tags::Common;
using tags::Gathered;

namespace {

template <class State>
Datum final(FunctionCallInfo fcinfo) {
  pg::aggregate_context(fcinfo);
  if (PG_ARGISNULL(0)) PG_RETURN_NULL();
  return pg::guarded([&] {
    return pg::with_state<State>(fcinfo, 0,
                                 [](const State& state) { return tags::packed(state.all()); });
  });
}

}  // namespace

CLIENTELE_FUNCTION(clientele_audience_accum) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  if (PG_ARGISNULL(1)) return pg::unchanged_state(fcinfo);
  const int64_t id = PG_GETARG_INT64(1);
  return pg::guarded([&] {
    auto* const state = pg::state_to_change<Gathered>(fcinfo, context);
    state->value.add(tags::customer_id(id));
    return state->datum();
  });
}

CLIENTELE_FUNCTION(clientele_audience_union_accum) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  if (PG_ARGISNULL(1)) return pg::unchanged_state(fcinfo);
  const pg::ByteView bytes = pg::detoast(PG_GETARG_DATUM(1));
  return pg::guarded([&] {
    auto* const state = pg::state_to_change<Gathered>(fcinfo, context);
    state->value.merge(Audience::read(bytes));
    return state->datum();
  });
}

CLIENTELE_FUNCTION(clientele_audience_union_combine) { return pg::combined<Gathered>(fcinfo); }
CLIENTELE_FUNCTION(clientele_audience_final) { return final<Gathered>(fcinfo); }

CLIENTELE_FUNCTION(clientele_audience_intersection_accum) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  if (PG_ARGISNULL(1)) return pg::unchanged_state(fcinfo);
  const pg::ByteView bytes = pg::detoast(PG_GETARG_DATUM(1));
  return pg::guarded([&] {
    const bool first = PG_ARGISNULL(0);
    auto* const state = pg::state_to_change<Common>(fcinfo, context);
    if (first)
      state->value.start(Audience::read(bytes));
    else
      state->value.merge(Audience::read(bytes));
    return state->datum();
  });
}

CLIENTELE_FUNCTION(clientele_audience_intersection_combine) {
  // A state without a partner stays as it is; pg::combined would begin with an empty audience.
  if (!PG_ARGISNULL(0)) return pg::combined<Common>(fcinfo);
  const MemoryContext context = pg::aggregate_context(fcinfo);
  if (PG_ARGISNULL(1)) PG_RETURN_NULL();
  return pg::guarded([&] {
    auto* const state = pg::state_to_change<Common>(fcinfo, context);
    pg::with_state<Common>(fcinfo, 1,
                           [&](const Common& right) { state->value.start(right.all()); });
    return state->datum();
  });
}
CLIENTELE_FUNCTION(clientele_audience_intersection_final) { return final<Common>(fcinfo); }
