// SPDX-License-Identifier: PostgreSQL
#include "lifecycle/moves.hpp"

#include <algorithm>

namespace clientele {

MoveCounter::MoveCounter(const LifecycleDefinition& definition,
                         const std::vector<PickedTypeIds>& types, LocalClock::Look look,
                         const void* zone)
    : stages_(definition, types, look, zone),
      periods_(definition.period, look, zone),
      until_(definition.until.value()),
      first_(definition.since ? periods_.number(*definition.since) : INT64_MIN),
      last_(first_after(until_ - 1).period - 1) {}

/// The first period that begins after an instant. Where clocks are set back over midnight, that is
/// not always the one after the instant's.
MoveCounter::Boundary MoveCounter::first_after(Micros at) {
  int64_t period = periods_.number(at) + 1;
  Micros begin = periods_.begin(period);
  while (begin <= at && begin < end_of_time) begin = periods_.begin(++period);
  return {period, begin};
}

/// An event at this instant is to be seen from the next boundary on.
void MoveCounter::enter(Micros at) {
  next_ = first_after(at);
  since_ = at;
  if (started_) return;
  started_ = true;
  period_ = next_.period - 1;
  stage_ = 0;
}

/// The customer is in this stage at the beginning of a period, in stage_ up to then.
void MoveCounter::count(int64_t period, uint32_t stage, LifecycleSummary& summary) {
  const int64_t moved = period - 1, from = std::max(period_, first_);
  if (stage_ != 0 && from < moved) summary.stay(from, moved, stage_);
  if (moved >= first_ && (stage_ != 0 || stage != 0)) summary.move(moved, stage_, stage);
  period_ = period;
  stage_ = stage;
}

/// The boundaries up to an instant, before which all events are known.
void MoveCounter::pass(Micros at, LifecycleSummary& summary) {
  while (next_.at <= at) {
    const Micros now = next_.at;
    count(next_.period, stages_.stage(now), summary);
    const Micros change = stages_.next_change(now);
    next_ = change < end_of_time ? first_after(change - 1) : Boundary{0, INT64_MAX};
  }
}

void MoveCounter::add(const Journey& journey, LifecycleSummary& summary) {
  summary.add_customer();
  if (!stages_.start(journey)) return;
  started_ = false;
  next_.at = INT64_MAX;
  since_ = INT64_MAX;
  Micros at[Journey::block];
  uint16_t code[Journey::block];
  Journey::Scan scan(journey);
  while (const size_t n = scan.next()) {
    if (scan.begin() % (64 * Journey::block) == 0) poll();
    scan.times(at);
    scan.codes(code);
    for (size_t i = 0; i < n && at[i] < until_; ++i) {
      if (!stages_.counts(code[i])) continue;
      if (at[i] < since_ || at[i] >= next_.at) {
        pass(at[i], summary);
        enter(at[i]);
      }
      stages_.event(at[i], code[i]);
    }
    if (at[n - 1] >= until_) break;
  }
  if (!started_) return;
  pass(until_ - 1, summary);
  count(last_ + 1, stages_.stage(until_), summary);
}

}  // namespace clientele
