// SPDX-License-Identifier: PostgreSQL
#include <algorithm>

#include "reports/pictures/letters.hpp"
#include "reports/pictures/marks.hpp"
#include "reports/pictures/pictures.hpp"

namespace clientele::pictures {
namespace {

struct Cell {
  const Row* row = nullptr;
  double customers = 0, dropped = 0;
  std::optional<double> seconds;
};

struct Map {
  Names stages, channels;
  std::vector<std::vector<Cell>> cells;  // by stage, then channel
  std::vector<Cell> totals;              // by stage
  Span span;
  double most_dropped = 0;

  explicit Map(const Data& data);
};

Map::Map(const Data& data) {
  for (const Row& row : data) {
    stages.place(row.required_text("stage"));
    if (const auto channel = row.text("channel")) channels.place(*channel);
  }
  require_cells(stages.size(), channels.size());
  cells.assign(stages.size(), std::vector<Cell>(channels.size()));
  totals.resize(stages.size());
  std::vector<double> dropped(stages.size());
  span.add(0);
  for (const Row& row : data) {
    const size_t stage = stages.place(row.required_text("stage"));
    const auto channel = row.text("channel");
    Cell cell{&row, row.amount("customers").value_or(0), row.amount("dropped").value_or(0),
              row.amount("dwell_seconds")};
    if (!channel) {
      totals[stage] = cell;
      continue;
    }
    span.add(cell.customers);
    dropped[stage] += cell.dropped;
    cells[stage][channels.place(*channel)] = cell;
  }
  for (size_t i = 0; i < totals.size(); ++i) {
    if (totals[i].row == nullptr) totals[i].dropped = dropped[i];
    most_dropped = std::max(most_dropped, totals[i].dropped);
  }
}

std::string said_of(const std::string& where, const Cell& cell, const Format& format, Language l) {
  std::string said =
      say(l, "{1}: {2} customers", "{1}：{2} 位客户", {where, format.full(cell.customers)});
  if (cell.seconds) said += say(l, ", {1} there", "，停留 {1}", {duration(*cell.seconds, l)});
  if (cell.dropped > 0) said += say(l, ", {1} lost", "，流失 {1}", {format.full(cell.dropped)});
  return said;
}

/// The head of a stage: an arrow that points to the next one.
std::string arrow(double x, double y, double w, double h) {
  const double tip = std::min(10.0, w / 4);
  const auto point = [](double px, double py) { return coordinate(px) + " " + coordinate(py); };
  return "M" + point(x, y) + "L" + point(x + w - tip, y) + "L" + point(x + w, y + h / 2) + "L" +
         point(x + w - tip, y + h) + "L" + point(x, y + h) + "L" + point(x + tip, y + h / 2) + "Z";
}

/// Up to two lines of this width, broken at a blank.
std::vector<std::string> lines_of(const std::string& name, double most) {
  const auto fits = [&](std::string_view text) {
    return text_width(text) * Svg::letter * Svg::bolder <= most;
  };
  size_t end = std::string::npos;
  for (size_t at = name.find(' '); at != std::string::npos; at = name.find(' ', at + 1)) {
    if (end != std::string::npos && !fits(std::string_view(name).substr(0, at))) break;
    end = at;
  }
  if (fits(name) || end == std::string::npos) return {name};
  return {name.substr(0, end), name.substr(end + 1)};
}

double draw_wide(Svg& svg, const Map& map, const Format& format, Language l) {
  const bool named = map.channels.size() != 1 || !map.channels[0].empty();
  const double left = named ? 96 : 64,
               side = (svg.width() - left) / static_cast<double>(map.stages.size()), high = 46;
  double y = Svg::readout;
  for (size_t s = 0; s < map.stages.size(); ++s) {
    const double x = left + static_cast<double>(s) * side;
    const Cell& total = map.totals[s];
    svg.open_mark(total.row == nullptr ? map.stages[s] : said_of(map.stages[s], total, format, l),
                  total.row == nullptr ? "" : svg.address(*total.row, map.stages[s]));
    svg.path("track", arrow(x, y, side - 3, 40));
    const double room = side - 20;
    const auto lines = total.row == nullptr ? lines_of(map.stages[s], room)
                                            : std::vector<std::string>{map.stages[s]};
    double under = y + (total.row == nullptr && lines.size() == 1 ? 24 : 17);
    for (const std::string& line : lines) {
      svg.text("label strong", x + side / 2, under, line, room, Svg::middle);
      under += 15;
    }
    if (total.row != nullptr)
      svg.text("muted", x + side / 2, y + 32, format.full(total.customers), side - 30, Svg::middle);
    svg.close_mark();
  }
  y += 46;
  for (size_t c = 0; c < map.channels.size(); ++c) {
    svg.text("label", 0, y + high / 2 + 3, map.channels[c], left - 10);
    for (size_t s = 0; s < map.stages.size(); ++s) {
      const Cell& cell = map.cells[s][c];
      const double x = left + static_cast<double>(s) * side, w = side - 3;
      if (cell.row == nullptr) {
        svg.rect("track", x, y, w, high - 3, 3);
        continue;
      }
      const int heat = shade(map.span, cell.customers);
      svg.open_mark(said_of(map.stages[s] + " · " + map.channels[c], cell, format, l),
                    svg.address(*cell.row, map.stages[s] + " " + map.channels[c]));
      svg.rect(heat_class(heat), x, y, w, high - 3, 3);
      if (side >= 34) {
        svg.text(ink_class(heat) + " strong", x + w / 2, y + (cell.seconds ? 18 : 26),
                 format.cell(cell.customers, (w - 4) / Svg::letter / Svg::bolder), w - 4,
                 Svg::middle);
        if (cell.seconds)
          svg.text(ink_class(heat), x + w / 2, y + 34, duration(*cell.seconds, l), w - 6,
                   Svg::middle);
      }
      svg.close_mark();
    }
    y += high;
  }
  if (map.most_dropped <= 0) return y;
  constexpr double bars = 44;
  y += 8;
  svg.text("label", 0, y + bars / 2 + 4, say(l, "Lost here", "在此流失"), left - 10);
  svg.line("grid", left, y, svg.width(), y);
  for (size_t s = 0; s < map.stages.size(); ++s) {
    const double x = left + static_cast<double>(s) * side, w = std::min(side - 3, 36.0);
    const double h = map.totals[s].dropped / map.most_dropped * bars;
    if (h > 0) svg.rect("c1", x + (side - 3 - w) / 2, y, w, h);
    svg.text("muted", x + (side - 3) / 2, y + h + 15, format.brief(map.totals[s].dropped), side - 4,
             Svg::middle);
  }
  return y + bars + 22;
}

double draw_narrow(Svg& svg, const Map& map, const Format& format, Language l) {
  const double left = 88, right = 128, room = svg.width() - left - right, high = 24;
  double y = Svg::readout;
  for (size_t s = 0; s < map.stages.size(); ++s) {
    const Cell& total = map.totals[s];
    svg.open_mark(total.row == nullptr ? map.stages[s] : said_of(map.stages[s], total, format, l),
                  total.row == nullptr ? "" : svg.address(*total.row, map.stages[s]));
    svg.rect("track", 0, y, svg.width(), 24, 4);
    std::string more = total.row == nullptr ? "" : format.full(total.customers);
    if (total.dropped > 0)
      more += (more.empty() ? "" : " · ") +
              say(l, "{1} lost", "流失 {1}", {format.full(total.dropped)});
    const double taken = std::min(text_width(more) * Svg::letter, 164.0);
    svg.text("label strong", 8, y + 16, map.stages[s], svg.width() - 28 - taken);
    svg.text("muted", svg.width() - 8, y + 16, more, 164, Svg::end);
    svg.close_mark();
    y += 30;
    for (size_t c = 0; c < map.channels.size(); ++c) {
      const Cell& cell = map.cells[s][c];
      if (cell.row == nullptr) continue;
      svg.open_mark(said_of(map.stages[s] + " · " + map.channels[c], cell, format, l),
                    svg.address(*cell.row, map.stages[s] + " " + map.channels[c]));
      svg.rect("hit", 0, y, svg.width(), high);
      svg.text("label", 8, y + 15, map.channels[c], left - 12);
      svg.rect("c0", left, y + 5, std::max(map.span.share(cell.customers) * room, 1.0), 13, 2);
      svg.text("label strong", svg.width() - 68, y + 15, format.full(cell.customers), 56, Svg::end);
      if (cell.seconds)
        svg.text("muted", svg.width(), y + 15, duration(*cell.seconds, l), 64, Svg::end);
      svg.close_mark();
      y += high;
    }
    y += 8;
  }
  return y;
}

}  // namespace

std::string journey_map(const Data& data, const Options& options) {
  Svg svg(options, "journey-map");
  const Language l = options.language;
  const std::string title = say(l, "Journey map", "客户旅程图");
  if (data.empty()) return no_data(svg, options, title);
  const Map map(data);
  const Format format = options.values();
  double y = svg.narrow() ? draw_narrow(svg, map, format, l) : draw_wide(svg, map, format, l);
  if (!svg.narrow()) {
    shade_key(svg, y + 8, map.span, format);
    y += 26;
  }
  size_t worst = 0;
  for (size_t s = 0; s < map.totals.size(); ++s)
    if (map.totals[s].dropped > map.totals[worst].dropped) worst = s;
  return svg.finish(y, title,
                    say(l, "Stages: {1}, channels: {2}. Most customers are lost at {3}: {4}.",
                        "{1} 个阶段 × {2} 个渠道。流失最多的阶段是“{3}”：{4}。",
                        {std::to_string(map.stages.size()), std::to_string(map.channels.size()),
                         map.stages[worst], format.full(map.totals[worst].dropped)}));
}

}  // namespace clientele::pictures
