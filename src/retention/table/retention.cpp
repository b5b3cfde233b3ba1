// SPDX-License-Identifier: PostgreSQL
#include "retention/table/retention.hpp"

#include <algorithm>

namespace clientele {
namespace {

/// The first i in [from, to) for which `reached(i)`, or `to`; once true it stays so. Cheap if i is
/// near `from`.
template <class Reached>
size_t first_reached(size_t from, size_t to, Reached reached) {
  size_t step = 1;
  while (from < to && !reached(std::min(from + step, to) - 1)) {
    from = std::min(from + step, to);
    step *= 2;
  }
  size_t end = std::min(from + step, to);  // it is before `end`, or is `to`
  while (from < end) {
    const size_t middle = from + (end - from) / 2;
    if (reached(middle))
      end = middle;
    else
      from = middle + 1;
  }
  return from;
}

}  // namespace

RetentionSolver::RetentionSolver(const RetentionDefinition& settled, RetentionCalendar& calendar,
                                 TypeOrder order)
    : question_(settled), calendar_(calendar), order_(order), head_{}, tail_{} {}

/// False if no event can be a start.
bool RetentionSolver::choose_roles(const Journey& journey, const TypeClasses& roles) {
  role_of_code_.assign(journey.empty() ? 0 : journey.code_limit(), 0);
  uint32_t any = 0;
  for (size_t c = 0; c < journey.types().size(); ++c) {
    const uint32_t role = roles.of(journey.types()[c]);
    role_of_code_[c] = static_cast<uint8_t>(role);
    any |= role;
  }
  return (any & starts_cohort) != 0;
}

// Start events come in order of time; of those of one instant the start is one that is not a
// return, or the first in order. Those of one type are in order.
void RetentionSolver::take_start(const Journey& journey, Micros at, uint16_t code, size_t place) {
  const bool is_return = (role_of_code_[code] & counts_as_return) != 0;
  if (!starts_.empty() && starts_.back().at == at) {
    Start& start = starts_.back();
    if (!start.is_return) return;
    const auto rank = [&](uint16_t c) { return order_.rank(order_.context, journey.types()[c]); };
    if (!is_return)
      start.is_return = false;
    else if (question_.amounts && code != start.code && rank(code) < rank(start.code))
      start.code = code, start.place = place;
    return;
  }
  const bool inside = at >= question_.since.value_or(first_instant) && at < *question_.until;
  if (question_.cohort_by == CohortBy::first) {
    starts_known_ = !starts_.empty() || !inside;
    if (!starts_known_) starts_.push_back({at, calendar_.cohort_of(at), is_return, code, place});
    return;
  }
  if (!inside) return;
  const Micros cohort = calendar_.cohort_of(at);
  if (!starts_.empty() && starts_.back().cohort == cohort) return;
  // Where clocks are set back over midnight, a cohort may come again after the next one.
  if (!starts_.empty() && cohort <= latest_ &&
      std::ranges::any_of(starts_, [&](const Start& s) { return s.cohort == cohort; }))
    return;
  latest_ = starts_.empty() ? cohort : std::max(latest_, cohort);
  starts_.push_back({at, cohort, is_return, code, place});
}

void RetentionSolver::read(const Journey& journey, const TypeClasses& roles) {
  starts_.clear();
  starts_known_ = false;
  returns_ = turn_ = first_ = 0;
  if (!choose_roles(journey, roles)) return;
  if (at_.size() < journey.size() + 1) {
    at_.resize(journey.size() + Journey::block);
    if (question_.amounts) place_.resize(at_.size());
  }
  Micros limit = *question_.until;
  Micros at[Journey::block];
  uint16_t code[Journey::block];
  for (Journey::Scan scan(journey); const size_t n = scan.next();) {
    scan.times(at);
    if (at[0] >= limit) break;
    scan.codes(code);
    if (!starts_known_) {
      for (size_t i = 0; i < n && !starts_known_; ++i)
        if ((role_of_code_[code[i]] & starts_cohort) != 0 && !follows_start(at[i]))
          take_start(journey, at[i], code[i], scan.begin() + i);
      if (starts_known_ && starts_.empty()) return;
      if (question_.cohort_by == CohortBy::first && !starts_.empty() &&
          question_.mode != RetentionMode::on_or_after) {
        // What comes later does not count. No clock is set back by more than two days.
        const Start& start = starts_.front();
        const Micros end = calendar_.edge(calendar_.elapsed() ? start.at : start.cohort,
                                          calendar_.fixed() ? 0 : calendar_.number(start.at),
                                          calendar_.stretches());
        limit = std::min(limit, end >= end_of_time - 2 * day ? end_of_time : end + 2 * day);
      }
    }
    // Written always, kept if it counts: a branch per event would cost more than the write.
    Micros* const out = at_.data();
    size_t kept = returns_;
    if (question_.amounts) {
      for (size_t i = 0; i < n; ++i) {
        out[kept] = at[i];
        place_[kept] = static_cast<uint32_t>(scan.begin() + i);
        kept += role_of_code_[code[i]] >> 1;
      }
    } else {
      for (size_t i = 0; i < n; ++i) {
        out[kept] = at[i];
        kept += role_of_code_[code[i]] >> 1;
      }
    }
    returns_ = kept;
    if (scan.begin() % (64 * Journey::block) == 0) poll();
  }
  if (starts_.empty()) return;
  returns_ = static_cast<size_t>(std::lower_bound(at_.begin(),
                                                  at_.begin() + static_cast<ptrdiff_t>(returns_),
                                                  *question_.until) -
                                 at_.begin());
  if (question_.amounts) sum_amounts(journey);
}

void RetentionSolver::sum_amounts(const Journey& journey) {
  before_.assign(returns_ + 1, {});
  if (returns_ == 0) return;
  size_t i = 0;
  AmountSum sum;
  journey.each_amount(place_[returns_ - 1] + size_t{1}, [&](size_t place, int64_t amount) {
    while (place_[i] < place) before_[++i] = sum;
    if (place_[i] == place) sum.take({amount, 1});
  });
  while (i < returns_) before_[++i] = sum;
}

size_t RetentionSolver::first_not_before(size_t from, Micros at) const {
  return first_reached(from, returns_, [&](size_t i) { return at_[i] >= at; });
}

RetentionSolver::Bucket RetentionSolver::between(size_t stretch, size_t begin, size_t end) const {
  Bucket bucket{stretch, end - begin, {}};
  if (question_.amounts)
    bucket.amount = {before_[end].sum - before_[begin].sum,
                     before_[end].count - before_[begin].count};
  return bucket;
}

void RetentionSolver::count(const Start& start, int64_t number) {
  const Micros base = calendar_.elapsed() ? start.at : start.cohort;
  const size_t stretches = calendar_.stretches();
  size_t i = first_;
  if (calendar_.bound(0) > 0) i = first_not_before(i, calendar_.edge(base, number, 0));
  head_ = between(0, first_, i);
  for (size_t s = 0; i < returns_; ++s) {
    // The stretch of the next return: the last one that begins at or before it.
    const Micros at = at_[i];
    s = first_reached(s, stretches,
                      [&](size_t k) { return calendar_.edge(base, number, k + 1) > at; });
    if (s == stretches) break;
    const size_t end = first_not_before(i, calendar_.edge(base, number, s + 1));
    buckets_.push_back(between(s, i, end));
    i = end;
    work_.done(1);
  }
  tail_ = between(stretches, i, returns_);
}

// Where clocks are set back over midnight, the periods of returns do not ascend.
void RetentionSolver::count_by_dates(int64_t number) {
  const size_t stretches = calendar_.stretches();
  head_ = tail_ = {};
  for (size_t i = first_; i < returns_; ++i) {
    work_.done(1);
    const int64_t period = calendar_.number(at_[i]) - number;
    size_t after = 0, end = stretches + 1;  // the first bound above it
    while (after < end) {
      const size_t middle = after + (end - after) / 2;
      if (calendar_.bound(middle) > period)
        end = middle;
      else
        after = middle + 1;
    }
    const Bucket one = between(after - 1, i, i + 1);
    Bucket* place = after == 0 ? &head_ : after > stretches ? &tail_ : nullptr;
    if (place == nullptr) {
      const auto known = std::ranges::lower_bound(buckets_, one.stretch, {}, &Bucket::stretch);
      place = known != buckets_.end() && known->stretch == one.stretch
                  ? &*known
                  : &*buckets_.insert(known, {one.stretch, 0, {}});
    }
    place->returns += one.returns;
    place->amount.take(one.amount);
  }
}

/// The start itself is in period 0.
void RetentionSolver::leave_out(const Start& start) {
  if (!start.is_return) return;
  Bucket& bucket = calendar_.bound(0) > 0 ? head_ : buckets_.front();
  --bucket.returns;
  if (!question_.amounts) return;
  const auto end = place_.begin() + static_cast<ptrdiff_t>(returns_);
  const auto i = static_cast<size_t>(
      std::lower_bound(place_.begin(), end, static_cast<uint32_t>(start.place)) - place_.begin());
  bucket.amount.sum -= before_[i + 1].sum - before_[i].sum;
  bucket.amount.count -= before_[i + 1].count - before_[i].count;
}

void RetentionSolver::judge() {
  returned_.clear();
  const auto least = static_cast<uint64_t>(question_.min_count);
  const auto put = [&](size_t stretch, const Bucket& b) {
    if (b.returns >= least) returned_.push_back({stretch, b.returns, b.amount});
  };
  if (question_.mode == RetentionMode::on) {
    for (const Bucket& b : buckets_) put(b.stretch, b);
    return;
  }
  const auto add = [](Bucket& sum, const Bucket& b) {
    sum.returns += b.returns;
    sum.amount.take(b.amount);
  };
  const size_t stretches = calendar_.stretches();
  if (question_.mode == RetentionMode::on_or_after) {
    Bucket sum = tail_;
    size_t b = buckets_.size();
    for (size_t s = stretches; s-- > 0;) {
      if (b > 0 && buckets_[b - 1].stretch == s) add(sum, buckets_[--b]);
      put(s, sum);
      work_.done(1);
    }
    std::ranges::reverse(returned_);
    return;
  }
  Bucket sum = head_;
  size_t b = 0;
  for (size_t s = 0; s < stretches && calendar_.begin(cohort_, s) < *question_.until; ++s) {
    if (b < buckets_.size() && buckets_[b].stretch == s) add(sum, buckets_[b++]);
    put(s, sum);
    work_.done(1);
  }
}

bool RetentionSolver::next() {
  if (turn_ == starts_.size()) return false;
  const Start& start = starts_[turn_++];
  cohort_ = start.cohort;
  first_ = first_not_before(first_, start.at);
  buckets_.clear();
  const int64_t number = calendar_.fixed() ? 0 : calendar_.number(start.at);
  if (!calendar_.fixed() && returns_ > first_ &&
      calendar_.turns_back(cohort_ - 1, at_[returns_ - 1] + 1))
    count_by_dates(number);
  else
    count(start, number);
  leave_out(start);
  judge();
  work_.done(1);
  return true;
}

}  // namespace clientele
