// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "base/local_clock.hpp"
#include "journey/journey.hpp"
#include "lifecycle/definition.hpp"

namespace clientele {

/// The event types that a selector picks, ascending; none: every event.
using PickedTypeIds = std::optional<std::vector<int32_t>>;

/// The stages of one customer as time goes on: events come in the order of their times. Stages
/// count from 1 in the order of the definition, and 0 is none.
class StageClock {
 public:
  /// One list of types for each stage. The zone is the definition's, for days.
  StageClock(const LifecycleDefinition& definition, const std::vector<PickedTypeIds>& types,
             LocalClock::Look look, const void* zone);

  /// Another customer. False if no event of theirs counts.
  bool start(const Journey& journey);
  /// Whether an event of this code counts, or may.
  bool counts(uint16_t code) const { return counters_by_code_[code] != 0; }
  void event(Micros at, uint16_t code);

  /// The stage at an instant after all events so far.
  uint32_t stage(Micros at) const;
  /// When the stage may change next by the passing of time alone, after such an instant. INT64_MAX
  /// if never.
  Micros next_change(Micros at) const;

  /// The stage at an instant, which only events before it count for.
  uint32_t stage_of(const Journey& journey, Micros at);

 private:
  /// The events of one selector.
  struct Counter {
    size_t keeps = 0;    // of the times counted last
    int64_t enough = 0;  // is not counted further if no times are kept
    int64_t count = 0;
    Micros last = 0;        // event
    int64_t last_date = 0;  // counted, if days count
    std::vector<Micros> recent;

    void start();
    /// The time of the one that was counted before n - 1 others.
    Micros recent_but(int32_t n) const {
      return recent[static_cast<size_t>(count - n) % recent.size()];
    }
  };
  struct Rule {
    size_t counter;
    int32_t at_least;
    std::optional<uint64_t> within, silence;
  };

  std::vector<Rule> rules_;
  std::vector<Counter> counters_;
  std::vector<PickedTypeIds> types_;  // by counter
  bool days_;
  LocalClock clock_;
  std::vector<uint32_t> counters_by_code_;  // a bit for each counter
};

}  // namespace clientele
