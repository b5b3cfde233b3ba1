// SPDX-License-Identifier: PostgreSQL
// journey_matches, journey_match_count and journey_match_times of one journey.
#include "base/poll.hpp"
#include "patterns/matches/question_pg.hpp"
#include "pg/memory.hpp"

namespace clientele {
namespace {

using pg::ByteView;
using pg::guarded;

/// The rows of one match: the whole, then its groups.
void put_match(const pg::RowSink& rows, int32_t number, std::span<const Micros> at,
               const TakenEvents& match, std::span<const TakenEvents> groups,
               std::span<const Datum> names) {
  for (size_t k = 0; k <= groups.size(); ++k) {
    const TakenEvents& taken = k == 0 ? match : groups[k - 1];
    const bool none = taken.count == 0;
    Datum values[] = {Int32GetDatum(number), k == 0 ? Datum{} : names[k - 1],
                      none ? Datum{} : TimestampTzGetDatum(at[taken.first]),
                      none ? Datum{} : TimestampTzGetDatum(at[taken.last]),
                      Int32GetDatum(static_cast<int32_t>(taken.count))};
    bool nulls[] = {false, k == 0, none, none, false};
    rows.put(values, nulls);
  }
}

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_journey_matches) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  const ByteView pattern = pg::detoast(PG_GETARG_DATUM(1));
  return guarded([&] {
    PatternQuestion& question = pg::kept<AskedPatterns>(fcinfo).get(pattern);
    return BoolGetDatum(!question.find(Journey(bytes), Wanted::any).matches.empty());
  });
}

CLIENTELE_FUNCTION(clientele_journey_match_count) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  const ByteView pattern = pg::detoast(PG_GETARG_DATUM(1));
  return guarded([&] {
    PatternQuestion& question = pg::kept<AskedPatterns>(fcinfo).get(pattern);
    const FoundMatches& found = question.find(Journey(bytes), Wanted::matches);
    return Int32GetDatum(static_cast<int32_t>(found.matches.size()));
  });
}

CLIENTELE_FUNCTION(clientele_journey_match_times) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  const ByteView pattern = pg::detoast(PG_GETARG_DATUM(1));
  const pg::RowSink rows(fcinfo);
  return guarded([&] {
    PatternQuestion& question = pg::kept<AskedPatterns>(fcinfo).get(pattern);
    std::vector<Datum> names;
    for (const std::string& name : question.groups()) names.push_back(pg::make_text(name));
    const FoundMatches& found = question.find(Journey(bytes), Wanted::groups);
    const size_t groups = names.size();
    for (size_t begin = 0; begin < found.matches.size(); begin += 256) {
      poll();
      const size_t end = std::min(begin + 256, found.matches.size());
      pg::call_pg([&] {
        for (size_t i = begin; i < end; ++i)
          put_match(rows, static_cast<int32_t>(i + 1), question.times(), found.matches[i],
                    {found.groups.data() + i * groups, groups}, names);
      });
    }
    return Datum{};
  });
}
