// SPDX-License-Identifier: PostgreSQL
#include "lifecycle/stages.hpp"

#include <algorithm>
#include <bit>

namespace clientele {
namespace {

static_assert(max_stages <= 32);

int64_t date_of(Micros local) { return local / day - (local % day < 0); }

/// `at` and a length later, or never.
Micros later(Micros at, uint64_t length) {
  Micros found = 0;
  return __builtin_add_overflow(at, static_cast<int64_t>(length), &found) ? INT64_MAX : found;
}

}  // namespace

StageClock::StageClock(const LifecycleDefinition& definition,
                       const std::vector<PickedTypeIds>& types, LocalClock::Look look,
                       const void* zone)
    : days_(definition.days), clock_(look, zone) {
  for (size_t s = 0; s < definition.stages.size(); ++s) {
    const Stage& stage = definition.stages[s];
    const auto same = std::ranges::find(types_, types[s]);
    const auto counter = static_cast<size_t>(same - types_.begin());
    if (same == types_.end()) {
      types_.push_back(types[s]);
      counters_.emplace_back();
    }
    Counter& c = counters_[counter];
    c.enough = std::max<int64_t>(c.enough, stage.at_least);
    if (stage.within) c.keeps = std::max(c.keeps, static_cast<size_t>(stage.at_least));
    rules_.push_back({counter, stage.at_least, stage.within, stage.silence});
  }
}

void StageClock::Counter::start() {
  count = 0;
  recent.resize(keeps);
}

bool StageClock::start(const Journey& journey) {
  for (Counter& counter : counters_) counter.start();
  const std::span<const int32_t> types = journey.types();
  counters_by_code_.assign(journey.code_limit(), 0);
  bool any = false;
  for (size_t k = 0; k < types_.size(); ++k)
    for (size_t c = 0; c < types.size(); ++c)
      if (!types_[k] || std::ranges::binary_search(*types_[k], types[c])) {
        counters_by_code_[c] |= uint32_t{1} << k;
        any = true;
      }
  return any;
}

void StageClock::event(Micros at, uint16_t code) {
  for (uint32_t left = counters_by_code_[code]; left != 0; left &= left - 1) {
    Counter& counter = counters_[static_cast<size_t>(std::countr_zero(left))];
    counter.last = at;
    if (counter.count >= counter.enough && counter.keeps == 0) continue;
    if (days_) {
      // A clock that is set back over midnight shows a date again.
      const int64_t date = date_of(clock_.local(at));
      if (counter.count > 0 && date <= counter.last_date) continue;
      counter.last_date = date;
    }
    if (counter.keeps > 0) counter.recent[static_cast<size_t>(counter.count) % counter.keeps] = at;
    ++counter.count;
  }
}

uint32_t StageClock::stage(Micros at) const {
  for (size_t s = rules_.size(); s > 0; --s) {
    const Rule& rule = rules_[s - 1];
    const Counter& counter = counters_[rule.counter];
    if (counter.count < rule.at_least) continue;
    if (rule.within && elapsed(counter.recent_but(rule.at_least), at) > *rule.within) continue;
    if (rule.silence && elapsed(counter.last, at) < *rule.silence) continue;
    return static_cast<uint32_t>(s);
  }
  return 0;
}

Micros StageClock::next_change(Micros at) const {
  Micros next = INT64_MAX;
  for (const Rule& rule : rules_) {
    const Counter& counter = counters_[rule.counter];
    if (counter.count < rule.at_least) continue;
    if (rule.within) {
      const Micros over = later(counter.recent_but(rule.at_least), *rule.within);
      if (over >= at && over < INT64_MAX) next = std::min(next, over + 1);
    }
    if (rule.silence) {
      const Micros silent = later(counter.last, *rule.silence);
      if (silent > at) next = std::min(next, silent);
    }
  }
  return next;
}

uint32_t StageClock::stage_of(const Journey& journey, Micros at) {
  if (!start(journey)) return 0;
  Micros times[Journey::block];
  uint16_t code[Journey::block];
  Journey::Scan scan(journey);
  while (const size_t n = scan.next()) {
    if (scan.begin() % (64 * Journey::block) == 0) poll();
    scan.times(times);
    scan.codes(code);
    for (size_t i = 0; i < n; ++i) {
      if (times[i] >= at) return stage(at);
      if (counts(code[i])) event(times[i], code[i]);
    }
  }
  return stage(at);
}

}  // namespace clientele
