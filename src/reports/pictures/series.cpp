// SPDX-License-Identifier: PostgreSQL
#include <algorithm>
#include <cmath>

#include "reports/pictures/axes.hpp"
#include "reports/pictures/letters.hpp"
#include "reports/pictures/pictures.hpp"

namespace clientele::pictures {
namespace {

struct Point {
  size_t place;  // among the times
  std::optional<double> value, low, high;
  bool anomaly;
};

/// The data by series, and where each time is from 0 to 1.
struct Lines {
  Names names, times;
  std::vector<std::vector<Point>> points;
  std::vector<double> share;
  std::vector<Micros> instants;  // empty if the times are labels
  Span span;

  explicit Lines(const Data& data);
};

Lines::Lines(const Data& data) {
  for (const Row& row : data) times.place(row.required_text("at"));
  for (size_t i = 0; i < times.size(); ++i)
    if (const auto at = civil_time(times[i])) instants.push_back(*at);
  if (instants.size() < times.size()) instants.clear();
  Micros first = 0, last = 0;
  if (!instants.empty()) {
    first = *std::min_element(instants.begin(), instants.end());
    last = *std::max_element(instants.begin(), instants.end());
  }
  for (size_t i = 0; i < times.size(); ++i) {
    if (!instants.empty())
      share.push_back(last > first ? static_cast<double>(instants[i] - first) /
                                         static_cast<double>(last - first)
                                   : 0.5);
    else
      share.push_back(
          times.size() > 1 ? static_cast<double>(i) / static_cast<double>(times.size() - 1) : 0.5);
  }
  for (const Row& row : data) {
    const size_t i = names.place(row.text("series").value_or(""));
    if (i == points.size()) points.emplace_back();
    Point point{times.place(row.required_text("at")), row.number("value"), row.number("low"),
                row.number("high"), row.flag("anomaly", false)};
    for (const auto& v : {point.value, point.low, point.high})
      if (v) span.add(*v);
    points[i].push_back(point);
  }
  for (auto& line : points)
    std::stable_sort(line.begin(), line.end(), [&](const Point& a, const Point& b) {
      return share[a.place] < share[b.place];
    });
}

/// The label of a time in full.
std::string when(const Lines& lines, size_t place, DateUnit unit) {
  return lines.instants.empty() ? lines.times[place] : date_text(lines.instants[place], unit);
}

void draw_times(Svg& svg, const Lines& lines, const Frame& frame, Language language) {
  const int most = svg.narrow() ? 5 : 9;
  if (lines.instants.empty()) {
    const size_t every = (lines.times.size() + most - 1) / most;
    for (size_t i = 0; i < lines.times.size(); i += every)
      svg.text("muted", frame.left + lines.share[i] * frame.width, frame.bottom() + 17,
               lines.times[i], frame.width / most, Svg::middle);
    return;
  }
  const Micros first = *std::min_element(lines.instants.begin(), lines.instants.end());
  const Micros last = *std::max_element(lines.instants.begin(), lines.instants.end());
  for (const TimeTick& tick : time_ticks(first, last, most, language)) {
    const double x = frame.left + (last > first ? static_cast<double>(tick.at - first) /
                                                      static_cast<double>(last - first)
                                                : 0.5) *
                                      frame.width;
    svg.line("axis", x, frame.bottom(), x, frame.bottom() + 4);
    // The last label stays inside the picture.
    const auto inside = [&](const std::string& words) {
      return std::min(x, svg.width() - text_width(words) * Svg::letter / 2);
    };
    svg.text("muted", inside(tick.text), frame.bottom() + 17, tick.text, frame.width / 4,
             Svg::middle);
    svg.text("muted", inside(tick.year), frame.bottom() + 32, tick.year, frame.width / 4,
             Svg::middle);
  }
}

/// One stretch of a line without gaps, and its band.
void draw_stretch(Svg& svg, const std::vector<std::pair<double, const Point*>>& stretch,
                  const VerticalAxis& axis, const Frame& frame, const std::string& color) {
  if (stretch.empty()) return;
  std::string line, upper, lower;
  for (const auto& [x, point] : stretch) {
    const std::string place = coordinate(x) + " ";
    line += (line.empty() ? "M" : "L") + place + coordinate(axis.at(*point->value, frame));
    if (!point->low || !point->high) continue;
    upper += (upper.empty() ? "M" : "L") + place + coordinate(axis.at(*point->high, frame));
    lower.insert(0, "L" + place + coordinate(axis.at(*point->low, frame)));
  }
  if (!upper.empty()) svg.path(color + " band", upper + lower + "Z");
  if (stretch.size() == 1)
    svg.circle(color, stretch[0].first, axis.at(*stretch[0].second->value, frame), 2.5);
  else
    svg.path("curve " + color, line);
}

}  // namespace

std::string series(const Data& data, const Options& options) {
  Svg svg(options, "series");
  const Language l = options.language;
  const std::string title = say(l, "Over time", "时间序列");
  Lines lines(data);
  if (data.empty() || !lines.span.any) return no_data(svg, options, title);

  const bool small = svg.narrow(), several = lines.names.size() > 1;
  const Format format = options.values();
  const Span seen = lines.span;
  // Lines begin at 0 where that does not flatten them.
  if (lines.span.lo > 0 && lines.span.lo < lines.span.hi * 0.6) lines.span.add(0);
  const VerticalAxis axis(lines.span, format);
  double names = 0;
  for (size_t i = 0; i < lines.names.size(); ++i)
    names = std::max(names, text_width(lines.names[i]) * Svg::letter);
  const bool direct = several && !small && lines.names.size() <= 8;
  const double right = direct ? std::min(names + 14, 150.0) : small ? 14 : 20;

  double top = Svg::readout;
  if (several && !direct) top += color_key(svg, top, lines.names) + 8;
  const Frame frame{axis.room(), top + 6, svg.width() - axis.room() - right, small ? 170.0 : 220.0};
  axis.draw(svg, frame);
  draw_times(svg, lines, frame, l);
  const auto x_of = [&](const Point& p) { return frame.left + lines.share[p.place] * frame.width; };

  size_t anomalies = 0;
  std::vector<double> ends;
  for (size_t i = 0; i < lines.points.size(); ++i) {
    std::vector<std::pair<double, const Point*>> stretch;
    double end = frame.bottom();
    for (const Point& point : lines.points[i]) {
      if (!point.value) {
        draw_stretch(svg, stretch, axis, frame, color_class(i));
        stretch.clear();
        continue;
      }
      stretch.emplace_back(x_of(point), &point);
      end = axis.at(*point.value, frame);
    }
    draw_stretch(svg, stretch, axis, frame, color_class(i));
    ends.push_back(end);
  }
  if (direct) {
    const std::vector<double> places = spread(ends, 15, frame.top + 4, frame.bottom());
    for (size_t i = 0; i < places.size(); ++i) {
      svg.circle(color_class(i), frame.right() + 6, places[i], 3);
      svg.text("label", frame.right() + 13, places[i] + 4, lines.names[i], right - 13);
    }
  }

  // What is at each time, for the pointer.
  std::vector<std::string> said(lines.times.size());
  std::vector<const Row*> rows(lines.times.size(), nullptr);
  const DateUnit unit = date_unit(lines.instants);
  for (size_t i = 0; i < lines.points.size(); ++i)
    for (const Point& point : lines.points[i]) {
      if (!point.value) continue;
      std::string& text = said[point.place];
      text += (text.empty() ? "" : say(l, "; ", "；")) + (several ? lines.names[i] + " " : "") +
              format.full(*point.value);
      if (point.low && point.high)
        text += " (" + format.full(*point.low) + " – " + format.full(*point.high) + ")";
      if (point.anomaly) text += say(l, ", unusual", "，异常");
    }
  for (const Row& row : data) rows[lines.times.place(row.required_text("at"))] = &row;
  std::vector<size_t> order(lines.times.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return lines.share[a] < lines.share[b]; });
  std::vector<std::vector<double>> unusual(lines.times.size());
  for (const auto& line : lines.points)
    for (const Point& point : line)
      if (point.value && point.anomaly) {
        unusual[point.place].push_back(axis.at(*point.value, frame));
        ++anomalies;
      }
  for (size_t k = 0; k < order.size(); ++k) {
    const size_t i = order[k];
    const double x = frame.left + lines.share[i] * frame.width;
    const double from =
        k == 0 ? frame.left : (x + frame.left + lines.share[order[k - 1]] * frame.width) / 2;
    const double to = k + 1 == order.size()
                          ? frame.right()
                          : (x + frame.left + lines.share[order[k + 1]] * frame.width) / 2;
    svg.open_mark(when(lines, i, unit) + say(l, ": ", "：") +
                      (said[i].empty() ? say(l, "no value", "无值") : said[i]),
                  svg.address(*rows[i], lines.times[i]));
    svg.rect("hit", from, frame.top, to - from, frame.height);
    svg.line("cursor", x, frame.top, x, frame.bottom());
    for (const double y : unusual[i]) svg.circle("anomaly", x, y, 4.5);
    svg.close_mark();
  }
  const Point* latest = nullptr;
  for (const Point& p : lines.points[0])
    if (p.value) latest = &p;
  std::string about =
      say(l, "Times: {1}. Values are from {2} to {3}.", "时点：{1} 个。数值在 {2} 到 {3} 之间。",
          {std::to_string(lines.times.size()), format.full(seen.lo), format.full(seen.hi)});
  if (latest != nullptr && !several)
    about += say(l, " The last value is {1}.", "最新值为 {1}。", {format.full(*latest->value)});
  if (anomalies > 0)
    about += say(l, " Unusual points: {1}.", "异常点：{1} 个。", {std::to_string(anomalies)});
  return svg.finish(frame.bottom() + (lines.instants.empty() ? 24 : 38), title, about);
}

}  // namespace clientele::pictures
