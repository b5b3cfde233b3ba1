// SPDX-License-Identifier: PostgreSQL
#include "reports/pictures/flow.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "unit/random_events.hpp"

namespace clientele::pictures {
namespace {

Flow random_flow(testing::Random& random) {
  Flow flow;
  const size_t columns = 2 + random.below(6);
  for (size_t c = 0; c < columns; ++c)
    for (size_t k = 0; k <= random.below(12); ++k)
      flow.nodes.push_back({.column = c, .last = random.one_in(5)});
  for (size_t a = 0; a < flow.nodes.size(); ++a)
    for (size_t b = 0; b < flow.nodes.size(); ++b)
      if (flow.nodes[b].column == flow.nodes[a].column + 1 && random.one_in(2))
        flow.links.push_back({a, b, static_cast<double>(random.below(1000))});
  return flow;
}

TEST(Flow, KeepsValuesAndPlaces) {
  testing::Random random(11);
  constexpr double height = 300, dust = 1e-6;
  for (int i = 0; i < 300; ++i) {
    Flow flow = random_flow(random);
    flow.lay_out(height, 12);
    double scale = 0;
    for (const FlowLink& link : flow.links)
      if (link.value > 0) scale = link.thickness / link.value;
    std::map<size_t, std::vector<const FlowNode*>> columns;
    for (const FlowNode& node : flow.nodes) {
      EXPECT_NEAR(node.height, node.value * scale, dust);
      EXPECT_GE(node.y, -dust);
      EXPECT_LE(node.y + node.height, height + dust);
      columns[node.column].push_back(&node);
    }
    for (auto& [c, column] : columns) {
      std::sort(column.begin(), column.end(), [](auto* a, auto* b) { return a->y < b->y; });
      for (size_t k = 1; k < column.size(); ++k)
        EXPECT_LE(column[k - 1]->y + column[k - 1]->height, column[k]->y + dust);
    }
    // Links fill their ends from above without overlaps.
    std::map<size_t, std::vector<std::pair<double, double>>> from, to;
    for (const FlowLink& link : flow.links) {
      EXPECT_NEAR(link.thickness, link.value * scale, dust);
      from[link.source].emplace_back(link.from, link.thickness);
      to[link.target].emplace_back(link.to, link.thickness);
    }
    for (auto* ends : {&from, &to})
      for (auto& [node, parts] : *ends) {
        std::sort(parts.begin(), parts.end());
        double next = flow.nodes[node].y;
        for (const auto& [y, thickness] : parts) {
          EXPECT_NEAR(y, next, dust);
          next = y + thickness;
        }
        EXPECT_LE(next, flow.nodes[node].y + flow.nodes[node].height + dust);
      }
  }
}

TEST(Flow, UncrossesTwoLinks) {
  Flow flow;
  for (const size_t column : {0, 0, 1, 1}) flow.nodes.push_back({.column = column});
  flow.links = {{0, 3, 5}, {1, 2, 6}};
  flow.lay_out(100, 10);
  EXPECT_EQ(flow.nodes[0].y < flow.nodes[1].y, flow.nodes[3].y < flow.nodes[2].y);
}

TEST(Flow, Nothing) {
  Flow flow;
  flow.lay_out(100, 10);
  flow.nodes.push_back({.column = 0});
  flow.lay_out(100, 10);
  EXPECT_EQ(flow.nodes[0].height, 0);
}

}  // namespace
}  // namespace clientele::pictures
