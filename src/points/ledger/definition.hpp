// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/calendar.hpp"
#include "base/size_limit.hpp"

namespace clientele {

/// A level of customers: from so many points on, purchases earn that many times the points.
struct PointsTier {
  std::string name;
  int64_t least = 0;               // points of the last look_back
  int64_t multiplier = 1'000'000;  // millionths
};

/// The rules of a points program, as a points_def holds them.
struct PointsDefinition {
  static constexpr SizeLimit size_limit{"points_def", max_definition_bytes};
  static constexpr uint64_t longest = uint64_t{1000} * 366 * day;
  // The product of the largest rate, multiplier and amount fits into 128 bits.
  static constexpr int64_t rate_limit = 1'000'000'000'000;    // a million points a unit
  static constexpr int64_t multiplier_limit = 1'000'000'000;  // a thousand
  static constexpr int64_t points_limit = 1'000'000'000'000'000;
  static constexpr size_t max_tiers = 1000;

  PointsDefinition();  // not inline: GCC 12 would warn that members are uninitialized

  int64_t rate = 1'000'000;            // points for each unit of money, in millionths
  std::string purchases = "purchase";  // selectors
  std::optional<std::string> returns;
  uint64_t pending = 0;              // microseconds until points can be used
  std::optional<uint64_t> validity;  // microseconds until they expire; none: never
  bool owe = true;                   // what a return cannot take back is owed, or forgiven
  std::vector<PointsTier> tiers;     // ascending, the first from 0
  uint64_t look_back = 365 * static_cast<uint64_t>(day);
  uint64_t keeps = 365 * static_cast<uint64_t>(day);

  /// 22023 for what is out of range, and the selectors' syntax.
  void check() const;

  /// The stored form; equal definitions have equal bytes.
  void write(Bytes& out) const;
  /// Error XX001 for bytes that write() does not give.
  static PointsDefinition read(std::span<const uint8_t> bytes);
};

}  // namespace clientele
