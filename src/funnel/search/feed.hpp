// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "funnel/search/funnel.hpp"
#include "journey/journey.hpp"
#include "journey/type_classes.hpp"

namespace clientele {

/// The packed door: turns a journey into the hits of a funnel. Buffers are kept from call to call.
class JourneyFeed {
 public:
  /// Fills classes[type] and question.classes from the event types of each step and trigger.
  static TypeClasses classify(FunnelQuestion& question,
                              std::span<const std::vector<int32_t>> step_types,
                              std::span<const std::vector<int32_t>> trigger_types);

  std::span<const Hit> hits(const Journey& journey, const FunnelQuestion& question,
                            const TypeClasses& classes);

  /// The same for a solver that takes a timeline; empty if no event serves a step.
  Timeline timeline(const Journey& journey, const FunnelSolver& solver, const TypeClasses& classes);

 private:
  std::span<const Hit> read_with_items(const Journey& journey, const FunnelQuestion& question,
                                       const TypeClasses& classes);

  /// What `shared` makes of them.
  std::span<const Hit> with_parts(std::span<const Hit> hits, const FunnelQuestion& question);

  std::vector<Hit> parts_;
  std::vector<Hit> hits_;  // only grows; what counts is in the span returned
  std::vector<uint32_t> class_of_code_;
  std::vector<Micros> at_;  // grows only, like hits_
  std::vector<uint16_t> step_, step_of_code_;
  EventList events_;
  std::vector<int64_t> items_;
};

}  // namespace clientele
