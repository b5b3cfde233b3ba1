// SPDX-License-Identifier: PostgreSQL
// Definitions of purchases with the clocks of their time zones, kept from row to row.
#pragma once
#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>
#include <unordered_map>

#include "pg/clock.hpp"
#include "pg/values.hpp"
#include "value/purchases/collected.hpp"

namespace clientele {

/// The counters of one query, each at an address that is good until the query ends. Usually there
/// is one, but a query may have a definition for each customer.
class PurchaseCounters {
 public:
  explicit PurchaseCounters(std::pmr::memory_resource*) {}

  PurchaseCounter& get(std::span<const uint8_t> bytes) {
    if (latest_ != nullptr && latest_->made_from(bytes)) return *latest_;
    std::unique_ptr<PurchaseCounter>& place =
        counters_[std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size())];
    if (place == nullptr) {
      PurchaseDefinition read = PurchaseDefinition::read(bytes);
      LocalClock clock = pg::clock_in(pg::time_zone_named(read.time_zone));
      place = std::make_unique<PurchaseCounter>(bytes, std::move(read), std::move(clock));
    }
    return *(latest_ = place.get());
  }

 private:
  PurchaseCounter* latest_ = nullptr;
  std::unordered_map<std::string, std::unique_ptr<PurchaseCounter>> counters_;
};

}  // namespace clientele
