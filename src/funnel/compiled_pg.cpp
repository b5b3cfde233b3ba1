// SPDX-License-Identifier: PostgreSQL
#include "funnel/compiled_pg.hpp"

#include <algorithm>

namespace clientele {
namespace {

Micros next_midnight(const void* zone, Micros at) {
  auto* tz = const_cast<pg_tz*>(static_cast<const pg_tz*>(zone));
  pg_tm local;
  fsec_t fraction;
  int offset;
  if (timestamp2tm(at, &offset, &local, &fraction, nullptr, tz) != 0) return PG_INT64_MAX;
  j2date(date2j(local.tm_year, local.tm_mon, local.tm_mday) + 1, &local.tm_year, &local.tm_mon,
         &local.tm_mday);
  local.tm_hour = local.tm_min = local.tm_sec = 0;
  offset = DetermineTimeZoneOffset(&local, tz);
  Timestamp midnight;
  if (tm2timestamp(&local, 0, &offset, &midnight) != 0) return PG_INT64_MAX;
  // Where clocks are set back to midnight it comes twice; the first one ends the day.
  pg_tm before;
  int offset_before;
  if (timestamp2tm(midnight - 1, &offset_before, &before, &fraction, nullptr, tz) == 0 &&
      before.tm_mday == local.tm_mday)
    midnight -= (offset - offset_before) * USECS_PER_SEC;
  return std::max(midnight, at + 1);
}

}  // namespace

DayEnd day_end_in(pg_tz* zone) {
  return {next_midnight, zone != nullptr ? zone : session_timezone};
}

FunnelDefinition definition_of(Datum steps, const Interval* within) {
  FunnelDefinition definition;
  definition.steps = pg::text_elements(steps, "steps");
  if (within != nullptr) definition.within = pg::fixed_length(*within, "within");
  definition.check();
  return definition;
}

namespace {

constexpr size_t max_step_exclusions = 4'000'000;

FunnelQuestion resolve(const FunnelDefinition& definition, TypeClasses& classes) {
  definition.check();  // stored bytes may be corrupt
  FunnelQuestion question = definition.question();
  std::vector<std::vector<int32_t>> step_types, exclusion_types;
  for (const std::string& step : definition.steps) step_types.push_back(resolve_selector(step));
  for (const std::string& text : definition.exclusions) {
    const ExclusionText exclusion = parse_exclusion(text, question.steps);
    const std::vector<int32_t> types = resolve_selector(exclusion.selector);
    const auto add = [&](Exclusion range) {
      question.exclusions.push_back(range);
      exclusion_types.push_back(types);
    };
    if (exclusion.range) {
      add(*exclusion.range);
    } else {
      for (int step = 1; step < question.steps; ++step) add({step, step + 1});
    }
  }
  // The search keeps a time for each pair of a step and an exclusion.
  if (question.exclusions.size() * static_cast<size_t>(question.steps) > max_step_exclusions)
    throw Error(sqlstate::limit_exceeded, "a funnel has too many steps and exclusions together",
                "Give exclusions the range of steps for which they matter, as in refund@1-3.");
  classes = JourneyFeed::classify(question, step_types, exclusion_types);
  return question;
}

}  // namespace

CompiledFunnel::CompiledFunnel(std::span<const uint8_t> bytes)
    : question_(resolve(FunnelDefinition::read(bytes), classes_)), solver_(question_) {
  const FunnelDefinition definition = FunnelDefinition::read(bytes);
  if (!definition.time_zone.empty()) zone_ = pg::time_zone_named(definition.time_zone);
}

DayEnd CompiledFunnel::day_end() const { return day_end_in(zone_); }

int CompiledFunnel::depth(const Journey& journey) {
  if (solver_.takes_timeline()) return solver_.depth(feed_.timeline(journey, solver_, classes_));
  return solver_.depth(feed_.hits(journey, question_, classes_), day_end());
}

const Chain& CompiledFunnel::times(const Journey& journey) {
  if (solver_.takes_timeline()) return solver_.times(feed_.timeline(journey, solver_, classes_));
  return solver_.times(feed_.hits(journey, question_, classes_), day_end());
}

}  // namespace clientele
