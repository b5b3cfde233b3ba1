// SPDX-License-Identifier: PostgreSQL
#include "value/purchases/collected.hpp"

#include <algorithm>
#include <bit>
#include <new>

#include "base/poll.hpp"

namespace clientele {
namespace {

constexpr uint8_t version = 1;

}  // namespace

CollectedPurchases* CollectedPurchases::make(PurchaseCounter& counter, size_t room,
                                             std::pmr::memory_resource& memory) {
  static_assert(sizeof(CollectedPurchases) == sizeof(Purchase));
  const auto power = static_cast<uint32_t>(std::bit_width(std::max(room, min_rows)));
  if (power >= 32) throw std::bad_alloc();
  void* const place =
      memory.allocate(block_of((size_t{1} << power) - 1), alignof(CollectedPurchases));
  return new (place) CollectedPurchases(counter, power);
}

CollectedPurchases* CollectedPurchases::ready(CollectedPurchases* state, PurchaseCounter& counter,
                                              std::pmr::memory_resource& memory, size_t room) {
  if (state == nullptr) return make(counter, room, memory);
  if (state->counter_ != &counter && !state->counter_->made_from(counter.encoded))
    throw Error(sqlstate::invalid_parameter,
                "purchase_summary and purchase_times need the same purchase_def for all rows of a "
                "customer",
                "Is the query grouped by customer?");
  return state;
}

CollectedPurchases* CollectedPurchases::grown(std::pmr::memory_resource& memory) {
  // Only purchases without an amount can be left out.
  if (std::ranges::any_of(all(), [](const Purchase& p) { return p.bare(); })) {
    count_ = static_cast<uint32_t>(compact({rows(), count_}));
    if (count_ <= capacity() / 2) return this;
  }
  if (count_ >= max_journey_events)
    throw Error(sqlstate::limit_exceeded, "a customer has more than 33554432 purchases",
                "Is the query grouped by customer?");
  CollectedPurchases* const larger = make(*counter_, 2 * capacity() + 1, memory);
  larger->count_ = count_;
  std::memcpy(larger->rows(), rows(), count_ * sizeof(Purchase));
  memory.deallocate(this, bytes(), alignof(CollectedPurchases));
  return larger;
}

CollectedPurchases* CollectedPurchases::with_all(const CollectedPurchases& other,
                                                 std::pmr::memory_resource& memory) {
  CollectedPurchases* state = this;
  size_t n = 0;
  for (const Purchase& p : other.all()) {
    if (n++ % 65536 == 0) poll();
    state = state->with(p, memory);
  }
  return state;
}

void CollectedPurchases::write(Bytes& out) const {
  out.reserve(out.size() + counter_->encoded.size() + count_ * sizeof(Purchase) + 16);
  Writer w(out);
  w.u8(version);
  w.counted(counter_->encoded);
  w.varint(count_);
  w.raw(rows(), count_ * sizeof(Purchase));
}

CollectedPurchases* CollectedPurchases::read(
    std::span<const uint8_t> bytes,
    const std::function<PurchaseCounter&(std::span<const uint8_t>)>& counter_of,
    std::pmr::memory_resource& memory) {
  Reader reader(bytes);
  if (reader.u8() != version) Reader::fail("unknown version of a customer's purchases");
  PurchaseCounter& counter = counter_of(reader.counted());
  const size_t n = reader.count(sizeof(Purchase));
  const uint8_t* const rows = reader.take(n * sizeof(Purchase));
  CollectedPurchases* const state = make(counter, n, memory);
  state->count_ = static_cast<uint32_t>(n);
  std::memcpy(state->rows(), rows, n * sizeof(Purchase));
  return state;
}

}  // namespace clientele
