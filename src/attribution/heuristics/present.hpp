// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "base/calendar.hpp"

namespace clientele {

/// The channels in a window of touches whose ends move forward, and how often each is there. If
/// `half_life` is given, also their weights, which halve in that time. Each move costs as much as
/// the ends move, however long the window is.
class PresentChannels {
 public:
  /// Times are not needed if half_life is 0.
  explicit PresentChannels(uint64_t half_life) : half_life_(static_cast<double>(half_life)) {}

  void start(std::span<const uint32_t> labels, std::span<const Micros> at, size_t channels);
  void move(size_t begin, size_t end);

  /// In an order that depends on the touches alone.
  std::span<const uint32_t> channels() const { return present_; }
  uint64_t count(uint32_t channel) const { return of_[channel].count; }
  /// Relative to a touch at the time of the window's last; call weigh() first.
  double weight(uint32_t channel) const;
  void weigh();

 private:
  static constexpr size_t none = ~size_t{0};
  struct Channel {
    uint32_t count = 0;
    uint32_t place = 0;   // in present_
    size_t first = none;  // its first touch in the window's older part
    double later = 0;     // of its touches in the newer part, at the time of the last of them
    Micros later_at = 0;
  };
  double faded(uint64_t age) const {
    return age == 0 ? 1.0 : std::exp2(-static_cast<double>(age) / half_life_);
  }
  void enter(size_t i);
  void leave(size_t i);
  void clear();
  void split(size_t begin, size_t end);

  double half_life_;
  std::span<const uint32_t> labels_;
  std::span<const Micros> at_;
  size_t begin_ = 0, end_ = 0;
  std::vector<Channel> of_;
  std::vector<uint32_t> present_;

  // Weights are never subtracted, which would leave rounding errors behind. The older part of the
  // window, before split_, has for each touch the sum from it on; the newer part has one sum. When
  // the window begins in the newer part, all of it becomes the older part.
  size_t split_ = 0;
  std::vector<double> sum_from_;
  std::vector<size_t> next_;  // of the same channel in the older part
  double older_ = 1;          // what a touch at the end of the older part weighs now
};

}  // namespace clientele
