// SPDX-License-Identifier: PostgreSQL
// A path_def and the dictionary together: what an event type means to the question.
#pragma once
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <span>
#include <vector>

#include "journey/asked_pg.hpp"
#include "journey/kinds_pg.hpp"
#include "journey/ordered.hpp"
#include "paths/found/paths.hpp"
#include "pg/expanded.hpp"

namespace clientele {

/// Made once per query; see AskedQuestions. C++ regime.
class PathQuestion {
 public:
  explicit PathQuestion(std::span<const uint8_t> definition);

  const PathDefinition& definition() const { return definition_; }
  const Vocabulary& vocabulary() const { return names_.vocabulary(); }
  PathFinder& finder() { return finder_; }
  /// Finds paths before they are turned around and cut.
  PathFinder& whole_finder() { return whole_finder_; }

  /// Unpacks a journey, ties in order. Valid until the next call.
  PathEvents<uint16_t> events_of(const Journey& journey);
  /// By position in the types of the journey unpacked last.
  std::span<const PathKind> kinds() const { return kinds_; }

 private:
  PathDefinition definition_;
  PathFinder finder_, whole_finder_;
  EventKinds names_;
  std::vector<int32_t> starts_, ends_, kept_;

  OrderedEvents ordered_;
  std::vector<PathKind> kinds_;
  std::vector<uint64_t> ranks_;
};

using KeptQuestions = AskedQuestions<PathQuestion>;

/// The transition function of an aggregate (state, journey, path_def) over customers.
template <class Summary>
Datum count_paths(FunctionCallInfo fcinfo, PathFinder& (PathQuestion::*finder)()) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  if (PG_ARGISNULL(1) || PG_ARGISNULL(2)) return pg::unchanged_state(fcinfo);
  const pg::ByteView bytes = pg::detoast(PG_GETARG_DATUM(1));
  const pg::ByteView definition = pg::detoast(PG_GETARG_DATUM(2));
  return pg::guarded([&] {
    PathQuestion& question = pg::kept<KeptQuestions>(fcinfo).get(definition);
    auto* const state = pg::state_to_change<Summary>(fcinfo, context);
    const PathEvents<uint16_t> events = question.events_of(Journey(bytes));
    state->value.add(definition, (question.*finder)(), events, question.kinds(),
                     question.vocabulary());
    return state->datum();
  });
}

}  // namespace clientele
