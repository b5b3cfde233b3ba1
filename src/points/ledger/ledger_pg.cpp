// SPDX-License-Identifier: PostgreSQL
// point_account(): the ledger of one customer from arrays of events; point_events(): the events of
// a journey.
#include <string>

#include "journey/dictionary_pg.hpp"
#include "journey/journey.hpp"
#include "pg/memory.hpp"
#include "pg/packed.hpp"
#include "points/ledger/ledger.hpp"

extern "C" {
#include "utils/array.h"
}

namespace clientele {
namespace {

using pg::ByteView;
using pg::guarded;

struct ColumnType {
  Oid type;
  int16 length;
  bool by_value;
  char align;
};
constexpr ColumnType bigint_type{INT8OID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE};
constexpr ColumnType integer_type{INT4OID, 4, true, TYPALIGN_INT};
constexpr ColumnType time_type{TIMESTAMPTZOID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE};
constexpr ColumnType numeric_type{NUMERICOID, -1, false, TYPALIGN_INT};
constexpr ColumnType text_type{TEXTOID, -1, false, TYPALIGN_INT};

/// An array argument; one that is NULL is an array of NULLs.
struct Column {
  const char* name;
  Datum* value = nullptr;
  bool* null = nullptr;
  int count = -1;

  /// PostgreSQL regime.
  Column(FunctionCallInfo fcinfo, int n, const char* called, const ColumnType& t) : name(called) {
    if (PG_ARGISNULL(n)) return;
    ArrayType* a = PG_GETARG_ARRAYTYPE_P(n);
    if (ARR_NDIM(a) > 1)
      ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
                      errmsg("%s must be a one-dimensional array", name)));
    deconstruct_array(a, t.type, t.length, t.by_value, t.align, &value, &null, &count);
  }
  bool has(int i) const { return count >= 0 && !null[i]; }
  void require(int i) const {
    if (!has(i))
      throw Error(sqlstate::null_not_allowed,
                  std::string(name) + " must not be NULL (element " + std::to_string(i + 1) + ")");
  }
  Micros time(int i) const {
    require(i);
    const TimestampTz at = DatumGetTimestampTz(value[i]);
    if (TIMESTAMP_NOT_FINITE(at))
      throw Error(sqlstate::time_out_of_range, std::string(name) + " must be finite");
    return at;
  }
  std::optional<int64_t> number(int i) const {
    if (!has(i)) return {};
    return DatumGetInt64(value[i]);
  }
};

PointKind kind_named(std::string_view name) {
  if (name == "purchase") return PointKind::purchase;
  if (name == "return") return PointKind::returned;
  if (name == "spend") return PointKind::spend;
  if (name == "grant") return PointKind::grant;
  if (name == "adjust") return PointKind::adjust;
  if (name == "join") return PointKind::join;
  throw Error(sqlstate::invalid_parameter,
              "events of the kind \"" + std::string(name.substr(0, 100)) + "\" do not exist",
              "The kinds are purchase, return, spend, grant, adjust and join.");
}

void check(const PointEvent& e) {
  const std::string which = " (event " + std::to_string(e.id) + ")";
  constexpr int64_t limit = PointsDefinition::points_limit;
  if (e.points > limit || e.points < -limit)
    throw Error(sqlstate::out_of_range, "points must be at most 10^15" + which);
  if (e.kind == PointKind::grant && e.points < 0)
    throw Error(sqlstate::invalid_parameter, "a grant must not be negative" + which);
  if (e.kind == PointKind::returned && e.amount && *e.amount < 0)
    throw Error(sqlstate::invalid_parameter, "the amount of a return must not be negative" + which);
}

std::vector<PointsDefinition> read_rules(Datum array) {
  struct Raw {
    Datum* value;
    bool* null;
    int count;
  };
  const Raw raw = pg::call_pg([&] {
    Raw r{};
    ArrayType* a = DatumGetArrayTypeP(array);
    deconstruct_array(a, ARR_ELEMTYPE(a), -1, false, TYPALIGN_INT, &r.value, &r.null, &r.count);
    return r;
  });
  if (raw.count == 0) throw Error(sqlstate::invalid_parameter, "rules must not be empty");
  std::vector<PointsDefinition> rules;
  for (int i = 0; i < raw.count; ++i) {
    if (raw.null[i]) throw Error(sqlstate::null_not_allowed, "rules must not contain NULL");
    const ByteView bytes = pg::call_pg([&] { return pg::detoast(raw.value[i]); });
    rules.push_back(PointsDefinition::read(bytes));
  }
  return rules;
}

struct Kept {
  pg::Remembered<std::vector<PointsDefinition>> rules;
  TupleDesc row = nullptr;
  explicit Kept(std::pmr::memory_resource*) {}
};

/// An array made of one value of each element. C++ regime.
template <class Range, class Get>
Datum array_of(const Range& range, const ColumnType& t, Get get) {
  std::vector<Datum> values;
  std::vector<char> nulls;
  values.reserve(range.size()), nulls.reserve(range.size());
  size_t i = 0;
  for (const auto& element : range) {
    if (i++ % 4096 == 0) pg::poll_interrupts();
    const std::optional<Datum> value = get(element);
    values.push_back(value.value_or(Datum{}));
    nulls.push_back(!value);
  }
  static_assert(sizeof(bool) == sizeof(char));
  return pg::call_pg([&] {
    int dimensions[] = {static_cast<int>(values.size())};
    int bounds[] = {1};
    return PointerGetDatum(construct_md_array(values.data(), reinterpret_cast<bool*>(nulls.data()),
                                              values.empty() ? 0 : 1, dimensions, bounds, t.type,
                                              t.length, t.by_value, t.align));
  });
}

std::optional<Datum> some(Datum d) { return d; }
std::optional<Datum> moment(Micros at) { return TimestampTzGetDatum(at == never ? DT_NOEND : at); }

constexpr int result_columns = 26;

void results(PointLedger& ledger, Datum* values) {
  const PointLedger::Balance b = ledger.balance();
  const auto& entries = ledger.entries();
  const auto& lots = ledger.lots();
  int n = 0;
  const auto put = [&](Datum d) { values[n++] = d; };
  const auto lot_numbers = [&](auto get) {
    put(array_of(lots, bigint_type,
                 [&](const PointLot& l) { return some(Int64GetDatum(get(l))); }));
  };
  const auto lot_times = [&](auto get) {
    put(array_of(lots, time_type, [&](const PointLot& l) { return moment(get(l)); }));
  };
  const auto entry_numbers = [&](auto get) {
    put(array_of(entries, bigint_type,
                 [&](const PointEntry& e) { return some(Int64GetDatum(get(e))); }));
  };
  const auto entry_times = [&](auto get) {
    put(array_of(entries, time_type, [&](const PointEntry& e) { return moment(get(e)); }));
  };
  put(Int64GetDatum(b.account));
  put(Int64GetDatum(b.usable));
  put(Int64GetDatum(b.pending));
  put(Int64GetDatum(b.owed));
  put(pg::make_text(b.tier));
  put(Int64GetDatum(b.tier_points));
  put(TimestampTzGetDatum(b.due == never ? DT_NOEND : b.due));
  put(array_of(ledger.rejected(), bigint_type, [](int64_t id) { return some(Int64GetDatum(id)); }));
  entry_numbers([](const PointEntry& e) { return e.account; });
  entry_times([](const PointEntry& e) { return e.at; });
  Datum names[7];
  for (size_t k = 0; k < 7; ++k)
    names[k] = pg::make_text(entry_kind_name(static_cast<EntryKind>(k)));
  put(array_of(entries, text_type,
               [&](const PointEntry& e) { return some(names[static_cast<size_t>(e.kind)]); }));
  entry_numbers([&](const PointEntry& e) { return lots[e.lot].id; });
  entry_numbers([](const PointEntry& e) { return e.points; });
  put(array_of(entries, bigint_type, [](const PointEntry& e) -> std::optional<Datum> {
    if (!e.event) return {};
    return Int64GetDatum(*e.event);
  }));
  entry_times([&](const PointEntry& e) { return lots[e.lot].at; });
  entry_times([&](const PointEntry& e) { return lots[e.lot].from; });
  entry_times([&](const PointEntry& e) { return lots[e.lot].expires; });
  lot_numbers([](const PointLot& l) { return l.id; });
  lot_times([](const PointLot& l) { return l.at; });
  lot_times([](const PointLot& l) { return l.from; });
  lot_times([](const PointLot& l) { return l.expires; });
  lot_numbers([](const PointLot& l) { return l.earned; });
  lot_numbers([](const PointLot& l) { return l.left; });
  lot_numbers([](const PointLot& l) { return l.taken; });
  put(array_of(ledger.changes(), time_type, [](const TierChange& c) { return moment(c.at); }));
  put(array_of(ledger.changes(), text_type,
               [](const TierChange& c) { return some(pg::make_text(c.tier)); }));
}

struct Asked {
  std::vector<int32_t> purchases, returns;
  explicit Asked(ByteView bytes) {
    const auto d = PointsDefinition::read(bytes);
    purchases = resolve_selector(d.purchases);
    if (d.returns) returns = resolve_selector(*d.returns);
  }
};

}  // namespace
}  // namespace clientele

using namespace clientele;

// Arguments: rules, until, event, kind, at, amount, of, points, item, posted, account, rule.
CLIENTELE_FUNCTION(clientele_point_account) {
  if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
    ereport(ERROR,
            (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("rules and until must not be NULL")));
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  const Datum rules_array = PG_GETARG_DATUM(0);
  TimestampTz until = PG_GETARG_TIMESTAMPTZ(1);
  if (TIMESTAMP_NOT_FINITE(until))
    ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("until must be finite")));
  const Column columns[] = {
      Column(fcinfo, 2, "event", bigint_type),    Column(fcinfo, 3, "kind", text_type),
      Column(fcinfo, 4, "at", time_type),         Column(fcinfo, 5, "amount", numeric_type),
      Column(fcinfo, 6, "of", bigint_type),       Column(fcinfo, 7, "points", bigint_type),
      Column(fcinfo, 8, "item", bigint_type),     Column(fcinfo, 9, "posted", time_type),
      Column(fcinfo, 10, "account", bigint_type), Column(fcinfo, 11, "rule", integer_type)};
  Datum values[result_columns];
  bool nulls[result_columns] = {};
  Kept* kept = nullptr;
  guarded([&] {
    kept = &pg::kept<Kept>(fcinfo);
    const auto& rules = kept->rules.get(bytes, [&] { return read_rules(rules_array); });
    const auto& [event, kind, at, amount, of, points, item, posted, account, rule] = columns;
    const int count = std::max(event.count, 0);
    for (const Column& c : columns)
      if (c.count != count && (c.count >= 0 || (count > 0 && (&c == &kind || &c == &at))))
        throw Error(
            sqlstate::invalid_parameter,
            std::string(c.name) + " must have as many elements as event: " + std::to_string(count));
    if (static_cast<size_t>(count) > PointLedger::max_events)
      throw Error(sqlstate::limit_exceeded, "a ledger of " + std::to_string(count) +
                                                " events is too large, 1000000 is the limit");
    std::vector<PointEvent> events;
    events.reserve(static_cast<size_t>(count));
    for (int i = 0; i < count; ++i) {
      if (i % 4096 == 0) pg::poll_interrupts();
      event.require(i), kind.require(i);
      PointEvent e;
      e.id = *event.number(i);
      e.kind = kind_named(pg::text_view(kind.value[i]));
      e.at = at.time(i);
      e.posted = posted.count >= 0 ? posted.time(i) : e.at;
      e.account = account.number(i).value_or(0);
      e.of = of.number(i);
      e.item = item.number(i);
      if (amount.has(i)) e.amount = pg::amount_of(amount.value[i], "Amounts are below 10^12.");
      e.points = points.number(i).value_or(0);
      if (rule.has(i)) {
        const int32_t n = DatumGetInt32(rule.value[i]);
        if (n < 1 || static_cast<size_t>(n) > rules.size())
          throw Error(sqlstate::invalid_parameter,
                      "rule must be a place in rules, not " + std::to_string(n));
        e.rules = static_cast<uint32_t>(n - 1);
      }
      check(e);
      events.push_back(e);
    }
    // What was posted when it happened is in the order of time; else numbers are the order of
    // posting.
    if (posted.count < 0)
      PointLedger::sort(events);
    else
      std::ranges::sort(events, {}, &PointEvent::id);
    PointLedger ledger(rules);
    ledger.run(events, until);
    results(ledger, values);
    return Datum{};
  });
  return HeapTupleGetDatum(heap_form_tuple(pg::result_row(fcinfo, kept->row), values, nulls));
}

CLIENTELE_FUNCTION(clientele_point_events) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  const ByteView definition = pg::detoast(PG_GETARG_DATUM(1));
  const pg::RowSink rows(fcinfo);
  return guarded([&] {
    const Asked& asked =
        pg::kept<Resolved<Asked>>(fcinfo).get(definition, [&] { return Asked(definition); });
    const Journey journey(bytes);
    const auto picks = [&](const std::vector<int32_t>& types) {
      return std::ranges::any_of(journey.types(),
                                 [&](int32_t t) { return std::ranges::binary_search(types, t); });
    };
    if (!picks(asked.purchases) && !picks(asked.returns)) return Datum{};
    EventList list;
    journey.decode(list);
    const Datum purchase = pg::make_text("purchase"), returned = pg::make_text("return");
    // The rows are copied: what was made for one goes before the next.
    const MemoryContext outer = CurrentMemoryContext;
    const MemoryContext scratch = pg::call_pg(
        [] { return AllocSetContextCreate(CurrentMemoryContext, "points", ALLOCSET_SMALL_SIZES); });
    size_t n = 0;
    for (const Event& e : list.events) {
      if (n++ % 4096 == 0) pg::poll_interrupts();
      const bool back = std::ranges::binary_search(asked.returns, e.type);
      if (!back && !std::ranges::binary_search(asked.purchases, e.type)) continue;
      const Extra extra = list.extra(e);
      // Some systems write refunds as negative amounts.
      const int64_t amount = back && extra.amount < 0 ? -extra.amount : extra.amount;
      pg::call_pg([&] {
        MemoryContextSwitchTo(scratch);
        Datum values[] = {back ? returned : purchase, TimestampTzGetDatum(e.at),
                          Int64GetDatum(extra.item),
                          extra.has_amount ? pg::numeric_of(amount) : Datum{}};
        bool nulls[] = {false, false, !extra.has_item, !extra.has_amount};
        rows.put(values, nulls);
        MemoryContextSwitchTo(outer);
        MemoryContextReset(scratch);
      });
    }
    return Datum{};
  });
}
