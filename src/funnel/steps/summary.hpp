// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "base/durations.hpp"
#include "funnel/steps/definition.hpp"

namespace clientele {

/// What the SQL type funnel_summary holds: how far customers came, and how long each step took.
class FunnelSummary {
 public:
  explicit FunnelSummary(std::pmr::memory_resource* memory)
      : definition_(memory), reached_(memory), waits_(memory) {}

  bool started() const { return !definition_.empty(); }
  /// The bytes of the funnel's definition, which must be the same for all customers.
  std::span<const uint8_t> definition() const { return definition_; }
  void start(std::span<const uint8_t> definition, int steps);

  /// A customer whose best chain has these times.
  void add(std::span<const Micros> chain);
  void merge(const FunnelSummary& other);

  int steps() const { return static_cast<int>(reached_.size()); }
  uint64_t customers() const { return customers_; }
  /// Customers at depth >= step.
  uint64_t reached(int step) const { return reached_[step - 1]; }
  /// Times from step - 1 to step, of the customers that reached it.
  const Durations& wait(int step) const { return waits_[step - 2]; }

  void write(Bytes& out) const;
  void read(Reader& reader);

 private:
  std::pmr::vector<uint8_t> definition_;
  uint64_t customers_ = 0;
  std::pmr::vector<uint64_t> reached_;
  std::pmr::vector<Durations> waits_;
};

}  // namespace clientele
