// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/calendar.hpp"
#include "base/size_limit.hpp"

namespace clientele {

/// What the values of a series are, which says on what scale they scatter evenly.
enum class AnomalyMeasure : uint8_t { count, ratio, number };
/// Which differences count.
enum class AnomalyDirection : uint8_t { both, up, down };

/// Errors 22023 for other words.
AnomalyMeasure parse_anomaly_measure(std::string_view word);
AnomalyDirection parse_anomaly_direction(std::string_view word);
const char* anomaly_measure_name(AnomalyMeasure measure);
const char* anomaly_direction_name(AnomalyDirection direction);

/// What the SQL type anomaly_def holds: how the values of a series are judged by those before.
struct AnomalyDefinition {
  static constexpr SizeLimit size_limit{"anomaly_def", max_definition_bytes};
  static constexpr int32_t max_window = 10000;
  static constexpr uint64_t max_places = 50000;
  static constexpr int32_t max_scale = 1000;
  static constexpr size_t max_scales = 16;
  static constexpr int32_t memory_with_season = 8, memory_without = 288;

  AnomalyMeasure measure = AnomalyMeasure::count;
  uint64_t grain = hour;
  uint64_t season = 0;  // none
  int32_t memory = 0;   // 0: the usual one
  int32_t least = 4;
  int32_t spread = 168;
  std::vector<int32_t> scales = {1};      // ascending
  std::array<double, 3> levels{3, 4, 6};  // ascending
  double min_volume = 20;
  double min_change = 0.1;
  double least_spread = 0;  // as a share of the standard deviation of all the past
  int32_t record = 0;       // no such rule
  int32_t calibrate = 0;    // no such rule
  AnomalyDirection direction = AnomalyDirection::both;
  std::string time_zone;  // empty: the session's

  /// 22023 for what makes no sense, 54000 for windows that are too long.
  void check() const;
  uint64_t places() const { return season == 0 ? 1 : season / grain; }
  size_t kept() const {
    return static_cast<size_t>(memory > 0    ? memory
                               : season == 0 ? memory_without
                                             : memory_with_season);
  }
  /// Where in the season a time of the wall clock is; 0 without a season.
  uint64_t place(Micros local) const;

  void write(Bytes& out) const;
  static AnomalyDefinition read(std::span<const uint8_t> bytes);
};

}  // namespace clientele
