// SPDX-License-Identifier: PostgreSQL
#include <algorithm>
#include <cmath>

#include "reports/pictures/axes.hpp"
#include "reports/pictures/letters.hpp"
#include "reports/pictures/pictures.hpp"

namespace clientele::pictures {

std::string curve(const Data& data, const Options& options) {
  Svg svg(options, "curves");
  const Language l = options.language;
  const std::string title = say(l, "Curve", "曲线");
  Names names;
  std::vector<std::vector<std::pair<double, double>>> lines;
  std::vector<const Row*> rows;
  Span xs, ys;
  for (const Row& row : data) {
    const auto x = row.number("x"), y = row.number("y");
    const size_t i = names.place(row.text("series").value_or(""));
    if (i == lines.size()) lines.emplace_back(), rows.push_back(&row);
    if (!x || !y) continue;
    xs.add(*x);
    ys.add(*y);
    lines[i].emplace_back(*x, *y);
  }
  if (!xs.any) return no_data(svg, options, title);
  if (xs.lo > 0 && xs.lo < xs.hi * 0.6) xs.add(0);
  if (ys.lo > 0 && ys.lo < ys.hi * 0.6) ys.add(0);
  if (options.diagonal) {
    xs.add(0);
    ys.add(0);
    ys.add(xs.hi);
    xs.add(ys.hi);
  }
  const bool small = svg.narrow(), several = names.size() > 1;
  const Format format = options.values();
  const VerticalAxis axis(ys, format);
  double top = Svg::readout;
  if (several) top += color_key(svg, top, names) + 8;
  if (!options.y_label.empty()) {
    svg.text("muted", 0, top + 10, "↑ " + options.y_label, svg.width());
    top += 20;
  }
  const Frame frame{axis.room(), top + 6, svg.width() - axis.room() - 20, small ? 220.0 : 300.0};
  axis.draw(svg, frame);
  // As wide as the data, unless they are one value.
  std::vector<double> marks = ticks(xs.lo, xs.hi, small ? 4 : 6);
  Span across;
  if (xs.hi - xs.lo > 1e-9 * std::max(std::abs(xs.lo), std::abs(xs.hi)) && xs.hi - xs.lo > 1e-200) {
    across = xs;
    const double slack = 1e-9 * (xs.hi - xs.lo);
    std::erase_if(marks, [&](double mark) { return mark < xs.lo - slack || mark > xs.hi + slack; });
  } else {
    for (const double mark : marks) across.add(mark);
  }
  const auto x_of = [&](double x) { return frame.left + across.share(x) * frame.width; };
  for (const double mark : marks)
    svg.text("muted", x_of(mark), frame.bottom() + 17, format.brief(mark), 60, Svg::middle);
  double bottom = frame.bottom() + 24;
  if (!options.x_label.empty()) {
    svg.text("muted", frame.right(), bottom + 12, options.x_label + " →", frame.width, Svg::end);
    bottom += 20;
  }
  if (options.diagonal)
    svg.line("diagonal", x_of(0), axis.at(0, frame), x_of(xs.hi), axis.at(xs.hi, frame));
  for (size_t i = 0; i < lines.size(); ++i) {
    std::stable_sort(lines[i].begin(), lines[i].end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::string d;
    for (const auto& [x, y] : lines[i])
      d += (d.empty() ? "M" : "L") + coordinate(x_of(x)) + " " + coordinate(axis.at(y, frame));
    if (lines[i].size() > 1) svg.path("curve " + color_class(i), d);
  }
  const bool dots = data.size() <= 200;
  for (size_t i = 0; i < lines.size(); ++i)
    for (const auto& [x, y] : lines[i]) {
      if (!dots) break;
      svg.open_mark(
          (several ? names[i] + say(l, ": ", "：") : "") + format.full(x) + " → " + format.full(y),
          svg.address(*rows[i], names[i]));
      svg.circle("hit", x_of(x), axis.at(y, frame), 9);
      svg.circle(color_class(i), x_of(x), axis.at(y, frame), 3);
      svg.close_mark();
    }
  return svg.finish(bottom, title,
                    say(l, "Lines: {1}. From {4} to {5} across, {2} to {3} upwards.",
                        "曲线：{1} 条。横轴从 {4} 到 {5}，纵轴从 {2} 到 {3}。",
                        {std::to_string(names.size()), format.full(ys.lo), format.full(ys.hi),
                         format.full(xs.lo), format.full(xs.hi)}));
}

}  // namespace clientele::pictures
