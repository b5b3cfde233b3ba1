// SPDX-License-Identifier: PostgreSQL
#include "reports/pictures/marks.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "reports/pictures/letters.hpp"

namespace clientele::pictures {

void Span::add(double value) {
  lo = any ? std::min(lo, value) : value;
  hi = any ? std::max(hi, value) : value;
  any = true;
}

double Span::share(double value) const {
  if (!(hi - lo > 1e-280)) return value >= hi ? 1 : 0;
  return std::clamp((value - lo) / (hi - lo), 0.0, 1.0);
}

int shade(const Span& span, double value) {
  return std::min(9, static_cast<int>(span.share(value) * 10));
}

std::string heat_class(int shade) { return "heat-" + std::to_string(shade); }

std::string ink_class(int shade) { return shade < 6 ? "on-low" : shade < 7 ? "on-mid" : "on-high"; }

std::string color_class(size_t i) { return "c" + std::to_string(std::min<size_t>(i, 9)); }

void require_cells(size_t rows, size_t columns) {
  constexpr size_t most = 100'000;
  if (columns > 0 && rows > most / columns)
    throw Error(sqlstate::limit_exceeded, "a picture of " + std::to_string(rows) + " by " +
                                              std::to_string(columns) + " cells is too large, " +
                                              std::to_string(most) + " is the limit");
}

void shade_key(Svg& svg, double y, const Span& span, const Format& format) {
  constexpr double cell = 16, gap = 8;
  const double room = (svg.width() - 10 * cell - 2 * gap) / 2;
  const bool with_unit = format.kind == Format::number && !format.unit.empty();
  const std::string hi = format.brief(span.hi) + (with_unit ? " " + format.unit : "");
  const double x = svg.width() - std::min(text_width(hi) * Svg::letter, room) - gap - 10 * cell;
  svg.text("muted", x - gap, y + 11, format.brief(span.lo), room, Svg::end);
  for (int i = 0; i < 10; ++i) svg.rect(heat_class(i), x + i * cell, y, cell, 14);
  svg.text("muted", svg.width(), y + 11, hi, room, Svg::end);
}

double color_key(Svg& svg, double y, const Names& names) {
  double x = 0;
  const double top = y;
  for (size_t i = 0; i < names.size(); ++i) {
    const double room = std::min(svg.width() - 18, 260.0);
    const double w = std::min(text_width(names[i]) * Svg::letter, room);
    if (x > 0 && x + 18 + w > svg.width()) {
      x = 0;
      y += 20;
    }
    svg.rect(color_class(i), x, y + 2, 12, 12, 2);
    svg.text("label", x + 18, y + 12, names[i], room);
    x += 18 + w + 18;
  }
  return names.size() == 0 ? 0 : y + 20 - top;
}

std::string no_data(Svg& svg, const Options& options, const std::string& title) {
  const std::string said = say(options.language, "There are no data yet.", "还没有数据。");
  svg.rect("track", 0, 0, svg.width(), 72, 6);
  svg.text("muted", svg.width() / 2, 40, said, svg.width() - 16, Svg::middle);
  return svg.finish(72, title, said);
}

}  // namespace clientele::pictures
