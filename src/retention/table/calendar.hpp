// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <algorithm>
#include <vector>

#include "retention/table/definition.hpp"

namespace clientele {

/// When the cohorts and the stretches of a question begin. The definition must be settled.
class RetentionCalendar {
 public:
  RetentionCalendar(const RetentionDefinition& definition, LocalClock::Look look, const void* zone);

  /// A cohort is known by its start: that of the period of an instant.
  Micros cohort_of(Micros at) {
    return hours_ ? periods_.clock_hour(at) : begins(periods_.number(at));
  }
  /// Whether an instant is known to lie in the period that cohort_of() found last.
  bool same_cohort(Micros at) const { return !hours_ && periods_.same(at); }
  int64_t number(Micros at) { return periods_.number(at); }

  size_t stretches() const { return bound_.size() - 1; }
  int64_t bound(size_t stretch) const { return bound_[stretch]; }
  /// Whether stretches have a length of their own, and do not follow the local dates.
  bool fixed() const { return fixed_; }
  bool elapsed() const { return elapsed_; }
  bool turns_back(Micros from, Micros to) { return periods_.turns_back(from, to); }

  /// Where a stretch begins for a customer of the period `number` whose count begins at `base`,
  /// which is the cohort or, elapsed, the start. What begins after the question's end may be later.
  Micros edge(Micros base, int64_t number, size_t stretch) {
    if (!fixed_) return begins(number + bound_[stretch]);
    const __int128 sum = base + __int128{length_[stretch]};
    return static_cast<Micros>(std::min<__int128>(sum, end_of_time));
  }

  /// Where a stretch begins for the first and ends for the last customers of a cohort.
  Micros begin(Micros cohort, size_t stretch) {
    return edge(cohort, fixed_ ? 0 : periods_.number(cohort), stretch);
  }
  Micros end(Micros cohort, size_t stretch);

 private:
  /// The beginning of a period; that of one after the question's end may be later.
  Micros begins(int64_t number);

  Periods periods_;
  bool elapsed_, hours_, fixed_;
  std::vector<int64_t> bound_;
  std::vector<uint64_t> length_;  // from the base to each bound
  int64_t last_;                  // periods after it begin after the end of the question
  std::vector<Micros> begins_;    // by distance from it
};

}  // namespace clientele
