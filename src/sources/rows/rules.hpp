// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/local_clock.hpp"
#include "sources/rows/value.hpp"
#include "sources/cleaning/amount.hpp"
#include "sources/cleaning/text.hpp"
#include "sources/cleaning/time.hpp"

namespace clientele::sources {

/// What one unit of a currency is worth in the reporting currency: digits / 10^decimals.
struct Rate {
  int64_t digits = 1;
  int decimals = 0;
};
/// Reads a rate that is a plain decimal. Digits beyond the eighteenth are rounded.
Rate rate_of(std::string_view decimal);
/// The amount in the reporting currency, to six decimals, half away from zero; false if it is 10^12
/// or more.
bool convert(int64_t& millionths, const Rate& rate);

/// How the rows of a source become events.
struct SourceRules {
  enum class Form { email, phone, key, nocase, exact, uuid };
  struct Kind {
    std::string name;
    Form form = Form::key;
  };
  std::vector<Kind> kinds;                          // the strongest first
  std::vector<uint32_t> identities;                 // the kind of each expression
  std::vector<std::string> properties, attributes;  // names

  bool has_event_id = false, has_cursor = false;
  std::string country;
  Currency reporting;
  DecimalMark decimal = DecimalMark::point;
  bool strict = false;
  std::optional<uint64_t> duplicates_within;  // microseconds

  TimeOptions time;
  LocalClock* clock = nullptr;  // of the source's time zone
  StandIns stand_ins = StandIns::standard();

  struct Renamed {
    std::optional<std::string> channel, event;
  };
  std::unordered_map<std::string, Renamed> event_names;
  /// By currency: what holds from a day on, in days since 2000-01-01.
  std::unordered_map<std::string, std::map<int64_t, Rate>> rates;

  /// Brings the text of a JSON object into its normal form, or says why it cannot be the properties
  /// of an event.
  const char* (*properties_hook)(std::string& json) = nullptr;
};

/// What the expressions of a source give for one row.
struct RowValues {
  std::vector<Value> identities, properties, attributes;
  Value at, event, channel, item, amount, currency, event_id, cursor;
};

}  // namespace clientele::sources
