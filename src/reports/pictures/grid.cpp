// SPDX-License-Identifier: PostgreSQL
#include <algorithm>
#include <map>

#include "reports/pictures/letters.hpp"
#include "reports/pictures/marks.hpp"
#include "reports/pictures/pictures.hpp"

namespace clientele::pictures {

std::string grid(const Data& data, const Options& options) {
  Svg svg(options, "grid");
  const Language l = options.language;
  const std::string title = say(l, "Grid", "矩阵");
  if (data.empty()) return no_data(svg, options, title);

  Names xs, ys;
  Span span;
  for (const Row& row : data) {
    xs.place(row.required_text("x"));
    ys.place(row.required_text("y"));
    if (const auto value = row.number("value")) span.add(*value);
  }
  xs.sort_if_numbers();
  const bool upwards = ys.numeric();
  ys.sort_if_numbers();
  span.add(std::min(0.0, span.lo));

  double left = 0;
  for (size_t i = 0; i < ys.size(); ++i) left = std::max(left, text_width(ys[i]) * Svg::letter);
  left = std::min(left + 12, svg.width() * 0.36);
  const double side = (svg.width() - left) / static_cast<double>(xs.size());
  const double high = std::clamp(side * 0.62, 22.0, 62.0);
  const Format format = options.values();
  double top = Svg::readout;
  if (!options.y_label.empty()) {
    svg.text("muted", 0, top + 10, "↑ " + options.y_label, svg.width());
    top += 18;
  }
  const auto rows = static_cast<double>(ys.size());
  for (size_t i = 0; i < ys.size(); ++i) {
    const double place = upwards ? rows - 1 - static_cast<double>(i) : static_cast<double>(i);
    svg.text("label", left - 10, top + place * high + high / 2 + 4, ys[i], left - 10, Svg::end);
  }
  std::string most;
  double best = 0;
  for (const Row& row : data) {
    const auto value = row.number("value");
    const auto i = static_cast<double>(xs.place(row.required_text("x"))),
               j = static_cast<double>(ys.place(row.required_text("y")));
    const double x = left + i * side, y = top + (upwards ? rows - 1 - j : j) * high;
    const double w = side > 6 ? side - 2 : side, h = high - 2;
    const std::string label = row.text("label").value_or("");
    const std::string where = row.required_text("x") + " / " + row.required_text("y");
    const std::string shown = value ? format.full(*value) : "";
    const std::string said = (label.empty() ? where : label + " (" + where + ")") +
                             say(l, ": ", "：") + (value ? shown : say(l, "no value", "无值"));
    if (value && (most.empty() || *value > best)) {
      best = *value;
      most = said;
    }
    const int heat = value ? shade(span, *value) : 0;
    svg.open_mark(said, svg.address(row, row.required_text("x") + " " + row.required_text("y")));
    svg.rect(heat_class(heat), x, y, w, h, 3);
    const bool both = !label.empty() && high >= 38 && side >= 34;
    if (both) svg.text(ink_class(heat), x + w / 2, y + h / 2 - 3, label, w - 6, Svg::middle);
    if (value && side >= 24)
      svg.text(ink_class(heat) + " strong", x + w / 2, y + h / 2 + (both ? 14 : 4),
               format.cell(*value, (w - 4) / Svg::letter / Svg::bolder), w - 4, Svg::middle);
    svg.close_mark();
  }
  double y = top + rows * high;
  // Labels that are wider than their cells are slanted.
  double widest = 0;
  for (size_t i = 0; i < xs.size(); ++i) widest = std::max(widest, text_width(xs[i]) * Svg::letter);
  const bool slanted = widest > side - 2 && side >= 14;
  const double room = slanted ? std::min({widest, 110.0, left * 1.3}) : side - 2;
  for (size_t i = 0; i < xs.size() && side >= 14; ++i) {
    const double x = left + (static_cast<double>(i) + 0.5) * side;
    if (slanted)
      svg.slanted("label", x + 4, y + 12, xs[i], room);
    else
      svg.text("label", x, y + 15, xs[i], room, Svg::middle);
  }
  y += slanted ? 16 + room * 0.72 : 20;
  if (!options.x_label.empty()) {
    svg.text("muted", svg.width(), y + 14, options.x_label + " →", svg.width(), Svg::end);
    y += 20;
  }
  shade_key(svg, y + 8, span, format);
  return svg.finish(
      y + 26, title,
      say(l, "Columns: {1}, rows: {2}. The largest value is {3}.", "{1} × {2} 格。最大的是 {3}。",
          {std::to_string(xs.size()), std::to_string(ys.size()), most}));
}

}  // namespace clientele::pictures
