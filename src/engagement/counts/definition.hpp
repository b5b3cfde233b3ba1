// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/periods.hpp"
#include "base/size_limit.hpp"

namespace clientele {

/// The periods that events are counted in: calendar periods, the 168 hours of the week, or one
/// period for all times.
enum class CountPeriod : uint8_t { hour, day, week, month, quarter, year, hour_of_week, all };
CountPeriod parse_count_period(std::string_view word);
const char* count_period_name(CountPeriod period);

/// Which parts of the name of an event have counts of their own.
struct CountedBy {
  bool channel = false, event = false, event_type = false;
  std::optional<std::string> property;

  /// Of words such as channel, event, event_type, or the name of a property; 22023 for two of
  /// these.
  static CountedBy parse(const std::vector<std::string>& words);
  std::vector<std::string> words() const;
};

/// What the SQL type counts_def holds: which events are counted, in which periods, and by what.
struct CountsDefinition {
  static constexpr SizeLimit size_limit{"counts_def", max_definition_bytes};

  std::string selector = "*";
  CountPeriod period = CountPeriod::day;
  CountedBy by;
  std::optional<Micros> since, until;
  uint64_t session_gap = static_cast<uint64_t>(30 * minute);
  std::string time_zone;  // empty: the session's

  /// 22023 for what makes no sense.
  void check() const;

  void write(Bytes& out) const;
  static CountsDefinition read(std::span<const uint8_t> bytes);
};

}  // namespace clientele
