// SPDX-License-Identifier: PostgreSQL
#include <algorithm>

#include "reports/pictures/marks.hpp"
#include "reports/pictures/pictures.hpp"

namespace clientele::pictures {
namespace {

struct Step {
  std::string name;
  double customers, share, step_share;  // of the first step, and of the step before
  std::optional<double> seconds;
};

std::vector<Step> steps_of(const Data& data) {
  std::vector<Step> steps;
  for (const Row& row : data) {
    const double customers = row.required_amount("customers");
    const double first = steps.empty() ? customers : steps[0].customers;
    const double before = steps.empty() ? customers : steps.back().customers;
    const auto share = [&](double of) { return of > 0 ? std::min(customers / of, 1e6) : 0; };
    steps.push_back(
        {row.required_text("name"), customers, row.amount("conversion").value_or(share(first)),
         row.amount("step_conversion").value_or(share(before)), row.amount("median_seconds")});
  }
  return steps;
}

}  // namespace

std::string funnel(const Data& data, const Options& options) {
  Svg svg(options, "funnel");
  const Language l = options.language;
  const std::string title = say(l, "Funnel", "漏斗");
  const std::vector<Step> steps = steps_of(data);
  if (steps.empty()) return no_data(svg, options, title);

  const bool small = svg.narrow();
  const Format number = options.values();
  double most = 0;
  for (const Step& s : steps) most = std::max(most, s.customers);
  const double left = small ? 0 : svg.width() * 0.26, right = small ? 0 : 112;
  const double room = svg.width() - left - right;
  const auto length = [&](double v) { return most > 0 ? v / most * room : 0; };
  const double bar = small ? 20 : 30, gap = 30, head = small ? 20 : 0;

  double y = Svg::readout;
  for (size_t i = 0; i < steps.size(); ++i) {
    const Step& s = steps[i];
    const double before = i == 0 ? s.customers : std::max(steps[i - 1].customers, s.customers);
    const double lost = before - s.customers;
    const std::string name = std::to_string(i + 1) + "\u2002" + s.name;
    const std::string share = percent(s.share);
    std::string said =
        say(l, "{1}: {2} customers, {3} of the first step", "{1}：{2} 位客户，占首步 {3}",
            {s.name, number.full(s.customers), share});
    if (i > 0) {
      const std::string drop = say(l, "{1} lost ({2})", "流失 {1}（{2}）",
                                   {number.full(lost), percent(std::max(0.0, 1 - s.step_share))});
      const std::string time =
          s.seconds ? say(l, "median {1}", "中位用时 {1}", {duration(*s.seconds, l)}) : "";
      said += say(l, "; ", "；") + drop + (time.empty() ? "" : say(l, ", ", "，") + time);
      svg.text("muted", left, y + 19,
               "↓ " + percent(s.step_share) + " · " + drop + (time.empty() ? "" : " · " + time),
               svg.width() - left);
      y += gap;
    }
    svg.open_mark(said, svg.address(data[i], s.name));
    if (small) {
      svg.text("label strong", 0, y + 13, name, svg.width() - 136);
      svg.text("label strong", svg.width() - 50, y + 13, number.full(s.customers), 80, Svg::end);
      svg.text("muted", svg.width(), y + 13, share, 48, Svg::end);
    } else {
      svg.text("label strong", 0, y + 19, name, left - 12);
      svg.text("label strong", svg.width() - 50, y + 19, number.full(s.customers), right - 54,
               Svg::end);
      svg.text("muted", svg.width(), y + 19, share, 48, Svg::end);
    }
    svg.rect("track", left, y + head, room, bar, 3);
    if (lost > 0) svg.rect("c0 band", left, y + head, length(before), bar, 3);
    svg.rect("c0", left, y + head, length(s.customers), bar, 3);
    svg.close_mark();
    y += head + bar;
  }
  const Step& last = steps.back();
  return svg.finish(
      y + 4, title,
      say(l, "Steps: {1}. Of {2} customers at the first step {3} ({4}) reach the last one, {5}.",
          "共 {1} 步。首步 {2} 位客户中，{3} 位（{4}）到达最后一步“{5}”。",
          {std::to_string(steps.size()), number.full(steps[0].customers),
           number.full(last.customers), percent(last.share), last.name}));
}

}  // namespace clientele::pictures
