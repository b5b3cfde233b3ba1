// SPDX-License-Identifier: PostgreSQL
#include "retention/table/calendar.hpp"

namespace clientele {
namespace {

constexpr size_t max_kept = size_t{1} << 20;
constexpr Micros not_known = INT64_MIN;

Micros length_of(PeriodUnit unit) {
  return unit == PeriodUnit::hour ? hour : unit == PeriodUnit::day ? day : 7 * day;
}

}  // namespace

RetentionCalendar::RetentionCalendar(const RetentionDefinition& definition, LocalClock::Look look,
                                     const void* zone)
    : periods_(definition.period, look, zone),
      elapsed_(definition.windows == RetentionWindows::elapsed),
      hours_(definition.period == PeriodUnit::hour),
      fixed_(elapsed_ || hours_),
      // A date may come again after the next one has begun, but not after the one after that.
      last_(periods_.number(*definition.until) + 2) {
  for (size_t i = 0; i <= definition.stretches(); ++i) bound_.push_back(definition.bound(i));
  if (!fixed_) return;
  for (const int64_t b : bound_)
    length_.push_back(static_cast<uint64_t>(
        std::min<__int128>(__int128{b} * length_of(definition.period), UINT64_MAX)));
}

Micros RetentionCalendar::begins(int64_t number) {
  if (number > last_) return end_of_time;
  const auto place = static_cast<uint64_t>(last_ - number);
  if (place >= max_kept) return periods_.begin(number);
  if (place >= begins_.size()) begins_.resize(place + 1, not_known);
  if (begins_[place] == not_known) begins_[place] = periods_.begin(number);
  return begins_[place];
}

Micros RetentionCalendar::end(Micros cohort, size_t stretch) {
  if (!elapsed_) return begin(cohort, stretch + 1);
  return edge(hours_ ? cohort + hour : begins(periods_.number(cohort) + 1), 0, stretch + 1);
}

}  // namespace clientele
