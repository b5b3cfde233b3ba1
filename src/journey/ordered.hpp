// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "journey/journey.hpp"

namespace clientele {

/// Whether any two neighbours are equal; `at` ascends. It costs next to nothing.
bool has_ties(std::span<const Micros> at);

/// Puts the codes of equal times in the order of their ranks. `at` ascends.
template <class Code>
void order_ties(std::span<const Micros> at, std::span<Code> code, std::span<const uint64_t> rank);

/// The events of journey after journey in the order of every question: time, then rank, then item,
/// then amount, NULLs first. The buffers are kept.
class OrderedEvents {
 public:
  OrderedEvents() = default;
  OrderedEvents(OrderedEvents&&) = default;
  OrderedEvents& operator=(OrderedEvents&&) = default;
  OrderedEvents(const OrderedEvents&) = delete;
  OrderedEvents& operator=(const OrderedEvents&) = delete;

  /// `rank_by_code` has one for each of journey.types(), and no two are equal. What the members say
  /// is valid until the next call.
  void read(const Journey& journey, std::span<const uint64_t> rank_by_code);
  /// The same in steps, for those who look ranks up only if there are ties: events of equal time
  /// are not in order before order() is called.
  void read_unordered(const Journey& journey) { read_columns(journey); }
  bool tied() const { return has_ties(at); }
  void order(std::span<const uint64_t> rank_by_code) {
    order_ties<uint16_t>(at, codes_, rank_by_code);
  }
  /// Fills `has_amount` and `amount`, too.
  void read_with_amounts(const Journey& journey, std::span<const uint64_t> rank_by_code);

  size_t size() const { return at.size(); }

  std::span<const Micros> at;
  std::span<const uint16_t> code;
  /// By position; both are empty without read_with_amounts, and if no event has an amount. An
  /// amount is in millionths, and 0 for an event that has none.
  std::span<const uint8_t> has_amount;
  std::span<const int64_t> amount;

 private:
  void read_columns(const Journey& journey);
  void order_with_amounts(std::span<const uint64_t> rank);

  std::vector<Micros> times_;
  std::vector<uint16_t> codes_;
  std::vector<uint8_t> present_;
  std::vector<int64_t> amounts_;
};

}  // namespace clientele
