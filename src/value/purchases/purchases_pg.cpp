// SPDX-License-Identifier: PostgreSQL
// purchase_summary and purchase_times: on packed journeys, and as aggregates over rows.
#include <bit>

#include "base/poll.hpp"
#include "journey/dictionary_pg.hpp"
#include "pg/collected.hpp"
#include "pg/memory.hpp"
#include "value/purchases/purchase_definition_pg.hpp"

namespace clientele {
namespace {

using pg::ByteView;
using pg::guarded;

/// The rows of one customer: one block of memory, which moves when it grows, so that millions of
/// customers have room.
struct RawPurchases {
  PurchaseCounter* counter;  // lives as long as the query
  uint32_t count;
  uint32_t power : 8;  // there is room for 2^power - 1
  uint32_t mark : 24;

  static constexpr uint32_t right_mark = 0x527550;  // as pg::Marked, in what the header has left
  bool marked() const { return mark == right_mark && power < 32 && count <= capacity(); }
  size_t capacity() const { return (size_t{1} << power) - 1; }

  Purchase* rows() { return reinterpret_cast<Purchase*>(this + 1); }
  const Purchase* rows() const { return reinterpret_cast<const Purchase*>(this + 1); }
  std::span<const Purchase> all() const { return {rows(), count}; }
};

constexpr size_t block_of(size_t capacity) {
  return sizeof(RawPurchases) + capacity * sizeof(Purchase);
}

/// With room for at least so many.
RawPurchases* new_rows(MemoryContext context, PurchaseCounter& counter, size_t rows) {
  const auto power = static_cast<uint32_t>(std::bit_width(rows));
  if (power >= 32) throw std::bad_alloc();
  void* const place = MemoryContextAllocExtended(context, block_of((size_t{1} << power) - 1),
                                                 MCXT_ALLOC_HUGE | MCXT_ALLOC_NO_OOM);
  if (place == nullptr) throw std::bad_alloc();
  return new (place) RawPurchases{&counter, 0, power & 0xFF, RawPurchases::right_mark};
}

/// With its header a block is a power of two, as the allocator's blocks are.
constexpr size_t least_rows = 3;

RawPurchases* grown(MemoryContext context, RawPurchases* state) {
  // Worth a try only where there is something to leave out.
  bool bare = false;
  for (const Purchase& p : state->all()) bare = bare || p.bare();
  if (bare) {
    state->count = static_cast<uint32_t>(compact({state->rows(), state->count}));
    if (state->count <= state->capacity() / 2) return state;
  }
  if (state->count >= max_journey_events)
    throw Error(sqlstate::limit_exceeded, "a customer has more than 33554432 purchases",
                "Is the query grouped by customer?");
  RawPurchases* const larger = new_rows(context, *state->counter, 2 * state->capacity() + 1);
  larger->count = state->count;
  std::memcpy(larger->rows(), state->rows(), state->count * sizeof(Purchase));
  pfree(state);
  return larger;
}

RawPurchases* with(MemoryContext context, RawPurchases* state, const Purchase& purchase) {
  if (purchase.bare() && state->count > 0 &&
      state->rows()[state->count - 1].period == purchase.period)
    return state;
  if (state->count == state->capacity() || state->count >= max_journey_events)
    state = grown(context, state);
  state->rows()[state->count++] = purchase;
  return state;
}

void same_definition(const PurchaseCounter& a, const PurchaseCounter& b) {
  if (&a != &b && !a.made_from(b.encoded))
    throw Error(sqlstate::invalid_parameter,
                "purchase_summary and purchase_times need the same purchase_def for all rows of a "
                "customer",
                "Is the query grouped by customer?");
}

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

/// A copy that may be sorted: a window calls a final function again.
std::pmr::vector<Purchase> copied(const RawPurchases& state, std::pmr::memory_resource* memory) {
  return {state.rows(), state.rows() + state.count, memory};
}

// Arguments: state, at [, amount], definition.
Datum add_row(FunctionCallInfo fcinfo, bool has_amount) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  RawPurchases* state = pg::collected_argument<RawPurchases>(fcinfo, 0);
  const int last = has_amount ? 3 : 2;
  if (PG_ARGISNULL(1) || PG_ARGISNULL(last)) return pg::unchanged_state(fcinfo);
  const TimestampTz at = PG_GETARG_TIMESTAMPTZ(1);
  const bool given = has_amount && !PG_ARGISNULL(2);
  const double amount = given ? PG_GETARG_FLOAT8(2) : 0;
  const ByteView definition = pg::detoast(PG_GETARG_DATUM(last));
  return guarded([&] {
    PurchaseCounter& counter = pg::kept<Kept>(fcinfo).counters.get(definition);
    if (state == nullptr)
      state = new_rows(context, counter, least_rows);
    else
      same_definition(*state->counter, counter);
    const int64_t period = counter.period_of(pg::finite_time(at));
    const Purchase purchase{period, given ? checked_amount(amount) : no_amount};
    if (period <= counter.definition.last()) state = with(context, state, purchase);
    return PointerGetDatum(state);
  });
}

constexpr uint8_t rows_version = 1;

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_purchase_row) { return add_row(fcinfo, false); }
CLIENTELE_FUNCTION(clientele_purchase_row_amount) { return add_row(fcinfo, true); }

CLIENTELE_FUNCTION(clientele_purchases_combine) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  RawPurchases* left = pg::collected_argument<RawPurchases>(fcinfo, 0);
  const RawPurchases* right = pg::collected_argument<RawPurchases>(fcinfo, 1);
  if (right == nullptr) return pg::unchanged_state(fcinfo);
  return guarded([&] {
    // The right side's counter may go with it.
    PurchaseCounter& counter = pg::kept<Kept>(fcinfo).counters.get(right->counter->encoded);
    if (left == nullptr)
      left = new_rows(context, counter, std::max<size_t>(right->count, least_rows));
    else
      same_definition(*left->counter, counter);
    size_t n = 0;
    for (const Purchase& p : right->all()) {
      if (n++ % 65536 == 0) poll();
      left = with(context, left, p);
    }
    return PointerGetDatum(left);
  });
}

CLIENTELE_FUNCTION(clientele_purchases_serialize) {
  const RawPurchases* state = pg::collected_argument<RawPurchases>(fcinfo, 0);
  return guarded([&] {
    pg::ContextMemory memory(CurrentMemoryContext);
    Bytes bytes(&memory);
    const std::vector<uint8_t>& encoded = state->counter->encoded;
    bytes.reserve(encoded.size() + state->count * sizeof(Purchase) + 16);
    Writer w(bytes);
    w.u8(rows_version);
    w.counted(encoded);
    w.varint(state->count);
    w.raw(state->rows(), state->count * sizeof(Purchase));
    return pg::make_varlena(bytes);
  });
}

CLIENTELE_FUNCTION(clientele_purchases_deserialize) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return guarded([&] {
    Reader reader(bytes);
    if (reader.u8() != rows_version) Reader::fail("unknown version of a customer's purchases");
    PurchaseCounter& counter = pg::kept<Kept>(fcinfo).counters.get(reader.counted());
    const size_t n = reader.count(sizeof(Purchase));
    RawPurchases* const state =
        new_rows(CurrentMemoryContext, counter, std::max<size_t>(n, least_rows));
    state->count = static_cast<uint32_t>(n);
    std::memcpy(state->rows(), reader.take(n * sizeof(Purchase)), n * sizeof(Purchase));
    return PointerGetDatum(state);
  });
}

CLIENTELE_FUNCTION(clientele_purchase_summary_final) {
  const RawPurchases* state = pg::collected_argument<RawPurchases>(fcinfo, 0);
  if (state == nullptr) PG_RETURN_NULL();
  const PurchaseDefinition& definition = state->counter->definition;
  const Found f = guarded([&] {
    pg::ContextMemory memory(CurrentMemoryContext);
    std::pmr::vector<Purchase> purchases = copied(*state, &memory);
    return found(purchases, definition, pg::kept<Kept>(fcinfo));
  });
  return packed(fcinfo, f, definition.holdout_until.has_value());
}

CLIENTELE_FUNCTION(clientele_purchase_times_final) {
  const RawPurchases* state = pg::collected_argument<RawPurchases>(fcinfo, 0);
  if (state == nullptr) PG_RETURN_NULL();
  return pg::returned(fcinfo, guarded([&] {
                        pg::ContextMemory memory(CurrentMemoryContext);
                        std::pmr::vector<Purchase> purchases = copied(*state, &memory);
                        return times_of(purchases, state->counter->definition);
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
