// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <map>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/significance.hpp"

namespace clientele {

/// A step of a group of customers beside the same step of all other groups together.
struct Bottleneck {
  std::optional<std::string_view> name;  // none: the group NULL
  int step = 0;                          // from 2
  uint64_t customers = 0;                // of the group at the step before
  uint64_t made = 0;                     // of these, who made the step
  std::optional<double> rate, rest_rate, lost, p, p_adjusted;
  bool lower = false;  // rate < rest_rate
};

/// What the SQL type bottleneck_summary holds: how far each of several disjoint groups of customers
/// came in one funnel.
class BottleneckSummary {
 public:
  explicit BottleneckSummary(std::pmr::memory_resource* memory)
      : definition_(memory), total_(memory), groups_(memory) {}

  /// Counts customers of a group; equal names are one group. `reached` has the customers by step.
  /// `definition` is the funnel's, which must be the same for all groups (22023).
  void add(std::optional<std::string_view> name, std::span<const uint8_t> definition,
           std::span<const uint64_t> reached);
  void merge(const BottleneckSummary& other);

  /// All steps of all groups, by customers lost, name and step. Tested are those of at least
  /// `min_customers` customers, beside a rest of at least one.
  std::vector<Bottleneck> steps(uint64_t min_customers, Correction correction) const;

  void write(Bytes& out) const;
  void read(Reader& reader);

 private:
  void define(std::span<const uint8_t> definition, size_t steps);
  void count(std::string_view key, std::span<const uint64_t> reached);

  std::pmr::vector<uint8_t> definition_;
  std::pmr::vector<uint64_t> total_;  // all groups, by step
  // By a byte 0 and the name, or by a byte 1 for NULL, which comes last.
  std::pmr::map<std::pmr::string, std::pmr::vector<uint64_t>, std::less<>> groups_;
};

}  // namespace clientele
