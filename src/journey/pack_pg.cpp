// SPDX-License-Identifier: PostgreSQL
// The aggregates journey(at, event_type_id, item_id, amount) and journey_merge(journey).
#include "journey/journey.hpp"
#include "pg/collected.hpp"
#include "pg/memory.hpp"
#include "pg/values.hpp"

namespace clientele {
namespace {

/// The rows of one customer. Everything it owns lives in one memory context and goes with it, so it
/// needs no destructor: a query may hold hundreds of thousands of these.
struct PackState : pg::Marked<0x79656e72756f4a70> {
  pg::ContextMemory memory;
  EventList list;
  explicit PackState(MemoryContext context) : memory(context), list(&memory) {}
  void merge(const PackState& other) { list.append(other.list); }
};

void reserve_for_one(EventList& list) {
  if (list.events.size() < list.events.capacity()) return;
  if (list.events.size() >= max_journey_events)
    throw Error(sqlstate::limit_exceeded, "a journey has more than 33554432 events",
                "Is the query grouped by customer?");
  list.events.reserve(std::max<size_t>(4, 2 * list.events.size()));
}

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_pack_row) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  PackState* state = pg::collected_argument<PackState>(fcinfo, 0);
  if (PG_ARGISNULL(1) || PG_ARGISNULL(2)) return pg::unchanged_state(fcinfo);
  const TimestampTz at = PG_GETARG_TIMESTAMPTZ(1);
  const int32_t type = PG_GETARG_INT32(2);
  Extra extra;
  if (PG_NARGS() > 3 && !PG_ARGISNULL(3)) {
    extra.has_item = true;
    extra.item = PG_GETARG_INT64(3);
  }
  const bool has_amount = PG_NARGS() > 4 && !PG_ARGISNULL(4);
  const Datum amount = has_amount ? PG_GETARG_DATUM(4) : Datum{};
  return pg::guarded([&] {
    if (state == nullptr) state = pg::new_collected<PackState>(context);
    if (type < 0)
      throw Error(sqlstate::out_of_range, "event type " + std::to_string(type) + " is negative");
    if (has_amount) {
      extra.has_amount = true;
      extra.amount = pg::amount_of(
          amount, "Round it or leave the row out; a journey never changes an amount in silence.");
    }
    reserve_for_one(state->list);
    state->list.add(pg::finite_time(at), type, extra);
    return PointerGetDatum(state);
  });
}

CLIENTELE_FUNCTION(clientele_pack_journey) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  PackState* state = pg::collected_argument<PackState>(fcinfo, 0);
  if (PG_ARGISNULL(1)) return pg::unchanged_state(fcinfo);
  const pg::ByteView bytes = pg::detoast(PG_GETARG_DATUM(1));
  return pg::guarded([&] {
    if (state == nullptr) state = pg::new_collected<PackState>(context);
    EventList more;
    Journey(bytes).decode(more);
    state->list.append(more);
    return PointerGetDatum(state);
  });
}

CLIENTELE_FUNCTION(clientele_pack_combine) { return pg::combine_collected<PackState>(fcinfo); }

/// Between processes a state travels as the packed journey, which carries its own version.
CLIENTELE_FUNCTION(clientele_pack_final) {
  PackState* state = pg::collected_argument<PackState>(fcinfo, 0);
  if (state == nullptr) PG_RETURN_NULL();
  return pg::guarded([&] {
    pg::ContextMemory memory(CurrentMemoryContext);
    state->list.sort();  // the order of collected rows means nothing, so nothing is changed
    Bytes bytes(&memory);
    encode(state->list, bytes);
    return pg::make_varlena(bytes);
  });
}

CLIENTELE_FUNCTION(clientele_pack_deserialize) {
  const pg::ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return pg::guarded([&] {
    PackState* state = pg::new_collected<PackState>(CurrentMemoryContext);
    Journey(bytes).decode(state->list);
    return PointerGetDatum(state);
  });
}
