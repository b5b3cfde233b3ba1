// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <span>

#include "sources/rows/dictionaries.hpp"

namespace clientele::sources {

/// A row that is to become an event. Numbers are those of a RowCleaner.
struct CleanRow {
  static constexpr int64_t no_amount = INT64_MIN;
  static constexpr uint32_t none = UINT32_MAX;

  Micros at = 0;
  int64_t amount = no_amount;  // millionths
  uint32_t who = none;         // its identifiers
  uint32_t type = 0;
  uint32_t item = none;
  uint32_t extra = none;  // what was left out, and attributes
  friend bool operator==(const CleanRow&, const CleanRow&) = default;
};

/// Why a row cannot be used: the first reason that applies, and the value that it is about.
struct Refusal {
  const char* reason = nullptr;
  std::string detail;
};

/// Cleans rows one by one. What they have in common is kept once.
class RowCleaner {
 public:
  RowCleaner(const SourceRules& rules, std::pmr::memory_resource* memory);

  /// False if the row cannot be used, and why in refusal().
  bool clean(const RowValues& values, CleanRow& row);
  const Refusal& refusal() const { return refusal_; }

  const SourceRules& rules() const { return rules_; }
  const Identifiers& identifiers() const { return identifiers_; }
  const EventTypes& types() const { return types_; }
  const CleanTexts& items() const { return items_; }

  /// The identifiers of a row, the strongest first: its home.
  std::span<const uint32_t> who(const CleanRow& row) const;
  uint32_t home(const CleanRow& row) const { return who(row).front(); }
  /// The reasons for which identifiers of a row were left out.
  std::span<const uint32_t> dropped(const CleanRow& row) const;
  static const char* drop_reason(uint32_t drop);
  static constexpr size_t drop_reasons = 4;
  /// The values of a row's attributes by their place in the rules; empty where there is none.
  std::span<const uint32_t> attributes(const CleanRow& row) const;
  std::string_view attribute(uint32_t number) const { return attribute_values_[number]; }

 private:
  static constexpr uint32_t several = 1U << 31;

  void refuse(const char* reason, std::string_view detail);
  void identify(const RowValues& values, CleanRow& row);
  void place_in_time(const Value& at, CleanRow& row);
  CleanedTime time_of(const Value& at);
  CleanedTime local_time(Micros local);
  void value_amount(const RowValues& values, CleanRow& row);
  CleanedAmount amount_of(const Value& value, const Currency& currency);
  const Rate* rate_on(const Currency& currency, Micros at) const;
  void add_extras(const RowValues& values, CleanRow& row);

  const SourceRules& rules_;
  Identifiers identifiers_;
  EventTypes types_;
  CleanTexts items_, attribute_values_;
  Currencies currencies_;
  Interned sets_, extras_;  // arrays of numbers
  size_t rank_ = 0;         // of the refusal
  Refusal refusal_;
  std::vector<uint32_t> found_, drops_, extra_;
  std::string room_;
};

}  // namespace clientele::sources
