// SPDX-License-Identifier: PostgreSQL
// Functions of a journey and a selector that give one short answer.
#include <cstring>

#include "base/error.hpp"
#include "journey/dictionary_pg.hpp"
#include "journey/measures.hpp"
#include "pg/clock.hpp"
#include "pg/memory.hpp"
#include "pg/values.hpp"

namespace clientele {
namespace {

using pg::Answer;
using pg::ByteView;
using pg::guarded;

constexpr Answer no_answer{Datum{}, true};

/// A function of (journey, selector): `answer(journey, picked)` in the C++ regime.
template <class Ask>
Datum asked(FunctionCallInfo fcinfo, Ask ask) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  const ByteView selector = pg::detoast(PG_GETARG_DATUM(1));
  return pg::returned(fcinfo, guarded([&]() -> Answer {
                        const PickedTypes& picks =
                            picked_by(pg::kept<Resolved<PickedTypes>>(fcinfo), selector);
                        const Journey journey(bytes);
                        return ask(journey, PickedCodes(journey, picks));
                      }));
}

Answer time_or_null(const std::optional<Micros>& at) {
  return at ? Answer{TimestampTzGetDatum(*at), false} : no_answer;
}

/// What a selector picks, and a clock: both kept while the arguments are the same.
struct Timed {
  explicit Timed(std::pmr::memory_resource* memory) : picks(memory) {}
  Resolved<PickedTypes> picks;
  pg::Remembered<LocalClock> clock;

  LocalClock& clock_of(std::string_view zone) {
    return clock.get(pg::as_bytes(zone),
                     [&] { return pg::clock_in(pg::time_zone_named(std::string(zone))); });
  }
};

/// A function of a journey, a selector and, at `zone_argument`, a time zone.
template <class Ask>
Datum asked_by_clock(FunctionCallInfo fcinfo, int zone_argument, Ask ask) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  const ByteView selector = pg::detoast(PG_GETARG_DATUM(1));
  const std::string_view zone = pg::text_view(PG_GETARG_DATUM(zone_argument));
  return pg::returned(fcinfo, guarded([&]() -> Answer {
                        Timed& kept = pg::kept<Timed>(fcinfo);
                        const PickedTypes& picks = picked_by(kept.picks, selector);
                        LocalClock& clock = kept.clock_of(zone);
                        const Journey journey(bytes);
                        return ask(journey, PickedCodes(journey, picks), clock);
                      }));
}

/// A function of a journey, a selector and the names of event types: a part of them, or the
/// property that is the third argument.
struct Named {
  explicit Named(std::pmr::memory_resource* memory) : picks(memory), names(memory) {}
  Resolved<PickedTypes> picks;
  Resolved<TypeNames> names;
};

template <class Ask>
Datum asked_by_name(FunctionCallInfo fcinfo, NamePart part, Ask ask) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  const ByteView selector = pg::detoast(PG_GETARG_DATUM(1));
  const ByteView property =
      part == NamePart::property ? pg::detoast(PG_GETARG_DATUM(2)) : ByteView();
  return pg::returned(fcinfo, guarded([&]() -> Answer {
                        Named& kept = pg::kept<Named>(fcinfo);
                        const PickedTypes& picks = picked_by(kept.picks, selector);
                        const TypeNames& names = kept.names.get(property, [&] {
                          return dictionary_names(part, pg::as_text(property));
                        });
                        const Journey journey(bytes);
                        return ask(journey, PickedCodes(journey, picks), names);
                      }));
}

Datum most_frequent(FunctionCallInfo fcinfo, NamePart part) {
  return asked_by_name(fcinfo, part,
                       [](const Journey& j, const PickedCodes& picked, const TypeNames& names) {
                         const int32_t top = top_name(j, picked, names);
                         if (top == TypeNames::none) return no_answer;
                         return Answer{pg::make_text(names.names[static_cast<size_t>(top)]), false};
                       });
}

Answer share(uint64_t part, uint64_t whole) {
  if (whole == 0) return no_answer;
  return {Float8GetDatum(static_cast<double>(part) / static_cast<double>(whole)), false};
}

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_first_at_selector) {
  return asked(fcinfo, [](const Journey& j, const PickedCodes& picked) {
    return time_or_null(first_picked(j, picked));
  });
}

CLIENTELE_FUNCTION(clientele_last_at_selector) {
  return asked(fcinfo, [](const Journey& j, const PickedCodes& picked) {
    return time_or_null(last_picked(j, picked));
  });
}

CLIENTELE_FUNCTION(clientele_amount_sum) {
  return asked(fcinfo, [](const Journey& j, const PickedCodes& picked) {
    const auto sum = sum_amounts(j, picked);
    if (!sum) return no_answer;
    return Answer{pg::call_pg([&] { return pg::numeric_of_sum(*sum); }), false};
  });
}

CLIENTELE_FUNCTION(clientele_top_item) {
  return asked(fcinfo, [](const Journey& j, const PickedCodes& picked) {
    const auto item = top_item(j, picked);
    return item ? Answer{Int64GetDatum(*item), false} : no_answer;
  });
}

CLIENTELE_FUNCTION(clientele_day_count) {
  return asked_by_clock(fcinfo, 2, [](const Journey& j, const PickedCodes& picked, LocalClock& c) {
    return Answer{Int32GetDatum(static_cast<int32_t>(count_days(j, picked, c))), false};
  });
}

CLIENTELE_FUNCTION(clientele_usual_hour) {
  return asked_by_clock(fcinfo, 2, [](const Journey& j, const PickedCodes& picked, LocalClock& c) {
    const int hour = WeekClock(j, picked, c).usual_hour();
    return hour < 0 ? no_answer : Answer{Int32GetDatum(hour), false};
  });
}

CLIENTELE_FUNCTION(clientele_usual_weekday) {
  return asked_by_clock(fcinfo, 2, [](const Journey& j, const PickedCodes& picked, LocalClock& c) {
    const int weekday = WeekClock(j, picked, c).usual_weekday();
    return weekday < 0 ? no_answer : Answer{Int32GetDatum(weekday + 1), false};
  });
}

CLIENTELE_FUNCTION(clientele_hour_share) {
  const int32_t since = PG_GETARG_INT32(2), until = PG_GETARG_INT32(3);
  return asked_by_clock(fcinfo, 4, [&](const Journey& j, const PickedCodes& picked, LocalClock& c) {
    if (since < 0 || since > 23 || until < 0 || until > 24)
      throw Error(
          sqlstate::invalid_parameter,
          "hours from " + std::to_string(since) + " to " + std::to_string(until) + " do not exist",
          "since is from 0 to 23, until from 0 to 24; 22 to 5 is a night.");
    const WeekClock week(j, picked, c);
    const int length = (until - since + WeekClock::hours - 1) % WeekClock::hours + 1;
    uint64_t n = 0;
    for (int i = 0; i < length; ++i) n += week.at_hour((since + i) % WeekClock::hours);
    return share(n, week.total());
  });
}

CLIENTELE_FUNCTION(clientele_weekday_share) {
  const Datum wanted = PG_GETARG_DATUM(2);
  return asked_by_clock(fcinfo, 3, [&](const Journey& j, const PickedCodes& picked, LocalClock& c) {
    struct Days {
      Datum* values;
      bool* nulls;
      int count;
    };
    const Days days = pg::call_pg([&] {
      Days d{};
      deconstruct_array(DatumGetArrayTypeP(wanted), INT4OID, sizeof(int32), true, TYPALIGN_INT,
                        &d.values, &d.nulls, &d.count);
      return d;
    });
    bool counts[WeekClock::weekdays] = {};
    for (int i = 0; i < days.count; ++i) {
      const int32_t weekday = days.nulls[i] ? 0 : DatumGetInt32(days.values[i]);
      if (weekday < 1 || weekday > WeekClock::weekdays)
        throw Error(
            sqlstate::invalid_parameter,
            "weekday " + (days.nulls[i] ? "NULL" : std::to_string(weekday)) + " does not exist",
            "Weekdays are from 1, Monday, to 7, Sunday.");
      counts[weekday - 1] = true;
    }
    const WeekClock week(j, picked, c);
    uint64_t n = 0;
    for (int d = 0; d < WeekClock::weekdays; ++d)
      if (counts[d]) n += week.on_weekday(d);
    return share(n, week.total());
  });
}

CLIENTELE_FUNCTION(clientele_top_event) { return most_frequent(fcinfo, NamePart::event); }
CLIENTELE_FUNCTION(clientele_top_channel) { return most_frequent(fcinfo, NamePart::channel); }
CLIENTELE_FUNCTION(clientele_top_property) { return most_frequent(fcinfo, NamePart::property); }

CLIENTELE_FUNCTION(clientele_channels) {
  return asked_by_name(fcinfo, NamePart::channel,
                       [](const Journey& j, const PickedCodes& picked, const TypeNames& names) {
                         std::vector<std::string_view> texts;
                         for (const int32_t name : names_in_order(j, picked, names))
                           texts.push_back(names.names[static_cast<size_t>(name)]);
                         return Answer{pg::make_text_array(texts), false};
                       });
}
