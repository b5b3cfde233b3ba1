// SPDX-License-Identifier: PostgreSQL
// What a function may assume about its caller: arguments have the types that it was declared with,
// and nothing else. Any role may put it into an operator or an aggregate of its
// own, or call it by itself.
#pragma once
#include "pg/postgres.hpp"

namespace clientele::pg {

/// The memory context of the aggregate that calls this function. PostgreSQL regime; 0A000 if none.
inline MemoryContext aggregate_context(FunctionCallInfo fcinfo) {
  MemoryContext context;
  if (!AggCheckCallContext(fcinfo, &context))
    ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                    errmsg("this function may only be called as part of an aggregate")));
  return context;
}

/// What a transition function returns for a row that does not count, and a combine function for a
/// right side that is NULL: its state as it is. The state is argument 0.
inline Datum unchanged_state(FunctionCallInfo fcinfo) {
  if (PG_ARGISNULL(0)) PG_RETURN_NULL();
  return PG_GETARG_DATUM(0);
}

/// The window that calls this function. PostgreSQL regime; 0A000 if none.
inline WindowObject window_of(FunctionCallInfo fcinfo) {
  const WindowObject window = PG_WINDOW_OBJECT();
  if (!WindowObjectIsValid(window))
    ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                    errmsg("this function may only be called as a window function")));
  return window;
}

}  // namespace clientele::pg
