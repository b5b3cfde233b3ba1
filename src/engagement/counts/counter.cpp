// SPDX-License-Identifier: PostgreSQL
#include "engagement/counts/counter.hpp"

#include <algorithm>
#include <atomic>

#include "base/poll.hpp"

namespace clientele {
namespace {

constexpr int64_t week_hours = 7 * 24;
constexpr int64_t saturday = 5 * 24;  // 2000-01-01, from which times are counted
constexpr int64_t no_period = INT64_MIN;

int64_t remainder(int64_t a, int64_t b) {
  const int64_t r = a % b;
  return r < 0 ? r + b : r;
}

uint64_t next_id() {
  static std::atomic<uint64_t> last{0};
  return ++last;
}

std::optional<std::string> name_in(const TypeNames& names, int32_t type) {
  const int32_t name = names.find(type);
  if (name == TypeNames::none) return {};
  return names.names[static_cast<size_t>(name)];
}

PeriodUnit calendar_unit(CountPeriod period) {
  return period > CountPeriod::year ? PeriodUnit::hour : static_cast<PeriodUnit>(period);
}

}  // namespace

CountedPeriods::CountedPeriods(CountPeriod period, LocalClock::Look look, const void* zone)
    : period_(period), periods_(calendar_unit(period), look, zone), clock_(look, zone) {}

void CountedPeriods::find(Micros at) {
  if (period_ == CountPeriod::all) {
    begin_ = INT64_MIN;
    end_ = INT64_MAX;
    return;
  }
  if (period_ != CountPeriod::hour_of_week) {
    number_ = periods_.number(at);
    periods_.stretch(begin_, end_);
    return;
  }
  const Micros local = clock_.local(at), in_hour = remainder(local, hour);
  number_ = remainder((local - in_hour) / hour + saturday, week_hours);
  begin_ = std::max(at - in_hour, clock_.steady_from());
  end_ = std::max(std::min(at - in_hour + hour, clock_.steady_until()), at + 1);
}

CountLabels::CountLabels(const CountedBy& by, std::optional<std::vector<int32_t>> types,
                         Names names)
    : by_(by), types_(std::move(types)), names_(std::move(names)), id_(next_id()) {}

uint32_t CountLabels::number_of(int32_t type) {
  if (types_ && !std::ranges::binary_search(*types_, type)) return none;
  CountLabel label;
  if (by_.event_type) label.type = type;
  if (by_.channel) label.channel = name_in(names_.channels, type);
  if (by_.event) label.event = name_in(names_.events, type);
  if (by_.property) label.value = name_in(names_.values, type);
  const auto [at, added] =
      known_.try_emplace(std::move(label), static_cast<uint32_t>(labels_.size()));
  if (added) labels_.push_back(&at->first);
  return at->second;
}

uint32_t CountLabels::find(int32_t type) {
  const auto place = static_cast<size_t>(type);
  if (place >= max_direct) {
    const auto found = further_.find(type);
    if (found != further_.end()) return found->second;
    return further_.emplace(type, number_of(type)).first->second;
  }
  if (place >= numbers_.size())
    numbers_.resize(std::min(max_direct, std::max(place + 1, 2 * numbers_.size())), unknown);
  return numbers_[place] = number_of(type);
}

EventCounter::EventCounter(const CountsDefinition& definition, CountLabels labels,
                           LocalClock::Look look, const void* zone)
    : labels_(std::move(labels)),
      periods_(definition.period, look, zone),
      since_(definition.since.value_or(INT64_MIN)),
      until_(definition.until.value_or(INT64_MAX)),
      gap_(definition.session_gap) {}

bool EventCounter::name_codes(const Journey& journey) {
  const std::span<const int32_t> types = journey.types();
  codes_.assign(journey.code_limit(), {CountLabels::none, 0, no_period});
  bool any = false;
  for (size_t c = 0; c < types.size(); ++c) {
    codes_[c].label = labels_.of(types[c]);
    any |= codes_[c].label != CountLabels::none;
  }
  return any;
}

void EventCounter::read_amounts(const Journey& journey) {
  amounts_.clear();
  journey.each_amount(journey.size(), [&](size_t i, int64_t amount) {
    amounts_.push_back({i, amount});
  });
  amounts_.push_back({SIZE_MAX, 0});
}

void EventCounter::add(const Journey& journey, CountsSummary& summary) {
  summary.begin_customer();
  if (journey.empty() || !name_codes(journey)) return;
  read_amounts(journey);
  const Amount* amount = amounts_.data();
  Micros at[Journey::block];
  uint16_t code[Journey::block];
  Micros last = journey.first_at();
  for (Journey::Scan scan(journey); const size_t n = scan.next();) {
    if (scan.begin() % (64 * Journey::block) == 0) poll();
    scan.times(at);
    scan.codes(code);
    for (size_t i = 0; i < n; ++i) {
      if (elapsed(last, at[i]) > gap_) summary.next_session();
      last = at[i];
      Code& c = codes_[code[i]];
      if (c.label == CountLabels::none || at[i] < since_) continue;
      if (at[i] >= until_) return;
      const int64_t period = periods_.number(at[i]);
      if (c.period != period) {
        c.period = period;
        c.cell = summary.cell(period, summary.label(labels_.id(), c.label, labels_[c.label]));
      }
      summary.count(c.cell);
      const size_t event = scan.begin() + i;
      while (amount->event < event) ++amount;
      if (amount->event == event) summary.count_amount(c.cell, amount->amount);
    }
  }
}

}  // namespace clientele
