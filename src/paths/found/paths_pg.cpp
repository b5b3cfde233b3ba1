// SPDX-License-Identifier: PostgreSQL
// journey_path and journey_paths on packed journeys, and the aggregate journey_path on rows.
#include "base/poll.hpp"
#include "paths/found/question_pg.hpp"
#include "paths/found/raw.hpp"
#include "pg/collected.hpp"

namespace clientele {
namespace {

using pg::ByteView;
using pg::guarded;

using RawState = pg::Collected<RawPath, 0x6874615077615274>;

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_journey_path) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  const ByteView definition = pg::detoast(PG_GETARG_DATUM(1));
  return pg::returned(
      fcinfo, guarded([&] {
        PathQuestion& question = pg::kept<KeptQuestions>(fcinfo).get(definition);
        const PathEvents<uint16_t> events = question.events_of(Journey(bytes));
        std::vector<std::string_view> names;
        bool found = false;
        question.finder().each(events, question.kinds(), [&](const FoundPath& path) {
          for (const PathNode& node : path.nodes)
            names.push_back(question.vocabulary().labels[node.label]);
          found = true;
          return false;
        });
        return found ? pg::Answer{pg::make_text_array(names), false} : pg::Answer{Datum{}, true};
      }));
}

CLIENTELE_FUNCTION(clientele_journey_paths) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  const ByteView definition = pg::detoast(PG_GETARG_DATUM(1));
  const pg::RowSink rows(fcinfo);
  return guarded([&] {
    PathQuestion& question = pg::kept<KeptQuestions>(fcinfo).get(definition);
    const PathEvents<uint16_t> events = question.events_of(Journey(bytes));
    std::vector<std::string_view> names;
    int32_t number = 0;
    // The rows are copied: what was made for one goes before the next.
    const MemoryContext outer = CurrentMemoryContext;
    const MemoryContext scratch = pg::call_pg([] {
      return AllocSetContextCreate(CurrentMemoryContext, "paths", ALLOCSET_DEFAULT_SIZES);
    });
    question.finder().each(events, question.kinds(), [&](const FoundPath& path) {
      names.clear();
      for (const PathNode& node : path.nodes)
        names.push_back(question.vocabulary().labels[node.label]);
      MemoryContextSwitchTo(scratch);
      Datum values[] = {Int32GetDatum(++number), TimestampTzGetDatum(path.began_at),
                        pg::make_text_array(names)};
      bool nulls[] = {false, false, false};
      pg::call_pg([&] { rows.put(values, nulls); });
      MemoryContextSwitchTo(outer);
      MemoryContextReset(scratch);
      return true;
    });
    return Datum{};
  });
}

CLIENTELE_FUNCTION(clientele_raw_path_row) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  RawState* state = pg::collected_argument<RawState>(fcinfo, 0);
  if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || (PG_NARGS() > 3 && PG_ARGISNULL(3)))
    return pg::unchanged_state(fcinfo);
  const TimestampTz at = PG_GETARG_TIMESTAMPTZ(1);
  const std::string_view event = pg::text_view(PG_GETARG_DATUM(2));
  const ByteView definition = PG_NARGS() > 3 ? pg::detoast(PG_GETARG_DATUM(3)) : ByteView();
  return guarded([&] {
    if (state == nullptr) state = pg::new_collected<RawState>(context);
    if (PG_NARGS() > 3) {
      state->value.define(definition);
    } else {
      Bytes everything;
      PathDefinition().write(everything);
      state->value.define(everything);
    }
    state->value.add(pg::finite_time(at), event);
    return PointerGetDatum(state);
  });
}

CLIENTELE_FUNCTION(clientele_raw_path_combine) { return pg::combine_collected<RawState>(fcinfo); }

CLIENTELE_FUNCTION(clientele_raw_path_serialize) {
  return pg::serialize_collected<RawState>(fcinfo);
}

CLIENTELE_FUNCTION(clientele_raw_path_deserialize) {
  return pg::deserialize_collected<RawState>(fcinfo);
}

CLIENTELE_FUNCTION(clientele_raw_path_final) {
  const RawState* state = pg::collected_argument<RawState>(fcinfo, 0);
  if (state == nullptr) PG_RETURN_NULL();
  return pg::returned(fcinfo, guarded([&] {
                        pg::Answer answer{Datum{}, true};
                        state->value.path([&](std::span<const std::string_view> names) {
                          answer = {pg::make_text_array(names), false};
                        });
                        return answer;
                      }));
}
