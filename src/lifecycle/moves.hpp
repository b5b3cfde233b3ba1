// SPDX-License-Identifier: PostgreSQL
#pragma once
#include "lifecycle/stages.hpp"
#include "lifecycle/summary.hpp"

namespace clientele {

/// Counts the moves of customers between stages by calendar period, of a resolved definition.
class MoveCounter {
 public:
  MoveCounter(const LifecycleDefinition& definition, const std::vector<PickedTypeIds>& types,
              LocalClock::Look look, const void* zone);

  /// Counts one customer.
  void add(const Journey& journey, LifecycleSummary& summary);

 private:
  /// A beginning of a period.
  struct Boundary {
    int64_t period;
    Micros at;
  };
  Boundary first_after(Micros at);
  void enter(Micros at);
  void pass(Micros at, LifecycleSummary& summary);
  void count(int64_t period, uint32_t stage, LifecycleSummary& summary);

  StageClock stages_;
  Periods periods_;
  Micros until_;
  int64_t first_, last_;  // periods that are shown

  // Of the customer: since the beginning of period_ the stage is stage_, and at next_ it is looked
  // at again. Events from since_ on do not bring that forward.
  bool started_ = false;
  int64_t period_ = 0;
  uint32_t stage_ = 0;
  Boundary next_{};
  Micros since_ = 0;
};

}  // namespace clientele
