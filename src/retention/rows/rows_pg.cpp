// SPDX-License-Identifier: PostgreSQL
// retention over raw rows.
#include "pg/collected.hpp"
#include "pg/conditions.hpp"
#include "pg/memory.hpp"
#include "pg/values.hpp"
#include "retention/rows/rows.hpp"

namespace clientele {
namespace {

using RetentionState = pg::Collected<RawRetention, 0x6e6f69746e657465>;

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_retention_rows_accum) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  RetentionState* state = pg::collected_argument<RetentionState>(fcinfo, 0);
  const Conditions conditions = pg::conditions_argument(fcinfo, 1, "retention");
  return pg::guarded([&] {
    if (state == nullptr) state = pg::new_collected<RetentionState>(context);
    state->value.add(conditions);
    return PointerGetDatum(state);
  });
}

CLIENTELE_FUNCTION(clientele_retention_rows_combine) {
  return pg::combine_collected<RetentionState>(fcinfo);
}

CLIENTELE_FUNCTION(clientele_retention_rows_serialize) {
  return pg::serialize_collected<RetentionState>(fcinfo);
}

CLIENTELE_FUNCTION(clientele_retention_rows_deserialize) {
  return pg::deserialize_collected<RetentionState>(fcinfo);
}

CLIENTELE_FUNCTION(clientele_retention_rows_final) {
  const RetentionState* const state = pg::collected_argument<RetentionState>(fcinfo, 0);
  if (state == nullptr) PG_RETURN_NULL();
  const size_t n = state->value.conditions();
  auto* const values = static_cast<Datum*>(palloc(n * sizeof(Datum)));
  for (size_t i = 0; i < n; ++i) {
    if (i % 65536 == 0) CHECK_FOR_INTERRUPTS();
    values[i] = BoolGetDatum(state->value.returned(i + 1));
  }
  PG_RETURN_ARRAYTYPE_P(
      construct_array(values, static_cast<int>(n), BOOLOID, sizeof(bool), true, TYPALIGN_CHAR));
}
