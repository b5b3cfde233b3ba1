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

enum class RetentionWindows : uint8_t { calendar, elapsed };
enum class CohortBy : uint8_t { first, every };
enum class RetentionMode : uint8_t { on, on_or_after, on_or_before };

/// What the SQL type retention_def holds: the question as it was written, selectors unresolved.
struct RetentionDefinition {
  static constexpr SizeLimit size_limit{"retention_def", max_definition_bytes};
  static constexpr int32_t usual_up_to = 7;

  std::string start_at = "*";
  std::optional<std::string> return_at;  // none: as start_at
  PeriodUnit period = PeriodUnit::day;
  RetentionWindows windows = RetentionWindows::calendar;
  CohortBy cohort_by = CohortBy::first;
  RetentionMode mode = RetentionMode::on;
  int32_t up_to = usual_up_to;    // unless there are brackets
  std::vector<int32_t> brackets;  // ascending bounds
  int32_t min_count = 1;
  std::optional<Micros> since, until;  // until: none is the start of the transaction
  bool amounts = false;
  std::string time_zone;  // empty: the session's

  void set_up_to(std::optional<int64_t> last, std::optional<std::vector<int32_t>> bounds);

  /// Errors: 22023 for what makes no sense, 54000 for too many stretches.
  void check() const;

  size_t stretches() const {
    return brackets.empty() ? static_cast<size_t>(up_to) + 1 : brackets.size() - 1;
  }
  /// The first period of a stretch, counted from 0; of the number after the last stretch, the
  /// period after it.
  int64_t bound(size_t stretch) const {
    return brackets.empty() ? static_cast<int64_t>(stretch) : brackets[stretch];
  }
  /// Whether it depends on neither the time nor the session.
  bool settled() const { return until.has_value() && !time_zone.empty(); }

  void write(Bytes& out) const;
  static RetentionDefinition read(std::span<const uint8_t> bytes);
};

/// Errors 22023 for other words.
RetentionWindows parse_windows(std::string_view word);
CohortBy parse_cohort_by(std::string_view word);
RetentionMode parse_retention_mode(std::string_view word);
const char* windows_name(RetentionWindows windows);
const char* cohort_by_name(CohortBy by);
const char* mode_name(RetentionMode mode);

}  // namespace clientele
