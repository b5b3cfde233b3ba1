// SPDX-License-Identifier: PostgreSQL
// Sequences over raw rows: sequence_match, sequence_count and sequence_match_events.
#include "pg/collected.hpp"
#include "pg/conditions.hpp"
#include "pg/memory.hpp"
#include "pg/remembered.hpp"
#include "pg/values.hpp"
#include "sequences/matching/raw.hpp"

namespace clientele {
namespace {

using SequenceState = pg::Collected<RawSequence, 0x65636e6575716573>;

/// Patterns as they were read: all groups have the same one, as a rule.
class Patterns {
 public:
  explicit Patterns(std::pmr::memory_resource*) {}
  const SequencePattern& get(std::string_view text, size_t conditions) {
    const uint64_t count = conditions;
    const pg::ByteView arguments[] = {pg::as_bytes(text), pg::plain_bytes(count)};
    return known_.get(arguments, [&] { return SequencePattern::parse(text, conditions); });
  }

 private:
  pg::Remembered<SequencePattern> known_;
};

struct Finder {
  explicit Finder(std::pmr::memory_resource* memory) : patterns(memory) {}
  SequenceSearch& load(const RawSequence& rows) {
    sorted.load(rows, patterns.get(rows.pattern(), rows.conditions()), search);
    return search;
  }
  Patterns patterns;
  RawSequence::Sorted sorted;
  SequenceSearch search;
};

/// NULL without rows, else what `question` answers about them.
template <class Question>
Datum answer(FunctionCallInfo fcinfo, Question question) {
  const SequenceState* const state = pg::collected_argument<SequenceState>(fcinfo, 0);
  if (state == nullptr) PG_RETURN_NULL();
  return pg::guarded([&] { return question(pg::kept<Finder>(fcinfo).load(state->value)); });
}

}  // namespace
}  // namespace clientele

using namespace clientele;

// Arguments: state, pattern, at, conditions.
CLIENTELE_FUNCTION(clientele_sequence_accum) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  SequenceState* state = pg::collected_argument<SequenceState>(fcinfo, 0);
  const Conditions conditions = pg::conditions_argument(fcinfo, 3, "a sequence");
  if (PG_ARGISNULL(1))
    ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("pattern must not be NULL")));
  if (PG_ARGISNULL(2)) return pg::unchanged_state(fcinfo);
  const std::string_view pattern = pg::text_view(PG_GETARG_DATUM(1));
  const TimestampTz at = PG_GETARG_TIMESTAMPTZ(2);
  return pg::guarded([&] {
    if (state == nullptr) {
      state = pg::new_collected<SequenceState>(context);
      state->value.define(pattern, conditions.count());
      pg::kept<Patterns>(fcinfo).get(pattern, conditions.count());
    } else {
      state->value.check(pattern, conditions.count());
    }
    state->value.add(pg::finite_time(at), conditions);
    return PointerGetDatum(state);
  });
}

CLIENTELE_FUNCTION(clientele_sequence_combine) {
  return pg::combine_collected<SequenceState>(fcinfo);
}

CLIENTELE_FUNCTION(clientele_sequence_serialize) {
  return pg::serialize_collected<SequenceState>(fcinfo);
}

CLIENTELE_FUNCTION(clientele_sequence_deserialize) {
  return pg::deserialize_collected<SequenceState>(fcinfo);
}

CLIENTELE_FUNCTION(clientele_sequence_match_final) {
  return answer(fcinfo, [](SequenceSearch& search) { return BoolGetDatum(search.matches()); });
}

CLIENTELE_FUNCTION(clientele_sequence_count_final) {
  return answer(fcinfo, [](SequenceSearch& search) {
    return Int64GetDatum(static_cast<int64_t>(search.count()));
  });
}

CLIENTELE_FUNCTION(clientele_sequence_match_events_final) {
  return answer(fcinfo,
                [](SequenceSearch& search) { return pg::make_time_array(search.events()); });
}
