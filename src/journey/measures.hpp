// SPDX-License-Identifier: PostgreSQL
// Short answers about the events of a journey that are picked: when, on which days and at which
// hours, for how much, and which kind most often.
#pragma once
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/local_clock.hpp"
#include "journey/journey.hpp"

namespace clientele {

/// Which of a journey's event codes are picked.
class PickedCodes {
 public:
  /// `picks(type)` says whether an event type is.
  template <class Picks>
  PickedCodes(const Journey& journey, const Picks& picks) : picked_(journey.code_limit(), 0) {
    for (size_t c = 0; c < journey.types().size(); ++c) {
      picked_[c] = picks(journey.types()[c]) ? 1 : 0;
      any_ |= picked_[c] != 0;
    }
  }
  bool operator[](uint16_t code) const { return picked_[code] != 0; }
  bool any() const { return any_; }

 private:
  std::vector<uint8_t> picked_;
  bool any_ = false;
};

/// Calls take(at, code) for each event in order of time, until it returns false.
template <class Take>
void each_event(const Journey& journey, Take take) {
  Micros at[Journey::block];
  uint16_t code[Journey::block];
  for (Journey::Scan scan(journey); const size_t n = scan.next();) {
    if (scan.begin() % (64 * Journey::block) == 0) poll();
    scan.times(at);
    scan.codes(code);
    for (size_t i = 0; i < n; ++i)
      if (!take(at[i], code[i])) return;
  }
}

/// Calls take(at) for each picked event in order of time, until it returns false.
template <class Take>
void each_picked(const Journey& journey, const PickedCodes& picked, Take take) {
  if (!picked.any()) return;
  each_event(journey, [&](Micros at, uint16_t code) { return !picked[code] || take(at); });
}

std::optional<Micros> first_picked(const Journey& journey, const PickedCodes& picked);
std::optional<Micros> last_picked(const Journey& journey, const PickedCodes& picked);

/// In millionths; none if no picked event has an amount.
std::optional<__int128> sum_amounts(const Journey& journey, const PickedCodes& picked);

/// The number of different dates of picked events by a clock.
int64_t count_days(const Journey& journey, const PickedCodes& picked, LocalClock& clock);

/// How many picked events fall into each hour of the week, from Monday midnight on.
class WeekClock {
 public:
  static constexpr int hours = 24, weekdays = 7;
  WeekClock(const Journey& journey, const PickedCodes& picked, LocalClock& clock);

  uint64_t total() const { return total_; }
  uint64_t on_weekday(int weekday) const;  // 0: Monday
  uint64_t at_hour(int hour) const;
  /// The one with most events, of equals the first; -1 if there are no events.
  int usual_weekday() const;
  int usual_hour() const;

 private:
  std::array<uint32_t, hours * weekdays> count_{};
  uint64_t total_ = 0;
};

/// Counts by code, of picked codes only.
std::vector<uint32_t> count_codes(const Journey& journey, const PickedCodes& picked);

/// The item of most picked events, of equals the lowest; none if they have no items.
std::optional<int64_t> top_item(const Journey& journey, const PickedCodes& picked);

/// Names of event types in the dictionary, in ascending order, so that a lower number is the lesser
/// name.
struct TypeNames {
  struct Entry {
    int32_t type;
    int32_t name;
  };
  std::vector<Entry> types;  // ascending
  std::vector<std::string> names;
  static constexpr int32_t none = -1;

  int32_t find(int32_t type) const;
};

/// The name that most picked events have, of equals the least; `none` if they have none.
int32_t top_name(const Journey& journey, const PickedCodes& picked, const TypeNames& names);
/// The names of picked events, in the order in which each occurs first; those of one instant in the
/// order of the journey.
std::vector<int32_t> names_in_order(const Journey& journey, const PickedCodes& picked,
                                    const TypeNames& names);

}  // namespace clientele
