// SPDX-License-Identifier: PostgreSQL
#include <algorithm>

#include "base/poll.hpp"
#include "base/sort.hpp"
#include "journey/dictionary_pg.hpp"
#include "journey/journey.hpp"
#include "journey/selector.hpp"
#include "journey/text.hpp"
#include "pg/memory.hpp"
#include "pg/packed.hpp"

namespace clientele {
namespace {

using pg::ByteView;
using pg::guarded;

Datum packed(const EventList& sorted, std::pmr::memory_resource* memory) {
  Bytes bytes(memory);
  encode(sorted, bytes);
  return pg::make_varlena(bytes);
}

/// Runs `change` on a journey's events and packs what is left. `change` must keep the order.
template <class Change>
Datum edited(ByteView bytes, Change change) {
  return guarded([&] {
    pg::ContextMemory memory(CurrentMemoryContext);
    EventList list(&memory);
    Journey(bytes).decode(list);
    change(list);
    return packed(list, &memory);
  });
}

/// Extras that no event refers to any more must not count when columns are chosen.
void keep_if(EventList& list, auto keep) {
  EventList kept(list.events.get_allocator().resource());
  for (const Event& e : list.events)
    if (keep(e)) kept.add(e.at, e.type, list.extra(e));
  list = std::move(kept);
}

Datum concatenated(ByteView a, ByteView b) {
  return guarded([&] {
    pg::ContextMemory memory(CurrentMemoryContext);
    EventList list(&memory), other(&memory);
    Journey(a).decode(list);
    Journey(b).decode(other);
    const auto middle = static_cast<ptrdiff_t>(list.events.size());
    list.append(other);
    uint32_t calls = 0;
    std::inplace_merge(
        list.events.begin(), list.events.begin() + middle, list.events.end(),
        polled(calls, [&](const Event& x, const Event& y) { return list.before(x, y); }));
    return packed(list, &memory);
  });
}

Datum without(ByteView a, ByteView b) {
  return guarded([&] {
    pg::ContextMemory memory(CurrentMemoryContext);
    EventList list(&memory), other(&memory);
    Journey(a).decode(list);
    Journey(b).decode(other);
    const size_t middle = list.events.size();
    list.append(other);
    EventList kept(&memory);
    size_t gone = middle;
    for (size_t i = 0; i < middle; ++i) {
      if (i % 4096 == 0) poll();
      const Event& e = list.events[i];
      while (gone < list.events.size() && list.before(list.events[gone], e)) {
        if (gone % 4096 == 0) poll();
        ++gone;
      }
      if (gone < list.events.size() && !list.before(e, list.events[gone]))
        ++gone;
      else
        kept.add(e.at, e.type, list.extra(e));
    }
    return packed(kept, &memory);
  });
}

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_journey_in) {
  const std::string_view text = PG_GETARG_CSTRING(0);
  return guarded([&] {
    pg::ContextMemory memory(CurrentMemoryContext);
    EventList list(&memory);
    from_text(text, list);
    return packed(list, &memory);
  });
}

CLIENTELE_FUNCTION(clientele_journey_from_text) {
  const std::string_view text = pg::text_view(PG_GETARG_DATUM(0));
  return guarded([&] {
    pg::ContextMemory memory(CurrentMemoryContext);
    EventList list(&memory);
    from_text(text, list);
    return packed(list, &memory);
  });
}

CLIENTELE_FUNCTION(clientele_journey_out) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return guarded([&] {
    const std::string text = to_text(Journey(bytes));
    const auto length = text.size() + 1;
    if (length > MaxAllocSize)
      throw Error(sqlstate::limit_exceeded, "the text of a journey exceeds 1 GB",
                  "Use the binary format, or slice the journey.");
    char* copy = pg::call_pg([&] { return static_cast<char*>(palloc(length)); });
    std::memcpy(copy, text.c_str(), length);
    return CStringGetDatum(copy);
  });
}

CLIENTELE_FUNCTION(clientele_journey_recv) {
  const ByteView bytes = pg::message_bytes(fcinfo);
  return guarded([&] {
    validate(bytes);
    return pg::make_varlena(bytes);
  });
}

CLIENTELE_FUNCTION(clientele_journey_from_bytea) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return guarded([&] {
    validate(bytes);
    return pg::make_varlena(bytes);
  });
}

CLIENTELE_FUNCTION(clientele_journey_concat) {
  const ByteView a = pg::detoast(PG_GETARG_DATUM(0));
  const ByteView b = pg::detoast(PG_GETARG_DATUM(1));
  return concatenated(a, b);
}

CLIENTELE_FUNCTION(clientele_journey_minus) {
  const ByteView a = pg::detoast(PG_GETARG_DATUM(0));
  const ByteView b = pg::detoast(PG_GETARG_DATUM(1));
  return without(a, b);
}

CLIENTELE_FUNCTION(clientele_event_count) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return guarded([&] { return Int32GetDatum(static_cast<int32_t>(Journey(bytes).size())); });
}

CLIENTELE_FUNCTION(clientele_event_count_selector) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  const ByteView selector = pg::detoast(PG_GETARG_DATUM(1));
  return guarded([&] {
    const PickedTypes& picks = picked_by(pg::kept<Resolved<PickedTypes>>(fcinfo), selector);
    const Journey journey(bytes);
    std::vector<int32_t> counts(journey.code_limit(), 0);
    for (size_t c = 0; c < journey.types().size(); ++c)
      counts[c] = picks(journey.types()[c]) ? 1 : 0;
    if (std::find(counts.begin(), counts.end(), 1) == counts.end()) return Int32GetDatum(0);
    int32_t total = 0;
    uint16_t code[Journey::block];
    for (Journey::Scan scan(journey); const size_t n = scan.next();) {
      scan.codes(code);
      for (size_t i = 0; i < n; ++i) total += counts[code[i]];
      if (scan.begin() % (64 * Journey::block) == 0) poll();
    }
    return Int32GetDatum(total);
  });
}

namespace {

// The time that `which` reads from a journey; NULL for the empty one.
Datum time_of(FunctionCallInfo fcinfo, Micros (Journey::*which)() const) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  struct Found {
    Micros at;
    bool none;
  };
  const Found found = guarded([&] {
    const Journey journey(bytes);
    return journey.empty() ? Found{0, true} : Found{(journey.*which)(), false};
  });
  if (found.none) PG_RETURN_NULL();
  PG_RETURN_TIMESTAMPTZ(found.at);
}

}  // namespace

CLIENTELE_FUNCTION(clientele_first_at) { return time_of(fcinfo, &Journey::first_at); }
CLIENTELE_FUNCTION(clientele_last_at) { return time_of(fcinfo, &Journey::last_at); }

CLIENTELE_FUNCTION(clientele_journey_slice) {
  if (PG_ARGISNULL(0)) PG_RETURN_NULL();
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  const Micros since = PG_ARGISNULL(1) ? PG_INT64_MIN : PG_GETARG_TIMESTAMPTZ(1);
  const Micros until = PG_ARGISNULL(2) ? PG_INT64_MAX : PG_GETARG_TIMESTAMPTZ(2);
  return edited(bytes, [&](EventList& list) {
    keep_if(list, [&](const Event& e) { return e.at >= since && e.at < until; });
  });
}

CLIENTELE_FUNCTION(clientele_journey_filter) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  const ByteView selector = pg::detoast(PG_GETARG_DATUM(1));
  return edited(bytes, [&](EventList& list) {
    const PickedTypes& picks = picked_by(pg::kept<Resolved<PickedTypes>>(fcinfo), selector);
    keep_if(list, [&](const Event& e) { return picks(e.type); });
  });
}

CLIENTELE_FUNCTION(clientele_events) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  const pg::RowSink rows(fcinfo);
  return guarded([&] {
    pg::ContextMemory memory(CurrentMemoryContext);
    EventList list(&memory);
    Journey(bytes).decode(list);
    for (size_t begin = 0; begin < list.events.size(); begin += 1024) {
      poll();
      const size_t end = std::min(begin + 1024, list.events.size());
      pg::call_pg([&] {
        for (size_t i = begin; i < end; ++i) {
          const Event& e = list.events[i];
          const Extra x = list.extra(e);
          Datum values[] = {TimestampTzGetDatum(e.at), Int32GetDatum(e.type), Int64GetDatum(x.item),
                            x.has_amount ? pg::numeric_of(x.amount) : Datum{}};
          bool nulls[] = {false, false, !x.has_item, !x.has_amount};
          rows.put(values, nulls);
        }
      });
    }
    return Datum{};
  });
}

CLIENTELE_FUNCTION(clientele_quote_selector) {
  if (PG_ARGISNULL(1)) PG_RETURN_NULL();
  const bool any_channel = PG_ARGISNULL(0);
  const std::string_view channel =
      any_channel ? std::string_view() : pg::text_view(PG_GETARG_DATUM(0));
  const std::string_view event = pg::text_view(PG_GETARG_DATUM(1));
  return guarded([&] {
    std::optional<std::string_view> c;
    if (!any_channel) c = channel;
    return pg::make_text(quote_selector(c, event));
  });
}

CLIENTELE_FUNCTION(clientele_event_types_matching) {
  const std::string_view selector = pg::text_view(PG_GETARG_DATUM(0));
  const pg::RowSink rows(fcinfo, true);
  return guarded([&] {
    const std::vector<int32_t> ids = resolve_selector(selector);
    pg::call_pg([&] {
      for (const int32_t id : ids) {
        Datum value = Int32GetDatum(id);
        bool null = false;
        rows.put(&value, &null);
      }
    });
    return Datum{};
  });
}
