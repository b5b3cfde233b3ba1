// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "base/calendar.hpp"
#include "funnel/search/modes.hpp"

namespace clientele {

inline constexpr uint64_t no_limit = ~uint64_t{0};

/// More than any question needs, and few enough that steps times steps is little.
inline constexpr size_t max_funnel_steps = 1000;
inline constexpr size_t max_funnel_exclusions = 1000;

/// "No such event strictly between step `from` and step `to` of the chain." Steps count from 1.
/// Which events those are is the same for many exclusions: `trigger` numbers it from 0.
struct Exclusion {
  int from = 0;
  int to = 0;
  int trigger = 0;
};

/// What one kind of event means to a funnel: the steps it can serve (ascending, from 1) and the
/// triggers of exclusions that it is (ascending).
struct EventClass {
  std::vector<int> steps;
  std::vector<int> exclusions;
  friend bool operator==(const EventClass&, const EventClass&) = default;
};

/// After how many events of a chain an event of a class may stand without being one of them. Before
/// the first and after the last it always may.
struct HarmlessGaps {
  int from = 1;
  int to = std::numeric_limits<int>::max();
  static constexpr HarmlessGaps nowhere() { return {std::numeric_limits<int>::max(), 0}; }
  /// Is there one of `before` to `after`?
  bool reach(int before, int after) const { return std::max(before, from) <= std::min(after, to); }
};

/// A funnel's definition with its selectors resolved. Class 0 is an event that means nothing.
struct FunnelQuestion : StepModes {
  int steps = 0;
  uint64_t within = no_limit;
  std::vector<uint64_t> step_windows;  // empty, or steps - 1 lengths; no_limit where there is none
  std::vector<Exclusion> exclusions;
  int triggers = 0;
  std::vector<EventClass> classes{EventClass{}};
  std::vector<HarmlessGaps> gaps;  // by class; empty: anything may stand between two steps
  std::vector<std::vector<uint32_t>> parts;  // by class: what `shared` makes of an event; see split
  bool same_item = false;
  bool natural_day = false;

  /// Finds the class for these steps and exclusions, or adds it.
  uint32_t class_of(const EventClass& wanted);
  /// With `shared`, gives each class that can serve several steps its parts, one for each step.
  void split_shared();
  /// Whether a mode says what may stand between two steps.
  bool has_gaps() const {
    return order == StepOrder::strict || strict_order || strict_deduplication;
  }
  /// strict and strict_order need every event, as each may stand between two steps; the others only
  /// what counts.
  bool needs_all_events() const { return order == StepOrder::strict || strict_order; }
};

/// An event as the funnel sees it. `item` numbers the distinct items from 1; 0 is none.
struct Hit {
  Micros at = 0;
  uint32_t cls = 0;
  uint32_t item = 0;
};

/// Where the calendar day of an instant ends (exclusive): the next local midnight of a time zone.
struct DayEnd {
  Micros (*function)(const void* zone, Micros at) = nullptr;
  const void* zone = nullptr;
  Micros operator()(Micros at) const { return function(zone, at); }
};

/// A part of a customer's hits to which one search applies: all of them, or those about one item.
/// `index` leads from a hit of the part to its place in `all`, whose exclusions count for every
/// part.
struct FunnelPart {
  std::span<const Hit> hits;
  std::span<const uint32_t> index;  // empty: the part is all
};

/// All events of a customer in time order with the step each serves: what a funnel without further
/// rules needs to know. FunnelSolver::step_of() gives the steps.
struct Timeline {
  std::span<const Micros> at;
  const uint16_t* step;
};

/// The chain found by a search: its times, as many as its depth.
using Chain = std::vector<Micros>;

class ChainSearch;
class PlainSearch;
class AnySearch;

/// Answers one question for customer after customer, keeping its buffers. The depth is the largest
/// number of steps that one chain of distinct events serves, the times are those of the
/// lexicographically smallest such chain.
class FunnelSolver {
 public:
  explicit FunnelSolver(const FunnelQuestion& question);
  ~FunnelSolver();
  FunnelSolver(const FunnelSolver&) = delete;
  FunnelSolver& operator=(const FunnelSolver&) = delete;

  /// `hits` in time order, ties in any order.
  int depth(std::span<const Hit> hits, DayEnd day_end = {});
  /// Valid until the next call.
  const Chain& times(std::span<const Hit> hits, DayEnd day_end = {});

  /// The shorter way for a question without further rules: is this one, which step does a class
  /// serve, and the same two answers.
  bool takes_timeline() const {
    return plain_ && !question_.natural_day && question_.parts.empty();
  }
  uint16_t step_of(uint32_t cls) const;
  int depth(const Timeline& timeline);
  const Chain& times(const Timeline& timeline);

 private:
  void search(std::span<const Hit> hits, DayEnd day_end);
  void search_day(std::span<const Hit> hits);
  void search_part(std::span<const Hit> all, const FunnelPart& part);
  void search_item(std::span<const Hit> all,
                   std::span<const std::pair<uint32_t, uint32_t>> of_item);
  void search_ordered(std::span<const Hit> all, const FunnelPart& part);
  void smallest_chain(std::span<const Hit> all, const FunnelPart& part, int depth);
  ChainSearch& made(std::vector<std::unique_ptr<ChainSearch>>& searches, int depth,
                    FunnelQuestion (*make)(const FunnelQuestion&, int));
  void offer(int depth, const Chain& chain);

  const FunnelQuestion& question_;
  std::unique_ptr<PlainSearch> plain_;
  std::vector<Micros> plain_at_;
  std::vector<uint16_t> plain_step_;
  std::unique_ptr<ChainSearch> forward_;
  std::vector<std::unique_ptr<ChainSearch>> exact_, backward_;  // by depth, made when first needed
  size_t made_weight_ = 0;
  std::unique_ptr<AnySearch> any_;
  bool want_times_ = false;
  std::vector<Hit> turned_all_, turned_part_, part_hits_;
  std::vector<uint32_t> turned_index_, part_index_, instant_;
  std::vector<Micros> blocked_, turned_blocked_;
  Chain chain_, best_;
  int best_depth_ = 0;
};

}  // namespace clientele
