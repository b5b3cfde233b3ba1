// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/periods.hpp"
#include "engagement/counts/definition.hpp"
#include "engagement/counts/summary.hpp"
#include "journey/journey.hpp"
#include "journey/measures.hpp"

namespace clientele {

/// Numbers of the periods of a time zone; quick for times of the period found last.
class CountedPeriods {
 public:
  CountedPeriods(CountPeriod period, LocalClock::Look look, const void* zone);

  int64_t number(Micros at) {
    if (at < begin_ || at >= end_) find(at);
    return number_;
  }
  /// The first instant of a calendar period.
  Micros begin(int64_t number) { return periods_.begin(number); }

 private:
  void find(Micros at);

  CountPeriod period_;
  Periods periods_;
  LocalClock clock_;
  int64_t number_ = 0;
  Micros begin_ = 0, end_ = 0;  // a stretch in this period
};

/// Labels of event types, by the names that the dictionary has of them.
class CountLabels {
 public:
  struct Names {
    TypeNames channels, events, values;
  };
  /// `types`: what the selector picks, ascending; none: every event.
  CountLabels(const CountedBy& by, std::optional<std::vector<int32_t>> types, Names names);

  static constexpr uint32_t none = ~uint32_t{0};  // not picked
  /// The number of a type's label.
  uint32_t of(int32_t type) {
    const auto place = static_cast<size_t>(type);
    if (place < numbers_.size() && numbers_[place] != unknown) return numbers_[place];
    return find(type);
  }
  const CountLabel& operator[](uint32_t number) const { return *labels_[number]; }
  /// No other has the same.
  uint64_t id() const { return id_; }

 private:
  static constexpr uint32_t unknown = none - 1;
  static constexpr size_t max_direct = size_t{1} << 20;
  uint32_t find(int32_t type);
  uint32_t number_of(int32_t type);

  const CountedBy by_;
  const std::optional<std::vector<int32_t>> types_;
  const Names names_;
  const uint64_t id_;
  std::vector<uint32_t> numbers_;                  // by type
  std::unordered_map<int32_t, uint32_t> further_;  // of types with large numbers
  std::map<CountLabel, uint32_t> known_;
  std::vector<const CountLabel*> labels_;
};

/// A definition with its time zone, ready for journeys.
class EventCounter {
 public:
  EventCounter(const CountsDefinition& definition, CountLabels labels, LocalClock::Look look,
               const void* zone);

  /// Counts one customer.
  void add(const Journey& journey, CountsSummary& summary);

 private:
  struct Code {
    uint32_t label;
    uint32_t cell;  // of the period that was counted last
    int64_t period;
  };
  struct Amount {
    size_t event;
    int64_t amount;
  };
  bool name_codes(const Journey& journey);
  void read_amounts(const Journey& journey);

  CountLabels labels_;
  CountedPeriods periods_;
  Micros since_, until_;
  uint64_t gap_;

  std::vector<Code> codes_;  // of the journey
  std::vector<Amount> amounts_;
};

}  // namespace clientele
