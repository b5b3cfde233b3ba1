// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <algorithm>

#include "base/local_clock.hpp"

namespace clientele {

/// Walks through the stretches of time in which the clocks of a zone are not set, in order.
class Stretches {
 public:
  /// Begins with the stretch that has this instant.
  Stretches(LocalClock::Look look, const void* zone, Micros at) : look_(look), zone_(zone) {
    // No clock was ever set by more than a day.
    set(std::max(at, first_instant) - 3 * day);
    reached_ = begin_ + offset_;
    while (end_ <= at) forward();
  }

  void forward() {
    reached_ = std::max(reached_, end_ + offset_);
    set(end_);
  }

  Micros begin() const { return begin_; }
  /// INT64_MAX if the clocks are not set again.
  Micros end() const { return end_; }
  bool is_last() const { return end_ >= end_of_time; }

  /// What the clocks show.
  Micros local(Micros at) const { return at + offset_; }
  Micros instant(Micros local) const { return local - offset_; }
  Micros local_begin() const { return begin_ + offset_; }
  Micros local_end() const { return std::min(end_, end_of_time) + offset_; }

  /// The clocks have shown all earlier times before this stretch, or have jumped over them.
  Micros reached() const { return reached_; }

 private:
  void set(Micros at) {
    const LocalClock::Offset found = look_(zone_, at);
    begin_ = at;
    offset_ = found.offset;
    end_ = std::max(found.end, at + 1);
  }

  LocalClock::Look look_;
  const void* zone_;
  Micros begin_, end_, offset_, reached_;
};

}  // namespace clientele
