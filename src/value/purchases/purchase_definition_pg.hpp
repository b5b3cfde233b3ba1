// SPDX-License-Identifier: PostgreSQL
// A purchase_def and its time zone together, kept from row to row.
#pragma once
#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>
#include <unordered_map>

#include "pg/clock.hpp"
#include "pg/values.hpp"
#include "value/purchases/purchases.hpp"

namespace clientele {

/// Ready to count by.
struct PurchaseCounter {
  explicit PurchaseCounter(std::span<const uint8_t> bytes)
      : encoded(bytes.begin(), bytes.end()),
        definition(PurchaseDefinition::read(bytes)),
        clock(pg::clock_in(pg::time_zone_named(definition.time_zone))) {}

  bool made_from(std::span<const uint8_t> bytes) const { return same_bytes(bytes, encoded); }
  int64_t period_of(Micros at) { return definition.period_of(clock.local(at)); }

  std::vector<uint8_t> encoded;
  PurchaseDefinition definition;
  LocalClock clock;
};

/// The counters of one query, each at an address that is good until the query ends. Usually there
/// is one, but a query may have a definition for each customer.
class PurchaseCounters {
 public:
  explicit PurchaseCounters(std::pmr::memory_resource*) {}

  PurchaseCounter& get(std::span<const uint8_t> bytes) {
    if (latest_ != nullptr && latest_->made_from(bytes)) return *latest_;
    std::unique_ptr<PurchaseCounter>& place =
        counters_[std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size())];
    if (place == nullptr) place = std::make_unique<PurchaseCounter>(bytes);
    return *(latest_ = place.get());
  }

 private:
  PurchaseCounter* latest_ = nullptr;
  std::unordered_map<std::string, std::unique_ptr<PurchaseCounter>> counters_;
};

}  // namespace clientele
