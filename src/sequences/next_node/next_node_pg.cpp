// SPDX-License-Identifier: PostgreSQL
// sequence_next_node over raw rows.
#include "pg/collected.hpp"
#include "pg/conditions.hpp"
#include "pg/memory.hpp"
#include "pg/values.hpp"
#include "sequences/next_node/next_node.hpp"

namespace clientele {
namespace {

using NextNodeState = pg::Collected<NextNode, 0x65646f6e7478656e>;

// Arguments: state, direction, base, at, value, base condition [, conditions].
Datum add_row(FunctionCallInfo fcinfo, const Conditions& conditions) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  NextNodeState* state = pg::collected_argument<NextNodeState>(fcinfo, 0);
  for (const int n : {1, 2})
    if (PG_ARGISNULL(n))
      ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
                      errmsg("%s must not be NULL", n == 1 ? "direction" : "base")));
  if (PG_ARGISNULL(3) || PG_ARGISNULL(4)) return pg::unchanged_state(fcinfo);
  const std::string_view direction = pg::text_view(PG_GETARG_DATUM(1));
  const std::string_view base = pg::text_view(PG_GETARG_DATUM(2));
  const TimestampTz at = PG_GETARG_TIMESTAMPTZ(3);
  const std::string_view value = pg::text_view(PG_GETARG_DATUM(4));
  const bool meets_base = !PG_ARGISNULL(5) && PG_GETARG_BOOL(5);
  return pg::guarded([&] {
    const NextNodeRule rule = NextNodeRule::of(direction, base, conditions.count());
    if (state == nullptr) state = pg::new_collected<NextNodeState>(context);
    state->value.define(rule);
    state->value.add(pg::finite_time(at), value, meets_base, conditions);
    return PointerGetDatum(state);
  });
}

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_sequence_next_node_accum) {
  return add_row(fcinfo, Conditions(nullptr, nullptr, 0));
}

CLIENTELE_FUNCTION(clientele_sequence_next_node_accum_conditions) {
  return add_row(fcinfo, pg::conditions_argument(fcinfo, 6, "sequence_next_node"));
}

CLIENTELE_FUNCTION(clientele_sequence_next_node_combine) {
  return pg::combine_collected<NextNodeState>(fcinfo);
}

CLIENTELE_FUNCTION(clientele_sequence_next_node_serialize) {
  return pg::serialize_collected<NextNodeState>(fcinfo);
}

CLIENTELE_FUNCTION(clientele_sequence_next_node_deserialize) {
  return pg::deserialize_collected<NextNodeState>(fcinfo);
}

CLIENTELE_FUNCTION(clientele_sequence_next_node_final) {
  const NextNodeState* const state = pg::collected_argument<NextNodeState>(fcinfo, 0);
  if (state == nullptr) PG_RETURN_NULL();
  const pg::Answer answer = pg::guarded([&]() -> pg::Answer {
    const std::optional<std::string_view> next = state->value.next();
    return next ? pg::Answer{pg::make_text(*next), false} : pg::Answer{0, true};
  });
  return pg::returned(fcinfo, answer);
}
