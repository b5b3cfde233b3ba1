// SPDX-License-Identifier: PostgreSQL
// funnel_depth and funnel_times of one journey.
#include "funnel/steps/compiled_pg.hpp"
#include "pg/memory.hpp"

using namespace clientele;

CLIENTELE_FUNCTION(clientele_funnel_depth) {
  const pg::ByteView journey = pg::detoast(PG_GETARG_DATUM(0));
  const pg::ByteView definition = pg::detoast(PG_GETARG_DATUM(1));
  return pg::guarded([&] {
    CompiledFunnel& funnel = compiled(pg::kept<FunnelCache>(fcinfo), definition);
    return Int32GetDatum(funnel.depth(Journey(journey)));
  });
}

CLIENTELE_FUNCTION(clientele_funnel_times) {
  const pg::ByteView journey = pg::detoast(PG_GETARG_DATUM(0));
  const pg::ByteView definition = pg::detoast(PG_GETARG_DATUM(1));
  return pg::guarded([&] {
    CompiledFunnel& funnel = compiled(pg::kept<FunnelCache>(fcinfo), definition);
    return pg::make_time_array(funnel.times(Journey(journey)));
  });
}
