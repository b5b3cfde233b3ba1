// SPDX-License-Identifier: PostgreSQL
#include <algorithm>
#include <cmath>

#include "reports/pictures/letters.hpp"
#include "reports/pictures/marks.hpp"
#include "reports/pictures/pictures.hpp"

namespace clientele::pictures {
namespace {

struct Cohort {
  std::string name;
  std::optional<double> customers;
  std::vector<const Row*> cells;  // by period; null where there is none
};

/// The one of all cohorts first, the others in the order of the rows.
std::vector<Cohort> cohorts_of(const Data& data, size_t periods, Language language, bool& total) {
  Names names;
  std::vector<Micros> times;
  bool dates = true;
  for (const Row& row : data) {
    const auto name = row.text("cohort");
    total = total || !name;
    if (!name) continue;
    const auto at = civil_time(*name);
    dates = dates && at.has_value();
    if (names.place(*name) == times.size()) times.push_back(at.value_or(0));
  }
  require_cells(names.size() + 1, periods);
  std::vector<Cohort> cohorts(names.size() + (total ? 1 : 0));
  const DateUnit unit = date_unit(times);
  if (total) cohorts[0].name = say(language, "All", "全部");
  for (size_t i = 0; i < names.size(); ++i)
    cohorts[i + (total ? 1 : 0)].name = dates ? date_text(times[i], unit) : names[i];
  for (const Row& row : data) {
    const auto name = row.text("cohort");
    Cohort& cohort = cohorts[name ? names.place(*name) + (total ? 1 : 0) : 0];
    cohort.cells.resize(periods, nullptr);
    const int period = row.required_integer("period", 0, 1000);
    cohort.cells[static_cast<size_t>(period)] = &row;
    const auto customers = row.amount("customers");
    if (customers && (!cohort.customers || *customers > *cohort.customers))
      cohort.customers = customers;
  }
  return cohorts;
}

}  // namespace

std::string retention(const Data& data, const Options& options) {
  Svg svg(options, "retention");
  const Language l = options.language;
  const std::string title = say(l, "Retention", "留存");
  if (data.empty()) return no_data(svg, options, title);

  int last = 0, first = 1000;
  // The first period of a cohort is often complete by definition, and would leave no shades for the
  // others.
  Span span;
  for (const Row& row : data) {
    const int period = row.required_integer("period", 0, 1000);
    last = std::max(last, period);
    first = std::min(first, period);
    const auto rate = row.number("rate");
    if (rate && (period > 0 || *rate < 1)) span.add(*rate);
  }
  const Span seen = span;
  if (!span.any) span.add(1);
  span.add(0);
  bool total = false;
  const std::vector<Cohort> cohorts = cohorts_of(data, static_cast<size_t>(last) + 1, l, total);

  const bool small = svg.narrow();
  const std::string size = small ? say(l, "Size", "人数") : say(l, "Customers", "客户数");
  const auto count = [&](double v) { return small ? compact(v, l) : grouped(v); };
  double names = 0, counts = text_width(size) * Svg::letter;
  for (const Cohort& cohort : cohorts) {
    names = std::max(names, text_width(cohort.name) * Svg::letter);
    if (cohort.customers)
      counts = std::max(counts, text_width(count(*cohort.customers)) * Svg::letter);
  }
  names = std::min(names + 10, small ? 90.0 : 140.0);
  counts = std::min(counts + 10, small ? 60.0 : 100.0);
  const double left = names + counts;
  const double cell = (svg.width() - left) / (last - first + 1);
  const double side = std::min(cell, 76.0), high = small ? 26 : 28, gap = side > 8 ? 2 : 0;
  const int every = std::max(1, static_cast<int>(20 / side + 0.99));
  const Format share = options.values(Format::share);
  // Percent signs in all cells or in none of them.
  const double room = (side + 1) / Svg::letter;
  const bool signs = std::all_of(data.begin(), data.end(), [&](const Row& row) {
    const auto rate = row.number("rate");
    return !rate || text_width(share.full(*rate)) <= room;
  });
  const auto written = [&](double rate) {
    const bool plain = !signs && share.kind == Format::share && rate >= 0 && rate <= 1;
    const std::string text =
        plain ? std::to_string(std::lround(rate * 100)) : share.cell(rate, room);
    return text_width(text) <= room ? text : "";
  };

  double y = Svg::readout + 16;
  svg.text("muted", 0, y - 4, say(l, "Cohort", "同期群"), names - 4);
  svg.text("muted", left - 8, y - 4, size, counts, Svg::end);
  for (int p = first; p <= last; p += every)
    svg.text("muted", left + (p - first + 0.5) * side, y - 4, std::to_string(p), side * every,
             Svg::middle);
  y += 4;
  for (const Cohort& cohort : cohorts) {
    svg.text("label", 0, y + high / 2 + 4, cohort.name, names - 4);
    if (cohort.customers)
      svg.text("muted", left - 8, y + high / 2 + 4, count(*cohort.customers), counts - 8, Svg::end);
    for (size_t p = static_cast<size_t>(first); p < cohort.cells.size(); ++p) {
      const Row* const row = cohort.cells[p];
      if (row == nullptr) continue;
      const auto rate = row->number("rate");
      if (!rate) continue;
      const bool complete = row->flag("complete", true);
      const double x = left + (static_cast<double>(p) - first) * side;
      const int heat = shade(span, *rate);
      std::string said = say(l, "{1}, period {2}: {3}", "{1}，第 {2} 期：{3}",
                             {cohort.name, std::to_string(p), share.full(*rate)});
      if (cohort.customers)
        said += say(l, " of {1} customers", "，共 {1} 位客户", {grouped(*cohort.customers)});
      if (!complete) said += say(l, " (not over yet)", "（尚未结束）");
      svg.open_mark(said, svg.address(*row, cohort.name));
      svg.rect(heat_class(heat), x, y, side - gap, high - 2, 2);
      if (!complete) svg.rect("hatch", x + 1, y + 1, std::max(side - gap - 2, 0.5), high - 4, 2);
      if (side >= 19) {
        svg.text(ink_class(heat), x + (side - gap) / 2, y + high / 2 + 3, written(*rate), side + 1,
                 Svg::middle);
      }
      svg.close_mark();
    }
    y += high;
    // A little apart from the cohorts.
    if (&cohort == cohorts.data() && total) y += 6;
  }
  shade_key(svg, y + 12, span, share);
  const std::string about =
      say(l, "Cohorts: {1}, periods: {2}.", "同期群：{1} 个，周期：{2} 个。",
          {std::to_string(cohorts.size() - (total ? 1 : 0)), std::to_string(last - first + 1)});
  const std::string rates =
      say(l, " The rates after the first period are from {1} to {2}.",
          "首期之后的留存率在 {1} 到 {2} 之间。", {share.full(seen.lo), share.full(seen.hi)});
  return svg.finish(y + 30, title, about + (seen.any ? rates : ""));
}

}  // namespace clientele::pictures
