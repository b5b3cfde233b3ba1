// SPDX-License-Identifier: PostgreSQL
#include <array>

#include "reports/pictures/marks.hpp"
#include "reports/pictures/pictures.hpp"

namespace clientele::pictures {
namespace {

std::string clock(int hour) { return (hour < 10 ? "0" : "") + std::to_string(hour) + ":00"; }

}  // namespace

std::string week(const Data& data, const Options& options) {
  Svg svg(options, "week");
  const Language l = options.language;
  const std::string title = say(l, "Hours of the week", "一周各时段");
  if (data.empty()) return no_data(svg, options, title);

  std::array<std::array<double, 24>, 7> values{};
  std::array<std::array<const Row*, 24>, 7> rows{};
  for (const Row& row : data) {
    const auto d = static_cast<size_t>(row.required_integer("weekday", 1, 7) - 1);
    const auto h = static_cast<size_t>(row.required_integer("hour", 0, 23));
    values[d][h] += row.number("value").value_or(0);
    rows[d][h] = &row;
  }
  Span span;
  span.add(0);
  int best_day = 0, best_hour = 0;
  for (int d = 0; d < 7; ++d)
    for (int h = 0; h < 24; ++h) {
      span.add(values[d][h]);
      if (values[d][h] > values[best_day][best_hour]) best_day = d, best_hour = h;
    }

  const bool small = svg.narrow();  // hours go down, not to the right
  const double left = small ? 44 : 84, columns = small ? 7 : 24;
  const double side = (svg.width() - left) / columns, high = small ? 20 : 28;
  const Format format = options.values();
  const double top = Svg::readout + 20;
  for (int d = 0; d < 7; ++d) {
    const std::string name = weekday_name(d + 1, l, small);
    if (small)
      svg.text("muted", left + (d + 0.5) * side, top - 6, name, side, Svg::middle);
    else
      svg.text("label", 0, top + d * high + high / 2 + 3, name, left - 8);
  }
  for (int h = 0; h < 24; h += small ? 2 : 3) {
    if (small)
      svg.text("muted", left - 8, top + h * high + high / 2 + 3, clock(h), left - 8, Svg::end);
    else
      svg.text("muted", left + h * side, top - 6, clock(h), side * 3);
  }
  for (int d = 0; d < 7; ++d)
    for (int h = 0; h < 24; ++h) {
      const double x = left + (small ? d : h) * side, y = top + (small ? h : d) * high;
      const std::string when = weekday_name(d + 1, l, false) + " " + clock(h);
      svg.open_mark(say(l, "{1}: {2}", "{1}：{2}", {when, format.full(values[d][h])}),
                    rows[d][h] == nullptr ? ""
                                          : svg.address(*rows[d][h], std::to_string(d + 1) + "-" +
                                                                         std::to_string(h)));
      svg.rect(heat_class(shade(span, values[d][h])), x, y, side - 2, high - 2, 2);
      svg.close_mark();
    }
  const double y = top + (small ? 24 : 7) * high + 12;
  shade_key(svg, y, span, format);
  return svg.finish(y + 18, title,
                    say(l, "The busiest hour is {1} with {2}.", "最活跃的时段是{1}，为 {2}。",
                        {weekday_name(best_day + 1, l, false) + " " + clock(best_hour),
                         format.full(values[best_day][best_hour])}));
}

}  // namespace clientele::pictures
