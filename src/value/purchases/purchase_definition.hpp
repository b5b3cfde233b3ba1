// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/calendar.hpp"
#include "base/size_limit.hpp"

namespace clientele {

/// How purchases are counted, as a purchase_def holds it. Purchases of one period count once.
/// Periods are numbered on the wall clock of `time_zone`, from Monday 2001-01-01 00:00 on, so that
/// a day is one day and a week is seven also when clocks change.
struct PurchaseDefinition {
  static constexpr SizeLimit size_limit{"purchase_def", max_definition_bytes};

  int64_t until = 0;  // the last observed period
  std::optional<int64_t> holdout_until;
  int64_t merge = day;     // a period's length; 1 merges equal times only
  int64_t unit = 7 * day;  // the unit of t_x and age
  std::string purchase = "purchase";
  std::string time_zone;

  /// The last period that matters.
  int64_t last() const { return holdout_until.value_or(until); }
  int64_t period_of(Micros local) const {
    const int64_t since = local - origin;
    return since / merge - (since % merge < 0);
  }
  Micros start_of(int64_t period) const { return period * merge + origin; }
  /// The time from one period to a later one, in units: the nearest double to the exact fraction.
  double units_between(int64_t earlier, int64_t later) const;

  /// Sets the length of periods; 0 merges equal times only. 22023 for a length that neither divides
  /// a day evenly nor is whole days. Must be called before anything that counts periods.
  void set_merge(uint64_t micros);
  void set_unit(uint64_t micros);

  /// 22023 for a hold-out that is not after `until`, a selector's syntax, no time zone; 22008 for
  /// periods outside the range of timestamps.
  void check() const;

  /// A period as text, on the wall clock: a day if periods are days or longer.
  std::string period_text(int64_t period) const;
  /// The period that contains a day, or a time without a zone. 22023 with `key` in the message.
  int64_t period_from_text(const char* key, std::string_view text) const;

  /// The stored form; equal definitions have equal bytes. Versioned.
  void write(Bytes& out) const;
  /// Error XX001 for bytes that write() does not produce.
  static PurchaseDefinition read(std::span<const uint8_t> bytes);

  friend bool operator==(const PurchaseDefinition&, const PurchaseDefinition&) = default;

 private:
  static constexpr Micros origin = 366 * day;  // Monday 2001-01-01
};

}  // namespace clientele
