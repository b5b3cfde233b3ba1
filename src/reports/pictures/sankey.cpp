// SPDX-License-Identifier: PostgreSQL
#include <algorithm>
#include <map>

#include "base/error.hpp"
#include "reports/pictures/flow.hpp"
#include "reports/pictures/letters.hpp"
#include "reports/pictures/marks.hpp"
#include "reports/pictures/pictures.hpp"

namespace clientele::pictures {
namespace {

constexpr size_t most_steps = 100;

/// The flow of rows, with a name for each node.
struct Ways {
  Flow flow;
  std::vector<std::optional<std::string>> names;  // none: the beginning or the end
  std::vector<const Row*> rows;                   // of links
  size_t columns = 0;

  explicit Ways(const Data& data);

 private:
  using Key = std::pair<size_t, std::optional<std::string>>;
  size_t node(Key key);
  std::map<Key, size_t> known_;
};

size_t Ways::node(Key key) {
  const auto [at, added] = known_.try_emplace(key, names.size());
  if (added) {
    FlowNode node{key.first};
    node.last = !key.second;
    flow.nodes.push_back(node);
    names.push_back(key.second);
    columns = std::max(columns, key.first + 1);
  }
  return at->second;
}

Ways::Ways(const Data& data) {
  int first = 1000, last = 0;
  for (const Row& row : data) {
    first = std::min(first, row.required_integer("step", 0, 1000));
    last = std::max(last, row.required_integer("step", 0, 1000));
  }
  if (last >= first + static_cast<int>(most_steps))
    throw Error(sqlstate::limit_exceeded,
                "a picture of more than " + std::to_string(most_steps) + " steps is too large");
  std::map<std::pair<size_t, size_t>, size_t> links;
  for (const Row& row : data) {
    const double value = row.required_amount("value");
    const auto step = static_cast<size_t>(row.required_integer("step", 0, 1000) - first);
    if (value <= 0) continue;
    const size_t source = node({step, row.text("source")}),
                 target = node({step + 1, row.text("target")});
    const auto [at, added] = links.try_emplace({source, target}, flow.links.size());
    if (added) {
      flow.links.push_back({source, target, value});
      rows.push_back(&row);
    } else {
      flow.links[at->second].value += value;
    }
  }
}

std::string band(double x0, double x1, const FlowLink& link, double top) {
  const double mid = (x0 + x1) / 2, t = std::max(link.thickness, 0.6);
  const double a = top + link.from, b = top + link.to;
  const auto point = [](double x, double y) { return coordinate(x) + " " + coordinate(y) + " "; };
  return "M" + point(x0, a) + "C" + point(mid, a) + point(mid, b) + point(x1, b) + "L" +
         point(x1, b + t) + "C" + point(mid, b + t) + point(mid, a + t) + point(x0, a + t) + "Z";
}

}  // namespace

std::string sankey(const Data& data, const Options& options) {
  Svg svg(options, "sankey");
  const Language l = options.language;
  const std::string title = say(l, "Paths", "路径");
  Ways ways(data);
  if (ways.flow.links.empty()) return no_data(svg, options, title);

  const bool small = svg.narrow();
  const Format format = options.values();
  std::vector<size_t> sizes(ways.columns);
  for (const FlowNode& node : ways.flow.nodes) ++sizes[node.column];
  const auto most = static_cast<double>(*std::max_element(sizes.begin(), sizes.end()));
  const double height = std::max(small ? 300.0 : 320.0, most * 28), thick = small ? 8 : 12;
  ways.flow.lay_out(height, 14);

  const auto name_of = [&](size_t node) {
    if (ways.names[node]) return *ways.names[node];
    return ways.flow.nodes[node].column == 0 ? say(l, "beginning", "开始") : say(l, "end", "离开");
  };
  const auto number_of = [&](size_t node) {
    return "\u2002" + format.brief(ways.flow.nodes[node].value);
  };
  double labels = text_width(say(l, "Step {1}", "第 {1} 步", {"10"})) * Svg::letter;
  for (size_t i = 0; i < ways.names.size(); ++i)
    if (ways.flow.nodes[i].column + 1 == ways.columns)
      labels = std::max(labels, text_width(name_of(i) + number_of(i)) * Svg::letter);
  const double top = Svg::readout + 22,
               margin = std::min(labels + 8, svg.width() * (small ? 0.18 : 0.21));
  const double apart = (svg.width() - margin - thick) / static_cast<double>(ways.columns - 1);
  const auto x_of = [&](size_t column) { return static_cast<double>(column) * apart; };
  // The most frequent names have the first colours.
  std::map<std::string, double> values;
  for (size_t i = 0; i < ways.names.size(); ++i)
    if (ways.names[i]) values[*ways.names[i]] += ways.flow.nodes[i].value;
  std::vector<std::pair<double, std::string>> by_value;
  for (const auto& [name, value] : values) by_value.emplace_back(-value, name);
  std::sort(by_value.begin(), by_value.end());
  Names colors;
  for (const auto& [value, name] : by_value) colors.place(name);
  const auto color = [&](size_t node) {
    return ways.names[node] ? color_class(std::min<size_t>(colors.place(*ways.names[node]), 8))
                            : color_class(9);
  };
  for (size_t column = 0; column < ways.columns; ++column) {
    svg.text("muted", x_of(column), Svg::readout + 12,
             say(l, "Step {1}", "第 {1} 步", {std::to_string(column + 1)}),
             column + 1 == ways.columns ? margin + thick : apart - 6);
  }
  double total = 0;
  size_t strongest = 0;
  for (size_t i = 0; i < ways.flow.links.size(); ++i) {
    const FlowLink& link = ways.flow.links[i];
    const FlowNode& source = ways.flow.nodes[link.source];
    if (source.column == 0) total += link.value;
    if (link.value > ways.flow.links[strongest].value) strongest = i;
    const std::string way = name_of(link.source) + " → " + name_of(link.target);
    const double share = source.value > 0 ? link.value / source.value : 0;
    svg.open_mark(say(l, "{1}: {2}, {3} of those at {4}", "{1}：{2}，占“{4}”的 {3}",
                      {way, format.full(link.value), percent(share), name_of(link.source)}),
                  svg.address(*ways.rows[i], name_of(link.source) + " > " + name_of(link.target)));
    svg.path(
        "flow " + color(link.source),
        band(x_of(source.column) + thick, x_of(ways.flow.nodes[link.target].column), link, top));
    svg.close_mark();
  }
  for (size_t i = 0; i < ways.flow.nodes.size(); ++i) {
    const FlowNode& node = ways.flow.nodes[i];
    svg.open_mark(say(l, "{1}: {2} at step {3}", "{1}：第 {3} 步 {2}",
                      {name_of(i), format.full(node.value), std::to_string(node.column + 1)}));
    svg.rect(color(i), x_of(node.column), top + node.y, thick, std::max(node.height, 1.0), 2);
    svg.close_mark();
  }
  // Labels last, above all bands. What has no room shows its name on a touch.
  std::vector<size_t> order(ways.flow.nodes.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return ways.flow.nodes[a].y < ways.flow.nodes[b].y; });
  std::vector<double> next(ways.columns, 0);
  for (const size_t i : order) {
    const FlowNode& node = ways.flow.nodes[i];
    const double y = top + node.y + node.height / 2 + 4;
    if (y < next[node.column]) continue;
    next[node.column] = y + 13;
    const std::string number = number_of(i);
    const double room = (node.column + 1 == ways.columns ? margin : apart - thick) - 7;
    const bool with_number = text_width(name_of(i) + number) * Svg::letter <= room;
    svg.text("label halo", x_of(node.column) + thick + 5, y,
             name_of(i) + (with_number ? number : ""), room);
  }
  const FlowLink& best = ways.flow.links[strongest];
  return svg.finish(
      top + height + 4, title,
      say(l,
          "Links: {1}, columns: {2}, {3} in all at the first. The most frequent link leads from "
          "{4} to {5}: {6}.",
          "{1} 条连接、{2} 列，首列共 {3}。最常见的是从“{4}”到“{5}”：{6}。",
          {std::to_string(ways.flow.links.size()), std::to_string(ways.columns), format.full(total),
           name_of(best.source), name_of(best.target), format.full(best.value)}));
}

}  // namespace clientele::pictures
