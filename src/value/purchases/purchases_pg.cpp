// SPDX-License-Identifier: PostgreSQL
// purchase_summary and purchase_times: on packed journeys, and as aggregates over rows.
#include "journey/dictionary_pg.hpp"
#include "pg/collected.hpp"
#include "pg/memory.hpp"
#include "value/purchases/purchase_definition_pg.hpp"

namespace clientele {
namespace {

using pg::ByteView;
using pg::guarded;

/// What one SQL function keeps from call to call.
struct Kept {
  PurchaseCounters counters;
  Resolved<std::vector<int32_t>> types;
  PurchaseFeed feed;
  TupleDesc row = nullptr;

  explicit Kept(std::pmr::memory_resource* memory) : counters(memory), types(memory) {}

  std::span<Purchase> read(ByteView journey, PurchaseCounter& counter, bool with_amounts) {
    const std::string& selector = counter.definition.purchase;
    const std::vector<int32_t>& picked =
        types.get(pg::as_bytes(selector), [&] { return resolve_selector(selector); });
    return feed.read(Journey(journey), picked, counter.definition, counter.clock, with_amounts);
  }
};

struct Found {
  bool any;
  PurchaseSummary summary;
  TupleDesc* row;
};

Found found(std::span<Purchase> purchases, const PurchaseDefinition& definition, Kept& kept) {
  const auto summary = summarise(purchases, definition);
  return {summary.has_value(), summary.value_or(PurchaseSummary()), &kept.row};
}

/// PostgreSQL regime.
Datum packed(FunctionCallInfo fcinfo, const Found& f, bool has_holdout) {
  if (!f.any) PG_RETURN_NULL();
  const PurchaseSummary& s = f.summary;
  Datum values[] = {Int32GetDatum(s.x),
                    Float8GetDatum(s.t_x),
                    Float8GetDatum(s.age),
                    Float8GetDatum(s.monetary),
                    Int32GetDatum(s.holdout_x),
                    Float8GetDatum(s.holdout_age),
                    Float8GetDatum(s.holdout_monetary)};
  bool nulls[] = {false,
                  false,
                  false,
                  std::isnan(s.monetary),
                  !has_holdout,
                  !has_holdout,
                  !has_holdout || std::isnan(s.holdout_monetary)};
  return HeapTupleGetDatum(heap_form_tuple(pg::result_row(fcinfo, *f.row), values, nulls));
}

pg::Answer times_of(std::span<Purchase> purchases, const PurchaseDefinition& definition) {
  pg::ContextMemory memory(CurrentMemoryContext);
  const auto times = purchase_times(purchases, definition, &memory);
  if (times.empty()) return {Datum{}, true};
  std::pmr::vector<Datum> elements(&memory);
  elements.reserve(times.size());
  for (const double t : times) elements.push_back(Float8GetDatum(t));
  return {
      pg::call_pg([&] {
        return PointerGetDatum(construct_array(elements.data(), static_cast<int>(elements.size()),
                                               FLOAT8OID, sizeof(float8), true, TYPALIGN_DOUBLE));
      }),
      false};
}

// Arguments: state, at [, amount], definition.
Datum add_row(FunctionCallInfo fcinfo, bool has_amount) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  CollectedPurchases* state = pg::collected_argument<CollectedPurchases>(fcinfo, 0);
  const int last = has_amount ? 3 : 2;
  if (PG_ARGISNULL(1) || PG_ARGISNULL(last)) return pg::unchanged_state(fcinfo);
  const TimestampTz at = PG_GETARG_TIMESTAMPTZ(1);
  const bool given = has_amount && !PG_ARGISNULL(2);
  const double amount = given ? PG_GETARG_FLOAT8(2) : 0;
  const ByteView definition = pg::detoast(PG_GETARG_DATUM(last));
  return guarded([&] {
    PurchaseCounter& counter = pg::kept<Kept>(fcinfo).counters.get(definition);
    pg::ContextMemory memory(context);
    CollectedPurchases* const before = CollectedPurchases::ready(state, counter, memory);
    const int64_t period = counter.period_of(pg::finite_time(at));
    const Purchase purchase{period, given ? checked_amount(amount) : no_amount};
    return PointerGetDatum(before->with(purchase, memory));
  });
}

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_purchase_row) { return add_row(fcinfo, false); }
CLIENTELE_FUNCTION(clientele_purchase_row_amount) { return add_row(fcinfo, true); }

CLIENTELE_FUNCTION(clientele_purchases_combine) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  CollectedPurchases* left = pg::collected_argument<CollectedPurchases>(fcinfo, 0);
  const CollectedPurchases* right = pg::collected_argument<CollectedPurchases>(fcinfo, 1);
  if (right == nullptr) return pg::unchanged_state(fcinfo);
  return guarded([&] {
    pg::ContextMemory memory(context);
    // The right side's counter may go with it.
    PurchaseCounter& counter = pg::kept<Kept>(fcinfo).counters.get(right->counter().encoded);
    const size_t room = right->all().size();
    return PointerGetDatum(
        CollectedPurchases::ready(left, counter, memory, room)->with_all(*right, memory));
  });
}

CLIENTELE_FUNCTION(clientele_purchases_serialize) {
  const CollectedPurchases* state = pg::collected_argument<CollectedPurchases>(fcinfo, 0);
  return guarded([&] {
    pg::ContextMemory memory(CurrentMemoryContext);
    Bytes bytes(&memory);
    state->write(bytes);
    return pg::make_varlena(bytes);
  });
}

CLIENTELE_FUNCTION(clientele_purchases_deserialize) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return guarded([&] {
    pg::ContextMemory memory(CurrentMemoryContext);
    PurchaseCounters& counters = pg::kept<Kept>(fcinfo).counters;
    const auto counter_of = [&](ByteView definition) -> PurchaseCounter& {
      return counters.get(definition);
    };
    return PointerGetDatum(CollectedPurchases::read(bytes, counter_of, memory));
  });
}

CLIENTELE_FUNCTION(clientele_purchase_summary_final) {
  const CollectedPurchases* state = pg::collected_argument<CollectedPurchases>(fcinfo, 0);
  if (state == nullptr) PG_RETURN_NULL();
  const PurchaseDefinition& definition = state->counter().definition;
  const Found f = guarded([&] {
    pg::ContextMemory memory(CurrentMemoryContext);
    std::pmr::vector<Purchase> purchases = state->copied(&memory);
    return found(purchases, definition, pg::kept<Kept>(fcinfo));
  });
  return packed(fcinfo, f, definition.holdout_until.has_value());
}

CLIENTELE_FUNCTION(clientele_purchase_times_final) {
  const CollectedPurchases* state = pg::collected_argument<CollectedPurchases>(fcinfo, 0);
  if (state == nullptr) PG_RETURN_NULL();
  return pg::returned(fcinfo, guarded([&] {
                        pg::ContextMemory memory(CurrentMemoryContext);
                        std::pmr::vector<Purchase> purchases = state->copied(&memory);
                        return times_of(purchases, state->counter().definition);
                      }));
}

CLIENTELE_FUNCTION(clientele_purchase_summary_journey) {
  const ByteView journey = pg::detoast(PG_GETARG_DATUM(0));
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(1));
  bool has_holdout = false;
  const Found f = guarded([&] {
    Kept& kept = pg::kept<Kept>(fcinfo);
    PurchaseCounter& counter = kept.counters.get(bytes);
    has_holdout = counter.definition.holdout_until.has_value();
    return found(kept.read(journey, counter, true), counter.definition, kept);
  });
  return packed(fcinfo, f, has_holdout);
}

CLIENTELE_FUNCTION(clientele_purchase_times_journey) {
  const ByteView journey = pg::detoast(PG_GETARG_DATUM(0));
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(1));
  return pg::returned(fcinfo, guarded([&] {
                        Kept& kept = pg::kept<Kept>(fcinfo);
                        PurchaseCounter& counter = kept.counters.get(bytes);
                        return times_of(kept.read(journey, counter, false), counter.definition);
                      }));
}
