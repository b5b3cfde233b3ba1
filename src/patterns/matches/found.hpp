// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "base/calendar.hpp"

namespace clientele {

/// The events of one customer, or of one session, in order: times and classes.
struct ClassedEvents {
  std::span<const Micros> at;
  std::span<const uint32_t> cls;

  size_t size() const { return at.size(); }
  ClassedEvents part(size_t begin, size_t end) const {
    return {at.subspan(begin, end - begin), cls.subspan(begin, end - begin)};
  }
};

/// Events by position: the first and the last that were taken, and how many.
struct TakenEvents {
  uint32_t first = 0, last = 0, count = 0;
};

/// What is asked for: whether there is a match, all matches, or these with their groups.
enum class Wanted : uint8_t { any, matches, groups };

/// Matches in order. With Wanted::any one of them, if there is any.
struct FoundMatches {
  std::vector<TakenEvents> matches;
  std::vector<TakenEvents> groups;  // for each match all groups, if they are wanted; 0 if none

  void clear() { matches.clear(), groups.clear(); }
  /// What is found from now on stands `by` places further on, from the match `from`.
  void shift(size_t from, size_t groups_from, uint32_t by) {
    for (size_t i = from; i < matches.size(); ++i) matches[i].first += by, matches[i].last += by;
    for (size_t i = groups_from; i < groups.size(); ++i)
      groups[i].first += by, groups[i].last += by;
  }
};

}  // namespace clientele
