// SPDX-License-Identifier: PostgreSQL
// Repeat purchases of one customer, as models of the buy-till-you-die family need them.
#pragma once
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory_resource>
#include <optional>
#include <span>
#include <vector>

#include "base/local_clock.hpp"
#include "journey/journey.hpp"
#include "value/purchases/purchase_definition.hpp"

namespace clientele {

inline constexpr double no_amount = std::numeric_limits<double>::quiet_NaN();

/// One purchase.
struct Purchase {
  int64_t period;
  double amount;  // NaN: none

  bool bare() const { return std::isnan(amount); }
};

/// By period, then by amount, with unknown amounts last. Sums are taken in this order, so their
/// bits depend on the purchases only.
bool before(const Purchase& a, const Purchase& b);

/// Sorts, and leaves out purchases that change no answer: those without an amount in a period that
/// has another. Returns how many are left, at the front.
size_t compact(std::span<Purchase> purchases);

/// Returns the amount, with one zero; 22003 unless it is finite.
double checked_amount(double amount);

struct PurchaseSummary {
  int32_t x = 0;
  double t_x = 0;
  double age = 0;
  double monetary = no_amount;  // NaN: there is none
  int32_t holdout_x = 0;
  double holdout_age = 0;
  double holdout_monetary = no_amount;
};

/// None if there is no purchase up to `until`. Sorts its purchases. Error 22003 if sums overflow.
std::optional<PurchaseSummary> summarise(std::span<Purchase> purchases,
                                         const PurchaseDefinition& definition);

/// The times of all purchase periods up to definition.last(), in units after the first of them,
/// which is 0. Empty if there is no purchase up to `until`. Sorts its purchases.
std::pmr::vector<double> purchase_times(std::span<Purchase> purchases,
                                        const PurchaseDefinition& definition,
                                        std::pmr::memory_resource* memory);

/// Reads the purchases of journeys. Buffers are kept from call to call.
class PurchaseFeed {
 public:
  /// Returns the events of these types (ascending) up to definition.last().
  std::span<Purchase> read(const Journey& journey, std::span<const int32_t> types,
                           const PurchaseDefinition& definition, LocalClock& clock,
                           bool with_amounts);

 private:
  void add(int64_t period, double amount);

  std::vector<Purchase> purchases_;
  EventList events_;
};

}  // namespace clientele
