// SPDX-License-Identifier: PostgreSQL
#include "points/ledger/ledger.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace clientele {
namespace {

constexpr __int128 worth_scale = 1'000'000'000'000;         // of a unit of money
constexpr __int128 points_scale = worth_scale * 1'000'000;  // times an amount in millionths

Micros later(Micros at, uint64_t length) {
  return elapsed(at, end_of_time) <= length ? never : at + static_cast<Micros>(length);
}

int64_t plus(int64_t a, int64_t b) {
  int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum))
    throw Error(sqlstate::out_of_range, "a sum of points exceeds the range of bigint");
  return sum;
}

int64_t floor_points(__int128 worth, int64_t amount) {
  const __int128 product = worth * amount;
  const __int128 whole = product / points_scale - (product % points_scale < 0 ? 1 : 0);
  if (whole > PointsDefinition::points_limit || whole < -PointsDefinition::points_limit)
    throw Error(sqlstate::out_of_range, "a purchase earns more than 10^15 points");
  return static_cast<int64_t>(whole);
}

/// Points that count for tiers, by their time; sums of the latest ones are quick.
class History {
 public:
  /// Returns how many entries are later.
  size_t add(Micros at, int64_t points) {
    auto place = entries_.end();
    if (!entries_.empty() && entries_.back().at > at)
      place = std::upper_bound(entries_.begin(), entries_.end(), at,
                               [](Micros t, const Entry& e) { return t < e.at; });
    const auto later = static_cast<size_t>(entries_.end() - place);
    summed_ = std::min(summed_, entries_.size() - later);
    entries_.insert(place, {at, points, 0});
    return later;
  }
  /// Of after `since` up to `until`.
  int64_t sum(Micros since, Micros until) {
    const size_t first = after(since), last = after(until);
    for (; summed_ < last; ++summed_)
      entries_[summed_].before =
          summed_ == 0 ? 0 : plus(entries_[summed_ - 1].before, entries_[summed_ - 1].points);
    return last <= first
               ? 0
               : plus(plus(entries_[last - 1].before, entries_[last - 1].points), -before(first));
  }
  /// The first time after `since`, if there is one.
  Micros next(Micros since) const {
    const size_t i = after(since);
    return i < entries_.size() ? entries_[i].at : never;
  }
  void add_all(const History& other) {
    for (const Entry& e : other.entries_) add(e.at, e.points);
  }

 private:
  struct Entry {
    Micros at;
    int64_t points;
    int64_t before;  // the sum of the points of earlier entries, as far as summed_
  };
  size_t after(Micros at) const {
    return static_cast<size_t>(std::upper_bound(entries_.begin(), entries_.end(), at,
                                                [](Micros t, const Entry& e) { return t < e.at; }) -
                               entries_.begin());
  }
  int64_t before(size_t i) const { return entries_[i].before; }

  std::vector<Entry> entries_;
  size_t summed_ = 0;
};

int rank(PointKind kind) {
  switch (kind) {
    case PointKind::join:
      return 0;
    case PointKind::returned:
      return 2;
    case PointKind::spend:
      return 3;
    default:
      return 1;
  }
}

}  // namespace

struct PointLedger::Account {
  int64_t id = 0;
  const PointsDefinition* rules = nullptr;
  size_t tier = 0;
  Micros kept_until = never;
  Micros now = std::numeric_limits<Micros>::min();
  bool changed = false;  // whether the first tier was noted
  int64_t owed = 0;
  int64_t usable_points = 0;
  History history;
  std::set<Order> expiring;                       // all lots with points left that expire
  std::set<Order> usable;                         // those that can be spent
  std::set<std::pair<Micros, size_t>> pending;    // by the time from which they can be
  std::map<int64_t, std::vector<size_t>> bought;  // purchases by item, in the order of posting
  std::vector<size_t> purchases;
};

const char* entry_kind_name(EntryKind kind) {
  static constexpr const char* names[] = {"earn",  "grant",  "adjust", "settle",
                                          "spend", "expire", "reverse"};
  return names[static_cast<size_t>(kind)];
}

PointLedger::PointLedger(std::span<const PointsDefinition> rules) : rules_(rules), work_(4096) {}
PointLedger::~PointLedger() = default;

void PointLedger::sort(std::vector<PointEvent>& events) {
  std::ranges::sort(events, [](const PointEvent& a, const PointEvent& b) {
    return std::tuple(a.posted, rank(a.kind), a.id) < std::tuple(b.posted, rank(b.kind), b.id);
  });
}

PointLedger::Account& PointLedger::account_of(int64_t id) {
  std::unique_ptr<Account>& place = accounts_[id];
  if (place == nullptr) {
    place = std::make_unique<Account>();
    place->id = id;
    place->rules = &rules_.front();
  }
  return *place;
}

void PointLedger::take_rules(Account& a, const PointEvent& e) {
  const PointsDefinition& now = rules_[e.rules];
  if (a.rules == &now) return;
  if (!a.changed) {
    a.rules = &now;
    return;
  }
  const std::string& name = a.rules->tiers[a.tier].name;
  a.rules = &now;
  // A tier is kept if the new rules have one of this name.
  const auto same = std::ranges::find(now.tiers, name, &PointsTier::name);
  if (same != now.tiers.end())
    a.tier = static_cast<size_t>(same - now.tiers.begin());
  else
    change_tier(a, e.posted, due_tier(a, e.posted));
}

void PointLedger::post(const Account& a, Micros at, EntryKind kind, size_t lot, int64_t points,
                       std::optional<int64_t> event) {
  if (points != 0) entries_.push_back({a.id, at, kind, lot, points, event});
  work_.done(1);
}

void PointLedger::change_tier(Account& a, Micros at, size_t tier) {
  changes_.push_back({a.id, at, a.rules->tiers[tier].name});
  a.tier = tier;
  a.changed = true;
}

// Lengths are short enough that no instant overflows.
Micros PointLedger::back_from(const Account& a, Micros at) {
  return at - static_cast<Micros>(a.rules->look_back);
}

size_t PointLedger::due_tier(Account& a, Micros at) {
  const auto& tiers = a.rules->tiers;
  if (tiers.size() == 1) return 0;
  const int64_t points = a.history.sum(back_from(a, at), at);
  size_t i = tiers.size() - 1;
  while (i > 0 && tiers[i].least > points) --i;
  return i;
}

void PointLedger::pass_time(Account& a, Micros at) {
  const uint64_t keeps = a.rules->keeps;
  while (a.kept_until <= at) {
    work_.done(1);
    const Micros now = a.kept_until;
    const size_t due = due_tier(a, now);
    if (due != a.tier) change_tier(a, now, due);
    // Until the next points leave the time looked back at, the tier stays.
    const Micros next = a.history.next(back_from(a, now));
    const Micros leaving = next == never ? never : later(next, a.rules->look_back);
    const uint64_t steps = elapsed(now, std::min(at, leaving)) / keeps;
    a.kept_until = later(now, keeps * std::max<uint64_t>(steps, 1));
  }
  while (!a.expiring.empty() && std::get<0>(*a.expiring.begin()) <= at) {
    const size_t i = std::get<3>(*a.expiring.begin());
    post(a, lots_[i].expires, EntryKind::expire, i, -lots_[i].left, {});
    take_from(a, i, lots_[i].left);
  }
  for (; !a.pending.empty() && a.pending.begin()->first <= at; a.pending.erase(a.pending.begin())) {
    const size_t i = a.pending.begin()->second;
    const PointLot& lot = lots_[i];
    a.usable.insert({lot.expires, lot.at, lot.id, i});
    a.usable_points = plus(a.usable_points, lot.left);
  }
}

void PointLedger::promote(Account& a, Micros at) {
  const size_t due = due_tier(a, at);
  if (due < a.tier) return;
  if (due != a.tier) change_tier(a, at, due);
  a.kept_until = later(at, a.rules->keeps);  // reached, or confirmed
}

void PointLedger::take_from(Account& a, size_t i, int64_t points) {
  PointLot& lot = lots_[i];
  const Order order{lot.expires, lot.at, lot.id, i};
  const auto usable = a.usable.find(order);
  if (usable != a.usable.end()) a.usable_points -= points;
  lot.left -= points;
  if (lot.left > 0) return;
  if (usable != a.usable.end()) a.usable.erase(usable);
  a.expiring.erase(order);
  a.pending.erase({lot.from, i});
}

int64_t PointLedger::take(Account& a, const PointEvent& e, EntryKind kind, int64_t points) {
  while (points > 0 && !a.usable.empty()) {
    const size_t i = std::get<3>(*a.usable.begin());
    const int64_t n = std::min(points, lots_[i].left);
    post(a, e.at, kind, i, -n, e.id);
    lots_[i].spent += n;
    take_from(a, i, n);
    points -= n;
  }
  return points;
}

size_t PointLedger::add_lot(Account& a, const PointEvent& e, EntryKind kind, int64_t points,
                            Micros at, Micros from, Micros expires) {
  const size_t i = lots_.size();
  if (!lot_of_.emplace(e.id, i).second)
    throw Error(sqlstate::invalid_parameter, "two events have the number " + std::to_string(e.id));
  PointLot lot;
  lot.id = e.id, lot.account = a.id, lot.at = at, lot.from = from, lot.expires = expires;
  lot.earned = lot.left = points;
  lots_.push_back(lot);
  post(a, at, kind, i, points, e.id);
  const int64_t n = std::min(a.owed, points);  // debts are settled first
  post(a, at, EntryKind::settle, i, -n, e.id);
  lots_[i].left -= n;
  lots_[i].spent += n;
  a.owed -= n;
  if (lots_[i].left == 0) return i;
  const Order order{expires, at, e.id, i};
  if (expires != never) a.expiring.insert(order);
  if (from > e.posted) {
    a.pending.insert({from, i});
  } else if (e.posted < expires) {
    a.usable.insert(order);
    a.usable_points = plus(a.usable_points, lots_[i].left);
  }
  return i;
}

void PointLedger::purchase(Account& a, const PointEvent& e) {
  const PointsDefinition& rules = *a.rules;
  const __int128 worth = static_cast<__int128>(rules.rate) * rules.tiers[a.tier].multiplier;
  const int64_t amount = e.amount.value_or(0);
  const size_t i =
      add_lot(a, e, EntryKind::earn, std::max<int64_t>(0, floor_points(worth, amount)), e.at,
              later(e.at, rules.pending), rules.validity ? later(e.at, *rules.validity) : never);
  PointLot& lot = lots_[i];
  lot.purchase = true;
  lot.worth = worth;
  lot.amount = amount;
  if (e.item) {
    lot.has_item = true;
    lot.item = *e.item;
    a.bought[*e.item].push_back(i);
  }
  a.purchases.push_back(i);
  work_.done(a.history.add(e.at, lot.earned) / 8);
  promote(a, e.posted);
}

void PointLedger::grant(Account& a, const PointEvent& e) {
  const PointsDefinition& rules = *a.rules;
  add_lot(a, e, EntryKind::grant, e.points, e.at, e.at,
          rules.validity ? later(e.at, *rules.validity) : never);
}

void PointLedger::adjust(Account& a, const PointEvent& e) {
  std::optional<size_t> of;
  if (e.of) {
    const auto found = lot_of_.find(*e.of);
    if (found == lot_of_.end() || !is_purchase(a, found->second)) {
      rejected_.push_back(e.id);
      return;
    }
    of = found->second;
    // It counts for tiers as the purchase does.
    work_.done(a.history.add(lots_[*of].at, e.points) / 8);
  }
  if (e.points > 0) {
    const PointLot lot = of ? lots_[*of] : PointLot();
    const auto& validity = a.rules->validity;
    if (of)
      add_lot(a, e, EntryKind::adjust, e.points, lot.at, lot.from, lot.expires);
    else
      add_lot(a, e, EntryKind::adjust, e.points, e.at, e.at,
              validity ? later(e.at, *validity) : never);
  } else {
    int64_t points = -e.points;
    if (of) {
      PointLot& lot = lots_[*of];
      const int64_t n = std::min(points, lot.left);
      post(a, e.at, EntryKind::adjust, *of, -n, e.id);
      take_from(a, *of, n);
      points = std::min(points - n, lot.spent - lot.clawed);  // what has expired is gone already
      lot.clawed += points;
    }
    points = take(a, e, EntryKind::adjust, points);
    if (a.rules->owe) a.owed = plus(a.owed, points);
  }
  if (of) promote(a, e.posted);
}

bool PointLedger::is_purchase(const Account& a, size_t lot) const {
  return lots_[lot].purchase && lots_[lot].account == a.id;
}

std::optional<size_t> PointLedger::returned_lot(Account& a, const PointEvent& e) {
  if (e.of) {
    const auto found = lot_of_.find(*e.of);
    if (found == lot_of_.end() || !is_purchase(a, found->second)) return {};
    return found->second;
  }
  std::vector<size_t>* bought = &a.purchases;
  if (e.item) {
    const auto found = a.bought.find(*e.item);
    if (found == a.bought.end()) return {};
    bought = &found->second;
  }
  // What was returned wholly stays so.
  while (!bought->empty() && lots_[bought->back()].returned >= lots_[bought->back()].amount)
    bought->pop_back();
  if (bought->empty()) return {};
  return bought->back();
}

void PointLedger::give_back(Account& a, const PointEvent& e) {
  const std::optional<size_t> found = returned_lot(a, e);
  if (!found) {
    rejected_.push_back(e.id);
    return;
  }
  PointLot& lot = lots_[*found];
  // Amounts are below 10^18 millionths, so the sum does not overflow.
  lot.returned = e.amount ? std::min(lot.amount, lot.returned + *e.amount) : lot.amount;
  int64_t points = lot.earned - floor_points(lot.worth, lot.amount - lot.returned) - lot.taken;
  lot.taken += points;
  work_.done(a.history.add(e.at, -points) / 8);
  const int64_t n = std::min(points, lot.left);
  post(a, e.at, EntryKind::reverse, *found, -n, e.id);
  take_from(a, *found, n);
  points = std::min(points - n, lot.spent - lot.clawed);  // what has expired is gone already
  lot.clawed += points;
  points = take(a, e, EntryKind::reverse, points);
  if (a.rules->owe) a.owed = plus(a.owed, points);
}

void PointLedger::spend(Account& a, const PointEvent& e) {
  if (e.points <= 0 || a.usable_points < e.points)
    rejected_.push_back(e.id);
  else
    take(a, e, EntryKind::spend, e.points);
}

void PointLedger::join(Account& a, const PointEvent& e) {
  const auto found = accounts_.find(e.of.value_or(a.id));
  if (found == accounts_.end() || found->second.get() == &a) return;
  Account& b = *found->second;
  pass_time(b, e.posted);
  // The higher tier of both, as long as it was kept.
  const std::string& name = b.rules->tiers[b.tier].name;
  const auto same = std::ranges::find(a.rules->tiers, name, &PointsTier::name);
  if (b.changed && same != a.rules->tiers.end()) {
    const auto tier = static_cast<size_t>(same - a.rules->tiers.begin());
    if (tier > a.tier) {
      change_tier(a, e.posted, tier);
      a.kept_until = b.kept_until;
    } else if (tier == a.tier &&
               (a.kept_until == never || (b.kept_until != never && b.kept_until > a.kept_until))) {
      a.kept_until = b.kept_until;
    }
  }
  a.owed = plus(a.owed, b.owed);
  a.history.add_all(b.history);
  a.expiring.merge(b.expiring);
  a.usable.merge(b.usable);
  a.pending.merge(b.pending);
  a.usable_points = plus(a.usable_points, b.usable_points);
  const auto by_time = [&](size_t x, size_t y) {
    return std::tuple(lots_[x].at, lots_[x].id) < std::tuple(lots_[y].at, lots_[y].id);
  };
  for (auto& [item, lots] : b.bought) {
    std::vector<size_t>& to = a.bought[item];
    to.insert(to.end(), lots.begin(), lots.end());
    std::ranges::sort(to, by_time);
  }
  for (const size_t i : b.purchases) lots_[i].account = a.id;
  a.purchases.insert(a.purchases.end(), b.purchases.begin(), b.purchases.end());
  std::ranges::sort(a.purchases, by_time);
  accounts_.erase(found);
  // Debts of one are settled from the points of the other.
  a.owed = take(a, e, EntryKind::settle, a.owed);
  promote(a, e.posted);
}

void PointLedger::run(std::span<const PointEvent> events, Micros until) {
  if (events.size() > max_events)
    throw Error(sqlstate::limit_exceeded, "a ledger of " + std::to_string(events.size()) +
                                              " events is too large, " +
                                              std::to_string(max_events) + " is the limit");
  until_ = until;
  for (const PointEvent& e : events) {
    work_.done(1);
    if (e.posted > until) continue;
    if (e.rules >= rules_.size())
      throw Error(sqlstate::invalid_parameter,
                  "event " + std::to_string(e.id) + " has rules that are not there");
    Account& a = account_of(e.account);
    if (e.at > e.posted || e.posted < a.now)
      throw Error(
          sqlstate::invalid_parameter,
          "event " + std::to_string(e.id) + " is posted before it happened, or before another");
    a.now = e.posted;
    take_rules(a, e);
    if (!a.changed) change_tier(a, e.posted, 0);
    pass_time(a, e.posted);
    switch (e.kind) {
      case PointKind::join:
        join(a, e);
        break;
      case PointKind::purchase:
        purchase(a, e);
        break;
      case PointKind::grant:
        grant(a, e);
        break;
      case PointKind::adjust:
        adjust(a, e);
        break;
      case PointKind::returned:
        give_back(a, e);
        break;
      case PointKind::spend:
        spend(a, e);
        break;
    }
  }
  for (auto& [id, a] : accounts_) pass_time(*a, until);
}

PointLedger::Balance PointLedger::balance() {
  Balance b;
  if (accounts_.empty()) {
    b.tier = rules_.front().tiers.front().name;
    return b;
  }
  if (accounts_.size() > 1)
    throw Error(sqlstate::invalid_parameter, "events of several accounts that have not joined");
  Account& a = *accounts_.begin()->second;
  int64_t left = 0;
  for (const PointLot& lot : lots_) left = plus(left, lot.left);
  b.account = a.id;
  b.usable = a.usable_points;
  b.pending = left - a.usable_points;
  b.owed = a.owed;
  b.tier = a.rules->tiers[a.tier].name;
  b.tier_points = a.history.sum(back_from(a, until_), until_);
  if (!a.expiring.empty()) b.due = std::get<0>(*a.expiring.begin());
  if (!a.pending.empty()) b.due = std::min(b.due, a.pending.begin()->first);
  if (a.rules->tiers.size() > 1) b.due = std::min(b.due, a.kept_until);
  return b;
}

}  // namespace clientele
