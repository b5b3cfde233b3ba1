// SPDX-License-Identifier: PostgreSQL
#include "funnel/steps/compiled_pg.hpp"

#include <algorithm>

#include "pg/clock.hpp"

namespace clientele {
FunnelDefinition definition_of(Datum steps, const Interval* within) {
  FunnelDefinition definition;
  definition.steps = pg::text_elements(steps, "steps");
  if (within != nullptr) definition.within = pg::fixed_length(*within, "within");
  definition.check();
  return definition;
}

namespace {

Micros next_midnight(const void* days, Micros at) {
  auto& periods = *static_cast<Periods*>(const_cast<void*>(days));
  return std::max(periods.end(periods.number(at)), at + 1);
}

constexpr size_t max_step_exclusions = 4'000'000;
constexpr size_t max_types = 10'000'000;

/// The event types of many selectors, all of which are kept at once.
class PickedByAll {
 public:
  void add(std::string_view selector) {
    picked.push_back(resolve_selector(selector));
    count_ += picked.back().size();
    if (count_ > max_types)
      throw Error(sqlstate::limit_exceeded, "the steps and exclusions of a funnel pick more than " +
                                                std::to_string(max_types) +
                                                " event types together");
  }
  std::vector<std::vector<int32_t>> picked;

 private:
  size_t count_ = 0;
};

FunnelQuestion resolve(const FunnelDefinition& definition, TypeClasses& classes) {
  definition.check();  // stored bytes may be corrupt
  FunnelQuestion question = definition.question();
  std::vector<std::string> triggers;
  for (const std::string& text : definition.exclusions) {
    ExclusionText exclusion = parse_exclusion(text, question.steps);
    const int trigger = static_cast<int>(triggers.size());
    triggers.push_back(std::move(exclusion.selector));
    const size_t more = exclusion.range ? 1 : static_cast<size_t>(question.steps) - 1;
    // The search keeps a time for each pair of a step and an exclusion.
    if ((question.exclusions.size() + more) * static_cast<size_t>(question.steps) >
        max_step_exclusions)
      throw Error(sqlstate::limit_exceeded, "a funnel has too many steps and exclusions together",
                  "Give exclusions the range of steps for which they matter, as in refund@1-3.");
    if (exclusion.range) {
      question.exclusions.push_back({exclusion.range->from, exclusion.range->to, trigger});
    } else {
      for (int step = 1; step < question.steps; ++step)
        question.exclusions.push_back({step, step + 1, trigger});
    }
  }
  PickedByAll types;
  for (const std::string& step : definition.steps) types.add(step);
  for (const std::string& trigger : triggers) types.add(trigger);
  const std::span<const std::vector<int32_t>> all(types.picked);
  classes = JourneyFeed::classify(question, all.first(definition.steps.size()),
                                  all.subspan(definition.steps.size()));
  return question;
}

}  // namespace

CompiledFunnel::CompiledFunnel(std::span<const uint8_t> bytes)
    : question_(resolve(FunnelDefinition::read(bytes), classes_)), solver_(question_) {
  const FunnelDefinition definition = FunnelDefinition::read(bytes);
  time_zone_ = definition.time_zone;
}

DayEnd CompiledFunnel::day_end() {
  if (!question_.natural_day) return {};
  if (!days_ || (time_zone_.empty() && zone_ != session_timezone)) {
    zone_ = pg::zone_of(time_zone_);
    days_.emplace(PeriodUnit::day, pg::offset_in, zone_);
  }
  return {next_midnight, &*days_};
}

int CompiledFunnel::depth(const Journey& journey) {
  if (solver_.takes_timeline()) return solver_.depth(feed_.timeline(journey, solver_, classes_));
  return solver_.depth(feed_.hits(journey, question_, classes_), day_end());
}

const Chain& CompiledFunnel::times(const Journey& journey) {
  if (solver_.takes_timeline()) return solver_.times(feed_.timeline(journey, solver_, classes_));
  return solver_.times(feed_.hits(journey, question_, classes_), day_end());
}

Micros CompiledFunnel::may_end(Micros first) {
  Micros last = INT64_MAX;
  if (question_.within < elapsed(first, last))
    last = first + static_cast<int64_t>(question_.within);
  if (question_.natural_day) last = std::min(last, day_end()(first) - 1);
  return last;
}

}  // namespace clientele
