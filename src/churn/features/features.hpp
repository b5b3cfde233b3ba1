// SPDX-License-Identifier: PostgreSQL
// Numbers about a journey from which the risk that its customer leaves can be predicted.
#pragma once
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "base/local_clock.hpp"
#include "churn/features/features_definition.hpp"
#include "journey/journey.hpp"

namespace clientele {

struct FeatureInfo {
  const char* name;
  const char* unit;
  const char* description;
};
inline constexpr int churn_feature_count = 30;
/// In the order in which they are returned.
extern const std::array<FeatureInfo, churn_feature_count> churn_feature_info;

inline constexpr double unknown_feature = std::numeric_limits<double>::quiet_NaN();
using ChurnFeatures = std::array<double, churn_feature_count>;  // NaN: unknown, else finite

/// The roles and channels of event types, from the selectors and the dictionary.
class EventRoles {
 public:
  struct Entry {
    int32_t type = 0;
    uint8_t roles = 0;    // a bit for each FeatureRole
    int32_t channel = 0;  // 0: not in the dictionary
  };
  void add(int32_t type, uint8_t roles, int32_t channel) {
    entries_.push_back({type, roles, channel});
  }
  /// After the last add().
  void finish();
  Entry find(int32_t type) const;

 private:
  static constexpr size_t max_small = 4096;
  std::vector<Entry> entries_;
  std::vector<Entry> small_;  // by type, up to the largest small one
};

/// Makes the features of journeys. Buffers are kept from call to call.
class FeatureMaker {
 public:
  /// Uses the events before `at`; false if there are none.
  bool make(const Journey& journey, Micros at, const FeaturesDefinition& definition,
            const EventRoles& roles, LocalClock& clock, ChurnFeatures& out);

 private:
  struct Line {
    size_t event;
    uint32_t purchase;
  };
  /// Promotions of one instant, and the first answer since.
  struct Sent {
    uint64_t count = 0;
    Micros at = 0;
    bool answered = false;
    Micros answer_at = 0;
  };

  /// Events by what they are.
  struct Tally {
    std::array<uint64_t, feature_roles> events{}, in_last{};
    uint64_t own_last = 0, own_previous = 0, types = 0;  // own events, and their types
  };

  void scan(const Journey& journey, LocalClock& clock);
  void own_event(Micros at, LocalClock& clock);
  void new_day(Micros at, LocalClock& clock);
  void special(Micros at, size_t event, uint8_t roles);
  void promoted(Micros at);
  void close_promotions();
  void tally();
  void activity(ChurnFeatures& out);
  void breadth(const Journey& journey, ChurnFeatures& out);
  void buying(const Journey& journey, ChurnFeatures& out) const;
  void contacts(ChurnFeatures& out) const;

  enum Window { earlier, previous, last, windows };  // before both periods, in them

  // The question.
  Micros at_ = 0, last_from_ = 0, previous_from_ = 0;
  uint64_t session_gap_ = 0;
  // By code, that is by position in the journey's types.
  std::vector<EventRoles::Entry> entries_;
  std::vector<uint32_t> count_[windows];
  // By event.
  std::vector<uint16_t> codes_;
  size_t seen_ = 0;  // events before `at`
  // Own events.
  uint64_t own_ = 0, active_days_ = 0;
  Micros first_ = 0, latest_ = 0, day_end_ = 0;
  int64_t newest_day_ = 0;
  uint64_t days_seen_ = 0;      // bit k: newest_day_ - k
  std::vector<uint64_t> gaps_;  // between sessions
  // Purchases and promotions.
  uint64_t purchases_ = 0, purchases_last_ = 0;
  Micros first_purchase_ = 0, latest_purchase_ = 0;
  std::vector<Line> lines_;
  bool keep_lines_ = false;
  Sent sent_;
  uint64_t answered_ = 0;
  bool any_answer_ = false;
  Micros latest_answer_ = 0;
  std::vector<int64_t> items_;
  Tally tally_;
  std::vector<int32_t> channels_;
};

}  // namespace clientele
