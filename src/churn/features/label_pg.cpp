// SPDX-License-Identifier: PostgreSQL
// Whether a customer churned, by the journey.
#include "churn/features/label.hpp"
#include "journey/dictionary_pg.hpp"
#include "pg/memory.hpp"
#include "pg/values.hpp"

namespace clientele {
namespace {

/// All events need no dictionary.
PickedCodes picked_codes(FunctionCallInfo fcinfo, const Journey& journey, pg::ByteView selector) {
  if (selector.size() == 1 && selector[0] == '*') return {journey, [](int32_t) { return true; }};
  return {journey, picked_by(pg::kept<Resolved<PickedTypes>>(fcinfo), selector)};
}

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_churned) {
  const pg::ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  const TimestampTz at = PG_GETARG_TIMESTAMPTZ(1);
  const Interval horizon = *PG_GETARG_INTERVAL_P(2);
  const pg::ByteView selector = pg::detoast(PG_GETARG_DATUM(3));
  return pg::returned(fcinfo, pg::guarded([&]() -> pg::Answer {
                        if (TIMESTAMP_NOT_FINITE(at))
                          throw Error(sqlstate::time_out_of_range, "at must be finite",
                                      "It is the time at which the horizon begins.");
                        const uint64_t length = pg::fixed_length(horizon, "horizon");
                        if (length == 0)
                          throw Error(sqlstate::invalid_parameter,
                                      "horizon must be longer than zero", "Such as '90 days'.");
                        Micros until = 0;
                        if (__builtin_add_overflow(at, length, &until)) until = INT64_MAX;
                        const Journey journey(bytes);
                        const auto label =
                            churned(journey, picked_codes(fcinfo, journey, selector), at, until);
                        return {BoolGetDatum(label.value_or(false)), !label};
                      }));
}
