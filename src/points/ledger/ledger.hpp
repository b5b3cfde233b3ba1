// SPDX-License-Identifier: PostgreSQL
// The ledger of points of one customer. It knows no table.
#pragma once
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/poll.hpp"
#include "points/ledger/definition.hpp"

namespace clientele {

/// What happens to points. At one instant events are in the order of `rank`, then of their numbers.
enum class PointKind : uint8_t { join, purchase, grant, adjust, returned, spend };

struct PointEvent {
  int64_t id = 0;
  PointKind kind = PointKind::purchase;
  Micros at = 0;                  // when it happened
  Micros posted = 0;              // when it is posted: later than `at`, if it arrived late
  int64_t account = 0;            // whose points; of a join, who gets those of account `of`
  std::optional<int64_t> of;      // the purchase that is returned or adjusted
  std::optional<int64_t> item;    // without `of`: the latest purchase of this item is returned
  std::optional<int64_t> amount;  // in millionths; of a return, none is all that is left
  int64_t points = 0;             // of a grant, a spend or an adjustment
  uint32_t rules = 0;             // which of the definitions is in force
};

enum class EntryKind : uint8_t { earn, grant, adjust, settle, spend, expire, reverse };
const char* entry_kind_name(EntryKind kind);

inline constexpr Micros never = std::numeric_limits<Micros>::max();

struct PointLot {
  int64_t id = 0;  // the event that made it
  int64_t account = 0;
  Micros at = 0;
  Micros from = 0;
  Micros expires = never;
  int64_t earned = 0;
  int64_t left = 0;
  int64_t taken = 0;  // by returns, also of what was spent
  bool purchase = false;

  // Of a purchase. The worth of a unit of money is in units of 10^-12 points.
  int64_t spent = 0;
  int64_t clawed = 0;
  __int128 worth = 0;
  int64_t amount = 0;
  int64_t returned = 0;
  bool has_item = false;
  int64_t item = 0;
};

struct PointEntry {
  int64_t account;
  Micros at;
  EntryKind kind;
  size_t lot;  // position in lots()
  int64_t points;
  std::optional<int64_t> event;
};

struct TierChange {
  int64_t account;
  Micros at;
  std::string_view tier;  // as long as the definitions
};

/// Limits: max_events events (54000), and 10^15 points of one event (22003).
class PointLedger {
 public:
  static constexpr size_t max_events = 1'000'000;

  explicit PointLedger(std::span<const PointsDefinition> rules);
  ~PointLedger();
  PointLedger(const PointLedger&) = delete;
  PointLedger& operator=(const PointLedger&) = delete;

  /// Orders events that were posted when they happened.
  static void sort(std::vector<PointEvent>& events);
  /// Posts them in the order given, those after `until` left out, and all that is due until then.
  void run(std::span<const PointEvent> events, Micros until);

  const std::vector<PointEntry>& entries() const { return entries_; }
  const std::vector<PointLot>& lots() const { return lots_; }
  const std::vector<TierChange>& changes() const { return changes_; }
  const std::vector<int64_t>& rejected() const { return rejected_; }

  struct Balance {
    int64_t account = 0;
    int64_t usable = 0;
    int64_t pending = 0;
    int64_t owed = 0;
    std::string_view tier;
    int64_t tier_points = 0;
    Micros due = never;  // when time changes something next
  };
  /// Of the only account that has not joined another; 22023 if there are several.
  Balance balance();

 private:
  struct Account;
  using Order = std::tuple<Micros, Micros, int64_t, size_t>;  // expires, at, id, position

  Account& account_of(int64_t id);
  static Micros back_from(const Account& a, Micros at);
  bool is_purchase(const Account& a, size_t lot) const;
  void take_rules(Account& a, const PointEvent& e);
  void post(const Account& a, Micros at, EntryKind kind, size_t lot, int64_t points,
            std::optional<int64_t> event);
  void change_tier(Account& a, Micros at, size_t tier);
  size_t due_tier(Account& a, Micros at);
  void pass_time(Account& a, Micros at);
  void promote(Account& a, Micros at);
  void take_from(Account& a, size_t lot, int64_t points);
  int64_t take(Account& a, const PointEvent& e, EntryKind kind, int64_t points);
  size_t add_lot(Account& a, const PointEvent& e, EntryKind kind, int64_t points, Micros at,
                 Micros from, Micros expires);
  void purchase(Account& a, const PointEvent& e);
  void grant(Account& a, const PointEvent& e);
  void adjust(Account& a, const PointEvent& e);
  void give_back(Account& a, const PointEvent& e);
  void spend(Account& a, const PointEvent& e);
  void join(Account& a, const PointEvent& e);
  std::optional<size_t> returned_lot(Account& a, const PointEvent& e);

  std::span<const PointsDefinition> rules_;
  std::map<int64_t, std::unique_ptr<Account>> accounts_;
  std::unordered_map<int64_t, size_t> lot_of_;  // of each event that made one
  std::vector<PointLot> lots_;
  std::vector<PointEntry> entries_;
  std::vector<TierChange> changes_;
  std::vector<int64_t> rejected_;
  Micros until_ = 0;
  Work work_;
};

}  // namespace clientele
