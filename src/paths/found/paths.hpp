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
struct EventKind {
  uint64_t rank = 0;   // the order of equal times: (channel, event, properties) COLLATE "C"
  uint32_t label = 0;  // kinds with equal names share one
  bool starts = false;
  bool ends = false;
};

/// The events of one customer in time order, both columns equally long.
struct PathEvents {
  std::vector<Micros> at;
  std::vector<uint32_t> kind;

  size_t size() const { return at.size(); }
  void resize(size_t n) { at.resize(n), kind.resize(n); }
  /// Puts events of equal time in the order of their ranks.
  void order_ties(std::span<const EventKind> kinds);
};

struct PathNode {
  Micros at = 0;
  uint32_t label = 0;
};

/// Finds the paths of customer after customer, keeping its buffer. A session (all events, if there
/// is no gap) makes at most one path: from its first start event to the first end event after
/// that, runs of one label collapsed, turned around, and cut to length, in this order.
class PathFinder {
 public:
  explicit PathFinder(const PathDefinition& definition)
      : gap_(definition.session_gap.value_or(~uint64_t{0})),
        length_(static_cast<size_t>(definition.max_length.value_or(INT64_MAX))),
        has_start_(definition.start_at.has_value()),
        has_end_(definition.end_at.has_value()),
        collapse_(definition.collapse),
        reverse_(definition.reverse) {}

  /// Calls `use(path, began_at)` for each path, in time order, until it returns false. The path is
  /// never empty and valid during the call only. Ties must be in order.
  template <class Use>
  void each(const PathEvents& events, std::span<const EventKind> kinds, Use use) {
    for (size_t begin = 0; begin < events.size();) {
      const size_t end = session_end(events, begin);
      if (find(events, kinds, begin, end) && !use(std::span<const PathNode>(path_), began_at_))
        return;
      begin = end;
    }
  }

 private:
  size_t session_end(const PathEvents& events, size_t begin) const;
  bool find(const PathEvents& events, std::span<const EventKind> kinds, size_t begin, size_t end);

  uint64_t gap_;
  size_t length_;
  bool has_start_, has_end_, collapse_, reverse_;
  std::vector<PathNode> path_;
  Micros began_at_ = 0;
};

}  // namespace clientele
