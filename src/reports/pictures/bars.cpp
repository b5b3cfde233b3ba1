// SPDX-License-Identifier: PostgreSQL
#include <algorithm>
#include <cmath>

#include "reports/pictures/letters.hpp"
#include "reports/pictures/marks.hpp"
#include "reports/pictures/pictures.hpp"

namespace clientele::pictures {

std::string bars(const Data& data, const Options& options) {
  Svg svg(options, "bars");
  const Language l = options.language;
  const std::string title = say(l, "Comparison", "比较");
  if (data.empty()) return no_data(svg, options, title);

  const Format format = options.values();
  Names groups;
  Span span;
  span.add(0);
  double labels = 0, numbers = 0;
  const Row* most = nullptr;
  for (const Row& row : data) {
    if (const auto group = row.text("group")) groups.place(*group);
    labels = std::max(labels, text_width(row.required_text("label")) * Svg::letter);
    for (const char* key : {"value", "low", "high"})
      if (const auto v = row.number(key)) span.add(*v);
    const auto value = row.number("value");
    if (!value) continue;
    numbers = std::max(numbers, text_width(format.full(*value)) * Svg::letter * 1.1);
    if (most == nullptr || *value > *most->number("value")) most = &row;
  }
  const bool small = svg.narrow();
  // Bars of one label that follow each other have it once.
  const auto same = [&](size_t i) {
    return i > 0 && data[i].text("group") && data[i - 1].text("group") &&
           data[i].required_text("label") == data[i - 1].required_text("label");
  };
  numbers = std::min(numbers + 10, svg.width() * 0.3);
  const double left = small ? 0 : std::min(labels + 14, svg.width() * 0.34);
  const double room = svg.width() - left - numbers, bar = 16;
  const auto at = [&](double v) { return left + span.share(v) * room; };
  const double zero = at(0);

  double y = Svg::readout;
  if (groups.size() > 1) y += color_key(svg, y, groups) + 6;
  const double top = y;
  for (size_t i = 0; i < data.size(); ++i) {
    const Row& row = data[i];
    const bool again = same(i), goes_on = i + 1 < data.size() && same(i + 1);
    const std::string label = row.required_text("label");
    const auto value = row.number("value"), low = row.number("low"), high_end = row.number("high");
    const auto group = row.text("group");
    std::string said = label + (group ? " (" + *group + ")" : "") + say(l, ": ", "：") +
                       (value ? format.full(*value) : say(l, "no value", "无值"));
    if (low && high_end)
      said +=
          say(l, ", {1} to {2}", "，区间 {1} 至 {2}", {format.full(*low), format.full(*high_end)});
    svg.open_mark(said, svg.address(row, label));
    const double b = again ? y : small ? y + 18 : y + 4;
    const double high = (b - y) + bar + (goes_on ? 3 : 6);
    svg.rect("hit", 0, y, svg.width(), high);
    if (!again && small)
      svg.text("label", 0, y + 13, label, svg.width());
    else if (!again)
      svg.text("label", left - 12, b + 12, label, left - 12, Svg::end);
    svg.rect("track", left, b, room, bar, 3);
    if (value) {
      const double end = at(*value);
      svg.rect(color_class(group ? groups.place(*group) : 0), std::min(zero, end), b,
               std::abs(end - zero), bar, 3);
    }
    if (low && high_end) {
      const double from = at(*low), to = at(*high_end), mid = b + bar / 2;
      svg.line("whisker", from, mid, to, mid);
      svg.line("whisker", from, mid - 4, from, mid + 4);
      svg.line("whisker", to, mid - 4, to, mid + 4);
    }
    if (value)
      svg.text("label strong", svg.width(), b + 12,
               format.tight(*value, (numbers - 6) / Svg::letter / Svg::bolder), numbers - 6,
               Svg::end);
    svg.close_mark();
    y += high;
  }
  if (span.lo < 0) svg.line("axis", zero, top, zero, y);
  return svg.finish(y + 4, title,
                    most == nullptr
                        ? say(l, "Bars: {1}, without values.", "{1} 个条目，均无值。",
                              {std::to_string(data.size())})
                        : say(l, "Bars: {1}. The longest is {2} with {3}.",
                              "共 {1} 个条目，最大的是“{2}”，为 {3}。",
                              {std::to_string(data.size()), most->required_text("label"),
                               format.full(*most->number("value"))}));
}

}  // namespace clientele::pictures
