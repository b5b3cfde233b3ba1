// SPDX-License-Identifier: PostgreSQL
// The purchases of one customer, collected row by row.
#pragma once
#include <functional>

#include "value/purchases/purchases.hpp"

namespace clientele {

/// A purchase_def made ready to count by.
struct PurchaseCounter {
  PurchaseCounter(std::span<const uint8_t> bytes, PurchaseDefinition read, LocalClock local)
      : encoded(bytes.begin(), bytes.end()), definition(std::move(read)), clock(std::move(local)) {}

  bool made_from(std::span<const uint8_t> bytes) const { return same_bytes(bytes, encoded); }
  int64_t period_of(Micros at) { return definition.period_of(clock.local(at)); }

  std::vector<uint8_t> encoded;
  PurchaseDefinition definition;
  LocalClock clock;
};

/// One block of memory: this header, then the purchases. It moves when it grows, so what adds to it
/// returns where it is then. A query may have millions of them, one for each customer.
///
/// Purchases after the definition's last period are left out. So are those that change no answer,
/// when room is needed: see compact().
class CollectedPurchases {
 public:
  /// `state`, or an empty one with room for `room` purchases if that is nullptr. Error 22023 if
  /// `state` was collected by another definition. The counter must outlive what is returned.
  static CollectedPurchases* ready(CollectedPurchases* state, PurchaseCounter& counter,
                                   std::pmr::memory_resource& memory, size_t room = 0);

  /// Error 54000 for more purchases than a journey may have events.
  CollectedPurchases* with(const Purchase& purchase, std::pmr::memory_resource& memory) {
    if (purchase.period > counter_->definition.last()) return this;
    if (purchase.bare() && count_ > 0 && rows()[count_ - 1].period == purchase.period) return this;
    CollectedPurchases* const state = full() ? grown(memory) : this;
    state->rows()[state->count_++] = purchase;
    return state;
  }
  /// Those of another part of the same customer's rows.
  CollectedPurchases* with_all(const CollectedPurchases& other, std::pmr::memory_resource& memory);

  std::span<const Purchase> all() const { return {rows(), count_}; }
  PurchaseCounter& counter() const { return *counter_; }
  /// A copy that may be sorted.
  std::pmr::vector<Purchase> copied(std::pmr::memory_resource* memory) const {
    return {rows(), rows() + count_, memory};
  }

  /// For another process of the same server.
  void write(Bytes& out) const;
  /// What write() wrote; `counter_of` finds the counter of a packed definition. Error XX001 for
  /// bytes that write() does not produce.
  static CollectedPurchases* read(
      std::span<const uint8_t> bytes,
      const std::function<PurchaseCounter&(std::span<const uint8_t>)>& counter_of,
      std::pmr::memory_resource& memory);

  /// False for memory that is not a CollectedPurchases.
  bool marked() const { return mark_ == right_mark && power_ < 32 && count_ <= capacity(); }
  /// What it takes of memory, with its header.
  size_t bytes() const { return block_of(capacity()); }

 private:
  static constexpr uint32_t right_mark = 0x527550;
  /// With its header a block is a power of two, as the blocks of PostgreSQL's allocator are.
  static constexpr size_t min_rows = 3;

  CollectedPurchases(PurchaseCounter& counter, uint32_t power)
      : counter_(&counter), count_(0), power_(power & 0xFF), mark_(right_mark) {}

  static constexpr size_t block_of(size_t capacity) {
    return sizeof(CollectedPurchases) + capacity * sizeof(Purchase);
  }
  static CollectedPurchases* make(PurchaseCounter& counter, size_t room,
                                  std::pmr::memory_resource& memory);
  size_t capacity() const { return (size_t{1} << power_) - 1; }
  bool full() const { return count_ == capacity() || count_ >= max_journey_events; }
  CollectedPurchases* grown(std::pmr::memory_resource& memory);

  Purchase* rows() { return reinterpret_cast<Purchase*>(this + 1); }
  const Purchase* rows() const { return reinterpret_cast<const Purchase*>(this + 1); }

  PurchaseCounter* counter_;
  uint32_t count_;
  uint32_t power_ : 8;  // there is room for 2^power - 1
  uint32_t mark_ : 24;
};

}  // namespace clientele
