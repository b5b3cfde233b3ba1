// SPDX-License-Identifier: PostgreSQL
// A rectangle with two axes, in which lines are drawn.
#pragma once
#include <string>
#include <vector>

#include "reports/pictures/marks.hpp"

namespace clientele::pictures {

struct Frame {
  double left, top, width, height;
  double right() const { return left + width; }
  double bottom() const { return top + height; }
};

/// The vertical axis: its ends are round numbers, and each of them has a line across the frame.
class VerticalAxis {
 public:
  VerticalAxis(Span span, const Format& format);
  /// How much room its numbers take.
  double room() const { return room_; }
  double at(double value, const Frame& frame) const {
    return frame.bottom() - span_.share(value) * frame.height;
  }
  void draw(Svg& svg, const Frame& frame) const;

 private:
  Span span_;
  std::vector<double> marks_;
  Format format_;
  double room_ = 0;
};

/// Places for labels at the ends of lines: at least `apart` from each other, between `lo` and `hi`,
/// and as near to where they belong as that allows.
std::vector<double> spread(const std::vector<double>& wanted, double apart, double lo, double hi);

}  // namespace clientele::pictures
