// SPDX-License-Identifier: PostgreSQL
#include "satisfaction/complaints/complaints.hpp"

#include "base/error.hpp"
#include "journey/dictionary_pg.hpp"
#include "pg/memory.hpp"
#include "pg/values.hpp"

extern "C" {
#include "access/xact.h"
}

namespace clientele {
namespace {

struct Picks {
  explicit Picks(std::pmr::memory_resource* memory) : complaint(memory), answer(memory) {}
  Resolved<PickedTypes> complaint, answer;
};

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_complaint_answers) {
  const pg::RowSink rows(fcinfo);
  if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2)) return Datum{};
  const pg::ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  const pg::ByteView complaint = pg::detoast(PG_GETARG_DATUM(1));
  const pg::ByteView answer = pg::detoast(PG_GETARG_DATUM(2));
  const Interval* limit = PG_ARGISNULL(3) ? nullptr : PG_GETARG_INTERVAL_P(3);
  const std::optional<Micros> since = pg::optional_time(fcinfo, 4, "since");
  const std::optional<Micros> end = pg::optional_time(fcinfo, 5, "until");
  return pg::guarded([&] {
    std::optional<uint64_t> within;
    if (limit != nullptr) within = pg::fixed_length(*limit, "within");
    const Micros until = end.value_or(GetCurrentTransactionStartTimestamp());
    Picks& picks = pg::kept<Picks>(fcinfo);
    const Journey journey(bytes);
    const std::vector<Complaint> all = complaints_of(
        journey, PickedCodes(journey, picked_by(picks.complaint, complaint)),
        PickedCodes(journey, picked_by(picks.answer, answer)), since.value_or(INT64_MIN), until);
    for (size_t begin = 0; begin < all.size(); begin += 1024) {
      poll();
      pg::call_pg([&] {
        for (size_t i = begin; i < std::min(begin + 1024, all.size()); ++i) {
          const Complaint& c = all[i];
          const bool open = !c.answered;
          const Micros to = c.answered.value_or(c.at);
          const uint64_t waited = std::min<uint64_t>(elapsed(c.at, to), INT64_MAX);
          Datum values[] = {TimestampTzGetDatum(c.at), TimestampTzGetDatum(to),
                            pg::make_interval(static_cast<int64_t>(waited)),
                            CStringGetTextDatum(name_of(state_of(c, within, until)))};
          bool nulls[] = {false, open, open, false};
          rows.put(values, nulls);
        }
      });
    }
    return Datum{};
  });
}
