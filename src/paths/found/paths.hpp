// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "base/calendar.hpp"
#include "base/poll.hpp"
#include "paths/found/definition.hpp"

namespace clientele {

/// What an event means to a question about paths; events refer to it by number.
struct PathKind {
  uint32_t label = 0;  // kinds with equal names share one
  bool kept = true;
  bool starts = false;
  bool ends = false;
};

/// The events of one customer, both columns equally long: in time order, ties in that of the kinds.
template <class Code>
struct PathEvents {
  std::span<const Micros> at;
  std::span<const Code> kind;
  size_t size() const { return at.size(); }
};

struct PathNode {
  Micros at = 0;
  uint32_t label = 0;
};

/// One path; valid until the next is looked for, and never empty.
struct FoundPath {
  std::span<const PathNode> nodes;
  Micros began_at = 0;  // before it is turned around and cut
  bool cut = false;     // it goes on after the last node
};

/// Finds the paths of customer after customer, keeping its buffer. A session (all events,
/// without a gap) makes at most one path: of the events that are kept, from the first start event
/// to the first end event after that, runs of one label collapsed, turned around, and cut to
/// length, in this order.
class PathFinder {
 public:
  explicit PathFinder(const PathDefinition& definition)
      : gap_(definition.session_gap.value_or(~uint64_t{0})),
        length_(static_cast<size_t>(definition.max_length.value_or(INT64_MAX))),
        has_start_(definition.start_at.has_value()),
        has_end_(definition.end_at.has_value()),
        collapse_(definition.collapse),
        reverse_(definition.reverse) {}

  /// Calls `use(const FoundPath&)` for each path, in time order, until it returns false.
  template <class Code, class Use>
  void each(const PathEvents<Code>& events, std::span<const PathKind> kinds, Use use) {
    for (size_t begin = 0; begin < events.size();) {
      const size_t end = session_end(events.at, begin);
      if (find(events, kinds, begin, end) && !use(static_cast<const FoundPath&>(found_))) return;
      begin = end;
    }
  }

 private:
  size_t session_end(std::span<const Micros> at, size_t begin) const;
  template <class Code>
  bool find(const PathEvents<Code>& events, std::span<const PathKind> kinds, size_t begin,
            size_t end);

  uint64_t gap_;
  size_t length_;
  bool has_start_, has_end_, collapse_, reverse_;
  std::vector<PathNode> path_;
  FoundPath found_;
};

}  // namespace clientele
