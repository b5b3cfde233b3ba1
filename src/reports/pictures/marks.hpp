// SPDX-License-Identifier: PostgreSQL
// What several pictures have in common.
#pragma once
#include <string>
#include <vector>

#include "reports/pictures/svg.hpp"
#include "reports/pictures/words.hpp"

namespace clientele::pictures {

/// A span of values; none if nothing was added.
struct Span {
  double lo = 0, hi = 0;
  bool any = false;

  void add(double value);
  /// Where a value is between the ends, from 0 to 1.
  double share(double value) const;
};

/// The shade of a value, 0 to 9, and the classes of a cell of this shade and of text on it.
int shade(const Span& span, double value);
std::string heat_class(int shade);
std::string ink_class(int shade);
/// The colour of the i-th series; the last one is for all beyond the palette.
std::string color_class(size_t i);

/// 54000 for more cells than a picture has.
void require_cells(size_t rows, size_t columns);

/// A key to the shades, 30 high.
void shade_key(Svg& svg, double y, const Span& span, const Format& format);
/// A key to the colours of names. Returns its height.
double color_key(Svg& svg, double y, const Names& names);

/// The picture of no data.
std::string no_data(Svg& svg, const Options& options, const std::string& title);

}  // namespace clientele::pictures
