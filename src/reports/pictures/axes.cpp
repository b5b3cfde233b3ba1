// SPDX-License-Identifier: PostgreSQL
#include "reports/pictures/axes.hpp"

#include <algorithm>
#include <numeric>

#include "reports/pictures/letters.hpp"

namespace clientele::pictures {

VerticalAxis::VerticalAxis(Span span, const Format& format) : format_(format) {
  marks_ = ticks(span.lo, span.hi, 4);
  for (const double mark : marks_) {
    span_.add(mark);
    room_ = std::max(room_, text_width(format.brief(mark)) * Svg::letter);
  }
  room_ = std::min(room_, 90.0) + 8;
}

void VerticalAxis::draw(Svg& svg, const Frame& frame) const {
  for (const double mark : marks_) {
    const double y = at(mark, frame);
    svg.line(mark == 0 ? "axis" : "grid", frame.left, y, frame.right(), y);
    svg.text("muted", frame.left - 8, y + 4, format_.brief(mark), room_ - 6, Svg::end);
  }
}

std::vector<double> spread(const std::vector<double>& wanted, double apart, double lo, double hi) {
  std::vector<size_t> order(wanted.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return wanted[a] < wanted[b]; });
  std::vector<double> out(wanted.size());
  double next = lo;
  for (const size_t i : order) {
    out[i] = std::max(wanted[i], next);
    next = out[i] + apart;
  }
  double last = hi;
  for (auto i = order.rbegin(); i != order.rend(); ++i) {
    out[*i] = std::min(out[*i], last);
    last = out[*i] - apart;
  }
  return out;
}

}  // namespace clientele::pictures
