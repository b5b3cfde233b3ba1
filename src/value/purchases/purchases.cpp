// SPDX-License-Identifier: PostgreSQL
#include "value/purchases/purchases.hpp"

#include <algorithm>

#include "base/decimal.hpp"
#include "base/poll.hpp"
#include "base/sort.hpp"
#include "journey/measures.hpp"

namespace clientele {

bool before(const Purchase& a, const Purchase& b) {
  if (a.period != b.period) return a.period < b.period;
  if (a.bare() || b.bare()) return !a.bare() && b.bare();
  return a.amount < b.amount;
}

namespace {

void sort(std::span<Purchase> purchases) {
  if (!std::is_sorted(purchases.begin(), purchases.end(), before))
    sort_polled(purchases.begin(), purchases.end(), before);
}

/// The mean of the totals of periods.
class Mean {
 public:
  void add(double total) {
    sum_ += total;
    ++count_;
  }
  /// NaN if there are none.
  double value() const {
    if (count_ == 0) return no_amount;
    if (!std::isfinite(sum_))
      throw Error(sqlstate::out_of_range, "the sum of a customer's amounts is out of range");
    return sum_ / static_cast<double>(count_);
  }

 private:
  double sum_ = 0;
  size_t count_ = 0;
};

/// Calls each(period, total) in the order of time; total is NaN if there are no amounts.
template <class Each>
void each_period(std::span<const Purchase> sorted, Each each) {
  for (size_t i = 0; i < sorted.size();) {
    const int64_t period = sorted[i].period;
    double total = no_amount;
    for (; i < sorted.size() && sorted[i].period == period; ++i) {
      if (i % 65536 == 0) poll();
      if (!sorted[i].bare())
        total = std::isnan(total) ? sorted[i].amount : total + sorted[i].amount;
    }
    each(period, total);
  }
}

}  // namespace

size_t compact(std::span<Purchase> purchases) {
  sort(purchases);
  size_t kept = 0;
  for (const Purchase& p : purchases)
    if (!p.bare() || kept == 0 || purchases[kept - 1].period != p.period) purchases[kept++] = p;
  return kept;
}

double checked_amount(double amount) {
  if (!std::isfinite(amount))
    throw Error(sqlstate::out_of_range, "the amount of a purchase must be finite",
                "Leave out rows whose amount is NaN or infinity; NULL is an unknown amount.");
  return amount + 0.0;  // -0 becomes 0
}

std::optional<PurchaseSummary> summarise(std::span<Purchase> purchases,
                                         const PurchaseDefinition& definition) {
  sort(purchases);
  if (purchases.empty() || purchases.front().period > definition.until) return std::nullopt;
  const int64_t first = purchases.front().period, last = definition.last();
  int64_t last_repeat = first;
  PurchaseSummary s;
  Mean observed, held_out;
  each_period(purchases, [&](int64_t period, double total) {
    if (period == first || period > last) return;
    const bool in_holdout = period > definition.until;
    ++(in_holdout ? s.holdout_x : s.x);
    if (!in_holdout) last_repeat = period;
    if (!std::isnan(total)) (in_holdout ? held_out : observed).add(total);
  });
  s.t_x = definition.units_between(first, last_repeat);
  s.age = definition.units_between(first, definition.until);
  s.monetary = observed.value();
  s.holdout_age = definition.units_between(definition.until, last);
  s.holdout_monetary = held_out.value();
  return s;
}

std::pmr::vector<double> purchase_times(std::span<Purchase> purchases,
                                        const PurchaseDefinition& definition,
                                        std::pmr::memory_resource* memory) {
  std::pmr::vector<double> times(memory);
  sort(purchases);
  if (purchases.empty() || purchases.front().period > definition.until) return times;
  const int64_t first = purchases.front().period, last = definition.last();
  each_period(purchases, [&](int64_t period, double) {
    if (period <= last) times.push_back(definition.units_between(first, period));
  });
  return times;
}

void PurchaseFeed::add(int64_t period, double amount) {
  const bool redundant =
      std::isnan(amount) && !purchases_.empty() && purchases_.back().period == period;
  if (!redundant) purchases_.push_back({period, amount});
}

std::span<Purchase> PurchaseFeed::read(const Journey& journey, std::span<const int32_t> types,
                                       const PurchaseDefinition& definition, LocalClock& clock,
                                       bool with_amounts) {
  purchases_.clear();
  const PickedCodes picked(journey,
                           [&](int32_t type) { return std::ranges::binary_search(types, type); });
  if (!picked.any()) return purchases_;
  const int64_t last = definition.last();
  if (with_amounts && journey.has_amounts()) {
    journey.decode(events_);
    for (size_t i = 0; i < events_.events.size(); ++i) {
      if (i % 4096 == 0) poll();
      const Event& e = events_.events[i];
      if (!std::ranges::binary_search(types, e.type)) continue;
      const int64_t period = definition.period_of(clock.local(e.at));
      if (period > last) continue;
      const Extra extra = events_.extra(e);
      add(period, extra.has_amount ? amount_as_double(extra.amount) : no_amount);
    }
    return purchases_;
  }
  each_picked(journey, picked, [&](Micros at) {
    const int64_t period = definition.period_of(clock.local(at));
    if (period <= last) add(period, no_amount);
    return true;
  });
  return purchases_;
}

}  // namespace clientele
