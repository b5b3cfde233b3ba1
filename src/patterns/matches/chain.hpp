// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/poll.hpp"
#include "patterns/matches/event_classes.hpp"
#include "patterns/matches/found.hpp"

namespace clientele {

/// A pattern that takes a fixed number of events, each of one set, as most patterns do. Then the
/// earliest event that leads to a match is also the one that leads to the earliest end.
struct EventChain {
  static constexpr size_t max_length = 64;

  struct Link {
    uint32_t set = 0;
    GapLimits gap;  // to the next event; without one it is direct, within any time
  };
  struct Group {
    uint32_t first = 0, count = 0;  // events of the chain; none: it takes no part
  };
  std::vector<Link> links;
  std::vector<Group> groups;
  bool at_begin = false, at_end = false;
  bool waits = false;  // a gap passes over events and has a lower limit

  /// None if the pattern is not like that.
  static std::optional<EventChain> of(const PatternProgram& program);
};

/// Finds the matches of a chain in one pass from right to left.
class ChainSearch {
 public:
  ChainSearch(EventChain chain, const PatternProgram& program, const EventClasses& classes);

  bool finds(Wanted wanted) const {
    return wanted != Wanted::groups || groups_.empty() ||
           (!chain_.waits && chain_.links.size() <= max_with_groups);
  }
  /// Adds what is found.
  void find(const ClassedEvents& events, Wanted wanted, FoundMatches& found);

 private:
  static constexpr uint32_t none = ~uint32_t{0};
  static constexpr size_t max_with_groups = 16;

  /// An event from which the rest of the chain can be completed, and where that ends at the
  /// earliest.
  struct Head {
    uint32_t event = none, end = none;
  };
  struct Start {
    uint32_t first, last;
  };
  using Places = std::array<uint32_t, max_with_groups>;

  template <bool with_places>
  bool pass(const ClassedEvents& events, bool any);
  Head next_of(size_t link, uint32_t event, const ClassedEvents& events);

  const EventChain chain_;
  const EventClasses& classes_;
  const std::vector<EventChain::Group> groups_;
  const uint64_t within_;

  std::vector<uint64_t> links_of_class_;
  std::array<Head, EventChain::max_length> heads_;             // the leftmost so far, by link
  std::array<std::vector<Head>, EventChain::max_length> all_;  // from right to left, where needed
  std::array<size_t, EventChain::max_length> far_;  // of all_, those far enough from the event
  std::array<Places, max_with_groups> places_;      // of the chain that begins with the head
  std::vector<Start> starts_;                       // from right to left
  std::vector<Places> start_places_;
  Work work_;
};

}  // namespace clientele
