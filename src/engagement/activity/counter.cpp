// SPDX-License-Identifier: PostgreSQL
#include "engagement/activity/counter.hpp"

#include <algorithm>
#include <functional>

namespace clientele {
namespace {

/// A Monday midnight before all times of all clocks.
constexpr Micros long_ago = (2 - 7 * int64_t{351'000}) * day;

/// Hours since then.
uint64_t hour_number(Micros local) {
  const uint64_t since = static_cast<uint64_t>(local) - static_cast<uint64_t>(long_ago);
  return since / static_cast<uint64_t>(hour);
}

/// Each number once, ascending: clocks that are set back over midnight show a date again.
void put_in_order(std::vector<int64_t>& numbers) {
  if (std::ranges::adjacent_find(numbers, std::greater_equal()) == numbers.end()) return;
  std::ranges::sort(numbers);
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
}

}  // namespace

int64_t last_before(Periods& periods, Micros until) {
  // Nothing is before the first instant, where all periods begin that are further back.
  if (until <= first_instant) return periods.number(first_instant) - 1;
  int64_t last = periods.number(until - 1);
  while (periods.begin(last) >= until) --last;
  while (periods.end(last) < until) ++last;
  return last;
}

ActivityCounter::ActivityCounter(const ActivityDefinition& definition,
                                 std::optional<std::vector<int32_t>> types, LocalClock::Look look,
                                 const void* zone)
    : types_(std::move(types)),
      periods_(definition.period, look, zone),
      clock_(look, zone),
      since_(definition.since.value_or(INT64_MIN)),
      until_(definition.until.value()),
      window_(definition.window_periods),
      last_(last_before(periods_, until_)) {}

bool ActivityCounter::pick(const Journey& journey) {
  all_ = !types_.has_value();
  if (all_) return true;
  const std::span<const int32_t> types = journey.types();
  picked_.assign(journey.code_limit(), 0);
  size_t picks = 0;
  for (size_t c = 0; c < types.size(); ++c) {
    picked_[c] = std::ranges::binary_search(*types_, types[c]);
    picks += picked_[c];
  }
  all_ = picks == types.size();
  return picks > 0;
}

// The picked events of the next blocks, none at the end.
size_t ActivityCounter::read(Journey::Scan& scan, Micros* at) {
  uint16_t code[Journey::block];
  while (const size_t n = scan.next()) {
    if (scan.begin() % (64 * Journey::block) == 0) poll();
    scan.times(at);
    if (all_) return n;
    scan.codes(code);
    size_t picks = 0;
    for (size_t i = 0; i < n; ++i) {
      at[picks] = at[i];
      picks += picked_[code[i]];
    }
    if (picks > 0) return picks;
  }
  return 0;
}

void ActivityCounter::find_periods(const Micros* at, size_t n, std::vector<int64_t>& numbers) {
  for (size_t i = 0; i < n; ++i) {
    if (!numbers.empty() && periods_.same(at[i])) continue;
    const int64_t number = periods_.number(at[i]);
    if (numbers.empty() || numbers.back() != number) numbers.push_back(number);
  }
}

// The hours of the week; if periods have so many hours, also the periods, which are numbered alike
// as long as the clock is not changed.
template <uint64_t period_hours>
void ActivityCounter::count_hours(const Micros* at, size_t n, ActivitySummary& summary) {
  int64_t last = within_.empty() ? INT64_MIN : within_.back();
  for (size_t i = 0; i < n;) {
    const Micros offset = clock_.local(at[i]) - at[i];
    const Micros steady = clock_.steady_until();
    int64_t first = 0;
    if constexpr (period_hours > 0)
      first =
          periods_.number(at[i]) - static_cast<int64_t>(hour_number(at[i] + offset) / period_hours);
    for (; i < n && at[i] < steady; ++i) {
      const uint64_t number = hour_number(at[i] + offset);
      summary.add_event(number % ActivitySummary::week_hours);
      if constexpr (period_hours > 0) {
        const int64_t period = first + static_cast<int64_t>(number / period_hours);
        if (period != last) within_.push_back(last = period);
      }
    }
  }
}

void ActivityCounter::add(const Journey& journey, ActivitySummary& summary) {
  summary.begin_customer();
  before_.clear();
  within_.clear();
  uint32_t events = 0;
  if (pick(journey)) {
    Micros at[Journey::block];
    Journey::Scan scan(journey);
    while (size_t n = read(scan, at)) {
      const bool ends = at[n - 1] >= until_;
      if (ends) n = static_cast<size_t>(std::lower_bound(at, at + n, until_) - at);
      size_t first = 0;
      if (n > 0 && at[0] < since_) {
        first = static_cast<size_t>(std::lower_bound(at, at + n, since_) - at);
        find_periods(at, first, before_);
      }
      if (periods_.unit() == PeriodUnit::hour) {
        count_hours<1>(at + first, n - first, summary);
      } else if (periods_.unit() == PeriodUnit::day) {
        count_hours<24>(at + first, n - first, summary);
      } else {
        find_periods(at + first, n - first, within_);
        count_hours<0>(at + first, n - first, summary);
      }
      events += static_cast<uint32_t>(n - first);
      if (ends) break;
    }
  }
  put_in_order(within_);
  const auto different = static_cast<uint32_t>(within_.size());
  if (!before_.empty()) {
    within_.insert(within_.begin(), before_.begin(), before_.end());
    put_in_order(within_);
  }
  summary.add_customer(events, different, within_, window_, last_);
}

}  // namespace clientele
