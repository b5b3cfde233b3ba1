// SPDX-License-Identifier: PostgreSQL
#pragma once
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
  /// Relative to the other channels, and above 0 for that of the window's last touch.
  double weight(uint32_t channel) const;

 private:
  static constexpr size_t none = ~size_t{0};
  struct Channel {
    uint32_t count = 0;
    uint32_t place = 0;      // in present_
    size_t first = none;     // its first touch in the window's older part
    double later = 0;        // of its touches in the newer part
    size_t later_since = 0;  // the epoch of `later`
  };
  void enter(size_t i);
  void leave(size_t i);
  void clear();
  void split(size_t begin, size_t end);
  void weigh(size_t i);

  double half_life_;
  std::span<const uint32_t> labels_;
  std::span<const Micros> at_;
  size_t begin_ = 0, end_ = 0;
  std::vector<Channel> of_;
  std::vector<uint32_t> present_;

  // A touch weighs 2^(its time since the epoch / half_life). A touch that is too long after the
  // epoch for that to be a number begins another one; those before it weigh nothing beside it.
  static constexpr double longest_epoch = 500;  // half-lives
  size_t epoch_ = 0;                            // its first touch
  std::vector<double> weight_;                  // by touch
  // Weights are never subtracted, which would leave rounding errors behind. The older part of the
  // window, before split_, has for each touch the sum from it on; the newer part has one sum. When
  // the window begins in the newer part, all of it becomes the older part.
  size_t split_ = 0;
  std::vector<double> sum_from_;
  std::vector<size_t> next_;  // of the same channel in the older part
};

}  // namespace clientele
