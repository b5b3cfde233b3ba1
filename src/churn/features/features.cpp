// SPDX-License-Identifier: PostgreSQL
#include "churn/features/features.hpp"

#include <algorithm>
#include <bit>
#include <limits>

#include "base/decimal.hpp"
#include "base/poll.hpp"
#include "base/sort.hpp"

namespace clientele {
namespace {

enum Feature {
  recency_days,
  tenure_days,
  events,
  active_days,
  sessions,
  session_gap_mean_days,
  session_gap_median_days,
  recency_ratio,
  session_gap_trend,
  events_last_period,
  events_previous_period,
  activity_trend,
  event_types,
  channels,
  items,
  purchases,
  purchases_last_period,
  days_since_purchase,
  purchase_gap_mean_days,
  purchase_recency_ratio,
  items_per_purchase,
  amount_total,
  amount_mean,
  returns,
  return_share,
  complaints,
  complaints_last_period,
  promotions,
  promotions_answered,
  answer_rate,
  feature_count
};
static_assert(feature_count == churn_feature_count);

constexpr uint8_t bit(FeatureRole role) { return static_cast<uint8_t>(1 << role); }
constexpr uint8_t not_own = bit(promotion_role) | bit(passive_role);
constexpr uint8_t timed = bit(purchase_role) | bit(promotion_role) | bit(answer_role);

double as_double(uint64_t n) { return static_cast<double>(n); }
double days(uint64_t micros) { return as_double(micros) / static_cast<double>(day); }
double ratio(double part, double whole) { return whole > 0 ? part / whole : unknown_feature; }

double total_as_double(__int128 millionths) {
  if (millionths >= INT64_MIN && millionths <= INT64_MAX)
    return amount_as_double(static_cast<int64_t>(millionths));
  return static_cast<double>(millionths) / 1e6;
}

/// `length` before `at`, or the smallest time.
Micros back(Micros at, int64_t length) {
  Micros result = 0;
  return __builtin_sub_overflow(at, length, &result) ? INT64_MIN : result;
}

int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0); }

/// The median as percentile_cont(0.5) computes it, in days. Changes the order.
double median_days(std::span<uint64_t> values) {
  const auto middle = values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  uint32_t calls = 0;
  if (values.size() < 10'000)
    std::nth_element(values.begin(), middle, values.end());
  else
    std::nth_element(values.begin(), middle, values.end(), polled(calls, std::less<>()));
  if (values.size() % 2 == 1) return days(*middle);
  const uint64_t below = *std::max_element(values.begin(), middle);
  return (days(below) + days(*middle)) / 2;
}

}  // namespace

void EventRoles::finish() {
  std::ranges::sort(entries_, {}, &Entry::type);
  size_t kept = 0;
  for (const Entry& e : entries_) {
    if (kept > 0 && entries_[kept - 1].type == e.type) {
      entries_[kept - 1].roles |= e.roles;
      entries_[kept - 1].channel = std::max(entries_[kept - 1].channel, e.channel);
    } else {
      entries_[kept++] = e;
    }
  }
  entries_.resize(kept);
  small_.clear();
  for (const Entry& e : entries_) {
    if (static_cast<size_t>(e.type) >= max_small) break;
    small_.resize(static_cast<size_t>(e.type) + 1);
    small_.back() = e;
  }
}

EventRoles::Entry EventRoles::find(int32_t type) const {
  if (static_cast<size_t>(type) < small_.size()) return small_[static_cast<size_t>(type)];
  const auto place = std::ranges::lower_bound(entries_, type, {}, &Entry::type);
  return place != entries_.end() && place->type == type ? *place : Entry{type, 0, 0};
}

bool FeatureMaker::make(const Journey& journey, Micros at, const FeaturesDefinition& definition,
                        const EventRoles& roles, LocalClock& clock, ChurnFeatures& out) {
  at_ = at;
  last_from_ = back(at, definition.period);
  previous_from_ = back(last_from_, definition.period);
  session_gap_ = static_cast<uint64_t>(definition.session_gap);
  entries_.clear();
  uint8_t all_roles = 0;
  for (const int32_t type : journey.types()) {
    entries_.push_back(roles.find(type));
    all_roles |= entries_.back().roles;
  }
  for (auto& window : count_) window.assign(entries_.size(), 0);
  keep_lines_ = journey.has_amounts() && (all_roles & bit(purchase_role)) != 0;
  seen_ = 0;
  own_ = active_days_ = 0;
  gaps_.clear();
  purchases_ = purchases_last_ = 0;
  lines_.clear();
  sent_ = {};
  answered_ = 0;
  any_answer_ = false;

  scan(journey, clock);
  if (seen_ == 0) return false;
  close_promotions();
  tally();
  activity(out);
  breadth(journey, out);
  buying(journey, out);
  contacts(out);
  return true;
}

void FeatureMaker::scan(const Journey& journey, LocalClock& clock) {
  codes_.resize((journey.size() + Journey::block - 1) / Journey::block * Journey::block);
  Micros time[Journey::block];
  const size_t types = entries_.size();
  for (Journey::Scan scan(journey); const size_t n = scan.next();) {
    if (scan.begin() % (64 * Journey::block) == 0) poll();
    scan.times(time);
    const auto before = [&](Micros t) {
      return static_cast<size_t>(std::lower_bound(time, time + n, t) - time);
    };
    const size_t until = before(at_);
    if (until == 0) return;
    uint16_t* const code = codes_.data() + scan.begin();
    scan.codes(code);
    // Times ascend, so each window is a run of events.
    const size_t edge[windows + 1] = {0, std::min(before(previous_from_), until),
                                      std::min(before(last_from_), until), until};
    for (int w = 0; w < windows; ++w) {
      uint32_t* const count = count_[w].data();
      for (size_t i = edge[w]; i < edge[w + 1]; ++i) {
        if (code[i] >= types) Reader::fail("an event code is out of range");
        ++count[code[i]];
        const uint8_t roles = entries_[code[i]].roles;
        if ((roles & not_own) == 0) own_event(time[i], clock);
        if ((roles & timed) != 0) special(time[i], scan.begin() + i, roles);
      }
    }
    seen_ = scan.begin() + until;
    if (until < n) return;
  }
}

inline void FeatureMaker::own_event(Micros at, LocalClock& clock) {
  if (own_++ == 0) {
    first_ = latest_ = at;
    new_day(at, clock);
    return;
  }
  if (const uint64_t gap = elapsed(latest_, at); gap > session_gap_) gaps_.push_back(gap);
  latest_ = at;
  if (at >= day_end_) new_day(at, clock);
}

void FeatureMaker::new_day(Micros at, LocalClock& clock) {
  const Micros local = clock.local(at);
  const int64_t date = floor_div(local, day);
  day_end_ = std::min(clock.steady_until(), (date + 1) * day - (local - at));
  if (active_days_ == 0 || date > newest_day_) {
    const int64_t step = active_days_ == 0 ? 64 : date - newest_day_;
    days_seen_ = (step < 64 ? days_seen_ << step : 0) | 1;
    newest_day_ = date;
    ++active_days_;
    return;
  }
  // Clocks that are set back may show a date again, or one that was skipped.
  const int64_t ago = newest_day_ - date;
  if (ago >= 64 || (days_seen_ >> ago & 1) != 0) return;
  days_seen_ |= uint64_t{1} << ago;
  ++active_days_;
}

void FeatureMaker::special(Micros at, size_t event, uint8_t roles) {
  if ((roles & bit(purchase_role)) != 0) {
    if (purchases_ == 0 || at != latest_purchase_) {
      if (purchases_++ == 0) first_purchase_ = at;
      purchases_last_ += at >= last_from_;
    }
    latest_purchase_ = at;
    if (keep_lines_) lines_.push_back({event, static_cast<uint32_t>(purchases_)});
  }
  if ((roles & bit(promotion_role)) != 0) promoted(at);
  if ((roles & bit(answer_role)) != 0) {
    any_answer_ = true;
    latest_answer_ = at;
    if (!sent_.answered) {
      sent_.answered = true;
      sent_.answer_at = at;
    }
  }
}

void FeatureMaker::promoted(Micros at) {
  if (sent_.count > 0 && sent_.at == at) {
    ++sent_.count;
    return;
  }
  // An answer at the instant of the next promotion answers that one.
  if (sent_.answered && sent_.answer_at < at) close_promotions();
  const bool answered = any_answer_ && latest_answer_ == at;
  sent_ = {1, at, answered, at};
}

void FeatureMaker::close_promotions() {
  if (sent_.answered) answered_ += sent_.count;
}

void FeatureMaker::tally() {
  tally_ = {};
  channels_.clear();
  for (size_t c = 0; c < entries_.size(); ++c) {
    const uint64_t in_last = count_[last][c], in_previous = count_[previous][c];
    const uint64_t all = count_[earlier][c] + in_previous + in_last;
    const EventRoles::Entry& entry = entries_[c];
    for (unsigned roles = entry.roles; roles != 0; roles &= roles - 1) {
      tally_.events[std::countr_zero(roles)] += all;
      tally_.in_last[std::countr_zero(roles)] += in_last;
    }
    if ((entry.roles & not_own) != 0 || all == 0) continue;
    tally_.own_last += in_last;
    tally_.own_previous += in_previous;
    ++tally_.types;
    if (entry.channel > 0) channels_.push_back(entry.channel);
  }
}

void FeatureMaker::activity(ChurnFeatures& out) {
  const bool any = own_ > 0;
  out[recency_days] = any ? days(elapsed(latest_, at_)) : unknown_feature;
  out[tenure_days] = any ? days(elapsed(first_, at_)) : unknown_feature;
  out[events] = as_double(own_);
  out[active_days] = as_double(active_days_);
  out[sessions] = any ? as_double(gaps_.size() + 1) : 0;
  out[events_last_period] = as_double(tally_.own_last);
  out[events_previous_period] = as_double(tally_.own_previous);
  out[activity_trend] =
      std::log(as_double(tally_.own_last + 1) / as_double(tally_.own_previous + 1));
  out[session_gap_mean_days] = out[session_gap_median_days] = unknown_feature;
  out[recency_ratio] = out[session_gap_trend] = unknown_feature;
  if (gaps_.empty()) return;
  const size_t half = gaps_.size() / 2;
  uint64_t all = 0, early = 0, late = 0;  // within the range of time, so they do not overflow
  for (size_t i = 0; i < gaps_.size(); ++i) {
    all += gaps_[i];
    if (i < half) early += gaps_[i];
    if (i >= gaps_.size() - half) late += gaps_[i];
  }
  out[session_gap_mean_days] = days(all) / as_double(gaps_.size());
  out[recency_ratio] = out[recency_days] / out[session_gap_mean_days];
  if (half > 0) out[session_gap_trend] = std::log(as_double(late) / as_double(early));
  out[session_gap_median_days] = median_days(gaps_);
}

void FeatureMaker::breadth(const Journey& journey, ChurnFeatures& out) {
  const bool known = !channels_.empty();
  std::ranges::sort(channels_);
  const auto different = std::unique(channels_.begin(), channels_.end()) - channels_.begin();
  out[event_types] = as_double(tally_.types);
  out[channels] = tally_.types > 0 && !known ? unknown_feature : static_cast<double>(different);
  items_.clear();
  journey.each_item(seen_, [&](size_t i, int64_t item) {
    if ((entries_[codes_[i]].roles & not_own) == 0) items_.push_back(item);
  });
  sort_polled(items_.begin(), items_.end());
  out[items] = static_cast<double>(std::unique(items_.begin(), items_.end()) - items_.begin());
}

void FeatureMaker::buying(const Journey& journey, ChurnFeatures& out) const {
  const uint64_t bought = tally_.events[purchase_role];  // lines
  out[purchases] = as_double(purchases_);
  out[purchases_last_period] = as_double(purchases_last_);
  out[days_since_purchase] =
      purchases_ > 0 ? days(elapsed(latest_purchase_, at_)) : unknown_feature;
  out[purchase_gap_mean_days] =
      purchases_ > 1 ? days(elapsed(first_purchase_, latest_purchase_)) / as_double(purchases_ - 1)
                     : unknown_feature;
  out[purchase_recency_ratio] =
      purchases_ > 1 ? out[days_since_purchase] / out[purchase_gap_mean_days] : unknown_feature;
  out[items_per_purchase] = ratio(as_double(bought), as_double(purchases_));
  __int128 total = 0;
  uint64_t priced = 0;  // purchases with an amount
  uint32_t latest = 0;
  size_t line = 0;
  if (!lines_.empty())
    journey.each_amount(lines_.back().event + 1, [&](size_t i, int64_t amount) {
      while (lines_[line].event < i) ++line;
      if (lines_[line].event != i) return;
      total += amount;
      priced += lines_[line].purchase != latest;
      latest = lines_[line].purchase;
    });
  out[amount_total] = purchases_ > 0 && priced == 0 ? unknown_feature : total_as_double(total);
  out[amount_mean] = ratio(total_as_double(total), as_double(priced));
  out[returns] = as_double(tally_.events[return_role]);
  out[return_share] = ratio(out[returns], as_double(bought));
}

void FeatureMaker::contacts(ChurnFeatures& out) const {
  out[complaints] = as_double(tally_.events[complaint_role]);
  out[complaints_last_period] = as_double(tally_.in_last[complaint_role]);
  out[promotions] = as_double(tally_.events[promotion_role]);
  out[promotions_answered] = as_double(answered_);
  out[answer_rate] = ratio(out[promotions_answered], out[promotions]);
}

const std::array<FeatureInfo, churn_feature_count> churn_feature_info = {{
    {"recency_days", "days", "Time since the last own event."},
    {"tenure_days", "days", "Time since the first own event."},
    {"events", "count", "Own events."},
    {"active_days", "count", "Calendar days in time_zone with an own event."},
    {"sessions", "count",
     "Sessions of own events: a gap longer than session_gap starts a new one."},
    {"session_gap_mean_days", "days",
     "Mean time from the end of a session to the start of the next; unknown with one session."},
    {"session_gap_median_days", "days", "Median of the same."},
    {"recency_ratio", "ratio",
     "recency_days / session_gap_mean_days: above 1 if the silence is longer than usual."},
    {"session_gap_trend", "log ratio",
     "ln(mean of the later half of the gaps between sessions / mean of the earlier half), without "
     "the middle gap if their number is odd: above 0 if visits become rarer; unknown with fewer "
     "than two gaps."},
    {"events_last_period", "count", "Own events in the last period, from at - period on."},
    {"events_previous_period", "count", "Own events in the period before."},
    {"activity_trend", "log ratio",
     "ln((events_last_period + 1) / (events_previous_period + 1)): below 0 if activity falls."},
    {"event_types", "count", "Different event types of own events."},
    {"channels", "count",
     "Different channels of own events in the dictionary; unknown if it has none of their types."},
    {"items", "count", "Different items of own events."},
    {"purchases", "count",
     "Purchases: different times of purchase events, because the lines of an order share one."},
    {"purchases_last_period", "count", "Purchases in the last period."},
    {"days_since_purchase", "days", "Time since the last purchase; unknown without one."},
    {"purchase_gap_mean_days", "days",
     "Mean time from a purchase to the next; unknown with fewer than two."},
    {"purchase_recency_ratio", "ratio",
     "days_since_purchase / purchase_gap_mean_days: above 1 if the next purchase is late."},
    {"items_per_purchase", "ratio",
     "Purchase events (lines of orders) / purchases; unknown without purchases."},
    {"amount_total", "amount",
     "Sum of the amounts of purchase events; unknown if there are purchases and none has an "
     "amount."},
    {"amount_mean", "amount", "amount_total / purchases that have an amount."},
    {"returns", "count", "Return events."},
    {"return_share", "ratio", "returns / purchase events; unknown without purchases."},
    {"complaints", "count", "Complaint events."},
    {"complaints_last_period", "count", "Complaint events in the last period."},
    {"promotions", "count", "Promotion events, sent to the customer."},
    {"promotions_answered", "count",
     "Promotions with an answer event at their time or later, and before the next promotion."},
    {"answer_rate", "ratio", "promotions_answered / promotions; unknown without promotions."},
}};

}  // namespace clientele
